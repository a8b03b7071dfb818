import { expect, test } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { chooseScorer, type OpenedPredictions } from '../../src/harness/open-predictions.js';

const opened = (benchmark: keyof typeof benchmarks | undefined) =>
  ({
    path: 'answers.jsonl',
    benchmark: benchmark && benchmarks[benchmark],
    result: { provenance: {}, predictions: [] },
  }) as unknown as OpenedPredictions;

test("the scorer lmms-eval grades by that program's rule, and has POPE's figures as it has them", () => {
  const { name, scorer, metrics } = chooseScorer(opened('pope'), 'lmms-eval');
  expect(name).toBe('lmms-eval');
  const question = { question: '', targets: ['yes'] };
  expect(scorer('Yes, it is.', question).score).toBe(0);
  expect(benchmarks.pope.scorer('Yes, it is.', question).score).toBe(1);
  const rows = ['yes', 'no'].map(gold => ({
    answer: 'yes',
    score: 0,
    targets: [gold],
    category: 'popular',
    labels: {},
  }));
  expect(metrics!(rows).find(figure => figure.name === 'yes-ratio')!.value).toBe(1 / 2);
  expect(benchmarks.pope.metrics!(rows).find(figure => figure.name === 'yes-ratio')!.value).toBe(1);
});

test('it is refused where lmms-eval has no rule of its own, or the benchmark is not known', () => {
  expect(() => chooseScorer(opened('2ds'), 'lmms-eval')).toThrow(/grades vqav2, pope, gqa.*answers 2ds/);
  expect(() => chooseScorer(opened(undefined), 'lmms-eval')).toThrow(/unknown benchmark.*--bench/);
});
