import { describe, expect, it } from 'vitest';
import { attention } from '../../../src/experiments/attention/index.js';
import { seededRandom } from '../../../src/random.js';
import type { Prediction } from '../../../src/records/prediction.js';
import type { RunResult } from '../../../src/records/result.js';
import { conditionsNamed, memberTitled } from '../../support/conditions.js';

const IMAGES = 40;
const OPTIONS = attention.options.parse({});
const MODELS = ['LLaVA 1.5', '+ Normalize', '+ Normalize + Multilayer'];

/** Two questions an image; entropies around `entropy`, attention on the target around `mass`, where it covers an eighth. */
function result(
  model: string,
  entropy: number,
  { benchmark = '2ds', split = 'test', mass = 0.5, without = 0, condition = 'original' } = {},
): RunResult {
  const random = seededRandom('made-up entropies', model, benchmark);
  const predictions = Array.from({ length: 2 * IMAGES }, (_, i): Prediction => {
    const image = Math.floor(i / 2);
    const right = i % 4 !== 0;
    return {
      ...{ id: `q${i}`, image: `image ${image}`, condition, category: '', labels: {} },
      ...{ question: `question ${i}?`, promptHash: '', targets: ['red'], output: 'red', answer: 'red' },
      ...{ score: right ? 1 : 0, margin: 1 },
      measures:
        i < without
          ? {}
          : {
              entropy: entropy + 0.02 * (random() - 0.5),
              entropyByLayer: [entropy, entropy / 2],
              visionMass: 0.25,
              mapEntropy: entropy - 0.1,
              ...(benchmark === '2ds' && {
                targetShare: 0.125,
                targetMass: mass / 2,
                mapTargetMass: right ? mass : mass / 4,
              }),
              ...(image < 12 && {
                map: [0.1, 0.2, 0.3, 0.4],
                targetCells: [1],
                similarity: [0, 1, 0.5, 0],
                referenceToken: 1,
              }),
            },
    };
  });
  return {
    ...{ suite: 'mini', model, seed: 0, provenance: { run: model }, predictions },
    ...memberTitled(model),
    conditions: conditionsNamed(predictions),
    benchmark: { name: benchmark, title: benchmark.toUpperCase(), split, chance: new Map() },
  };
}

/** Answers under two conditions as one run's. */
const together = (a: RunResult, b: RunResult): RunResult => {
  const predictions = [...a.predictions, ...b.predictions];
  return { ...a, predictions, conditions: conditionsNamed(predictions) };
};

const three = (benchmark: string, entropies: readonly number[]) =>
  MODELS.map((model, i) => result(model, entropies[i]!, { benchmark }));

const tables = (results: readonly RunResult[]) =>
  new Map(attention.tables(results, OPTIONS).map(table => [table.name, table]));

describe('Table 4', () => {
  const results = [
    ...three('gqa', [0.5, 0.5, 0.5]),
    ...three('cvbench', [0.8, 0.9, 0.72]),
    ...three('2ds', [0.76, 0.9, 0.7]),
  ];

  it('has the paper’s rows in its order, others after them, a model a column, two decimals', () => {
    const { columns, rows } = tables(results).get('table4')!;
    expect(columns.map(c => c.label)).toEqual(['Vision Token Attention Entropy', ...MODELS]);
    expect(columns.slice(1).map(c => c.format)).toEqual(MODELS.map(() => ({ decimals: 2 })));
    expect(rows.map(r => r.dataset)).toEqual(['2DS ↓', 'CV-Bench2D ↓', 'GQA ↓']);
    expect(rows[0]!['+ Normalize']).toBeCloseTo(0.9, 2);
  });

  it('has a row for each split of one benchmark', () => {
    const twice = ['seed 0', 'seed 1'].map(split => result('LLaVA 1.5', 0.7, { split }));
    expect(
      tables(twice)
        .get('table4')!
        .rows.map(r => r.dataset),
    ).toEqual(['2DS, seed 0 ↓', '2DS, seed 1 ↓']);
  });

  it('is tested against the first model, and stands beside the paper’s number, in the long form', () => {
    const rows = tables(results).get('table4-long')!.rows;
    const [baseline, normalised] = rows as [(typeof rows)[0], (typeof rows)[0]];
    expect(baseline).toMatchObject({
      model: 'LLaVA 1.5',
      n: 80,
      images: 40,
      difference: null,
      p: null,
      paper: 0.76,
    });
    expect(normalised).toMatchObject({ model: '+ Normalize', leftOut: 0, paper: 0.9, visionMass: 0.25 });
    expect(normalised.difference).toBeCloseTo(0.14, 2);
    expect(normalised.low).toBeLessThan(normalised.entropy as number);
    expect(normalised.p).toBeLessThan(0.001);
    expect(rows.at(-1)!.paper).toBeNull();
    const custom = { ...results[3]!, suite: 'custom' };
    expect(tables([custom]).get('table4-long')!.rows[0]!.paper).toBeNull();
  });

  it('is of the prompt as it is, whatever else was asked; the long form has every condition', () => {
    const own = result('LLaVA 1.5', 0.7);
    const other = result('LLaVA 1.5', 0.1, { condition: 'permuted-0' });
    const both = tables([together(other, own)]);
    expect(both.get('table4')!.rows[0]!['LLaVA 1.5']).toBeCloseTo(0.7, 2);
    expect(both.get('table4-long')!.rows.map(r => [r.condition, r.paper])).toEqual([
      ['permuted-0', null],
      ['original', 0.76],
    ]);
  });

  it('counts and names what is left out', () => {
    const all = tables([result('LLaVA 1.5', 0.7, { without: 10 })]);
    expect(all.get('table4-long')!.rows[0]).toMatchObject({ n: 70, leftOut: 10, images: 35 });
    expect(all.get('table4-left-out')!.rows).toEqual([
      {
        ...{ model: 'LLaVA 1.5', dataset: '2DS', n: 10 },
        questions: 'q0 (red), q1 (red), q2 (red), q3 (red), q4 (red), q5 (red), …',
      },
    ]);
    expect(tables(results).has('table4-left-out')).toBe(false);
  });
});

describe('attention on the target’s cells', () => {
  it('is set beside even attention, for right and wrong answers', () => {
    const rows = tables([result('LLaVA 1.5', 0.7), ...three('coco', [0.8, 0.8, 0.8])]).get(
      'table4-target',
    )!.rows;
    const found = rows.map(({ row, answers, n, mean, even }) => [row, answers, n, mean, even]);
    expect(found).toEqual([
      ['answer', 'all', 80, 25, 12.5],
      ['answer', 'right', 60, 25, 12.5],
      ['answer', 'wrong', 20, 25, 12.5],
      ['target word', 'all', 80, 40.625, 12.5],
      ['target word', 'right', 60, 50, 12.5],
      ['target word', 'wrong', 20, 12.5, 12.5],
    ]);
  });

  it('names whose attention it is', () => {
    const named = (tokens: string) => {
      const options = attention.options.parse({ tokens });
      const found = attention.tables([result('LLaVA 1.5', 0.7)], options);
      return [...new Set(found.find(t => t.name === 'table4-target')!.rows.map(r => r.row))];
    };
    expect(named('answer')).toEqual(['answer', 'target word']);
    expect(named('all')).toEqual(['all text', 'target word']);
    expect(named('target')).toEqual(['target word']);
  });

  it('has no table where nothing is known of targets', () => {
    expect(tables(three('coco', [0.8, 0.8, 0.8])).has('table4-target')).toBe(false);
  });
});

describe('claim 8', () => {
  const says = (entropies: readonly number[], mass = 0.5) =>
    attention.verdicts!(
      MODELS.map((model, i) => result(model, entropies[i]!, { mass })),
      OPTIONS,
    ).map(({ model, about, says }) => `${model}${about.endsWith('cells') ? ' cells' : ''}: ${says}`);

  it('holds where normalising raises entropy, multilayer lowers it, and the cells have attention', () => {
    expect(says([0.76, 0.9, 0.72])).toEqual([
      'LLaVA 1.5 cells: holds',
      '+ Normalize: holds',
      '+ Normalize cells: holds',
      '+ Normalize + Multilayer: holds',
      '+ Normalize + Multilayer cells: holds',
    ]);
  });

  it('does not hold the other way round, and cannot be told where nothing differs', () => {
    expect(says([0.8, 0.7, 0.9], 0.05)).toEqual([
      'LLaVA 1.5 cells: does not hold',
      '+ Normalize: does not hold',
      '+ Normalize cells: does not hold',
      '+ Normalize + Multilayer: does not hold',
      '+ Normalize + Multilayer cells: does not hold',
    ]);
    const close = says([0.8, 0.8, 0.8]).filter(line => !line.includes('cells'));
    expect(close.every(line => line.endsWith('cannot tell'))).toBe(true);
  });
});

describe('figures', () => {
  const figures = (results: readonly RunResult[], options = {}) =>
    new Map(
      attention.figures!(results, attention.options.parse(options)).map(figure => [figure.name, figure]),
    );
  const sheet = (results: readonly RunResult[], name: string, options = {}) => {
    const figure = figures(results, options).get(name);
    if (figure?.kind !== 'sheet') throw new Error(`no sheet ${name}`);
    return figure;
  };

  it('7 and 8 have a model a column, other questions each, maps from 0 to 1', () => {
    const results = [...three('2ds', [0.76, 0.9, 0.7]), ...three('coco', [0.8, 0.8, 0.8])];
    const [seventh, eighth] = [sheet(results, 'fig7'), sheet(results, 'fig8')];
    expect([seventh.columns, seventh.panels.length]).toEqual([3, 12]);
    expect(seventh.panels.slice(0, 3).map(p => p.heading[0])).toEqual(MODELS);
    expect(new Set(seventh.panels.slice(0, 3).map(p => p.heading[2])).size).toBe(1);
    const [panel] = seventh.panels;
    [0, 1 / 3, 2 / 3, 1].forEach((value, i) => {
      expect(panel!.heat![i]).toBeCloseTo(value, 12);
    });
    expect(panel!.heading[1]).toBe('entropy 0.92, “red”');
    expect(panel).toMatchObject({ benchmark: '2ds', cells: [1], answer: { text: 'red', right: false } });
    const shown = (s: typeof seventh) => s.panels.map(p => `${p.benchmark} ${p.image}`);
    expect(shown(eighth).filter(place => shown(seventh).includes(place))).toEqual([]);
    expect(new Set(eighth.panels.map(p => p.benchmark))).toEqual(new Set(['2ds', 'coco']));
  });

  it('show the prompt without the system prompt where it was asked', () => {
    const own = result('LLaVA 1.5', 0.7);
    const bare = result('LLaVA 1.5', 0.7, { condition: 'no-system' });
    const changed = bare.predictions.map(p => ({ ...p, output: 'a blue star' }));
    const { panels } = sheet([together(own, { ...bare, predictions: changed })], 'fig7');
    expect(panels.map(p => p.answer!.text)).toEqual(panels.map(() => 'a blue star'));
    expect(panels[0]!.heading[1]).toContain('“blue”');
  });

  it('give what is not graded as it is, neither right nor wrong', () => {
    const coco = result('LLaVA 1.5', 0.7, { benchmark: 'coco' });
    const ungraded = coco.predictions.map(p => ({ ...p, score: Number.NaN }));
    const [panel] = sheet([{ ...coco, predictions: ungraded }], 'fig7').panels;
    expect(panel).not.toHaveProperty('answer');
    expect(panel!.heading.at(-1)).toBe('“red”');
  });

  it('chart entropy beside the paper’s, layer by layer from the first chosen', () => {
    const results = three('2ds', [0.76, 0.9, 0.7]);
    const values = (name: string, options = {}) => {
      const figure = figures(results, options).get(name);
      if (figure?.kind !== 'chart') throw new Error(`no chart ${name}`);
      return (figure.spec.data as { values: Record<string, unknown>[] }).values;
    };
    const paper = values('table4').filter(row => row.kind === 'paper');
    expect(paper.map(row => [row.series, row.value])).toEqual([
      ['LLaVA 1.5', 0.76],
      ['+ Normalize', 0.9],
      ['+ Normalize + Multilayer', 0.72],
    ]);
    const layers = (options = {}) => new Set(values('attention-layers', options).map(row => row.x));
    expect(layers()).toEqual(new Set([1, 2]));
    expect(layers({ layers: '3-4' })).toEqual(new Set([3, 4]));
    expect(figures(three('coco', [0.8, 0.8, 0.8])).has('attention-target')).toBe(false);
  });
});
