import { expect, it } from 'vitest';
import { blank, conditionRecord, original, permuted } from '../../src/experiments/condition.js';
import { conditionOfOldRun, memberOfOldRun, unknownCondition } from '../../src/harness/old-runs.js';
import { knockOut } from '../../src/interventions/knock-out.js';
import { permute } from '../../src/interventions/permute.js';
import { pool } from '../../src/interventions/pool.js';
import { permutePositions } from '../../src/interventions/position-ids.js';
import { rescale } from '../../src/interventions/rescale.js';
import { recordOf } from '../../src/interventions/types.js';

it.each([
  ['blank-image', ['blank image'], conditionRecord(blank).interventions],
  ['permuted-0', ['permute random, draw 0'], conditionRecord(permuted()).interventions],
  ['position-ids', ['permute position ids, draw 0'], [recordOf(permutePositions())]],
  ['pooled-4-max', ['pool max to 4'], [recordOf(pool('max', 4))]],
  [
    'knock-out-1-2',
    ['knock out attention to vision, layers 1-2'],
    [recordOf(knockOut({ first: 1, last: 2 }))],
  ],
  [
    'norm-0.3-permuted',
    ['rescale to norm 0.25', 'permute random, draw 0'],
    [recordOf(rescale(0.25, 0.3)), recordOf(permute())],
  ],
])('the condition %s of an earlier run is what it was', (name, does, interventions) => {
  expect(conditionOfOldRun({ name, image: true, does })).toEqual({
    ...{ name, image: true, systemPrompt: true },
    interventions: interventions.map(record => ({ kind: record.kind, params: record.params })),
  });
});

it('its model is known by the suite’s title, other models are baselines', () => {
  expect(memberOfOldRun('mini', '+ Normalize, seed 1')).toEqual({ variant: 'normalize', trainingSeed: 1 });
  expect(memberOfOldRun('paper', '+ Normalize + Multilayer').variant).toBe('multilayer');
  expect(memberOfOldRun('custom', '/a/folder')).toEqual({ variant: 'baseline', trainingSeed: 0 });
});

it('a condition known by its name alone is nothing else', () => {
  expect(unknownCondition('original')).toEqual(conditionRecord(original));
  expect(unknownCondition('as logged').interventions).toEqual([{ kind: 'as logged', params: {} }]);
});
