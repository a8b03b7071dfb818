import type { experiments } from '../experiments/index.js';
import { readConditions } from '../experiments/permute/conditions.js';
import { powerTable } from '../experiments/permute/power-table.js';
import { parseOrder } from '../interventions/permute.js';
import type { Table } from '../records/table.js';
import { settingsOf } from './options.js';
import { runsAtHand } from './runs-at-hand.js';
import { readResults } from './stored-result.js';

/** `powerTable` of the finished runs of `permute` in a suite on these benchmarks (default: all); undefined where there are none. */
export async function powerOfPermutation(
  root: string,
  suite: string,
  bench: readonly string[] | undefined,
  permute: (typeof experiments)['permute'],
  asked: { readonly difference: number; readonly power: number },
): Promise<Table | undefined> {
  const [atHand] = await runsAtHand(root, [permute], suite);
  if (!atHand) return undefined;
  const ran = await readResults(
    permute,
    atHand.runs.map(({ dir }) => dir),
  );
  const results = ran.kind === 'asks' ? ran.results : [];
  const { seeds, order } = permute.options.parse(settingsOf(permute.options, atHand.settings));
  const wanted = results.filter(({ benchmark }) => bench === undefined || bench.includes(benchmark.name));
  if (wanted.length === 0) return undefined;
  const test = { seeds, order: parseOrder(order) };
  return powerTable(
    wanted.map(result => readConditions(result, test)),
    asked,
  );
}
