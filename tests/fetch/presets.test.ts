import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { formatBytes } from '../../src/fetch/bytes.js';
import { matches, type Preset, readPresets } from '../../src/fetch/preset.js';
import { fetchPresets } from '../../src/harness/fetch-presets.js';
import { chooseModels, readSuite, suiteNames } from '../../src/harness/suite.js';

const models = fetchPresets('model');
const benches = fetchPresets('bench');
const patterns = ({ sources }: Preset) =>
  sources.flatMap(source => ('repo' in source ? [...source.files, ...source.optional] : [source.path]));

describe("the package's presets", () => {
  test('read everything over https, and never weights of PyTorch', () => {
    for (const preset of [...models, ...benches]) {
      for (const source of preset.sources) if ('url' in source) expect(source.url).toMatch(/^https:/);
      for (const name of [
        'pytorch_model.bin',
        'pytorch_model-00001-of-00002.bin',
        'tf_model.h5',
        'flax_model.msgpack',
      ])
        expect(patterns(preset).filter(pattern => matches(pattern, name))).toEqual([]);
    }
  });

  test('of models have what a checkpoint needs; a vision tower apart is one of them', () => {
    for (const preset of models) {
      const has = (name: string) => patterns(preset).some(pattern => matches(pattern, name));
      const needed = ['config.json', 'model-00001-of-00003.safetensors'];
      for (const name of needed) expect([preset.name, name, has(name)]).toEqual([preset.name, name, true]);
      if (preset.name.startsWith('clip')) continue;
      expect([preset.name, has('tokenizer.json') && has('tokenizer_config.json')]).toEqual([
        preset.name,
        true,
      ]);
      const tower = models.find(({ name }) => name === preset.visionTower);
      expect([preset.name, has('preprocessor_config.json') || tower !== undefined]).toEqual([
        preset.name,
        true,
      ]);
    }
  });

  test("of LLaVA 1.5 pad images to a square, as LLaVA's own evaluation and the paper do", () => {
    const padded = models.filter(({ name }) => name.startsWith('llava-1.5'));
    expect(padded).toHaveLength(4);
    for (const { write } of padded) expect(write).toEqual({ 'vlm-spatial.json': { pad: true } });
  });

  test('of benchmarks are those that can be run, and COCO', () => {
    const names = benches.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['2ds', 'coco', 'cvbench', 'gqa', 'pope', 'vqav2']));
    for (const name of names) expect([...Object.keys(benchmarks), '2ds', 'coco']).toContain(name);
  });

  test("are where the suites look for models, and each of a suite's towers is its preset's", () => {
    for (const { path, visionTower } of suiteNames().flatMap(name =>
      chooseModels(readSuite(name), ['all'], true),
    )) {
      if (existsSync(join(path, 'config.json'))) continue;
      const preset = models.find(({ name }) => name === basename(path));
      expect([path, preset?.name]).toEqual([path, basename(path)]);
      expect(preset!.visionTower).toBe(visionTower && basename(visionTower));
    }
  });
});

describe('a preset', () => {
  const good = { title: 'T', approximateBytes: 1, license: 'L', sources: [{ repo: 'a/b', files: ['x'] }] };

  function read(preset: unknown): Preset[] {
    const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-presets-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'p.json'), typeof preset === 'string' ? preset : JSON.stringify(preset));
    return readPresets(folder);
  }

  test('takes its name from its file and fills in what is usual', () => {
    const [preset] = read(good);
    expect(preset).toMatchObject({
      name: 'p',
      write: {},
      sources: [{ type: 'model', revision: 'main', optional: [] }],
    });
  });

  test.each([
    ['not JSON', '{'],
    ['an unknown key', { ...good, size: 1 }],
    ['no sources', { ...good, sources: [] }],
    ['a path that leads out', { ...good, sources: [{ url: 'https://a.org/b', path: '../b' }] }],
    ['an absolute path', { ...good, sources: [{ url: 'https://a.org/b', path: '/b' }] }],
    ['a pattern that leads out', { ...good, sources: [{ repo: 'a/b', files: ['../*'] }] }],
    ['a settings file that leads out', { ...good, write: { '../x.json': {} } }],
    ['a repository that is none', { ...good, sources: [{ repo: '../b', files: ['x'] }] }],
    ['another protocol', { ...good, sources: [{ url: 'file:///etc/passwd', path: 'b' }] }],
    ['a checksum that is none', { ...good, sources: [{ url: 'https://a.org/b', path: 'b', sha256: 'abc' }] }],
  ])('is refused: %s', (_, preset) => {
    expect(() => read(preset)).toThrow(/p\.json is no preset: /);
  });
});

test.each([
  ['*.json', 'a.json', true],
  ['*.json', 'a/b.json', false],
  ['data/test-*.parquet', 'data/test-00000-of-00003-5b1a.parquet', true],
  ['data/test-*.parquet', 'Full/data/test-0.parquet', false],
  ['test_2d.parquet', 'test_2dxparquet', false],
  ['model*.safetensors', 'model.safetensors.index.json', false],
  ['a+b', 'aab', false],
  ['a+b', 'a+b', true],
])('pattern %s and file %s: %s', (pattern, file, expected) => {
  expect(matches(pattern, file)).toBe(expected);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [815_585_330, '815.6 MB'],
  [14_130_000_000, '14.1 GB'],
  [5e15, '5000.0 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
