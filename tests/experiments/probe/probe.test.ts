import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../../src/benchmarks/types.js';
import { UserError } from '../../../src/errors.js';
import { probe } from '../../../src/experiments/probe/index.js';
import {
  probeAccuracies,
  probeFigures,
  probeTables,
} from '../../../src/experiments/probe/probe-accuracies.js';
import { objectsIn, placesOf } from '../../../src/experiments/probe/targets.js';
import type { MeasuredUnit } from '../../../src/experiments/types.js';
import { type OpenedModel, openModel } from '../../../src/models/open-model.js';
import { seededRandom, shuffled } from '../../../src/random.js';
import type { Measurement } from '../../../src/records/prediction.js';
import type { MeasuredResult } from '../../../src/records/result.js';
import { root } from '../../support/cli.js';
import { useEngine } from '../../support/engine.js';

describe('what probes are to tell', () => {
  const order = shuffled(
    seededRandom('order'),
    Array.from({ length: 9 }, (_, i) => i),
  );

  it("is a token's place in the image, and in the sequence where it was moved", () => {
    expect(placesOf(2, null)).toEqual({
      places: [0, 1, 2, 3],
      classes: { row: [0, 0, 1, 1], column: [0, 1, 0, 1] },
    });
    // New token 0 is old token 3: the content of the bottom right cell, in the first place.
    expect(placesOf(2, [3, 1, 2, 0]).classes).toEqual({
      row: [1, 0, 1, 0],
      column: [1, 1, 0, 0],
      sequenceRow: [0, 0, 1, 1],
      sequenceColumn: [0, 1, 0, 1],
    });
  });

  it("is what object lies at a token, found in the model's view of the image", () => {
    const objects = [
      { shape: 'star', color: 'blue', x: 55, y: 25, radius: 5 },
      { shape: 'circle', color: 'red', x: 5, y: 55, radius: 5 },
    ] as const;
    const whole = { left: 0, top: 0, width: 60, height: 60 };
    expect(objectsIn(objects, whole, 3, null)).toEqual({
      places: [5, 6],
      classes: { colour: [2, 0], shape: [5, 0], objectRow: [1, 2], objectColumn: [2, 0] },
    });
    // Cropped by 10 on the left: the circle is gone, the star lies in the same cell of a narrower view.
    const cropped = { left: 10, top: 0, width: 50, height: 60 };
    expect(objectsIn(objects, cropped, 3, null).places).toEqual([5]);
    // Permuted, it is wherever its cell's token went.
    const moved = objectsIn(objects, whole, 3, order);
    expect(moved.places.map(place => order[place])).toEqual([5, 6]);
    expect(moved.classes).toEqual(objectsIn(objects, whole, 3, null).classes);
  });
});

describe('probing a model', () => {
  useEngine();

  let model: OpenedModel;
  beforeAll(async () => {
    model = await openModel(join(root, 'weights', 'mini', 'base'));
  });
  afterAll(() => model.dispose());

  const folder = join(root, 'tests', 'fixtures', 'mini-reference', 'images');
  const images = readdirSync(folder)
    .slice(0, 20)
    .map((id): SampleImage => ({ id, load: async () => readFileSync(join(folder, id)), samples: [] }));

  async function measured(
    among: readonly SampleImage[],
    isDone: (image: string, condition: string) => boolean = () => false,
  ): Promise<MeasuredUnit[]> {
    const asking = {
      template: model.template(undefined),
      suffix: '',
      maxNewTokens: 1,
      temperature: 0,
      seed: 0,
    };
    const units: MeasuredUnit[] = [];
    const options = probe.options.parse({});
    for await (const unit of probe.measure({ model, images: among, asking, isDone }, options))
      units.push(unit);
    return units;
  }

  const sum = (records: readonly Measurement[], name: string, stage: number) =>
    records.reduce((total, { measures }) => total + (measures[name] as readonly number[])[stage]!, 0);

  it('reads place from vision features and tokens, and the new place only from the decoder', async () => {
    const before = tf.memory().numTensors;
    const units = await measured(images);
    expect(tf.memory().numTensors).toBe(before);
    expect(units.reduce((total, unit) => total + unit.images, 0)).toBe(images.length);
    const records = units.flatMap(u => u.measurements);
    const of = (condition: string) => records.filter(r => r.condition === condition);
    const [original, permuted] = [of('original'), of('permuted')];
    expect([original.length, permuted.length]).toEqual([6, 6]);
    expect(original.map(r => r.image)).toEqual(permuted.map(r => r.image));
    const share = (of: readonly Measurement[], target: string, stage: number) =>
      sum(of, `${target}Right`, stage) / sum(of, `${target}Asked`, stage);
    const layers = model.llava.config.text.layers;
    expect(original[0]!.measures.rowRight).toHaveLength(2 + layers);
    expect(permuted[0]!.measures.rowRight).toHaveLength(1 + layers);
    expect(share(original, 'row', 0)).toBeGreaterThan(0.5);
    expect(share(original, 'row', 1)).toBeGreaterThan(0.3);
    expect(sum(original, 'rowGuessed', 0) / sum(original, 'rowAsked', 0)).toBe(1 / 8);
    // A probe of labels that have nothing to do with the tokens reads nothing: one in eight rows.
    expect(sum(original, 'rowControl', 0) / sum(original, 'rowAsked', 0)).toBeLessThan(0.2);
    expect(sum(original, 'columnControl', layers) / sum(original, 'columnAsked', layers)).toBeLessThan(0.2);
    // Content is read alike from vision tokens in whatever order; where they now stand is not in them.
    expect(Math.abs(share(permuted, 'row', 0) - share(original, 'row', 1))).toBeLessThan(0.02);
    expect(share(permuted, 'sequenceRow', 0)).toBeLessThan(0.2);
    expect(share(permuted, 'sequenceRow', layers)).toBeGreaterThan(0.2);

    // What is left of a run gives the records that it would have given.
    const last = original.at(-1)!;
    const rest = await measured(
      images,
      (image, condition) => condition === 'permuted' || image !== last.image,
    );
    expect(rest.flatMap(u => u.measurements)).toEqual([last]);
    expect(rest.reduce((total, unit) => total + unit.images, 0)).toBe(images.length);
  });

  it('needs enough images', async () => {
    await expect(measured(images.slice(0, 19))).rejects.toThrow(UserError);
    await expect(measured(images.slice(0, 19))).rejects.toThrow('at least 20 images');
  });
});

describe('tables of probes', () => {
  const record = (i: number, condition: string, measures: Measurement['measures']): Measurement => ({
    id: `${i}`,
    image: `${i}`,
    condition,
    category: '',
    labels: {},
    question: '',
    promptHash: '',
    measures,
  });
  const result: MeasuredResult = {
    suite: 'mini',
    model: 'Mini',
    variant: 'baseline',
    trainingSeed: 0,
    benchmark: { name: '2ds', title: '2DS (generated)', split: 'generated', chance: new Map() },
    seed: 0,
    provenance: { run: 'r' },
    measurements: [0, 1, 2, 3].flatMap(i => [
      record(i, 'original', {
        rowRight: [4, 2, 2 + (i % 2)],
        rowControl: [1, 1, 0],
        rowGuessed: [1, 1, 1],
        rowAsked: [4, 4, 4],
        colourRight: [1, 1, 0],
        colourGuessed: [1, 0, 0],
        // An object that was cropped away is not asked about.
        colourAsked: [i === 0 ? 1 : 2, 2, 2],
      }),
      record(i, 'permuted', {
        sequenceRowRight: [1, 3],
        sequenceRowGuessed: [1, 1],
        sequenceRowAsked: [4, 4],
      }),
    ]),
  };

  it('say accuracy, interval and chance of each target at each stage', () => {
    const all = probeAccuracies([result]);
    const at = (condition: string, target: string, layer: number) =>
      all.find(a => a.condition === condition && a.target === target && a.layer === layer)!;
    expect(at('original', 'row', -1)).toMatchObject({
      accuracy: 100,
      // Of four images no interval can be given.
      low: Number.NaN,
      chance: 25,
      n: 16,
      images: 4,
    });
    expect(at('original', 'row', 1)).toMatchObject({
      accuracy: 62.5,
      chance: 25,
      control: 0,
      selectivity: 62.5,
    });
    expect(at('original', 'row', 0)).toMatchObject({ accuracy: 50, control: 25, selectivity: 25 });
    // Older records have no control.
    expect(at('original', 'colour', 0)).toMatchObject({ control: null, selectivity: null });
    expect(at('original', 'colour', -1)).toMatchObject({ n: 7, accuracy: 400 / 7, chance: 400 / 7 });
    // Permuted tokens are first seen as vision tokens.
    expect(at('permuted', 'sequenceRow', 0)).toMatchObject({ accuracy: 25 });
    expect(at('permuted', 'sequenceRow', 1)).toMatchObject({ accuracy: 75 });
  });

  it('have a row a stage, and name the stages', () => {
    const [stages] = probeTables([result]);
    expect(stages!.rows.map(r => [r.condition, r.stage, r.row, r.sequenceRow, r.colour])).toEqual([
      ['original', 'vision features', 100, null, 400 / 7],
      ['original', 'vision tokens', 50, null, 50],
      ['original', 'layer 1', 62.5, null, 0],
      ['permuted', 'vision tokens', null, 25, null],
      ['permuted', 'layer 1', null, 75, null],
    ]);
  });

  it('have a chart with a panel a condition', () => {
    const [chart] = probeFigures([result]);
    expect(JSON.stringify(chart)).toContain('"panel":"Mini, 2DS (generated), permuted"');
    expect(chart!.caption).toContain('row 25.0');
  });
});
