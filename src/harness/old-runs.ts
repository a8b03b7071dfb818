import { z } from 'zod';
import { original } from '../experiments/condition.js';
import type { ConditionRecord, InterventionRecord } from '../records/condition.js';
import type { FamilyMember } from '../records/result.js';
import { readSuite, suiteNames } from './suite.js';

/** What earlier versions stored of a condition: its interventions by display names alone. */
export const oldCondition = z.looseObject({
  name: z.string(),
  image: z.boolean(),
  systemPrompt: z.boolean().exactOptional(),
  does: z.array(z.string()),
});

/** The display names of earlier versions, and what they stood for. */
const NAMES: readonly [RegExp, (...parts: string[]) => InterventionRecord][] = [
  [/^blank image$/, () => ({ kind: 'blank-image', params: {} })],
  [
    /^permute position ids, draw (\d+)$/,
    draw => ({ kind: 'permute-positions', params: { draw: Number(draw) } }),
  ],
  [
    /^permute (\S+), draw (\d+)$/,
    (order, draw) => ({ kind: 'permute', params: { order: order!, draw: Number(draw) } }),
  ],
  [
    /^pool (\w+) to (\d+)$/,
    (pooling, count) => ({ kind: 'pool', params: { pooling: pooling!, count: Number(count) } }),
  ],
  [
    /^knock out attention to vision, layers (\d+)-(\d+)$/,
    (first, last) => ({ kind: 'knock-out', params: { first: Number(first), last: Number(last) } }),
  ],
];

/** A condition of a run that an earlier version made, as data; what it does not know by name keeps its name as its kind. */
export function conditionOfOldRun({
  name,
  image,
  systemPrompt = true,
  does,
}: z.output<typeof oldCondition>): ConditionRecord {
  return { name, image, systemPrompt, interventions: does.map(text => interventionOf(text, name)) };
}

function interventionOf(text: string, condition: string): InterventionRecord {
  const [, norm] = /^rescale to norm ([\d.e+-]+)$/.exec(text) ?? [];
  // Of its norm's multiple only the condition's name told: `norm-3`, `norm-3-permuted`.
  if (norm !== undefined) {
    const multiple = Number.parseFloat(condition.slice('norm-'.length));
    return { kind: 'rescale', params: { norm: Number(norm), multiple } };
  }
  for (const [pattern, made] of NAMES) {
    const [whole, ...parts] = pattern.exec(text) ?? [];
    if (whole !== undefined) return made(...parts);
  }
  return { kind: text, params: {} };
}

/** What earlier versions did not store of a model: its suite knows it by its title. */
export function memberOfOldRun(suite: string, title: string): Pick<FamilyMember, 'variant' | 'trainingSeed'> {
  const known = suiteNames().includes(suite) ? Object.values(readSuite(suite).models) : [];
  const { variant = 'baseline', seed = 0 } = known.find(member => member.title === title) ?? {};
  return { variant, trainingSeed: seed };
}

/** A condition of which nothing but its name is known; `original` is taken to be as every version has it. */
export const unknownCondition = (name: string): ConditionRecord => ({
  name,
  image: true,
  systemPrompt: true,
  interventions: name === original.name ? [] : [{ kind: name, params: {} }],
});
