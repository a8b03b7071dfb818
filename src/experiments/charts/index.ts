/**
 * Chart makers that the diagnostics share: rows in, a Vega-Lite specification out. Colours, shapes, dashes and type come
 * from the report's theme (`report/figures/theme.ts`); series take them in the order given. The paper's own numbers, where
 * it gives any, go in as `ghosts` and are drawn light grey under a legend of their own.
 */
export { type Dot, dots, type Floor } from './dots.js';
export { heatmapGrid } from './grid.js';
export { type Bin, histogramLog } from './histogram.js';
export { type Level, type LinePoint, lineWithIntervals } from './lines.js';
export { PAPER_MARKS } from './parts.js';
