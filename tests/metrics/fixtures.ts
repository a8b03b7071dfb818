import { readFileSync } from 'node:fs';
import { type Random, seededRandom } from '../../src/random.js';

interface Jackknife {
  error: number;
  df: number;
  t: [number, number];
  wilson: [number, number];
}

interface Clustered {
  image: string[];
  a: number[];
  b: number[];
  mean: number;
  jackknife: Jackknife;
  difference: number;
  differenceJackknife: Jackknife;
  p: { 'two-sided': number; greater: number };
}

interface Fixtures {
  entropies: { weights: number[]; entropy: number }[];
  binomialTests: { onlyA: number; onlyB: number; p: number }[];
  numbers: {
    values: number[];
    probabilities: number[];
    quantiles: number[];
    linear: { edges: number[]; counts: number[] };
    log: { edges: number[]; counts: number[]; below: number; above: number };
  };
  clustered: [twelve: Clustered, sixty: Clustered];
  student: {
    p: { t: number; df: number; p: number }[];
    critical: { level: number; df: number; t: number }[];
  };
}

/** SciPy's and NumPy's numbers; parity/make_metric_fixtures.py makes the file. */
export const reference: Fixtures = JSON.parse(
  readFileSync(new URL('../../parity/fixtures/metrics.json', import.meta.url), 'utf8'),
);

/** A standard normal number (Box–Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * Right and wrong answers of two models that are equally good, on images of 1 to 15 questions, far from independent:
 * an image is easy or hard for both models, and lies better or worse to either. True mean: 0.5.
 */
export function simulatedStudy(images: number, seed: number): { a: number[]; b: number[]; image: string[] } {
  const random = seededRandom('simulated study', images, seed);
  const a: number[] = [];
  const b: number[] = [];
  const image: string[] = [];
  for (let i = 0; i < images; i++) {
    const ease = normal(random);
    const forA = normal(random);
    const forB = normal(random);
    const questions = 1 + Math.floor(random() * 15);
    for (let q = 0; q < questions; q++) {
      a.push(ease + forA + normal(random) > 0 ? 1 : 0);
      b.push(ease + forB + normal(random) > 0 ? 1 : 0);
      image.push(`image ${i}`);
    }
  }
  return { a, b, image };
}

/** Scores with a little noise each, so that no two sums tie: the distribution of p has no atoms then. */
export function withoutTies(scores: readonly number[], seed: number): number[] {
  const random = seededRandom('without ties', seed);
  return scores.map(score => score + 1e-3 * normal(random));
}

/** Largest distance between the distribution of `values` and the uniform one on [0, 1] (Kolmogorov–Smirnov). */
export function distanceFromUniform(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return Math.max(
    ...sorted.map((value, i) =>
      Math.max(Math.abs(value - i / sorted.length), Math.abs(value - (i + 1) / sorted.length)),
    ),
  );
}
