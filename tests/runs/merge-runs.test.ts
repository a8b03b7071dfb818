import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/records/json.js';
import type { Prediction } from '../../src/records/prediction.js';
import { mergeRuns, type ShardPart, shardEnding } from '../../src/runs/merge-runs.js';
import { openRun } from '../../src/runs/open-run.js';
import { inFolder, runOptions, small, unitOf } from './fixtures.js';

const IMAGES = 7;
const silent = () => {};

interface Part {
  readonly shard?: ShardPart;
  readonly parts?: JsonObject;
  readonly images?: readonly number[];
  readonly conditions?: readonly string[];
  readonly finish?: boolean;
}

/** Stores a run of seven images under two conditions, or a shard of it. */
async function store(
  root: string,
  { shard, parts, images, conditions, finish = true }: Part = {},
): Promise<string> {
  const options = runOptions(root);
  const run = await openRun<Prediction>({
    ...options,
    name: options.name + (shard ? shardEnding(shard) : ''),
    parts: { ...options.parts, ...parts, ...(shard && { shard: { ...shard } }) },
    manifest: {
      options: { seed: 0, ...(shard && { shard: `${shard.index}/${shard.count}` }) },
      benchmark: { images: IMAGES },
    },
  });
  const all = Array.from({ length: IMAGES }, (_, i) => i);
  const own = images ?? all.filter(i => !shard || i % shard.count === shard.index - 1);
  for (const image of own)
    for (const condition of conditions ?? small.conditions) await run.append(unitOf(small, image, condition));
  if (finish) await run.finish({ seconds: 1 });
  await run.close();
  return run.dir;
}

const shards = (root: string, count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) => store(join(root, 'shards'), { shard: { index: i + 1, count } })),
  );

describe('mergeRuns', () => {
  it.each([2, 3, 7, 9])(
    'gives the very bytes, folder and settings of one run, from %i shards in any order',
    count =>
      inFolder(async root => {
        const whole = await store(join(root, 'whole'));
        const dirs = await shards(root, count);
        const merged = await mergeRuns(dirs.reverse(), join(root, 'merged'), silent);
        expect(merged.replace('/merged/', '/whole/')).toBe(whole);
        const read = (dir: string) => readFile(join(dir, 'predictions.jsonl'), 'utf8');
        expect(await read(merged)).toBe(await read(whole));
        const [a, b] = await Promise.all(
          [merged, whole].map(async dir => JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'))),
        );
        for (const field of ['key', 'name', 'parts', 'manifest']) expect(a[field]).toEqual(b[field]);
        expect({ ...a.finished, at: '', extra: {} }).toEqual({ ...b.finished, at: '', extra: {} });
      }),
  );

  it('finds a run that is merged already', () =>
    inFolder(async root => {
      const dirs = await shards(root, 2);
      const merged = await mergeRuns(dirs, root, silent);
      const said: string[] = [];
      expect(await mergeRuns(dirs, root, text => said.push(text))).toBe(merged);
      expect(said).toEqual([`${merged} is finished already`]);
    }));

  it('refuses a missing, a doubled and an unfinished shard', () =>
    inFolder(async root => {
      const [one, two, three] = await shards(root, 3);
      await expect(mergeRuns([one!, three!], root, silent)).rejects.toThrow('shard 2 of 3 is missing');
      await expect(mergeRuns([one!, two!, two!, three!], root, silent)).rejects.toThrow(
        'shard 2 of 3 is there twice',
      );
      await rm(two!, { recursive: true });
      const begun = await store(join(root, 'shards'), { shard: { index: 2, count: 3 }, finish: false });
      await expect(mergeRuns([one!, begun, three!], root, silent)).rejects.toThrow('not finished');
    }));

  it('refuses shards of different runs, naming what differs', () =>
    inFolder(async root => {
      const a = await store(root, { shard: { index: 1, count: 2 } });
      const b = await store(root, { shard: { index: 2, count: 2 }, parts: { seed: 1 } });
      const c = await store(root, { shard: { index: 2, count: 3 } });
      await expect(mergeRuns([a, b], root, silent)).rejects.toThrow(/differ in: seed\)/);
      await expect(mergeRuns([a, c], root, silent)).rejects.toThrow(/differ in: shards\)/);
      await expect(mergeRuns([a, await store(root)], root, silent)).rejects.toThrow('not a shard');
    }));

  it.each<[string, Part, string]>([
    ['a missing image', { images: [1, 3] }, 'lacks images: number 6 of 7'],
    ['an image too many', { images: [1, 3, 5, 6] }, 'image 6'],
    ['an image of another shard', { images: [1, 2, 5] }, 'image 2'],
    [
      'a missing condition',
      { conditions: ['original'] },
      'image 1 under original, not under original, permuted 0',
    ],
  ])('refuses %s, and writes nothing', (_, part, message) =>
    inFolder(async root => {
      const one = await store(root, { shard: { index: 1, count: 2 } });
      const two = await store(root, { shard: { index: 2, count: 2 }, ...part });
      await expect(mergeRuns([one, two], join(root, 'merged'), silent)).rejects.toThrow(message);
      await expect(readFile(join(root, 'merged'))).rejects.toThrow('ENOENT');
    }),
  );
});
