import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../../src/benchmarks/types.js';
import { groupsOf } from '../../../src/experiments/patch/groups.js';
import { patch } from '../../../src/experiments/patch/index.js';
import type { MeasuredUnit } from '../../../src/experiments/types.js';
import { hooksOf } from '../../../src/interventions/apply.js';
import { patch as patchStates } from '../../../src/interventions/patch.js';
import { type OpenedModel, openModel } from '../../../src/models/open-model.js';
import type { MeasuredResult } from '../../../src/records/result.js';
import { counterfactualOf } from '../../../src/world/2ds/counterfactual.js';
import { generateTwoDs } from '../../../src/world/2ds/generate.js';
import { twoDsOptions } from '../../../src/world/2ds/options.js';
import { everyAnswer } from '../../../src/world/2ds/questions.js';
import { renderScene } from '../../../src/world/scene/draw.js';
import { root } from '../../support/cli.js';
import { useEngine } from '../../support/engine.js';

const scenes = [...generateTwoDs(twoDsOptions.parse({ imagesPerCount: 4, counts: [2, 4] }))];

describe('the counterfactual of a scene', () => {
  it('has the same places and kinds, two of them exchanged, and another answer to the same question', () => {
    let found = 0;
    for (const { scene, qaPairs } of scenes) {
      for (const { question, answer } of qaPairs) {
        const other = counterfactualOf(scene.objects, question);
        if (!other) continue;
        found++;
        expect(other.original).toBe(answer);
        expect(other.answer).not.toBe(answer);
        const gap = twoDsOptions.parse({}).gap;
        expect(everyAnswer(other.objects, gap).get(question)).toBe(other.answer);
        const places = (objects: typeof scene.objects) => objects.map(({ x, y, radius }) => [x, y, radius]);
        expect(places(other.objects)).toEqual(places(scene.objects));
        const kinds = (objects: typeof scene.objects) =>
          objects.map(({ shape, color }) => `${color} ${shape}`);
        expect(kinds(other.objects).sort()).toEqual(kinds(scene.objects).sort());
        const moved = kinds(other.objects).flatMap((kind, i) =>
          kind === kinds(scene.objects)[i] ? [] : [i],
        );
        expect(moved).toEqual([...other.swapped]);
      }
    }
    // Of an absolute question the answer changes with the object at that side.
    expect(found).toBeGreaterThan(scenes.length * 3);
  });

  it('is none where the question is not one of the scene', () => {
    expect(counterfactualOf(scenes[0]!.scene.objects, 'What time is it?')).toBeUndefined();
  });
});

it('groups share out the vision tokens, and find the words that name objects', () => {
  const grid = { side: 4, left: 0, top: 0, width: 10, height: 10 };
  const object = (x: number, y: number) => ({ shape: 'star', color: 'red', x, y, radius: 3 }) as const;
  const after = ['\n', 'Is the', ' red', ' st', 'ar', ' left', '?', ' A:'];
  const groups = groupsOf({ before: 2, visionTokens: 16, after }, [object(5, 5), object(25, 5)], grid);
  expect(groups.first).toEqual([2]);
  expect(groups.second).toEqual([4]);
  expect(groups.places).toEqual([2, 4]);
  expect(groups.row).toEqual([3, 5]);
  expect(groups.column).toEqual([6, 8, 10, 12, 14, 16]);
  expect(
    [...groups.places, ...groups.row, ...groups.column, ...groups.background].sort((a, b) => a - b),
  ).toEqual(Array.from({ length: 16 }, (_, i) => 2 + i));
  expect(groups.words).toEqual([20, 21, 22]);
  expect(groups.last).toEqual([25]);
});

describe('patching', () => {
  useEngine();

  let model: OpenedModel;
  beforeAll(async () => {
    model = await openModel(join(root, 'weights', 'mini', 'base'));
  });
  afterAll(() => model.dispose());

  const image = ({ entryId, scene, qaPairs }: (typeof scenes)[number]): SampleImage => ({
    id: `${entryId}`,
    load: () => renderScene(scene),
    samples: qaPairs.map(({ question, answer, qa_category }, i) => ({
      ...{ id: `${entryId}-${i}`, question, targets: [answer], category: qa_category, labels: {} },
    })),
    objects: scene.objects,
  });

  async function measured(images: readonly SampleImage[], options: Record<string, unknown> = {}) {
    const asking = {
      template: model.template(undefined),
      ...{ suffix: model.suffix ?? '', maxNewTokens: 4, temperature: 0, seed: 0 },
    };
    const units: MeasuredUnit[] = [];
    const settings = patch.options.parse(options);
    for await (const unit of patch.measure({ model, images, asking, isDone: () => false }, settings))
      units.push(unit);
    return units;
  }

  it('all that differs brings everything back from the input, the last token from the last layer, and no tensor is left', async () => {
    const before = tf.memory().numTensors;
    const [unit] = await measured([image(scenes[0]!)]);
    expect(tf.memory().numTensors).toBe(before);
    const { clean, counterfactual, layers, places, background, last } = unit!.measurements[0]!
      .measures as Record<string, number[]> & { clean: number; counterfactual: number };
    expect(layers).toEqual([0, 1, 2, 3, 4]);
    expect(clean).toBeGreaterThan(counterfactual);
    const share = (value: number) => (value - counterfactual) / (clean - counterfactual);
    // Both scenes are alike outside of the two places, but for what the tower spreads.
    expect(share(places![0]!)).toBeGreaterThan(0.8);
    expect(Math.abs(share(background![0]!))).toBeLessThan(0.2);
    expect(share(last![4]!)).toBeCloseTo(1, 4);
    expect(share(last![0]!)).toBeCloseTo(0, 4);
  });

  it('of chosen layers alone, and of all questions', async () => {
    const [unit] = await measured([image(scenes[0]!)], { layers: '1-2', questions: 'all' });
    expect(unit!.measurements.length).toBeGreaterThan(1);
    for (const { measures } of unit!.measurements) expect(measures.layers).toEqual([1, 2]);
    expect(unit!.measurements.some(({ measures }) => 'words' in measures)).toBe(true);
  });

  it('names what is wrong', async () => {
    await expect(measured([image(scenes[0]!)], { layers: '3-9' })).rejects.toThrow(
      '"3-9" is no range of the decoder\'s layers 0 to 4',
    );
    const { objects: _, ...photograph } = image(scenes[0]!);
    await expect(measured([photograph])).rejects.toThrow('must know their objects');
    const [unit] = await measured([{ ...image(scenes[0]!), samples: [] }]);
    expect(unit!.skipped).toContain('no question has another answer');
    const broken = { ...image(scenes[0]!), load: async () => new Uint8Array([1, 2, 3]) };
    const [left, next] = await measured([broken, image(scenes[1]!)]);
    expect([left!.measurements, left!.skipped]).toEqual([[], expect.stringContaining(broken.id)]);
    expect(next!.measurements).toHaveLength(1);
  });

  it('between prompts of different lengths, or at a token that is not there, is refused', () => {
    tf.tidy(() => {
      const states = tf.zeros<tf.Rank.R2>([3, 8]);
      const tokens = Array.from(
        { length: 4 },
        (_, position) => ({ role: 'user', question: null, position }) as const,
      );
      const at = (positions: readonly number[], length: number) => {
        const from = { layer: 1, tokens: positions, states, from: 'another scene' };
        const x = tf.ones<tf.Rank.R2>([length, 8]);
        return hooksOf([patchStates(from)], { id: '', seed: 0 }).hidden!(1, x, tokens.slice(0, length));
      };
      expect(() => at([1], 4)).toThrow('its prompt has 3 tokens, this one 4');
      expect(() => at([1, 7], 3)).toThrow('there is no token 7');
      expect([...at([1], 3).dataSync()].map((value, i) => [value, i])).toEqual(
        Array.from({ length: 24 }, (_, i) => [i >= 8 && i < 16 ? 0 : 1, i]),
      );
    });
  });
});

describe('what patching brings back', () => {
  const result = (clean: number): MeasuredResult =>
    ({
      ...{ suite: 'mini', model: 'Mini', variant: 'baseline', trainingSeed: 0, seed: 0, provenance: {} },
      benchmark: { name: '2ds', title: '2DS', split: 's', chance: new Map() },
      measurements: Array.from({ length: 12 }, (_, i) => ({
        ...{
          id: `${i}`,
          image: `${i}`,
          condition: 'original',
          category: '',
          labels: {},
          question: '',
          promptHash: '',
        },
        measures: {
          ...{ clean, counterfactual: -2, layers: [0, 1], last: [-2, 1 + 0.1 * (i % 2)] },
          ...(i < 11 && { words: [-2, -2] }),
        },
      })),
    }) as never;

  it('is a ratio of means over questions, with how many have such tokens', () => {
    const [short, long] = patch.tables([result(2) as never], patch.options.parse({}));
    expect(short!.rows.map(row => [row.group, row['layer 0'], row['layer 1']])).toEqual([
      ["the question's object words", expect.closeTo(0, 9), expect.closeTo(0, 9)],
      ['last token', expect.closeTo(0, 9), expect.closeTo(3.05 / 4, 9)],
    ]);
    expect(long!.rows.map(({ n, of }) => [n, of])).toEqual([
      [11, 12],
      [11, 12],
      [12, 12],
      [12, 12],
    ]);
    expect(long!.rows[3]!.low).toBeLessThan(3.05 / 4);
    const [figure] = patch.figures!([result(2) as never], patch.options.parse({}));
    expect(JSON.stringify(figure)).toContain('last token');
  });
});
