import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toLmmsEval } from '../../src/runs/foreign/lmms-eval.js';
import { readForeign } from '../../src/runs/foreign/read-foreign.js';
import { inFolder, small, unitOf } from './fixtures.js';

/** Reads lines from a file of that name. */
const read = (name: string, ...lines: object[]) =>
  inFolder(async dir => {
    const path = join(dir, name);
    await writeFile(path, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    return readForeign(path);
  });

/** As `save_results_samples` leaves a sample: one response is no list, `resps` is left out where it says the same. */
const gqa = {
  doc_id: 7,
  target: 'left',
  filtered_resps: 'Left',
  token_counts: [null],
  doc_hash: 'd1',
  exact_match: 1.0,
  input: 'Which side is it on?\nAnswer the question using a single word or phrase.',
};
const figure = { question_id: '17', score: 0.0, prediction: 'no', ground_truth: 'yes' };
const pope = {
  doc_id: 16,
  target: 'yes',
  filtered_resps: ['No'],
  resps: [['No.']],
  doc_hash: 'd2',
  pope_yes_ratio: figure,
  pope_accuracy: figure,
  input: 'Is there a dog?\nAnswer the question using a single word or phrase.',
};

describe('samples that lmms-eval logged', () => {
  it('are read with their own score, the question without what asks for a short answer', async () => {
    const file = await read('20250111_212327_samples_gqa.jsonl', gqa);
    expect(file).toMatchObject({ source: 'lmms-eval', bench: 'gqa', imagesKnown: false });
    expect(file.predictions).toMatchObject([
      { id: '7', image: '7', question: 'Which side is it on?', targets: ['left'], output: 'Left', score: 1 },
    ]);
  });

  it('are read in older layouts, with lists around responses', async () => {
    const file = await read('x_samples_pope_pop.jsonl', pope);
    expect(file.bench).toBe('pope');
    expect(file.predictions).toMatchObject([
      { id: 'popular:17', category: 'popular', output: 'No.', answer: 'No', targets: ['yes'], score: 0 },
    ]);
  });

  it('keep apart the equal question numbers of POPE’s three splits', async () => {
    const file = await read('x_samples_pope.jsonl', pope, { ...pope, doc_id: 3016 });
    expect(file.predictions.map(p => p.id)).toEqual(['16', '3016']);
  });

  it('are read with a byte order mark, and with what Python writes though JSON has no word for it', () =>
    inFolder(async dir => {
      const path = join(dir, 'x_samples_pope_pop.jsonl');
      const { pope_accuracy, ...rest } = pope;
      const logged = (tail: string) => `${JSON.stringify(rest).slice(0, -1)}, ${tail}}`;
      const lines = [
        logged('"pope_f1_score": NaN, "pope_accuracy": {"score": 1.0, "question_id": "1"}'),
        logged('"low": -Infinity, "pope_accuracy": Infinity, "question_id": "2"'),
        logged('"text": "NaN, Infinity", "pope_accuracy": NaN, "question_id": "3"'),
      ];
      await writeFile(path, `\ufeff${lines.join('\r\n')}\r\n`);
      const { predictions } = await readForeign(path);
      expect(predictions.map(p => p.output)).toEqual(['No.', 'No.', 'No.']);
      expect(predictions[0]!.score).toBe(1);
      await writeFile(path, `${lines[0]}\n{"doc_id": nan}\n`);
      await expect(readForeign(path)).rejects.toThrow(/:2, found something else .*: give a JSON Lines file/);
    }));

  it('are what ours are written as', async () => {
    const ours = unitOf({ ...small, questions: 5 }, 3, 'original');
    const file = await read(
      'x_samples_gqa.jsonl',
      ...ours.map((p, i) =>
        toLmmsEval(p, i, `${p.question}\nAnswer the question using a single word or phrase.`, 'gqa'),
      ),
    );
    expect(file.imagesKnown).toBe(true);
    expect(ours.length).toBeGreaterThan(1);
    const { id, image, targets, output, score } = ours[1]!;
    expect(file.predictions[1]).toMatchObject({ id, image, targets, output, score });
  });
});

describe('answer files of the paper’s evaluators', () => {
  const answer = { correct_answer: 'red', model_response: 'It is red.', model_id: 'llava-7b' };
  it('2DS: image, category and objects, questions numbered within their image', async () => {
    const line = {
      entry_id: 4,
      test_category: '3_objects',
      qa_category: 'Color_absolute',
      question: 'What color is at the top?',
      objects: [{}, {}, {}],
      ...answer,
    };
    const file = await read('synthetic_results.jsonl', line, line, { ...line, entry_id: 5 });
    expect(file).toMatchObject({ source: 'the authors', model: 'llava-7b', bench: '2ds', imagesKnown: true });
    expect(file.predictions.map(p => p.id)).toEqual(['4-0', '4-1', '5-0']);
    expect(file.predictions[0]).toMatchObject({
      image: '4',
      category: 'color.abs',
      labels: { objects: 3, testCategory: '3_objects' },
      targets: ['red'],
      output: 'It is red.',
      score: Number.NaN,
    });
  });

  it.each([
    [
      'coco_pope_popular.jsonl',
      { idx: 3, question: 'Is there a dog?', prompt: 'A chat …', ...answer },
      { bench: 'pope', prediction: { id: 'popular:3', question: 'Is there a dog?', category: 'popular' } },
    ],
    [
      'cv_bench_results.jsonl',
      {
        ...{ idx: 0, type: '2D', task: 'Count', source: 'COCO', question: 'How many?' },
        ...{ prompt: 'How many?\n(A) 1\n(B) 2', correct_answer: '(A)', model_response: 'A', model_id: '' },
      },
      {
        bench: 'cvbench',
        prediction: {
          id: '0',
          question: 'How many?\n(A) 1\n(B) 2',
          category: 'Count',
          labels: { source: 'COCO' },
        },
      },
    ],
    [
      'gqa_balanced_0.jsonl',
      {
        ...{ question_id: 12, answer: 'left', gt_answer: 'right', gt_full_answer: 'Right.', model_id: '' },
        prompt:
          'A chat. USER: <image>\nIs it left?\nAnswer the question using a single word or phrase. ASSISTANT:',
        category: { structural: 'choose', semantic: 'rel', detailed: 'x' },
      },
      {
        bench: 'gqa',
        prediction: {
          id: '12',
          question: 'Is it left?',
          targets: ['right'],
          output: 'left',
          category: 'choose',
        },
      },
    ],
    [
      'merge.jsonl',
      {
        question_id: 262144000,
        prompt: 'Where?\nAnswer the question using a single word or phrase.',
        text: 'here',
      },
      { bench: 'vqav2', prediction: { id: '262144000', question: 'Where?', targets: [], output: 'here' } },
    ],
  ])('%s is known by its fields', async (name, line, { bench, prediction }) => {
    const file = await read(name, line);
    expect(file.bench).toBe(bench);
    expect(file.predictions).toMatchObject([prediction]);
  });
});

describe('any other file', () => {
  it('is refused, naming the line', async () => {
    await expect(read('a.jsonl', gqa, { doc_id: 8 })).rejects.toThrow(
      /a\.jsonl:2 is neither.*\(it has: doc_id\)/,
    );
    await expect(read('a.jsonl', { question: 'x' })).rejects.toThrow('a.jsonl:1');
    await expect(read('a.jsonl')).rejects.toThrow('empty');
    await expect(read('a.jsonl', gqa, gqa)).rejects.toThrow('question 7 twice');
  });
});
