import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import type { JsonObject } from '../../src/records/json.js';
import type { Prediction } from '../../src/records/prediction.js';
import { openRun } from '../../src/runs/open-run.js';
import { predictionRecords } from '../../src/runs/records.js';
import { conditionNamed } from '../support/conditions.js';

/** Runs `use` with a folder of its own, which is removed afterwards. */
export async function inFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-cli-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Runs the command line, without a model, and gives what it printed. */
export async function vlmSpatial(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => printed.push(String(text)) > 0);
  try {
    await runProgram(args);
  } finally {
    write.mockRestore();
  }
  return printed.join('');
}

export interface Made {
  readonly model?: string;
  readonly images?: number;
  /** The conditions, each with its score of every question: 1 where `right` says so. */
  readonly right?: Readonly<Record<string, (image: number, question: number) => boolean>>;
  readonly parts?: JsonObject;
  readonly options?: JsonObject;
  readonly finish?: boolean;
  /** Which of the images are in this run, and the name's end. */
  readonly shard?: { readonly index: number; readonly count: number };
}

/** Two questions an image, as `permute` asks them: right with the image, half of them permuted, never without it. */
const asked: NonNullable<Made['right']> = {
  original: () => true,
  'permuted-0': (_, question) => question === 0,
  'blank-image': () => false,
  'text-only': () => false,
};

/** The prediction on one question; its output is the target where it is right. */
export const predictionOf = (
  condition: string,
  image: number,
  question: number,
  right: boolean,
): Prediction => ({
  id: `q${image}-${question}`,
  image: `image ${image}`,
  condition,
  category: question === 0 ? 'color.abs' : 'color.rel',
  labels: { objects: 2 + (image % 2), form: 'open' },
  question: `What is at place ${question}?`,
  promptHash: 'abc',
  targets: ['Red'],
  output: right ? 'Red' : 'blue',
  answer: right ? 'red' : 'blue',
  score: right ? 1 : 0,
  margin: 1,
});

/** Stores a made-up run of `permute` on 2DS; gives its folder. */
export async function storeRun(root: string, made: Made = {}): Promise<string> {
  const { model = 'Mini', images = 4, right = asked, parts = {}, options = {}, finish = true, shard } = made;
  const end = shard ? `-shard-${shard.index}-of-${shard.count}` : '';
  const run = await openRun({
    root,
    suite: 'mini',
    experiment: 'permute',
    name: `${model.toLowerCase()}-2ds${end}`,
    parts: {
      ...{ model: `weights of ${model}`, benchmark: '2ds', split: 'test', data: 'data', seed: 0 },
      ...{
        template: 'USER: <image>\n{question} ASSISTANT:',
        suffix: '',
        maxNewTokens: 128,
        temperature: 0,
        judge: 'rule',
        conditions: JSON.parse(JSON.stringify(Object.keys(right).map(conditionNamed))),
      },
      ...parts,
      ...(shard && { shard: { ...shard } }),
    },
    manifest: {
      options: { seeds: 1, order: 'random', ...options },
      model: { title: model },
      protocol: 'llava',
      benchmark: { title: '2DS (generated)', images, questions: 2 * images },
    },
    format: predictionRecords,
  });
  for (let image = 0; image < images; image++) {
    if (shard && image % shard.count !== shard.index - 1) continue;
    for (const [condition, isRight] of Object.entries(right))
      await run.append([0, 1].map(q => predictionOf(condition, image, q, isRight(image, q))));
  }
  if (finish) await run.finish({ seconds: 1 });
  await run.close();
  return run.dir;
}
