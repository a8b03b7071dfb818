import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCoco } from '../../src/benchmarks/coco.js';
import { benchmarks } from '../../src/benchmarks/index.js';
import { fetchPresets } from '../../src/harness/fetch-presets.js';
import { everything, expected, fixture } from '../benchmarks/expected.js';
import { fetchIt, folder, server } from './setup.js';

/** A folder's files by their paths, as a repository holds them. */
function repository(root: string): Record<string, Buffer> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = paths.filter(path => statSync(join(root, path)).isFile());
  return Object.fromEntries(files.map(path => [path.replaceAll('\\', '/'), readFileSync(join(root, path))]));
}

const preset = (name: string) => fetchPresets('bench').find(one => one.name === name)!;

test.each([
  ['gqa', 'lmms-lab/GQA', 2],
  ['pope', 'lmms-lab/POPE', 2],
  ['vqav2', 'lmms-lab/VQAv2', 2],
  ['cvbench', 'nyu-visionx/CV-Bench', 1],
] as const)(
  '%s: of the repository, what its reader needs is fetched, and is read',
  async (name, repo, files) => {
    server.add(`datasets/${repo}`, { ...repository(fixture(`${name}/parquet`)), 'README.md': 'card' });
    const { planned } = await fetchIt({ preset: preset(name) });
    expect(planned.files).toHaveLength(files);
    const { split, images } = expected(name);
    expect(await everything(await benchmarks[name].open(folder))).toEqual({ split, images });
  },
);

test("COCO's archives are read as they are fetched", async () => {
  const archives = ['val2017.zip', 'annotations_trainval2017.zip'];
  const { sources, ...rest } = preset('coco');
  expect(sources.map(source => 'path' in source && source.path)).toEqual(archives);
  const local = archives.map(path => ({
    url: server.serve(`/${path}`, readFileSync(fixture(`coco/${path}`))),
    path,
  }));
  await fetchIt({ preset: { ...rest, sources: local } });
  expect((await readdir(folder)).filter(name => !name.startsWith('.')).sort()).toEqual([...archives].sort());
  const { split, images } = expected('coco');
  expect(await everything(await openCoco(folder))).toEqual({ split, images });
});
