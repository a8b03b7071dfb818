import { clustersNeeded, detectable } from '../../metrics/power.js';
import type { Row, Table } from '../../records/table.js';
import { isKnown, spreadOf, suitesOf } from '../estimates.js';
import type { PermutationScores } from './conditions.js';

/**
 * What the permutation test's images can show, from the spread that they have: the loss that they would have found `power` of the
 * time, and how many images like them a loss of `difference` points needs. Results without published answers are left out.
 */
export function powerTable(
  tests: readonly PermutationScores[],
  { difference, power }: { readonly difference: number; readonly power: number },
): Table {
  const rows = tests
    .filter(({ original }) => isKnown(original))
    .map(({ result, original, permuted }): Row => {
      const seen = spreadOf(original, permuted);
      const images = clustersNeeded(seen, difference / 100, { power });
      return {
        model: result.model,
        benchmark: result.benchmark.title,
        images: seen.clusters,
        questions: original.scores.length,
        detectable: 100 * detectable(seen, { power }),
        needed: Number.isFinite(images) ? images : null,
        neededQuestions: Number.isFinite(images)
          ? Math.round((images * original.scores.length) / seen.clusters)
          : null,
      };
    });
  const share = `${Math.round(100 * power)} times in 100`;
  return {
    name: 'power',
    title: `What the images at hand can show of permutation, and what ${difference} points need (found ${share}, two-sided 0.05), suite ${suitesOf(tests.map(({ result }) => result))}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'benchmark', label: 'Dataset' },
      { key: 'images', label: 'Images' },
      { key: 'questions', label: 'Questions' },
      { key: 'detectable', label: 'They would show', format: { decimals: 2 } },
      { key: 'needed', label: `Images for ${difference}` },
      { key: 'neededQuestions', label: 'Questions' },
    ],
    rows,
  };
}
