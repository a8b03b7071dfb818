import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCoco } from '../../src/benchmarks/coco.js';
import { benchmarks } from '../../src/benchmarks/index.js';
import { ownBenchmark } from '../../src/benchmarks/jsonl.js';
import type { Dataset } from '../../src/benchmarks/types.js';
import { UserError } from '../../src/errors.js';
import { type Random, randomChoice, randomInt, seededRandom } from '../../src/random.js';
import { fixture, imagesOf } from './expected.js';

type Open = (path: string) => Promise<Dataset>;

const own = (path: string) => ownBenchmark(join(path, 'test_2d.jsonl'), 'exact').open(path);

/** Every published layout and file format, with the file that is mutated. */
export const FORMATS: readonly (readonly [folder: string, file: string, open: Open])[] = [
  ['gqa/official', 'questions1.2/testdev_balanced_questions.json', benchmarks.gqa.open],
  ['gqa/parquet', 'testdev_balanced_instructions/testdev-00000-of-00001.parquet', benchmarks.gqa.open],
  ['gqa/parquet', 'testdev_balanced_images/testdev-00000-of-00001.parquet', benchmarks.gqa.open],
  ['pope/official', 'output/coco/coco_pope_popular.json', benchmarks.pope.open],
  ['pope/official', 'val2014.zip', benchmarks.pope.open],
  ['vqav2/official', 'v2_mscoco_val2014_annotations.json', benchmarks.vqav2.open],
  ['vqav2/parquet', 'data/validation-00000-of-00002.parquet', benchmarks.vqav2.open],
  ['cvbench/official', 'test_2d.jsonl', benchmarks.cvbench.open],
  ['cvbench/official', 'test_2d.jsonl', own],
  ['cvbench/parquet', 'test_2d.parquet', benchmarks.cvbench.open],
  ['coco', 'annotations_trainval2017.zip', openCoco],
  ['coco', 'val2017.zip', openCoco],
];

/** What must not happen: anything but a whole reading or a refusal in one printable line. */
export interface Fault {
  readonly round: number;
  readonly what: unknown;
}

/**
 * Mutates a file of a benchmark `rounds` times and reads the whole benchmark each time.
 *
 * @returns how many readings were refused, and what went wrong
 */
export async function readMutated(
  [folder, file, open]: (typeof FORMATS)[number],
  rounds: number,
  seed: number,
): Promise<{ refused: number; faults: Fault[] }> {
  const copy = await mkdtemp(join(tmpdir(), 'mutated-'));
  try {
    await cp(fixture(folder), copy, { recursive: true });
    const before = await listing(copy);
    const original = await readFile(join(copy, file));
    const faults: Fault[] = [];
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      await writeFile(join(copy, file), mutated(original, seededRandom(folder, file, seed, round)));
      const thrown = await readAll(open, copy);
      if (thrown !== undefined) refused++;
      if (thrown !== undefined && !isRefusal(thrown)) faults.push({ round, what: thrown });
    }
    const after = await listing(copy);
    if (after !== before) faults.push({ round: rounds, what: `files were written: ${after}` });
    return { refused, faults };
  } finally {
    await rm(copy, { recursive: true });
  }
}

const listing = async (folder: string): Promise<string> =>
  (await readdir(folder, { recursive: true })).sort().join('\n');

async function readAll(open: Open, path: string): Promise<unknown> {
  try {
    for (const image of await imagesOf(await open(path))) await image.load();
    return undefined;
  } catch (error) {
    return error;
  }
}

const isRefusal = (error: unknown): boolean => error instanceof UserError && !/\p{Cc}/u.test(error.message);

/** Tokens that mean something to some reader. */
const TOKENS = [
  '"',
  '{',
  '[',
  ']',
  '}',
  ',',
  ':',
  'null',
  '-1',
  '1e999',
  '"__proto__"',
  '../',
  '\\u0000',
  '\n',
  'PAR1',
  'PK\u0005\u0006',
  '\ufeff',
];

function mutated(original: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(original);
  for (let change = 0; change <= randomInt(random, 4); change++) {
    const at = randomInt(random, bytes.length + 1);
    const kind = randomInt(random, 6);
    if (kind === 0) bytes = bytes.subarray(0, at);
    else if (kind === 1) bytes = spliced(bytes, at, randomInt(random, 64), Buffer.alloc(0));
    else if (kind === 2) bytes = spliced(bytes, at, 0, Buffer.from(randomChoice(random, TOKENS)));
    else if (kind === 3) bytes = spliced(bytes, at, 0, bytes.subarray(at, at + randomInt(random, 512)));
    else if (kind === 4 && at < bytes.length)
      bytes[at] = randomChoice(random, [0, 1, 0x7f, 0x80, 0xff, randomInt(random, 256)]);
    else if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << randomInt(random, 8));
  }
  return bytes;
}

const spliced = (bytes: Buffer, at: number, removed: number, inserted: Buffer): Buffer<ArrayBuffer> =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
