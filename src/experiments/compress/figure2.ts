import type { Chart } from '../../records/figure.js';
import type { Verdict } from '../../records/verdict.js';
import { type Level, type LinePoint, lineWithIntervals } from '../charts/index.js';
import { blindFloor, blindness, decideAll, type Evidence } from '../decide.js';
import { accuracyOf, differenceFrom, isKnown } from '../estimates.js';
import { percent } from '../scores.js';
import type { CompressedScores, Compression } from './compressions.js';

/** Figure 2: accuracy over the number of vision tokens, one panel a benchmark, of one model (with those retrained from it). */
export function figure2(name: string, compressions: readonly Compression[]): Chart {
  const { model, suite } = compressions[0]!.result;
  const rows = compressions.flatMap(linePoints);
  const counts = [...new Set(rows.map(row => row.x))].sort((a, b) => b - a);
  const [most, fewest] = [counts[0]!, counts.at(-1)!];
  return lineWithIntervals({
    name,
    title: `Accuracy by number of vision tokens, ${model}, suite ${suite}`,
    caption:
      'Vision tokens pooled after the projector at inference, and models retrained with so many where there are any; ' +
      'bars: 95% intervals, clustered by image; windows overlap where their number does not divide the grid. Dashed: the same questions with a blank image and with none. ' +
      `Grey: the paper's worst change over its three benchmarks, -${WORST_LOSS} points from 576 tokens to 1, drawn from this ` +
      "model's own uncompressed accuracy; no measurement of this model.",
    x: { title: 'Vision tokens', log: true, ticks: counts, domain: [most * 1.2, fewest / 1.2] },
    y: { title: 'Accuracy (%)' },
    rows,
    ghosts: compressions.flatMap(compression => ghosts(compression, fewest)),
    levels: compressions.flatMap(levels),
  });
}

/** Every line starts from the uncompressed model. */
function linePoints({ result, tokens, original, points }: Compression): LinePoint[] {
  const panel = result.benchmark.title;
  const at = (series: string, x: number, scores: Compression['blank']): LinePoint => {
    const { accuracy, low, high } = accuracyOf(scores);
    return { panel, series, x, value: accuracy, low, high };
  };
  return [...new Set(points.map(p => p.made))].flatMap(made => [
    ...(original && tokens !== undefined ? [at(made, tokens, original)] : []),
    ...points.filter(p => p.made === made).map(p => at(made, p.tokens, p.scores)),
  ]);
}

/** One token is what the paper's number is about. */
function ghosts({ result, tokens, original }: Compression, fewest: number): LinePoint[] {
  if (!original || tokens === undefined || fewest !== 1) return [];
  const accuracy = percent(original.scores);
  const ghost = { panel: result.benchmark.title, series: 'pooled' };
  return [
    { ...ghost, x: tokens, value: accuracy },
    { ...ghost, x: 1, value: accuracy - WORST_LOSS },
  ];
}

function levels({ result, blank, textOnly }: Compression): Level[] {
  const panel = result.benchmark.title;
  return [
    { panel, label: 'blank image', value: percent(blank.scores) },
    { panel, label: 'text only', value: percent(textOnly.scores) },
  ].filter(({ value }) => !Number.isNaN(value));
}

/** The paper's worst loss from 576 tokens to 1 (§3.2, Figure 2), taken as points. */
const WORST_LOSS = 8.5;

/** What one token says of claim 2 (insight 2): one verdict a model, benchmark, and way of making one token. */
export const compressionVerdicts = (compressions: readonly Compression[]): Verdict[] =>
  decideAll(
    compressions.flatMap(compression =>
      compression.points
        .filter(({ tokens, scores }) => tokens === 1 && isKnown(scores))
        .flatMap(point => evidence(compression, point) ?? []),
    ),
  );

function evidence(
  { result, tokens, original, ...blind }: Compression,
  point: CompressedScores,
): Evidence | undefined {
  if (!original) return undefined;
  const { benchmark, seed } = result;
  const [before, after] = [percent(original.scores), percent(point.scores.scores)];
  return {
    of: result,
    claim: 2,
    about: `${benchmark.title} (${benchmark.split}), ${point.made}`,
    statistic: `accuracy lost from ${tokens ?? 'all'} vision tokens to 1, points`,
    control: result.variant !== 'baseline',
    ...differenceFrom(original, point.scores, seed, WORST_LOSS),
    claimed: { atMost: WORST_LOSS },
    detail: `${before.toFixed(2)}% with all tokens, ${after.toFixed(2)}% with one, ${blindFloor(blind).toFixed(2)}% without the image`,
    but: blindness(
      { original, ...blind },
      seed,
      WORST_LOSS,
      'that it loses little with its tokens says little',
    ),
  };
}
