import { expect, test } from 'vitest';
import { fromPlugin } from '../../src/benchmarks/plugin.js';
import type { Benchmark, Dataset, SampleImage } from '../../src/benchmarks/types.js';
import { UserError } from '../../src/errors.js';
import { imagesOf } from './expected.js';

const sample = { id: 's', question: 'q', targets: ['a'], category: '', labels: {} };
const image: SampleImage = { id: 'i', load: async () => Uint8Array.of(1), samples: [sample] };
const dataset: Dataset = {
  ...{ benchmark: 'mine', split: 'all', layout: 'l', fingerprint: 'f', imageCount: 1, sampleCount: 1 },
  async *images() {
    yield image;
  },
};
const sound: Benchmark = {
  ...{ name: 'mine', title: 'Mine', suffix: '' },
  scorer: output => ({ answer: output, score: 0.5 }),
  open: async () => dataset,
};
const guarded = (part: object) => fromPlugin({ ...sound, ...part } as Benchmark, 'my-plugin.js', 100);

test('a sound plug-in does what it did', async () => {
  const benchmark = guarded({});
  expect(benchmark.scorer('x', sample)).toEqual({ answer: 'x', score: 0.5 });
  const [first] = await imagesOf(await benchmark.open('somewhere'));
  expect(first!.samples).toEqual([sample]);
  expect(await first!.load()).toEqual(Uint8Array.of(1));
});

test.each([
  [undefined, /found nothing/],
  ['0.5', /found text "0.5"/],
  [{ answer: 'x', score: '1' }, /found a score of "1" at score/],
  [{ answer: 'x', score: 1.5 }, /found a score of 1.5 at score/],
  [{ answer: 'x', score: -0.1 }, /found a score of -0.1/],
  [{ answer: 'x', score: Number.POSITIVE_INFINITY }, /found a score of Infinity/],
  [{ answer: 'x', score: Number.NaN }, /found a score of NaN/],
  [{ score: 1 }, /at answer/],
  [Promise.resolve({ answer: 'x', score: 1 }), /found a promise/],
])('a scorer that gives %j is named with its file', (given, message) => {
  const { scorer } = guarded({ scorer: () => given });
  expect(() => scorer('x', sample)).toThrow(UserError);
  expect(() => scorer('x', sample)).toThrow(message);
  expect(() => scorer('x', sample)).toThrow('the scorer of benchmark "mine" (--plugin my-plugin.js)');
});

test('a score may be unknown where no answer is known', () => {
  const { scorer } = guarded({ scorer: () => ({ answer: '', score: Number.NaN }) });
  expect(scorer('x', { ...sample, targets: [] }).score).toBeNaN();
});

const thrower = () => {
  throw new TypeError('oh\u001b[2J no');
};
const never = () => new Promise<never>(() => {});
const yields = (value: unknown) => ({
  open: async () => ({
    ...dataset,
    async *images() {
      yield value;
    },
  }),
});

test.each<[string, object, RegExp]>([
  ['throws in its scorer', { scorer: thrower }, /the scorer of .* failed \(oh\\u001b\[2J no\)/],
  ['throws in open', { open: thrower }, /open of benchmark "mine" \(--plugin my-plugin.js\) failed \(oh/],
  ['never opens', { open: never }, /open of benchmark .* gave nothing within 0.1 s/],
  ['opens nothing', { open: async () => undefined }, /what open gives of .* found nothing/],
  ['throws in images', { open: async () => ({ ...dataset, images: thrower }) }, /images of .* failed/],
  [
    'never yields',
    {
      open: async () => ({ ...dataset, images: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) }),
    },
    /images of .* gave nothing/,
  ],
  ['yields text', yields('an image'), /an image of .* found text "an image"/],
  [
    'yields a sample without targets',
    yields({ ...image, samples: [{ ...sample, targets: undefined }] }),
    /at samples.0.targets/,
  ],
  ['throws in load', yields({ ...image, load: thrower }), /load of image "i" of .* failed/],
  ['never loads', yields({ ...image, load: never }), /load of image "i" of .* gave nothing/],
  ['loads text', yields({ ...image, load: async () => 'text' }), /found text "text"/],
])('a plug-in that %s is named with its file', async (_, part, message) => {
  const work = async () => {
    const benchmark = guarded(part);
    benchmark.scorer('x', sample);
    for await (const { load } of (await benchmark.open('somewhere')).images()) await load();
  };
  await expect(work()).rejects.toThrow(message);
  await expect(work()).rejects.toThrow(UserError);
  await expect(work()).rejects.toThrow('(--plugin my-plugin.js)');
});

test('an object that is no benchmark is named when it is loaded', () => {
  expect(() => guarded({ scorer: undefined })).toThrow(/the object of benchmark "mine" .*at scorer/);
  expect(() => fromPlugin(undefined as unknown as Benchmark, 'x.js')).toThrow(/--plugin x.js/);
});
