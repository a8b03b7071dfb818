import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attentionRows,
  blankImage,
  experiments,
  hiddenStates,
  type Intervention,
  type Model,
  openModel,
  permute,
  readResults,
  runExperiment,
  type ShownImage,
  writeReport,
} from '../../src/index.js';
import { permutation } from '../../src/interventions/permute.js';
import { root } from '../support/cli.js';
import { testBackend, useEngine } from '../support/engine.js';

useEngine();

const picture = join(root, 'tests', 'fixtures', 'mini-reference', 'images', '004.png');
const question = 'What color is at the top of the image?';

let model: Model;
let image: ShownImage;
beforeAll(async () => {
  model = await openModel('mini/baseline');
  image = await model.image(picture);
});
afterAll(() => {
  image.dispose();
  model.dispose();
});

describe(`the library's model on ${testBackend}`, () => {
  it('is a member of its suite, opened by name or by folder', async () => {
    expect(model).toMatchObject({ title: 'Mini', variant: 'baseline', trainingSeed: 0 });
    const same = await openModel(join(root, 'weights', 'mini', 'base'));
    expect(same.fingerprint).toBe(model.fingerprint);
    same.dispose();
    await expect(openModel('mini/nobody')).rejects.toThrow(/nobody/);
  });

  it('answers one by one as side by side, and tells what interventions did', async () => {
    const questions = [question, 'What shape is at the top of the image?'];
    const together = await image.askAll(questions);
    for (const [i, one] of questions.entries()) {
      expect((await image.ask(one)).output).toBe(together[i]!.output);
    }
    const { did } = await image.ask(question, { interventions: [permute('random')], seed: 3 });
    const order = permutation('random', model.llava.visionTokenCount, 0, { id: picture, seed: 3 });
    expect(did).toEqual([{ kind: 'permute', did: { order } }]);
  });

  it('asks without an image as with a template that shows none', async () => {
    const { prompt, output } = await model.ask(question);
    expect(prompt).not.toContain('<image>');
    expect(output).not.toBe('');
  });

  it('is observed: rows over all vision tokens, hidden states of prompt and answer', async () => {
    const { observed: rows, tokenIds } = await image.ask(question, { observe: attentionRows() });
    expect(rows!.answer).toHaveLength(tokenIds.answer.length);
    expect(rows!.answer[0]).toHaveLength(model.llava.visionTokenCount);
    const [, second] = await image.askAll(['Is there a red circle in the image?', question], {
      observe: hiddenStates(),
    });
    const { tokens, layers, width } = second!.observed;
    const { before, after, answer } = second!.tokenIds;
    const length = before.length + model.llava.visionTokenCount + after.length + answer.length - 1;
    expect(tokens).toHaveLength(length);
    expect(layers).toHaveLength(model.llava.config.text.layers + 1);
    for (const layer of layers) expect(layer).toHaveLength(length * width);
    expect(tokens.map(({ position }) => position)).toEqual(Array.from({ length }, (_, i) => i));
  });
});

describe('a checkpoint’s generation_config.json', () => {
  it('is set aside, and obeyed where that is asked for', async () => {
    const plain = await image.ask(question);
    const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-generation-'));
    // A member's tower lies beside it.
    for (const part of ['base', 'tower']) {
      cpSync(join(root, 'weights', 'mini', part), join(folder, part), { recursive: true });
    }
    writeFileSync(
      join(folder, 'base', 'generation_config.json'),
      JSON.stringify({ suppress_tokens: [plain.tokenIds.answer[0]] }),
    );
    const other = await openModel(join(folder, 'base'));
    try {
      expect(other.generation.notice).toContain('suppress_tokens');
      const same = await other.image(picture);
      expect((await same.ask(question)).tokenIds).toEqual(plain.tokenIds);
      const obeyed = await same.ask(question, { generationConfig: true });
      expect(obeyed.tokenIds.answer).not.toContain(plain.tokenIds.answer[0]);
      same.dispose();
    } finally {
      other.dispose();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('an intervention', () => {
  const pixels = (change: (x: Float32Array) => Float32Array): Intervention => ({
    kind: 'mine',
    params: {},
    pixels: x => change(x),
  });

  it('is itself, whatever it is called: two of one name are never taken for each other', async () => {
    const [same, none] = [pixels(x => x), pixels(x => new Float32Array(x.length))];
    const plain = await image.ask(question);
    const blank = await image.ask(question, { interventions: [blankImage()] });
    expect(blank.margin).not.toBeCloseTo(plain.margin, 4);
    expect((await image.ask(question, { interventions: [same] })).margin).toBeCloseTo(plain.margin, 4);
    expect((await image.ask(question, { interventions: [none] })).margin).toBeCloseTo(blank.margin, 4);
  });

  it('acts at exactly one site; keys that mean nothing are refused', async () => {
    const ask = (intervention: unknown) =>
      image.ask(question, { interventions: [intervention as Intervention] });
    const tokens = (x: unknown) => x;
    await expect(ask({ kind: 'x', params: {}, visiontokens: tokens })).rejects.toThrow(
      'the key "visiontokens" means nothing',
    );
    await expect(ask({ kind: 'x', params: {} })).rejects.toThrow('acts at no site');
    await expect(ask({ kind: 'x', params: {}, visionTokens: tokens, pixels: tokens })).rejects.toThrow(
      'acts at pixels and visionTokens',
    );
    await expect(ask({ name: 'x', visionTokens: tokens })).rejects.toThrow('give it a kind');
    await expect(ask(null)).rejects.toThrow('got null');
  });

  it('that fails, or gives what is no input, is named', async () => {
    const ask = (site: object) =>
      image.ask(question, { interventions: [{ kind: 'mine', params: {}, ...site } as Intervention] });
    const broken = () => {
      throw new TypeError('x is not a function');
    };
    await expect(ask({ visionTokens: broken })).rejects.toThrow('"mine" failed at visionTokens (x is not');
    await expect(ask({ visionTokens: () => undefined })).rejects.toThrow('and gave nothing');
    await expect(ask({ pixels: () => new Float32Array(3) })).rejects.toThrow(/a Float32Array of \d+ numbers/);
    await expect(ask({ positions: () => [1, 2] })).rejects.toThrow(/a list of \d+ numbers/);
    await expect(ask({ positions: () => 'left' })).rejects.toThrow('gave left');
  });
});

describe('the library runs experiments', () => {
  const results = mkdtempSync(join(tmpdir(), 'vlm-spatial-library-'));
  const datasets = join(results, 'datasets');
  afterAll(() => rmSync(results, { recursive: true }));
  const settings = { bench: ['2ds'], limit: 2, results, datasets };

  it('as the command does, with the engine and the models that are there; reads them and reports', async () => {
    const outcome = await runExperiment(experiments.permute, settings);
    expect(outcome.ran.kind).toBe('asks');
    const again = await runExperiment(experiments.permute, settings);
    expect(again.runs).toEqual(outcome.runs);
    const read = await readResults(experiments.permute, outcome.runs);
    expect(read.results).toEqual(outcome.ran.results);
    const { tables } = await writeReport(outcome);
    expect(tables.map(({ name }) => name)).toContain('table1');
    // The model that was opened before is as usable as it was.
    expect((await image.ask(question)).output).not.toBe('');
  });

  it('says what is wrong with a setting', async () => {
    await expect(runExperiment(experiments.permute, { ...settings, limit: 0 })).rejects.toThrow(/limit/);
    await expect(
      runExperiment(experiments.permute, { ...settings, sedes: 1 } as typeof settings),
    ).rejects.toThrow(/"sedes"/);
  });
});
