import type { StageCurve } from './curves.js';

const PANEL = { width: 300, height: 200, left: 44, right: 12, top: 28, bottom: 34 } as const;

/** Loss against steps, one panel a stage, as an SVG document. */
export function curveChart(title: string, curves: readonly StageCurve[]): string {
  const width = PANEL.width * curves.length;
  const panels = curves.map(
    (curve, i) => `<g transform="translate(${i * PANEL.width} 0)">${panel(curve)}</g>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${PANEL.height}" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="11">` +
    `<title>${title}: training loss</title><rect width="100%" height="100%" fill="#fff"/>${panels.join('')}</svg>\n`
  );
}

function panel({ stage, points }: StageCurve): string {
  const { width, height, left, right, top, bottom } = PANEL;
  const steps = points.at(-1)?.step ?? 1;
  const most = Math.max(...points.map(p => p.loss));
  const x = (step: number) => left + (step / steps) * (width - left - right);
  const y = (loss: number) => height - bottom - (loss / most) * (height - top - bottom);
  const line = points.map(p => `${x(p.step).toFixed(1)},${y(p.loss).toFixed(1)}`).join(' ');
  const text = (at: readonly [number, number], anchor: string, content: string) =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${content}</text>`;
  return [
    text([left, top - 12], 'start', `${stage}: loss (nats) by step`),
    `<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="#888"/>`,
    text([left - 4, height - bottom + 4], 'end', '0'),
    text([left - 4, top + 4], 'end', most.toFixed(2)),
    text([left, height - bottom + 16], 'middle', '0'),
    text([width - right, height - bottom + 16], 'end', String(steps)),
    `<polyline points="${line}" fill="none" stroke="#1f6fb4" stroke-width="1.5"/>`,
  ].join('');
}
