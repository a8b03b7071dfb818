import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { formatBytes } from '../fetch/bytes.js';
import { contents, folderState } from '../fetch/folder-state.js';
import type { Preset } from '../fetch/preset.js';
import type { Row, Table } from '../records/table.js';
import { fetchPresets } from './fetch-presets.js';
import { foldersIn } from './folders-in.js';
import { missingModelHint } from './missing-model.js';
import { chooseModels, dataFolder, readSuite, suiteNames } from './suite.js';

const columns = (...keys: (readonly [key: string, label: string])[]) =>
  keys.map(([key, label]) => ({ key, label, ...(key === 'note' && { format: 'text' as const }) }));

/** Models: those that can be fetched, those that ship with the package, and whatever else lies in the models folder. */
export async function modelTable(models: string): Promise<Table> {
  const presets = fetchPresets('model');
  const towers = presets.map(({ visionTower }) => visionTower);
  const rows: Row[] = [];
  // A vision tower is a part of models, and no name for --model.
  for (const preset of presets.filter(({ name }) => !towers.includes(name))) {
    const folder = join(models, preset.name);
    rows.push(
      await presetRow(preset, folder, `vlm-spatial fetch model ${preset.name}${into('models', models)}`),
    );
  }
  for (const name of await foldersIn(models)) {
    const folder = join(models, name);
    if (presets.some(preset => preset.name === name) || !existsSync(join(folder, 'config.json'))) continue;
    rows.push({ name, title: null, state: 'by hand', ...(await sizes(folder)), folder, get: null });
  }
  const mini = readSuite('mini');
  for (const name of Object.keys(mini.models)) {
    const { path, title } = chooseModels(mini, [name])[0]!;
    const folder = relative('', path);
    rows.push({
      name,
      title,
      state: 'ships here',
      ...(await sizes(folder)),
      folder,
      get: null,
    });
  }
  return {
    name: 'models',
    title: `Models by the name that --model takes; fetched ones are in ${models}`,
    columns: FILES,
    rows,
  };
}

/** Benchmarks: the real ones, and those of the mini world, which are drawn. */
export async function benchTable(datasets: string): Promise<Table> {
  const rows: Row[] = [];
  for (const preset of fetchPresets('bench')) {
    const get = `vlm-spatial fetch bench ${preset.name}${into('datasets', datasets)}`;
    rows.push(await presetRow(preset, join(datasets, preset.name), get));
  }
  const mini = readSuite('mini');
  for (const bench of [...mini.benches, 'coco']) {
    const folder = dataFolder(mini, bench, datasets);
    const { bytes, size } = await sizes(folder);
    const state = bytes > 0 ? 'drawn' : 'drawn when needed';
    const get = bytes > 0 ? null : `vlm-spatial data make mini --out ${join(datasets, mini.data!)}`;
    rows.push({ name: `mini ${bench}`, title: 'of the mini world', state, bytes, size, folder, get });
  }
  return { name: 'benches', title: `Benchmarks in ${datasets}`, columns: FILES, rows };
}

const FILES = columns(
  ['name', 'Name'],
  ['title', 'Title'],
  ['state', 'State'],
  ['size', 'Size'],
  ['folder', 'Folder'],
  ['get', 'To get it'],
);

/** Suites: their models and benchmarks, and what of them is missing. */
export async function suiteTable(datasets: string): Promise<Table> {
  const rows: Row[] = [];
  for (const name of suiteNames()) {
    const suite = readSuite(name);
    const add = (what: string, item: string, folder: string, state: string, get: string | null) =>
      rows.push({ suite: name, what, name: item, state, folder, get: state === 'here' ? null : get });
    for (const { title, path, visionTower } of chooseModels(suite, ['all'], true)) {
      const states = [];
      for (const folder of visionTower === undefined ? [path] : [path, visionTower])
        states.push({ folder, state: await modelState(folder) });
      const { folder, state } = states.find(one => one.state !== 'here') ?? states[0]!;
      add('model', title, relative('', path), state, missingModelHint(folder) ?? null);
    }
    for (const bench of suite.benches) {
      const folder = dataFolder(suite, bench, datasets);
      const { files } = await contents(folder);
      const drawn = suite.data !== undefined || bench === '2ds';
      const fetch = `vlm-spatial fetch bench ${bench}${into('datasets', datasets)}`;
      const get =
        suite.data === undefined
          ? `${fetch}${drawn ? ', or it is generated when needed' : ''}`
          : 'is drawn when needed';
      add('benchmark', bench, folder, files > 0 ? 'here' : 'missing', get);
    }
  }
  const shown = columns(
    ['suite', 'Suite'],
    ['what', 'What'],
    ['name', 'Name'],
    ['state', 'State'],
    ['folder', 'Folder'],
    ['get', 'To get it'],
  );
  return { name: 'suites', title: 'Suites', columns: shown, rows };
}

async function modelState(folder: string): Promise<'here' | 'incomplete' | 'missing'> {
  const preset = fetchPresets('model').find(({ name }) => name === basename(folder));
  if (preset && (await folderState(preset, folder)).state === 'incomplete') return 'incomplete';
  return existsSync(join(folder, 'config.json')) ? 'here' : 'missing';
}

async function presetRow(preset: Preset, folder: string, get: string): Promise<Row> {
  const { name, title, approximateBytes, license, note = null } = preset;
  const { state, bytes } = await folderState(preset, folder);
  const about = approximateBytes === null ? '?' : `about ${formatBytes(approximateBytes)}`;
  const size = state === 'missing' ? about : formatBytes(bytes);
  const done = state === 'fetched' || state === 'by hand';
  return { name, title, state, bytes, size, folder, get: done ? null : get, approximateBytes, license, note };
}

async function sizes(folder: string): Promise<{ bytes: number; size: string }> {
  const { bytes } = await contents(folder);
  return { bytes, size: bytes === 0 ? '' : formatBytes(bytes) };
}

/** The flag that names a folder, where it is not the default one. */
const into = (flag: string, folder: string): string => (folder === flag ? '' : ` --${flag} ${folder}`);
