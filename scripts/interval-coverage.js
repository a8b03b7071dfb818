/**
 * How often intervals cover the truth, and how often tests reject what is true, on simulated answers clustered by image:
 *
 *     npm run build && node scripts/interval-coverage.js [--studies 4000] [--seed 0]
 *
 * prints the tables of docs/statistics.md. Accuracies: each image has its own chance of a right answer, beta-distributed about the
 * accuracy with intraclass correlation 0.05 or 0.2, and 8, or 1 to some 40 (mean 8), questions. Differences: two answers to each
 * question, right where correlated normal numbers are below a threshold, with parts of their own for image, question and model. Beside
 * ours stands the percentile bootstrap of whole images, with 400 resamples.
 */
import { parseArgs } from 'node:util';
import { clusteredMean } from '../dist/metrics/clustered.js';
import { clusterTotals } from '../dist/metrics/clusters.js';
import { pairedClusterTest } from '../dist/metrics/paired-cluster-test.js';
import { quantiles } from '../dist/metrics/quantiles.js';
import { seededRandom } from '../dist/random.js';

const { values: options } = parseArgs({
  options: { studies: { type: 'string', default: '4000' }, seed: { type: 'string', default: '0' } },
});
const STUDIES = Number(options.studies);
const random = seededRandom('interval coverage', Number(options.seed));

const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A gamma variate (Marsaglia & Tsang 2000). */
function gamma(shape) {
  if (shape < 1) return gamma(shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function beta(mean, correlation) {
  const scale = (1 - correlation) / correlation;
  const [a, b] = [gamma(mean * scale), gamma((1 - mean) * scale)];
  return a / (a + b);
}

/** Questions of an image. */
const sizes = { equal: () => 8, unequal: () => 1 + Math.floor(-8 * Math.log(1 - random())) };

/** Names of the images of all questions. */
function imagesOf(count, size) {
  return Array.from({ length: count }, (_, i) => new Array(sizes[size]()).fill(`image ${i}`)).flat();
}

function answers(count, size, accuracy, correlation) {
  const images = imagesOf(count, size);
  const chances = new Map([...new Set(images)].map(image => [image, beta(accuracy, correlation)]));
  return { images, scores: images.map(image => (random() < chances.get(image) ? 1 : 0)) };
}

/** The z below which a standard normal number is with probability p, by bisection. */
function threshold(p) {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** Φ(z), by Marsaglia's series (2004). */
function normalCdf(z) {
  if (z < -8 || z > 8) return z < 0 ? 0 : 1;
  let sum = z;
  for (let term = z, i = 3; sum + term !== sum; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

function pairs(count, size, before, after) {
  const images = imagesOf(count, size);
  const parts = new Map([...new Set(images)].map(image => [image, [normal(), normal()]]));
  const [a, b] = [threshold(before), threshold(after)];
  const both = images.map(image => {
    const [ease, change] = parts.get(image);
    const z = Math.sqrt(0.3) * ease + Math.sqrt(0.7) * normal();
    const other = Math.sqrt(0.8) * z + Math.sqrt(0.2) * (Math.sqrt(0.3) * change + Math.sqrt(0.7) * normal());
    return [z < a ? 1 : 0, other < b ? 1 : 0];
  });
  return { images, before: both.map(([x]) => x), after: both.map(([, y]) => y) };
}

function percentile(values, images) {
  const { clusters, totals } = clusterTotals([values], images);
  const means = Float64Array.from({ length: 400 }, () => {
    let [sum, n] = [0, 0];
    for (let draw = 0; draw < clusters; draw++) {
      const at = 2 * Math.floor(random() * clusters);
      sum += totals[at];
      n += totals[at + 1];
    }
    return sum / n;
  });
  const [low, high] = quantiles(means, [0.025, 0.975]);
  return { low, high };
}

const covers = ({ low, high }, truth) => low <= truth + 1e-12 && truth <= high + 1e-12;
const percent = count => ((100 * count) / STUDIES).toFixed(1);

console.log('| images | questions | correlation | accuracy | ours | percentile |\n|---|---|---|---|---|---|');
for (const count of [10, 20, 60, 200])
  for (const size of ['equal', 'unequal'])
    for (const correlation of [0.05, 0.2])
      for (const accuracy of [0.5, 0.8, 0.9, 0.98]) {
        let [ours, theirs] = [0, 0];
        for (let study = 0; study < STUDIES; study++) {
          const { images, scores } = answers(count, size, accuracy, correlation);
          if (covers(clusteredMean(scores, images, { range: [0, 1] }), accuracy)) ours++;
          if (covers(percentile(scores, images), accuracy)) theirs++;
        }
        console.log(
          `| ${count} | ${size} | ${correlation} | ${accuracy} | ${percent(ours)} | ${percent(theirs)} |`,
        );
      }

console.log(
  '\n| images | questions | accuracies | ours | percentile | rejected: permutation | interval | percentile |\n|---|---|---|---|---|---|---|---|',
);
for (const count of [10, 20, 60])
  for (const size of ['equal', 'unequal'])
    for (const [before, after] of [
      [0.5, 0.5],
      [0.8, 0.7],
      [0.9, 0.87],
      [0.98, 0.97],
    ]) {
      const counts = [0, 0, 0, 0, 0];
      for (let study = 0; study < STUDIES; study++) {
        const one = pairs(count, size, before, after);
        const test = pairedClusterTest(one.after, one.before, one.images, { seed: study, permutations: 999 });
        const other = percentile(
          one.after.map((x, i) => x - one.before[i]),
          one.images,
        );
        if (covers(test, after - before)) counts[0]++;
        if (covers(other, after - before)) counts[1]++;
        // The same accuracies, of which one is drawn anew: what is rejected here is true.
        const none = pairs(count, size, before, before);
        const null_ = pairedClusterTest(none.after, none.before, none.images, {
          seed: study,
          permutations: 999,
        });
        if (null_.p <= 0.05) counts[2]++;
        if (!covers(null_, 0)) counts[3]++;
        if (
          !covers(
            percentile(
              none.after.map((x, i) => x - none.before[i]),
              none.images,
            ),
            0,
          )
        )
          counts[4]++;
      }
      console.log(`| ${count} | ${size} | ${before}, ${after} | ${counts.map(percent).join(' | ')} |`);
    }
