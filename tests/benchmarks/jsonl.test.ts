import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ownBenchmark } from '../../src/benchmarks/jsonl.js';
import type { OpenOptions } from '../../src/benchmarks/types.js';
import type { ScorerName } from '../../src/scorers/index.js';
import { imagesOf } from './expected.js';

const folder = await mkdtemp(join(tmpdir(), 'own-'));
afterAll(() => rm(folder, { recursive: true }));
await mkdir(join(folder, 'pictures'));
await writeFile(join(folder, 'pictures', 'a.png'), 'A');
await writeFile(join(folder, 'b.jpg'), 'B');

const open = (scorer: ScorerName, ...lines: unknown[]) => openWith({}, scorer, ...lines);

async function openWith(options: OpenOptions, scorer: ScorerName, ...lines: unknown[]) {
  const path = join(folder, 'mine.jsonl');
  await writeFile(
    path,
    lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  const benchmark = ownBenchmark(path, scorer);
  return { benchmark, dataset: await benchmark.open(path, options) };
}

const line = { image: 'b.jpg', question: 'What is it?', answer: 'bee' };

test('questions are grouped by image; ids are line numbers where none is given', async () => {
  const { benchmark, dataset } = await open(
    'exact',
    line,
    { image: 'pictures/a.png', question: 'How many?', answers: [3, 'three'], category: 'count', id: 'n' },
    '',
    { ...line, question: 'And now?' },
  );
  expect([benchmark.title, dataset.split, dataset.sampleCount, dataset.imageCount]).toEqual([
    'mine',
    'mine',
    3,
    2,
  ]);
  expect(dataset.layout).toContain('2 of 2 found');
  const [b, a] = await imagesOf(dataset);
  expect(b!.samples.map(({ id, question }) => [id, question])).toEqual([
    ['1', 'What is it?'],
    ['3', 'And now?'],
  ]);
  expect(a!.samples).toEqual([
    { id: 'n', question: 'How many?', targets: ['3', 'three'], category: 'count', labels: {} },
  ]);
  expect(Buffer.from(await a!.load()).toString()).toBe('A');
  expect(benchmark.scorer('Three', a!.samples[0]!).score).toBe(1);
});

describe('choices', () => {
  const choices = ['cat', 'dog', 'B'];

  test.each([
    ['dog', '(B)'],
    ['(C)', '(C)'],
    ['A', '(A)'],
    ['B', '(C)'], // a choice of that very text wins over the letter
  ])('the answer %j is %s', async (answer, letter) => {
    const { benchmark, dataset } = await open('choice', { ...line, choices, answer });
    const [sample] = (await imagesOf(dataset))[0]!.samples;
    expect(sample!.question).toBe('What is it?\n(A) cat\n(B) dog\n(C) B');
    expect(sample!.targets).toEqual([letter]);
    expect(benchmark.scorer(letter, sample!).score).toBe(1);
  });

  test('an answer that is none of them is refused', async () => {
    await expect(open('choice', { ...line, choices, answer: 'D' })).rejects.toThrow(
      /one of the choices.*"1".*"D"/,
    );
    await expect(open('choice', line)).rejects.toThrow(/one of the choices/);
    await expect(open('exact', { ...line, choices })).rejects.toThrow(/no choices/);
  });
});

test.each<[ScorerName, object, RegExp]>([
  ['yesno', { ...line, answer: 'maybe' }, /expected yes or no in mine.jsonl, question "1", found "maybe"/],
  ['vqa', { ...line, answers: ['a', 'a', 'a'], answer: undefined }, /at least four annotators/],
  ['exact', { ...line, answer: undefined }, /give either answer or answers/],
  ['exact', { ...line, answers: ['x'] }, /give either answer or answers/],
  ['exact', { ...line, answr: 'x' }, /line 1.*answr/],
  ['exact', { ...line, image: 7 }, /line 1.*at image.*expected string/],
])('scorer %s refuses %j', async (scorer, given, message) => {
  await expect(open(scorer, given)).rejects.toThrow(message);
});

test('two questions of one id are refused', async () => {
  await expect(open('exact', { ...line, id: '2' }, line)).rejects.toThrow(/id "2" twice/);
});

test.each([
  '../b.jpg',
  '/etc/passwd',
  'pictures/../../b.jpg',
  'C:\\b.jpg',
  '\\\\host\\b.jpg',
  'a\0.png',
  '..',
])('the image path %j leads nowhere', async image => {
  await expect(open('exact', { ...line, image })).rejects.toThrow(/path of an image below/);
});

test('missing images are an error when the file is opened, all of them named, with their lines', async () => {
  const none = { ...line, image: 'pictures/none.png' };
  await expect(open('exact', line, none, '', { ...line, image: 'no.gif' }, none)).rejects.toThrow(
    /as "pictures\/none.png" below .*; found none for 2 of 3: "pictures\/none.png" \(line 2, 5\), "no.gif" \(line 4\): correct/,
  );
});

test('a missing image is an error when it is loaded, where that is asked for', async () => {
  const { dataset } = await openWith({ allImages: false }, 'exact', { ...line, image: 'pictures/none.png' });
  expect(dataset.layout).toContain('0 of 1 found');
  const [image] = await imagesOf(dataset);
  await expect(image!.load()).rejects.toThrow(/image "pictures\/none.png" below .*found none/);
});

test('a number as id keeps its digits, null in a key that may be left out means that it is', async () => {
  const { dataset } = await open(
    'exact',
    '{"image": "b.jpg", "question": "q 12345678901234567890?", "answer": 9007199254740993, "id": 262148000012345678901}',
    { ...line, id: null, category: null, choices: null, answers: null },
    '{"image": "b.jpg", "question": "q", "answer": "a", "category": NaN}',
    '{"image": "b.jpg", "question": "q", "answers": [-9007199254740993, 0.1234567890123456789, 1e22], "id": 9007199254740992}',
  );
  const { samples } = (await imagesOf(dataset))[0]!;
  expect(samples.map(({ id }) => id)).toEqual(['262148000012345678901', '2', '3', '9007199254740992']);
  expect(samples.map(({ category }) => category)).toEqual(['', '', '', '']);
  expect(samples.map(({ targets }) => targets[0])).toEqual([
    '9007199254740993',
    'bee',
    'a',
    '-9007199254740993',
  ]);
  expect(samples[0]!.question).toBe('q 12345678901234567890?');
});

test('true and false are yes and no where those are asked for, and an error elsewhere', async () => {
  const { dataset } = await open(
    'yesno',
    { ...line, answer: true },
    { ...line, answer: 'No.' },
    { ...line, answer: null, answers: [false] },
  );
  const { samples } = (await imagesOf(dataset))[0]!;
  expect(samples.map(({ targets }) => targets)).toEqual([['yes'], ['no'], ['no']]);
  await expect(open('exact', { ...line, answer: true })).rejects.toThrow(
    /expected an answer that is a text or a number \(only the scorer yesno takes true and false\) in mine.jsonl, question "1", found true/,
  );
  await expect(open('exact', { ...line, answer: {} })).rejects.toThrow(
    /line 1, found another at answer: expected a text or a number/,
  );
});

test('an unknown key is an error with the nearest one and all there are', async () => {
  await expect(open('exact', { ...line, catgory: 'x' })).rejects.toThrow(
    /line 1, found another: "catgory" is no key \(nearest: category\); the keys are image, question, answer, answers, choices, category, id/,
  );
});

test('a key twice is an error', async () => {
  await expect(
    open('exact', '{"image": "b.jpg", "question": "q", "answer": "a", "\\u0061nswer": "b"}'),
  ).rejects.toThrow(/expected every key once in mine.jsonl, line 1, found "answer" twice/);
});

test('paths may lead below the folder of --images, absolute ones, too, and no further', async () => {
  const images = await mkdtemp(join(tmpdir(), 'elsewhere-'));
  await mkdir(join(images, 'val'));
  await writeFile(join(images, 'val', 'c.png'), 'C');
  for (const image of ['val/c.png', join(images, 'val/c.png'), relative(folder, join(images, 'val/c.png'))]) {
    const { dataset } = await openWith({ images }, 'exact', { ...line, image }, line);
    const loaded = await Promise.all((await imagesOf(dataset)).map(one => one.load()));
    expect(loaded.map(one => Buffer.from(one).toString())).toEqual(['C', 'B']);
    if (image !== 'val/c.png')
      await expect(open('exact', { ...line, image })).rejects.toThrow(/say with --images below which folder/);
  }
  for (const image of [join(tmpdir(), 'c.png'), '../c.png', `${images}/../c.png`])
    await expect(openWith({ images }, 'exact', { ...line, image })).rejects.toThrow(
      /name another folder with --images/,
    );
  await rm(images, { recursive: true });
});

test('the fingerprint follows the questions, the answers and the images', async () => {
  const fingerprint = async (given: object) => (await open('exact', given)).dataset.fingerprint;
  const before = await fingerprint(line);
  expect(await fingerprint({ ...line, answer: 'wasp' })).not.toBe(before);
  expect(await fingerprint(line)).toBe(before);
  await writeFile(join(folder, 'b.jpg'), 'BB');
  expect(await fingerprint(line)).not.toBe(before);
});
