import {
  blank,
  type Condition,
  conditionRecord,
  original,
  permuted,
  textOnly,
} from '../../src/experiments/condition.js';
import { knockOut } from '../../src/interventions/knock-out.js';
import { permute } from '../../src/interventions/permute.js';
import { type Pooling, pool } from '../../src/interventions/pool.js';
import { gridPositions, onePosition, permutePositions } from '../../src/interventions/position-ids.js';
import { rescale } from '../../src/interventions/rescale.js';
import type { Intervention } from '../../src/interventions/types.js';
import type { ConditionRecord } from '../../src/records/condition.js';
import type { RunSource, Variant } from '../../src/records/result.js';

const changed: readonly [RegExp, (...parts: string[]) => Intervention[]][] = [
  [/^position-ids$/, () => [permutePositions()]],
  [/^one-position$/, () => [onePosition()]],
  [/^grid-positions$/, () => [gridPositions()]],
  [/^(within-(?:rows|columns)|except-sinks)$/, order => [permute(order as 'within-rows')]],
  [/^knock-out-(\d+)-(\d+)$/, (first, last) => [knockOut({ first: Number(first), last: Number(last) })]],
  [/^pooled-(\d+)(?:-(\w+))?$/, (count, pooling = 'avg') => [pool(pooling as Pooling, Number(count))]],
  [/^norm-([\d.]+)$/, norm => [rescale(Number(norm), Number(norm))]],
  [/^norm-([\d.]+)-permuted$/, norm => [rescale(Number(norm), Number(norm)), permute()]],
  [/^permuted-(\d+)$/, draw => [permute('random', Number(draw))]],
];

/** What made-up answers mean by the names of their conditions. */
export function conditionNamed(name: string): ConditionRecord {
  const standard = [original, permuted(), blank, textOnly].find(condition => condition.name === name);
  const interventions = changed.flatMap(([pattern, made]) => {
    const [whole, ...parts] = pattern.exec(name) ?? [];
    return whole === undefined ? [] : made(...parts.map(part => part));
  });
  const condition: Condition = standard ?? {
    name,
    image: true,
    ...(name === 'no-system' && { systemPrompt: false }),
    interventions,
  };
  return conditionRecord(condition);
}

export const conditionsNamed = (records: readonly { readonly condition: string }[]): ConditionRecord[] =>
  [...new Set(records.map(({ condition }) => condition))].map(conditionNamed);

/** What the titles of made-up models stand for. */
export function memberTitled(title: string): Pick<RunSource, 'variant' | 'trainingSeed'> {
  const [, seed = '0'] = /, seed (\d+)$/.exec(title) ?? [];
  const plain = title.replace(/, seed \d+$/, '');
  const variants: Record<string, Variant> = {
    '+ Normalize': 'normalize',
    '+ Normalize + Multilayer': 'multilayer',
  };
  return { variant: variants[plain] ?? 'baseline', trainingSeed: Number(seed) };
}
