import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../../src/benchmarks/types.js';
import { positionsFigures } from '../../../src/experiments/positions/appendix-a-charts.js';
import { positionsTables } from '../../../src/experiments/positions/appendix-a-tables.js';
import { positionsVerdicts } from '../../../src/experiments/positions/claim4.js';
import type { PositionResult } from '../../../src/experiments/positions/estimates.js';
import { positions } from '../../../src/experiments/positions/index.js';
import type { MeasuredUnit } from '../../../src/experiments/types.js';
import { type OpenedModel, openModel } from '../../../src/models/open-model.js';
import type { Measurement } from '../../../src/records/prediction.js';
import { root } from '../../support/cli.js';
import { useEngine } from '../../support/engine.js';

describe('measuring positions', () => {
  useEngine();

  let model: OpenedModel;
  beforeAll(async () => {
    model = await openModel(join(root, 'weights', 'mini', 'base'));
  });
  afterAll(() => model.dispose());

  const sample = (question: string) => ({ id: question, question, targets: [], category: '', labels: {} });
  const picture = (id: string): SampleImage => ({
    id,
    load: async () => readFileSync(join(root, 'tests', 'fixtures', 'mini-reference', 'images', id)),
    samples: [sample('Describe the image.'), sample('What color is at the top of the image?')],
  });

  async function measured(
    images: readonly SampleImage[],
    { template = model.template(undefined), questions = 'first', done = '', stripSystemPrompt = false } = {},
  ): Promise<MeasuredUnit[]> {
    const asking = { template, suffix: '', maxNewTokens: 5, temperature: 0, seed: 0 };
    const isDone = (image: string) => image === done;
    const options = positions.options.parse({ questions, stripSystemPrompt });
    const units: MeasuredUnit[] = [];
    for await (const unit of positions.measure({ model, images, asking, isDone }, options)) units.push(unit);
    return units;
  }

  const list = ({ measures }: Measurement, name: string) => measures[name] as readonly number[];

  it('gives a record an image, its lists as long as the model has layers and heads', async () => {
    const [unit] = await measured([picture('004.png')]);
    const { layers, heads } = model.llava.config.text;
    const [record] = unit!.measurements;
    expect(unit!.measurements).toHaveLength(1);
    expect(record).toMatchObject({ image: '004.png', question: 'Describe the image.' });
    for (const name of ['visionShare', 'systemShare', 'alpha', 'deltaAlpha', 'deltaG']) {
      expect(list(record!, name), name).toHaveLength(layers * heads);
    }
    for (const name of ['visionMass', 'textKeyNorm']) expect(list(record!, name), name).toHaveLength(layers);
    for (const name of ['hiddenVision', 'hiddenUserText', 'hiddenBos']) {
      expect(list(record!, name), name).toHaveLength(layers + 1);
    }
    expect(list(record!, 'systemShareBySteps')).toHaveLength(record!.measures.answerTokens as number);
    list(record!, 'visionMass').forEach((mass, i) => {
      expect(mass + list(record!, 'textMass')[i]!).toBeCloseTo(1, 6);
    });
  });

  it('tells a system prompt from what the user says', async () => {
    const [plain] = (await measured([picture('004.png')]))[0]!.measurements;
    const [chat] = (await measured([picture('004.png')], { template: model.template('vicuna_v1') }))[0]!
      .measurements;
    expect(plain!.measures).not.toHaveProperty('hiddenSystem');
    expect(Math.max(...list(plain!, 'systemShare'))).toBe(0);
    expect(chat!.measures).toHaveProperty('hiddenSystem');
    expect(Math.min(...list(chat!, 'systemShare'))).toBeGreaterThan(0);
  });

  it('measures with and without the system prompt side by side, and refuses where there is none', async () => {
    const template = model.template('vicuna_v1');
    const units = await measured([picture('004.png')], { template, stripSystemPrompt: true });
    expect(units.map(({ images }) => images)).toEqual([0, 1]);
    const [whole, stripped] = units.flatMap(({ measurements }) => measurements);
    expect([whole!.condition, stripped!.condition]).toEqual(['original', 'no-system']);
    expect(whole!.measures).toHaveProperty('hiddenSystem');
    expect(stripped!.measures).not.toHaveProperty('hiddenSystem');
    // As if the template had none: the words that name the roles are still there.
    const bare = template.slice(template.indexOf('USER:'));
    const [alone] = (await measured([picture('004.png')], { template: bare }))[0]!.measurements;
    expect(stripped!.measures).toEqual(alone!.measures);
    await expect(measured([picture('004.png')], { stripSystemPrompt: true })).rejects.toThrow(
      'the template has no system prompt',
    );
  });

  it('measures a question alike alone and beside others, and leaves no tensor behind', async () => {
    const [alone] = await measured([picture('004.png')]);
    const before = tf.memory().numTensors;
    const [both] = await measured([picture('004.png')], { questions: 'all' });
    expect(tf.memory().numTensors).toBe(before);
    expect(both!.measurements.map(m => m.question)).toEqual(picture('004.png').samples.map(s => s.question));
    for (const name of ['visionShare', 'alpha', 'hiddenUserText', 'visionLogit']) {
      const [first, second] = both!.measurements;
      list(first!, name).forEach((value, i) => {
        expect(value, name).toBeCloseTo(list(alone!.measurements[0]!, name)[i]!, 4);
      });
      expect(list(second!, name), name).not.toEqual(list(first!, name));
    }
  });

  it('passes over what is done, and over a broken picture with its name', async () => {
    const broken = { ...picture('broken.png'), load: async () => new Uint8Array([1, 2, 3]) };
    const units = await measured([picture('000.png'), broken, picture('001.png')], { done: '000.png' });
    expect(units.map(u => u.measurements.length)).toEqual([0, 0, 1]);
    expect(units.map(u => u.images)).toEqual([1, 1, 1]);
    expect(units.map(u => u.skipped !== undefined)).toEqual([false, true, false]);
    expect(units[1]!.skipped).toContain('broken.png');
  });
});

/** Two layers of two heads, over 30 images; `at` says what differs from image to image. */
function result(at: (image: number) => Record<string, number[]>, model = 'Mini'): PositionResult {
  const same = {
    visionShare: [0.1, 0.3, 0.5, 0.9],
    systemShare: [0, 0, 0, 0],
    systemShareBySteps: [0, 0],
    alpha: [0.2, 0.4, 0.6, 0.8],
    deltaAlpha: [0.001, -0.001, 0.003, 0.001],
    deltaG: [0.01, -0.03, 0.02, -0.02],
    visionQueryNorm: [20, 40],
    textQueryNorm: [1, 2],
    visionKeyNorm: [3, 3],
    textKeyNorm: [3, 1.5],
    visionLogit: [0, 0],
    textLogit: [1, 1],
    visionMass: [0.1, 0.1],
    textMass: [0.9, 0.9],
    hiddenVision: [100, 110, 120],
    hiddenUserText: [1, 11, 12],
  };
  return {
    suite: 'mini',
    model,
    variant: 'baseline',
    trainingSeed: 0,
    benchmark: { name: 'coco', title: 'COCO captions', split: 'val2017', chance: new Map() },
    seed: 0,
    provenance: { run: 'r' },
    measurements: Array.from({ length: 30 }, (_, i) => ({
      id: `${i}`,
      image: `${i}`,
      condition: 'original',
      category: '',
      labels: {},
      question: 'Describe the image.',
      promptHash: '',
      measures: { answerTokens: 2, ...same, ...at(i) },
    })),
  };
}

describe('tables of positions', () => {
  const tables = positionsTables([result(() => ({}))]);
  const rowsOf = (name: string) => tables.find(t => t.name === name)!.rows;

  it('by layer: norms, ratios of norms, attention; the embeddings have norms alone', () => {
    const [embeddings, first, second] = rowsOf('positions-layers');
    expect(embeddings).toMatchObject({ layer: 0, hiddenVision: 100, hiddenUserText: 1, queryRatio: null });
    expect(first).toMatchObject({ layer: 1, hiddenVision: 110, queryRatio: 20, keyRatio: 1 });
    expect(first!.visionShare).toBeCloseTo(0.2, 12);
    expect(second).toMatchObject({ layer: 2, queryRatio: 20, keyRatio: 2 });
    expect(second!.visionMass).toBeCloseTo(0.1, 12);
  });

  it("RoPE sensitivity: |Δg_V| without its sign, Δα_V with it; the authors' rows are called theirs", () => {
    const [ours, ...theirs] = rowsOf('positions-rope');
    expect(ours!.deltaG).toBeCloseTo(0.02, 12);
    expect(ours!.deltaAlpha).toBeCloseTo(0.001, 12);
    expect(theirs.map(row => [row.deltaG, row.deltaAlpha])).toEqual([
      [0.0073, 8.7e-4],
      [0.0072, 6.4e-4],
      [0.0082, 7.3e-4],
    ]);
    for (const { model } of theirs) expect(model).toContain('authors');
  });

  it('by layer and head', () => {
    const rows = rowsOf('positions-balance');
    expect(rows.map(r => [r.layer, r.head])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
    expect(rows[3]!.visionShare).toBeCloseTo(0.9, 12);
    expect(rows[1]!.absoluteDeltaG).toBeCloseTo(0.03, 12);
  });

  it('intervals cover what varies from image to image', () => {
    const varied = result(i => ({ visionMass: [0.1 + 0.01 * (i % 3), 0.5] }));
    const rows = positionsTables([varied]).find(t => t.name === 'positions-layers-long')!.rows;
    const [first, second] = rows.filter(r => r.quantity === 'visionMass');
    expect(first!.value).toBeCloseTo(0.11, 12);
    expect(Number(first!.low)).toBeLessThan(0.11);
    expect(Number(first!.high)).toBeGreaterThan(0.11);
    expect(second!.low).toBeCloseTo(0.5, 12);
  });

  it("both sides of the first-order form of Δα_V, and how far they differ, by layer's heads", () => {
    const long = tables.find(t => t.name === 'positions-layers-long')!.rows;
    const value = (quantity: string, layer: number) =>
      long.find(row => row.quantity === quantity && row.layer === layer)!.value;
    // α (1 − α) Δg: 0.2·0.8·0.01 = 0.0016 and 0.4·0.6·−0.03 = −0.0072 against 0.001 and −0.001.
    expect(value('predictedDeltaAlpha', 1)).toBeCloseTo((0.0016 - 0.0072) / 2, 12);
    expect(value('firstOrderGap', 1)).toBeCloseTo((0.0006 + 0.0062) / 0.002, 9);
    // Twice the step, twice the change that is foretold.
    const wider = positionsTables([result(() => ({ delta: 2 }) as never)]);
    const twice = wider
      .find(t => t.name === 'positions-layers-long')!
      .rows.find(row => row.quantity === 'predictedDeltaAlpha')!;
    expect(twice.value).toBeCloseTo(0.0016 - 0.0072, 12);
  });

  it('records that know of turning and sinks have rows, figures and places of them', () => {
    const newer = {
      ...Object.fromEntries(
        ['turnVision', 'turnUserText', 'phaseVision', 'phaseUserText', 'outputVision', 'outputUserText'].map(
          (name, i) => [name, [0.1 * (i + 1), 0.5]],
        ),
      ),
      sinkShare: [0.25, 0],
      sinkMass: [0.5, 0],
      visionTokens: 4,
    };
    const results = [result(i => ({ ...newer, sinkPlaces: i < 15 ? [2] : [2, 3] }) as never)];
    const made = positionsTables(results);
    const value = (quantity: string) =>
      made
        .find(t => t.name === 'positions-layers-long')!
        .rows.find(row => row.quantity === quantity && row.layer === 1)!.value;
    expect(value('turnVision')).toBeCloseTo(0.1, 12);
    expect(value('outputUserText')).toBeCloseTo(0.6, 12);
    expect(value('sinkMass')).toBeCloseTo(0.5, 12);
    const places = made.find(t => t.name === 'positions-sinks')!.rows;
    expect(places.map(({ token, row, column, share }) => [token, row, column, share])).toEqual([
      [3, 2, 1, 1],
      [4, 2, 2, 0.5],
    ]);
    expect(tables.some(t => t.name === 'positions-sinks')).toBe(false);
    expect(positionsFigures(results).map(f => f.name)).toEqual([
      'positions-balance',
      'positions-factor',
      'positions-hidden',
      'positions-turn',
      'positions-phase',
    ]);
  });

  it('there are figures with a panel a model', () => {
    const figures = positionsFigures([result(() => ({})), result(() => ({}), '+ Normalize')]);
    expect(figures.map(f => f.name)).toEqual(['positions-balance', 'positions-factor', 'positions-hidden']);
    for (const figure of figures) expect(JSON.stringify(figure)).toContain('"panel":"+ Normalize"');
  });
});

describe('with and without the system prompt', () => {
  const both = (userShare: readonly number[]): PositionResult => {
    const whole = result(() => ({
      userShare: [...userShare],
      hiddenSystem: [1, 1, 1],
      systemShare: [0.4, 0.4, 0.4, 0.4],
    }));
    const stripped = whole.measurements.map(m => ({ ...m, condition: 'no-system' }));
    return { ...whole, measurements: [...whole.measurements, ...stripped] };
  };

  it('stand side by side in tables and figures', () => {
    const results = [both([0.1, 0.2, 0.3, 0.4])];
    const layers = positions
      .tables(results, positions.options.parse({}))
      .find(t => t.name === 'positions-layers')!;
    expect([...new Set(layers.rows.map(row => row.model))]).toEqual(['Mini', 'Mini, no system prompt']);
    const [balance] = positions.figures!(results, positions.options.parse({}));
    expect(JSON.stringify(balance)).toContain('"panel":"Mini, no system prompt"');
  });

  it('claim 10: vision and system prompt take more than half of the attention, told of whole prompts alone', () => {
    const verdicts = (share: readonly number[]) =>
      positions.verdicts!([both(share)], positions.options.parse({})).filter(({ claim }) => claim === 10);
    expect(verdicts([0.1, 0.2, 0.3, 0.4])).toMatchObject([{ says: 'holds', value: expect.closeTo(0.75, 9) }]);
    expect(verdicts([0.9, 0.8, 0.7, 0.6])[0]!.says).toBe('does not hold');
    expect(verdicts([0.9, 0.8, 0.7, 0.6])[0]!.because).toContain('40.0 % of it on the system prompt');
    const without = positions.verdicts!([result(() => ({}))], positions.options.parse({}));
    expect(without.some(({ claim }) => claim === 10)).toBe(false);
  });
});

describe("claim 4's verdicts", () => {
  const says = (at: (image: number) => Record<string, number[]>) =>
    positionsVerdicts([result(at)]).map(v => v.says);

  it('go by in how many of the layers it is as Appendix A says', () => {
    // Queries 20 times, keys once and twice as long; 0.1 of the attention in both layers.
    expect(says(() => ({}))).toEqual(['holds', 'does not hold', 'holds']);
    // One layer of two is not most of them.
    expect(says(() => ({ visionKeyNorm: [30, 3], visionMass: [0.1, 0.9] }))).toEqual([
      'holds',
      'does not hold',
      'does not hold',
    ]);
    expect(says(() => ({ visionQueryNorm: [101, 202] }))[0]).toBe('does not hold');
  });

  it('cannot tell where the images do not settle it', () => {
    const mass = (i: number) => (i % 2 === 0 ? 0.05 : 0.35);
    expect(says(i => ({ visionMass: [mass(i), mass(i)] }))[2]).toBe('cannot tell');
  });

  it('name the spread over the layers', () => {
    const [, keys] = positionsVerdicts([result(() => ({}))]);
    expect(keys).toMatchObject({ claim: 4, model: 'Mini', value: 0, low: 0, high: 0 });
    expect(keys!.because).toContain('1.00 to 2.00, median 1.50');
  });
});
