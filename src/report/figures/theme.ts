/** How the house's figures look: sizes for print (one column of a paper is about 320 px), readable in greyscale. */

/** Metric-compatible everywhere; on Linux Liberation Sans stands in for Arial. */
export const FONT = 'Arial, Helvetica, Liberation Sans, sans-serif';
export const INK = '#1a1a1a';
/** Captions, axes. */
export const SOFT_INK = '#555555';
export const RULE = '#e3e3e3';
/** The paper's numbers. */
const GHOST = '#a9a9a9';
export const RIGHT = '#00734f';
export const WRONG = '#b3261e';

/**
 * Okabe & Ito's colours for the colour-blind ("Color Universal Design", 2008), ordered so that neighbours also differ in
 * lightness; yellow, too light for lines on white, comes last.
 */
const PALETTE = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#56b4e9', '#cc79a7', '#000000', '#f0e442'];

/** Defaults that Vega-Lite gives every chart. */
export const vegaConfig = {
  font: FONT,
  background: null,
  padding: 2,
  view: { stroke: null },
  axis: {
    labelFontSize: 10,
    titleFontSize: 10.5,
    titleFontWeight: 'normal',
    labelColor: INK,
    titleColor: INK,
    gridColor: RULE,
    domainColor: '#888888',
    tickColor: '#888888',
    tickSize: 4,
    titlePadding: 6,
    labelLimit: 220,
    // Labels of the ends stand at their ticks, too.
    labelFlush: false,
  },
  legend: {
    orient: 'bottom',
    offset: 10,
    columns: 3,
    layout: { bottom: { direction: 'vertical', anchor: 'start', margin: 5 } },
    direction: 'horizontal',
    labelFontSize: 10,
    titleFontSize: 10,
    titleFontWeight: 'normal',
    labelColor: INK,
    labelLimit: 260,
    columnPadding: 14,
    symbolSize: 60,
    symbolStrokeWidth: 1.6,
  },
  header: { labelFontSize: 10.5, labelFontWeight: 'bold', labelColor: INK, labelPadding: 6 },
  facet: { spacing: 18 },
  line: { strokeWidth: 1.6 },
  point: { filled: true, size: 46, opacity: 1 },
  rule: { strokeWidth: 1.2 },
  style: {
    'ghost-mark': { stroke: GHOST, filled: false, strokeWidth: 1.4, size: 58 },
    'ghost-line': { stroke: GHOST, strokeWidth: 1.2, strokeDash: [3, 2] },
    'ghost-rule': { stroke: GHOST, strokeWidth: 3 },
    'ghost-label': { color: '#7a7a7a', fontSize: 9, dy: -6 },
    floor: { color: '#777777', strokeWidth: 1.4 },
    join: { color: '#9a9a9a', strokeWidth: 1.1 },
    bin: { opacity: 0.7, binSpacing: 0 },
  },
  range: {
    category: PALETTE,
    symbol: ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-right'],
    heatmap: { scheme: 'viridis' },
    ramp: { scheme: 'viridis' },
    diverging: { scheme: 'purpleorange' },
    ghost: [GHOST],
  },
} as const;
