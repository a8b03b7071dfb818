import { benchmarkNamed } from '../benchmarks/index.js';
import { UserError } from '../errors.js';
import { experiments } from '../experiments/index.js';
import { readConditions } from '../experiments/permute/conditions.js';
import { powerTable } from '../experiments/permute/power-table.js';
import { parseOrder } from '../interventions/permute.js';
import type { Table } from '../records/table.js';
import { settingsOf } from './options.js';
import { runsAtHand } from './runs-at-hand.js';
import { readResults } from './stored-result.js';

/**
 * `powerTable` of the finished runs of `permute` in a suite on these benchmarks (default: all). UserError where there are none of one of
 * them.
 */
export async function powerOfPermutation(
  root: string,
  suite: string,
  bench: readonly string[] | undefined,
  asked: { readonly difference: number; readonly power: number },
): Promise<Table> {
  const { permute } = experiments;
  const [atHand] = await runsAtHand(root, [permute], suite);
  const dirs = atHand?.runs.map(({ dir }) => dir) ?? [];
  const ran = await readResults(permute, dirs);
  const results = ran.kind === 'asks' ? ran.results : [];
  const there = [...new Set(results.map(({ benchmark }) => benchmark.name))];
  for (const name of bench ?? []) if (!there.includes(name)) benchmarkNamed(name);
  const missing = (bench ?? []).filter(name => !there.includes(name));
  if (!atHand || there.length === 0 || missing.length > 0) {
    const on = missing.length > 0 ? ` on ${missing.join(' or ')}` : '';
    const others = there.length > 0 ? `, but on ${there.join(', ')}` : '';
    throw new UserError(
      `${root}/${suite} holds no finished run of permute${on}${others}: run some images first, vlm-spatial permute --suite ${suite} --bench ${bench?.join(',') ?? 'all'} --sample 40 --results ${root}`,
    );
  }
  const { seeds, order } = permute.options.parse(settingsOf(permute.options, atHand.settings));
  const test = { seeds, order: parseOrder(order) };
  const wanted = results.filter(({ benchmark }) => bench === undefined || bench.includes(benchmark.name));
  return powerTable(
    wanted.map(result => readConditions(result, test)),
    asked,
  );
}
