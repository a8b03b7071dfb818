import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../src/records/prediction.js';
import { changedQuestions, diffTable } from '../../src/report/diff-tables.js';
import { changeOf, pairPredictions, regrade } from '../../src/report/pair-predictions.js';
import { exact } from '../../src/scorers/exact.js';

/** An answer to question `id` on image `id / 2`. */
const answer = (id: number, output: string, more: Partial<Prediction> = {}): Prediction => ({
  id: `q${id}`,
  image: `im${Math.floor(id / 2)}`,
  condition: 'original',
  category: id % 2 === 0 ? 'even' : 'odd',
  labels: { objects: 2 + (id % 3) },
  question: `What is at ${id}?`,
  promptHash: '',
  targets: ['red'],
  output,
  answer: output,
  score: output === 'red' ? 1 : 0,
  margin: 1,
  ...more,
});

const before = [answer(0, 'red'), answer(1, 'red'), answer(2, 'blue'), answer(3, 'blue'), answer(4, 'red')];
const after = [answer(0, 'blue'), answer(1, 'red'), answer(2, 'red'), answer(3, 'green'), answer(4, 'blue')];

describe('two runs, question by question', () => {
  const { pairs } = pairPredictions(before, after, false);

  it('says what became of each', () => {
    expect(pairs.map(changeOf)).toEqual([
      'right→wrong',
      'same',
      'wrong→right',
      'changed, equal score',
      'right→wrong',
    ]);
    expect(changeOf({ a: answer(0, 'x', { score: 0.3 }), b: answer(0, 'y', { score: 1 }) })).toBe(
      'wrong→right',
    );
  });

  it('sums up, overall, by category and by number of objects', () => {
    const { rows } = diffTable('', pairs, 'a', 0);
    expect(rows.map(r => [r.slice, r.n, r.a, r.b, r.toWrong, r.toRight, r.changed])).toEqual([
      ['all', 5, 60, 40, 2, 1, 1],
      ['category even', 3, 200 / 3, 100 / 3, 2, 1, 0],
      ['category odd', 2, 50, 50, 0, 0, 1],
      ['objects 2', 2, 50, 0, 1, 0, 1],
      ['objects 3', 2, 100, 50, 1, 0, 0],
      ['objects 4', 1, 0, 100, 0, 1, 0],
    ]);
    // Image sums of differences: −1, +1, −1; of the 8 sign patterns 6 + 2 reach |−1|.
    expect(rows[0]).toMatchObject({ images: 3, difference: -20, p: 1, pHolm: null });
    expect(rows.slice(1).every(r => Number(r.pHolm) >= Number(r.p))).toBe(true);
  });

  it('tests by image: questions that move together on one image count once', () => {
    const all = Array.from({ length: 10 }, (_, i) => i);
    const together = pairPredictions(
      all.map(i => answer(i, 'blue', { image: 'one' })).concat(answer(99, 'red', { image: 'two' })),
      all.map(i => answer(i, 'red', { image: 'one' })).concat(answer(99, 'red', { image: 'two' })),
      false,
    );
    expect(diffTable('', together.pairs, 'a', 0).rows[0]).toMatchObject({ p: 1, toRight: 10 });
  });

  it('lists what changed, scores first', () => {
    const { rows } = changedQuestions('', pairs, 'a');
    expect(rows.map(r => [r.id, r.change])).toEqual([
      ['q0', 'right→wrong'],
      ['q4', 'right→wrong'],
      ['q2', 'wrong→right'],
      ['q3', 'changed, equal score'],
    ]);
    expect(rows[0]).toMatchObject({
      image: 'im0',
      question: 'What is at 0?',
      target: 'red',
      a: 'red',
      b: 'blue',
    });
  });

  it('counts hidden answers as changed or not, and tests nothing', () => {
    const hidden = { score: Number.NaN, targets: [] };
    const two = pairPredictions([answer(0, 'x', hidden)], [answer(0, 'y', hidden)], false);
    expect(diffTable('', two.pairs, 'a', 0).rows[0]).toMatchObject({
      n: 1,
      a: null,
      p: null,
      changed: 1,
      toWrong: 0,
    });
  });
});

describe('matching questions', () => {
  it('takes what both have, and says what is left', () => {
    expect(pairPredictions(before.slice(0, 3), after.slice(1), false)).toMatchObject({
      pairs: [{ a: { id: 'q1' } }, { a: { id: 'q2' } }],
      onlyA: 1,
      onlyB: 2,
      matchedBy: 'id',
    });
  });

  it('refuses our own runs on different data', () => {
    expect(() => pairPredictions(before, [answer(9, 'red')], false)).toThrow('no question in common');
    const other = after.map(p => ({ ...p, question: `${p.question} Really?!`.replace('What', 'Who') }));
    expect(() => pairPredictions(before, other, false)).toThrow('compare runs on the same data');
  });

  it('goes by wording and answer where ids are another program’s own, leaving out what is asked twice', () => {
    const foreign = [
      answer(50, 'green', { question: 'what is  at 1?' }),
      answer(51, 'red', { question: 'What is at 0?' }),
    ];
    expect(pairPredictions(before, foreign, true)).toMatchObject({
      pairs: [
        { a: { id: 'q0' }, b: { id: 'q51' } },
        { a: { id: 'q1' }, b: { id: 'q50' } },
      ],
      matchedBy: 'wording',
      onlyA: 3,
      onlyB: 0,
    });
    const twice = [...foreign, answer(52, 'red', { question: 'What is at 0?' })];
    expect(pairPredictions(before, twice, true)).toMatchObject({ pairs: [{ a: { id: 'q1' } }], onlyB: 2 });
  });

  it('grades both sides by one rule and the targets of the side that knows them', () => {
    const ours = answer(0, 'Red.', { targets: ['red', 'crimson'], score: 0 });
    const theirs = answer(0, 'crimson', { targets: ['something else'], score: 0 });
    const [pair] = regrade([{ a: theirs, b: ours }], 'b', exact);
    expect([pair!.a.score, pair!.b.score, pair!.b.answer]).toEqual([1, 1, 'red']);
  });
});
