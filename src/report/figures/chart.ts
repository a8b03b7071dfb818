import type { Chart } from '../../records/figure.js';
import type { Body } from './frame.js';
import { textWidth } from './text.js';
import { vegaConfig } from './theme.js';

type Vega = typeof import('vega');
type Compile = typeof import('vega-lite')['compile'];
/** What of a text's mark says how wide it gets. */
interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
}

/**
 * Draws a chart's Vega-Lite specification in the house's theme. RangeError where Vega-Lite or Vega finds fault with the
 * specification, or where that asks for anything from elsewhere: a chart brings its data along.
 */
export async function drawChart({ name, spec }: Chart): Promise<Body> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Collected, not thrown: Vega logs from where nobody would catch it.
  const faults: string[] = [];
  const note = (...what: readonly unknown[]) => {
    faults.push(what.join(' '));
    return logger;
  };
  const logger = { ...vega.logger(vega.Warn), warn: note, error: note };
  const check = () => {
    if (faults.length > 0) throw new RangeError(`figure ${name}: ${faults.join('; ')}`);
  };
  const compiled = compile(spec as unknown as Parameters<Compile>[0], {
    config: vegaConfig as unknown as NonNullable<NonNullable<Parameters<Compile>[1]>['config']>,
    logger,
  });
  check();
  measureFromTable(vega);
  const refuse = () => Promise.reject(new RangeError('what a chart shows must be in its specification'));
  const loader = { load: refuse, http: refuse, file: refuse, sanitize: refuse };
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', loader, logger });
  try {
    const svg = await view.toSVG();
    check();
    const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
    return { svg: withOwnIds(svg, name), width: Number(width), height: Number(height) };
  } finally {
    view.finalize();
  }
}

/** Without a canvas Vega takes every character for 0.8 em; this is the place it has for a better measure. */
function measureFromTable(vega: Vega): void {
  const { textMetrics } = vega as unknown as {
    textMetrics: { width: (item: TextItem, text: string) => number };
  };
  textMetrics.width = ({ fontSize = 11, fontWeight }, text) =>
    textWidth(String(text ?? ''), fontSize, fontWeight === 'bold' || Number(fontWeight) >= 600);
}

/** Vega numbers clip paths and gradients on through the whole process; here they start anew with every figure, under its name. */
function withOwnIds(svg: string, name: string): string {
  const ids = [...new Set([...svg.matchAll(/ id="([^"]+)"/g)].map(match => match[1]!))];
  return ids.reduce(
    (text, id, i) =>
      text.replaceAll(` id="${id}"`, ` id="${name}-${i}"`).replaceAll(`url(#${id})`, `url(#${name}-${i})`),
    svg,
  );
}
