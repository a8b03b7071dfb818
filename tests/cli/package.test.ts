import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from '../support/cli.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest: {
  exports: Record<string, string | { types: string; default: string }>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  bin: Record<string, string>;
} = JSON.parse(read('package.json'));

/** What `npm pack` puts into the tarball. */
async function packed(): Promise<string[]> {
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 2 ** 24 });
  return JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
}

const files = await packed();
const bundled = readdirSync(join(root, 'bundle')).filter(file => file.endsWith('.js'));

describe('the package', () => {
  it('holds what its texts link', () => {
    for (const text of files.filter(file => file.endsWith('.md')))
      for (const [, link] of read(text).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        const target = normalize(join(dirname(text), link!)).replace(/[\\/]$/, '');
        const there = files.some(file => file === target || file.startsWith(`${target}/`));
        expect(there, `${text} links ${link}`).toBe(true);
      }
  });

  it('holds no developers’ tools', () => {
    const tools =
      /^(tests|bench|parity|\.github|\.ci)\/|^scripts\/(?!convert_bin)|config\.[cm]?[jt]s$|\.map$|^dist\/.*\.js$/;
    expect(files.filter(file => tools.test(file))).toEqual([]);
  });

  it('has types for everything it exports', () => {
    const {
      './weights/*': weights,
      './configs/*': configs,
      './package.json': own,
      ...modules
    } = manifest.exports;
    expect([weights, configs, own]).toEqual(['./weights/*', './configs/*', './package.json']);
    expect(Object.keys(modules)).toEqual(['.', './metrics']);
    for (const entry of Object.values(modules) as { types: string; default: string }[])
      for (const file of [entry.types, entry.default]) expect(files).toContain(file.slice(2));
  });

  it('imports nothing that npm would not install with it', () => {
    const named = new Set([
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.optionalDependencies),
    ]);
    const imports = /^import (?:[^"';]*from )?["']([^."'][^"']*)["'];?$|\bimport\(["']([^."'][^"']*)["']\)/gm;
    for (const file of bundled)
      for (const [, still, late] of read(`bundle/${file}`).matchAll(imports)) {
        const name = still ?? late;
        const installed =
          isBuiltin(name!) || [...named].some(one => name === one || name!.startsWith(`${one}/`));
        expect(installed, `${file} imports ${name}`).toBe(true);
      }
  });

  it('names the licenses of what is bundled', () => {
    expect(read('bundle/LICENSES.txt')).toMatch(/commander \d[\s\S]*MIT[\s\S]*zod \d/i);
  });
});

describe('starting', () => {
  /** Bundle files that load with one of them. */
  function loadedWith(file: string, found = new Set<string>()): Set<string> {
    if (found.has(file)) return found;
    found.add(file);
    const text = read(`bundle/${file}`);
    for (const [, name] of text.matchAll(/^import (?:[^"';]*from )?["']\.\/([^"']+)["'];?$/gm))
      loadedWith(name!, found);
    return found;
  }
  const size = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + read(`bundle/${name}`).length, 0);

  it('loads little for help, and no TensorFlow.js for a command’s help or for the metrics', () => {
    expect(size(loadedWith('cli.js'))).toBeLessThan(200_000);
    const experiment = bundled.filter(file => /^experiments?-/.test(file));
    expect(experiment.length).toBeGreaterThan(0);
    for (const entry of ['cli.js', 'metrics.js', ...experiment])
      for (const file of loadedWith(entry))
        expect(read(`bundle/${file}`), file).not.toMatch(/^import .*@tensorflow/m);
    expect(size(loadedWith('metrics.js'))).toBeLessThan(30_000);
  });
});
