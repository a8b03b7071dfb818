import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../../src/benchmarks/types.js';
import { norms } from '../../../src/experiments/norms/index.js';
import {
  type NormMeasures,
  type NormResult,
  normMeasures,
} from '../../../src/experiments/norms/summaries.js';
import type { MeasuredUnit } from '../../../src/experiments/types.js';
import { logCounts } from '../../../src/metrics/log-counts.js';
import { type OpenedModel, openModel } from '../../../src/models/open-model.js';
import { textNorms } from '../../../src/observers/norms.js';
import { seededRandom } from '../../../src/random.js';
import type { Measurement } from '../../../src/records/prediction.js';
import { root } from '../../support/cli.js';
import { useEngine } from '../../support/engine.js';

const folder = join(root, 'tests', 'fixtures', 'mini-reference');
const options = norms.options.parse({});

describe('norms measures', () => {
  useEngine();
  let model: OpenedModel;
  beforeAll(async () => {
    model = await openModel(join(folder, 'checkpoint'));
  });
  afterAll(() => model.dispose());

  const image = (id: string, captions: readonly string[], bytes?: Uint8Array): SampleImage => ({
    id,
    load: async () => bytes ?? readFileSync(join(folder, 'images', '000.png')),
    samples: [{ id, question: 'Describe the image.', targets: captions, category: '', labels: {} }],
  });

  async function measure(images: readonly SampleImage[], given: object = {}, done = '') {
    const asking = { template: '', suffix: '', maxNewTokens: 1, temperature: 0, seed: 0 };
    const job = { model, images, asking, isDone: (id: string) => id === done };
    const units: MeasuredUnit[] = [];
    for await (const unit of norms.measure(job, norms.options.parse(given))) units.push(unit);
    return units;
  }

  const captions = ['a red circle is above a blue square', 'a blue square'];

  it('every vision token, and the tokens of the first caption with BOS, or of all', async () => {
    const [first] = await measure([image('a', captions)]);
    const [all] = await measure([image('a', captions)], { captions: 'all' });
    const counted = (unit: MeasuredUnit | undefined, kind: string) =>
      (unit!.measurements[0]!.measures[`${kind}Counts`] as number[]).reduce((a, b) => a + b, 0);
    const lengths = captions.map(caption => model.tokenizer.encode(caption).length);
    expect(counted(first, 'vision')).toBe(model.llava.visionTokenCount);
    expect(counted(first, 'text')).toBe(lengths[0]);
    expect(counted(all, 'text')).toBe(lengths[0]! + lengths[1]!);
    const own = textNorms(model.llava, [...model.tokenizer.encode(captions[0]!)]);
    expect(first!.measurements[0]!.measures.textMax).toBe(Math.max(...own));
    expect(model.tokenizer.encode(captions[0]!)[0]).toBe(model.llava.config.text.bosTokenId);
  });

  it('leaves out images without a caption and unreadable ones, and says why', async () => {
    const units = await measure([
      image('a', []),
      image('b', [' ']),
      image('c', captions, new Uint8Array([1, 2, 3])),
      image('d', captions),
    ]);
    expect(units.map(u => u.measurements.length)).toEqual([0, 0, 0, 1]);
    expect(units.map(u => u.images)).toEqual([1, 1, 1, 1]);
    expect(units[0]!.skipped).toBe('image a has no caption');
    expect(units[1]!.skipped).toBe('image b has no caption');
    expect(units[2]!.skipped).toContain('c: expected an image file');
    expect(units[3]!.skipped).toBeUndefined();
  });

  it('nothing again that was done before', async () => {
    const units = await measure([image('a', captions), image('b', captions)], {}, 'a');
    expect(units.map(u => u.measurements.length)).toEqual([0, 1]);
  });

  it('images enlarged first come out close to, but not the same as, unenlarged ones', async () => {
    const [plain] = await measure([image('a', captions)]);
    const [large] = await measure([image('a', captions)], { upscale: 3 });
    const [a, b] = [plain, large].map(u => u!.measurements[0]!.measures.visionMean as number);
    expect(a).not.toBe(b);
    expect(Math.abs(a! / b! - 1)).toBeLessThan(0.1);
  });
});

/** A run on images whose vision norms lie around 10^orders times the text's. */
function resultOf(orders: number, images = 40): NormResult {
  const random = seededRandom('made-up norms', orders);
  const around = (centre: number, n: number) =>
    Array.from({ length: n }, () => 10 ** (centre + 0.3 * (random() - 0.5)));
  const measurements = Array.from({ length: images }, (_, i): Measurement<NormMeasures> => {
    const [vision, text] = [around(orders, 64), around(0, 9)];
    const measures = normMeasures.parse(
      Object.fromEntries(
        [['vision', vision] as const, ['text', text] as const].flatMap(([kind, norms]) => {
          const { bins, counts } = logCounts(norms);
          return [
            [`${kind}Bins`, bins],
            [`${kind}Counts`, counts],
            [`${kind}Min`, Math.min(...norms)],
            [`${kind}Median`, norms[0]!],
            [`${kind}Max`, Math.max(...norms)],
            [`${kind}Mean`, norms.reduce((a, b) => a + b, 0) / norms.length],
          ];
        }),
      ),
    );
    return {
      ...{ id: `${i}`, image: `${i}`, condition: 'original', category: '', labels: { captions: 1 } },
      ...{ question: '', promptHash: '', measures },
    };
  });
  return {
    suite: 'mini',
    model: 'Mini',
    variant: 'baseline',
    trainingSeed: 0,
    benchmark: { name: 'coco', title: 'COCO captions', split: 'val2017', chance: new Map() },
    seed: 0,
    provenance: { run: 'r' },
    measurements,
  };
}

describe('norms says', () => {
  it('of claim 3 whether vision is an order of magnitude above text', () => {
    const says = (result: NormResult) => norms.verdicts!([result], options)[0]!;
    expect(says(resultOf(2))).toMatchObject({ claim: 3, says: 'holds' });
    expect(says(resultOf(2)).value).toBeGreaterThan(85);
    expect(says(resultOf(2)).value).toBeLessThan(118);
    expect(says(resultOf(0)).says).toBe('does not hold');
    expect(says(resultOf(1)).says).toBe('cannot tell');
    expect(says(resultOf(2, 1))).toMatchObject({ says: 'cannot tell', low: null });
  });

  it('how many tokens there were, and their quantiles, rising', () => {
    const [table] = norms.tables([resultOf(2)], options);
    expect(table!.rows.map(r => [r.tokens, r.n])).toEqual([
      ['vision', 40 * 64],
      ['text', 40 * 9],
    ]);
    for (const row of table!.rows) {
      const quantiles = [row.q1, row.q5, row.q25, row.q50, row.q75, row.q95, row.q99].map(Number);
      expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    }
  });

  it('shares of the histogram that add up to 1 for each kind', () => {
    const table = norms.tables([resultOf(2)], options).find(t => t.name === 'fig3-histogram')!;
    for (const kind of ['vision', 'text']) {
      const shares = table.rows.filter(r => r.tokens === kind).map(r => Number(r.share));
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });

  it('nothing where no image could be measured', () => {
    const empty = { ...resultOf(2), measurements: [] };
    expect(norms.tables([empty], options).every(t => t.rows.length === 0)).toBe(true);
    expect(norms.figures!([empty], options)).toEqual([]);
    expect(norms.verdicts!([empty], options)).toEqual([]);
  });
});
