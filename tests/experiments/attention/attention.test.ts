import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../../src/benchmarks/types.js';
import { attention } from '../../../src/experiments/attention/index.js';
import type { AttentionPrediction, AttentionResult } from '../../../src/experiments/attention/measures.js';
import { withControls } from '../../../src/experiments/condition.js';
import { evaluate } from '../../../src/experiments/evaluate.js';
import type { ModelTraits } from '../../../src/experiments/types.js';
import { permutation } from '../../../src/interventions/permute.js';
import { entropy } from '../../../src/metrics/entropy.js';
import { type OpenedModel, openModel } from '../../../src/models/open-model.js';
import { shortAnswer } from '../../../src/scorers/short-answer.js';
import { root } from '../../support/cli.js';
import { conditionsNamed, memberTitled } from '../../support/conditions.js';
import { testBackend, useEngine } from '../../support/engine.js';

useEngine();

const folder = join(root, 'tests', 'fixtures', 'mini-reference');
const TRAITS: ModelTraits = {
  ...{
    title: 'Mini',
    variant: 'baseline',
    trainingSeed: 0,
    visionTokens: 64,
    grid: 8,
    layers: 4,
    heads: 4,
    systemPrompt: false,
    meanTextNorm: () => 1,
  },
};
const questions = ['What color is at the top of the image?', 'Is there a red circle in the image?'];

let model: OpenedModel;
beforeAll(async () => {
  model = await openModel(join(folder, 'checkpoint'));
  const { layers, heads } = model.llava.config.text;
  Object.assign(TRAITS, { layers, heads, visionTokens: model.llava.visionTokenCount });
});
afterAll(() => model.dispose());

/** Made-up places: what is tested is what is read there, not what lies there. */
const OBJECTS = [
  { shape: 'circle', color: 'red', x: 40, y: 40, radius: 10 },
  { shape: 'square', color: 'blue', x: 90, y: 100, radius: 12 },
] as const;

const sampleImage = (name: string, drawn: boolean): SampleImage => ({
  id: name,
  load: async () => readFileSync(join(folder, 'images', name)),
  samples: questions.map((question, i) => ({
    ...{ id: `${name} ${i}`, question, targets: [i === 0 ? 'red' : 'yes'], category: '', labels: {} },
  })),
  ...(drawn && { objects: OBJECTS }),
});

async function ask(
  given: Parameters<typeof attention.options.parse>[0] = {},
  names = ['000.png'],
  drawn = true,
): Promise<AttentionPrediction[]> {
  const options = attention.options.parse(given);
  async function* images() {
    for (const name of names) yield sampleImage(name, drawn);
  }
  const job = {
    model,
    images: images(),
    conditions: withControls(attention.conditions(options, TRAITS), {
      textOnly: options.maps,
      blankImage: options.maps,
    }),
    scorer: shortAnswer,
    asking: { template: model.template(undefined), suffix: '', maxNewTokens: 24, temperature: 0, seed: 0 },
    observe: await attention.observe!(options, TRAITS),
    isDone: () => false,
  };
  const predictions: AttentionPrediction[] = [];
  for await (const unit of evaluate(job)) predictions.push(...unit.predictions);
  return predictions;
}

const of = (predictions: readonly AttentionPrediction[], condition: string) =>
  predictions.filter(p => p.condition === condition);
const numbers = (
  { measures }: AttentionPrediction,
  name: 'map' | 'similarity' | 'entropyByLayer' | 'targetCells' | 'view',
) => measures![name]!;

describe(`attention while questions are answered on ${testBackend}`, () => {
  it('is read under every condition that shows the image, and not without one', async () => {
    const all = await ask();
    expect(new Set(all.map(p => p.condition))).toEqual(
      new Set(['original', 'permuted-0', 'blank-image', 'text-only']),
    );
    for (const { condition, measures } of all) {
      if (condition === 'text-only') expect(measures).toEqual({});
      else {
        expect(measures!.entropy).toBeGreaterThan(0);
        expect(measures!.entropy).toBeLessThan(1);
        expect(measures!.visionMass).toBeGreaterThan(0);
        expect(measures!.visionMass).toBeLessThan(1);
        expect(measures!.entropyByLayer).toHaveLength(TRAITS.layers);
      }
      // Cells are where they were on the image in its own order only, and nothing lies on a blank one.
      expect('targetShare' in measures!).toBe(condition === 'original');
    }
  });

  it('has a map where the answer names something: its entropy and its share on the target’s cells', async () => {
    const [first, second] = of(await ask({ maps: false }), 'original') as [
      AttentionPrediction,
      AttentionPrediction,
    ];
    expect(second.output).toMatch(/^(yes|no)$/);
    expect(second.measures).not.toHaveProperty('map');
    const map = numbers(first, 'map');
    const cells = numbers(first, 'targetCells');
    expect(map).toHaveLength(64);
    expect(cells).toHaveLength(Number((64 * (first.measures!.targetShare as number)).toFixed(6)));
    const on = cells.reduce((total, cell) => total + map[cell]!, 0);
    expect(first.measures!.mapTargetMass).toBeCloseTo(on / map.reduce((a, b) => a + b, 0), 4);
    expect(first.measures!.mapEntropy).toBeCloseTo(entropy(map), 4);
    // Yes or no: both objects that are named; here one of the two is.
    expect(second.measures!.targetShare).toBe(first.measures!.targetShare);
    expect(second.measures).not.toHaveProperty('mapTargetMass');
  });

  it('of the target word alone leaves out answers without one', async () => {
    const target = of(await ask({ tokens: 'target', maps: false }), 'original');
    expect(target.map(p => 'entropy' in p.measures!)).toEqual([true, false]);
    expect(target[0]!.measures!.entropy).toBe(target[0]!.measures!.mapEntropy);
    const table = attention
      .tables([resultOf(target)], attention.options.parse({ tokens: 'target' }))
      .find(({ name }) => name === 'table4-left-out');
    expect(table!.rows).toEqual([
      { model: 'Mini', dataset: '2DS', n: 1, questions: `000.png 1 (${target[1]!.output})` },
    ]);
  });

  it('of other tokens, layers and heads is other attention', async () => {
    const seen = [{}, { tokens: 'all' }, { tokens: 'target' }, { layers: '1' }, { heads: '1,2' }];
    const entropies = await Promise.all(
      seen.map(async given => of(await ask({ ...given, maps: false }), 'original')[0]!.measures!.entropy),
    );
    expect(new Set(entropies).size).toBe(seen.length);
  });

  it('is mapped for the first images, or for what is asked for', async () => {
    const names = ['000.png', '001.png', '002.png', '003.png', '004.png', '025.png'];
    const mapped = (predictions: readonly AttentionPrediction[]) =>
      of(predictions, 'original')
        .filter(p => p.measures?.map)
        .map(p => p.id);
    const all = of(await ask({ maps: false }, names, false), 'original');
    const withWord = all.filter(p => 'mapEntropy' in p.measures!).map(p => p.id);
    expect(mapped(all)).toEqual(withWord.filter(id => names.indexOf(id.split(' ')[0]!) < 4));
    expect(mapped(await ask({ show: ['004.png 0'], maps: false }, names))).toEqual(['004.png 0']);
    expect(all.every(p => !('targetShare' in p.measures!))).toBe(true);
  });

  it('stands beside the similarity of vision tokens, once an image, at the target’s own cell', async () => {
    const [first, second] = of(await ask({ maps: false }), 'original') as [
      AttentionPrediction,
      AttentionPrediction,
    ];
    // The red circle's centre, 40 of 128 pixels in both directions, on a grid of 8.
    expect(first.measures!.referenceToken).toBe(2 * 8 + 2);
    expect(numbers(first, 'similarity')[2 * 8 + 2]).toBe(1);
    expect(second.measures).not.toHaveProperty('similarity');
    const [photo] = of(await ask({ maps: false }, ['000.png'], false), 'original') as [AttentionPrediction];
    expect(photo.measures!.referenceToken).toBe(4 * 8 + 4);
  });
});

const resultOf = (
  predictions: readonly AttentionPrediction[],
  name = 'Mini',
  benchmark = '2ds',
): AttentionResult => ({
  suite: 'mini',
  model: name,
  ...memberTitled(name),
  conditions: conditionsNamed(predictions),
  benchmark: { name: benchmark, title: benchmark.toUpperCase(), split: 'test', chance: new Map() },
  seed: 0,
  provenance: { run: name },
  predictions,
});

describe('conditions', () => {
  const names = (given: object, traits = {}) =>
    attention
      .conditions(attention.options.parse(given), { ...TRAITS, ...traits })
      .map(({ name, systemPrompt }) => (systemPrompt === false ? `${name}!` : name));

  it('leave the system prompt out where there is one, and all that is for maps on demand', () => {
    expect(names({})).toEqual(['original', 'permuted-0']);
    expect(names({}, { systemPrompt: true })).toEqual(['original', 'no-system!', 'permuted-0']);
    expect(names({ maps: false }, { systemPrompt: true })).toEqual(['original']);
  });

  it('refuse one vision token, and layers or heads that are not there', () => {
    expect(() => names({}, { visionTokens: 1 })).toThrow(/at least two vision tokens, Mini has 1/);
    expect(() => names({ layers: '1-99' })).toThrow(/--layers/);
    expect(() => names({ heads: '99' })).toThrow(/--heads/);
  });
});

describe('Figure 1', () => {
  it('lays the similarities out in the order that the decoder was given', async () => {
    const result = resultOf(await ask());
    const sheet = attention.figures!([result], attention.options.parse({})).find(
      figure => figure.name === 'fig1',
    );
    if (sheet?.kind !== 'sheet') throw new Error('no sheet');
    const [original, permuted] = sheet.panels as [(typeof sheet.panels)[0], (typeof sheet.panels)[0]];
    const order = permutation('random', 64, 0, { id: '000.png', seed: 0 });
    expect(permuted.heat).toEqual(order.map(i => original.heat![i]));
    expect([...original.cells!, order[permuted.cells![0]!]]).toEqual([18, 18]);
    expect(original.heat![18]).toBe(1);
    expect(Math.min(...original.heat!)).toBe(0);
  });
});
