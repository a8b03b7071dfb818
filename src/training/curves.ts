import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** One point of a stage's curve: means over the steps since the last point. */
export interface CurvePoint {
  readonly step: number;
  /** Nats. */
  readonly loss: number;
  /** L2 norm of all gradients before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

const COLUMNS = ['step', 'loss', 'gradientNorm', 'learningRate'] as const;

/** The curve of one stage. */
export interface StageCurve {
  readonly stage: string;
  readonly points: readonly CurvePoint[];
}

const rowOf = (point: CurvePoint): string =>
  COLUMNS.map(column => Number(point[column].toPrecision(6))).join(',');

/** The curves of several stages as one CSV. */
export const curvesCsv = (curves: readonly StageCurve[]): string => {
  const rows = curves.flatMap(({ stage, points }) => points.map(point => `${stage},${rowOf(point)}`));
  return `${[`stage,${COLUMNS}`, ...rows].join('\n')}\n`;
};

/** Writes a curve as CSV, beside the file first, so that a full disk leaves the old one. */
export function writeCurve(path: string, points: readonly CurvePoint[]): void {
  writeFileSync(`${path}.partial`, `${[COLUMNS.join(','), ...points.map(rowOf)].join('\n')}\n`);
  renameSync(`${path}.partial`, path);
}

/** The points of a curve's file; none when there is no file. */
export function readCurve(path: string): CurvePoint[] {
  if (!existsSync(path)) return [];
  const [, ...rows] = readFileSync(path, 'utf8').trim().split('\n');
  return rows.map(row => {
    const values = row.split(',').map(Number);
    return Object.fromEntries(COLUMNS.map((column, i) => [column, values[i]])) as unknown as CurvePoint;
  });
}
