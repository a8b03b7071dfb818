import type { Chart } from '../../records/figure.js';
import type { RunResult } from '../../records/result.js';
import { type Level, type LinePoint, lineWithIntervals } from '../charts/index.js';
import { blindFloor } from '../decide.js';
import { accuracyOf, differenceOf, isScored, suitesOf } from '../estimates.js';
import { type ConditionScores, percent } from '../scores.js';
import { type NormPoint, normPoints } from './sweep-norm.js';

const ABOUT =
  'Every vision token scaled to one L2 norm between projector and decoder, its direction unchanged; the models were not ' +
  'trained for these norms. Bars: 95% intervals, clustered by image.';

/** One norm of one model on one benchmark. */
interface Place {
  readonly panel: string;
  readonly seed: number;
  readonly point: NormPoint;
}

/** Accuracy in both orders over the norm, and what the order is worth; a panel for each model and benchmark. */
export function sweepFigures(results: readonly RunResult[]): Chart[] {
  const places = results.filter(isScored).flatMap(result => {
    const { model, benchmark, seed } = result;
    return normPoints(result).map((point): Place => ({ panel: `${model}, ${benchmark.title}`, seed, point }));
  });
  const scaled = places.filter(({ point }) => point.norm !== null);
  const own = places.filter(({ point }) => point.norm === null);
  if (scaled.length === 0) return [];
  const norms = [...new Set(scaled.map(({ point }) => point.norm!))].sort((a, b) => a - b);
  const shared = {
    x: {
      title: "Norm of the vision tokens (times the mean text embedding's)",
      log: true,
      ticks: norms,
      domain: [norms[0]! / 1.3, norms.at(-1)! * 1.3] as const,
    },
    columns: 2,
  };
  return [
    lineWithIntervals({
      ...shared,
      name: 'sweep-norm',
      title: `Accuracy by norm of the vision tokens, suite ${suitesOf(results)}`,
      caption: `${ABOUT} Dashed: the tokens with their own norms, and no image (the better of a blank one and none): a model no better than that does not see, and its order says nothing.`,
      y: { title: 'Accuracy (%)' },
      rows: [
        ...scaled.map(place => accuracyAt(place, 'original order', place.point.original)),
        ...scaled.map(place => accuracyAt(place, 'permuted', place.point.permuted)),
      ],
      levels: [
        ...own.map(place => level(place, 'own norms', percent(place.point.original.scores))),
        ...own.map(place => level(place, 'own norms, permuted', percent(place.point.permuted.scores))),
        ...own.map(place => level(place, 'without the image', blindFloor(place.point))),
      ],
    }),
    lineWithIntervals({
      ...shared,
      name: 'sweep-norm-difference',
      title: `What a random order costs, by norm of the vision tokens, suite ${suitesOf(results)}`,
      caption: `${ABOUT} Dashed: the tokens with their own norms.`,
      y: { title: 'Permuted less original (points)' },
      rows: scaled.map(differenceAt),
      levels: own.map(place => level(place, 'own norms', differenceAt(place).value)),
    }),
  ];
}

function accuracyAt({ panel, point }: Place, series: string, scores: ConditionScores): LinePoint {
  const { accuracy, low, high } = accuracyOf(scores);
  return { panel, series, x: point.norm ?? Number.NaN, value: accuracy, low, high };
}

function differenceAt({ panel, seed, point }: Place): LinePoint {
  const { difference, differenceLow, differenceHigh } = differenceOf(point.permuted, point.original, seed);
  return {
    panel,
    series: 'permuted less original',
    x: point.norm ?? Number.NaN,
    value: difference,
    low: differenceLow,
    high: differenceHigh,
  };
}

const level = ({ panel }: Place, label: string, value: number): Level => ({ panel, label, value });
