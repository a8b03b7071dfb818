import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPlugin, originOf } from '../../src/harness/plugins.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function plugin(text: string): string {
  const file = join(folder, `plugin-${count++}.mjs`);
  writeFileSync(file, text);
  return file;
}

const experiment = (parts: string) => `export default ({ z, conditions }) => ({
  experiments: [{ kind: 'asks', name: 'mine', paper: '', summary: '', options: z.strictObject({}),
    conditions: () => [conditions.original], tables: () => [], ${parts} }],
});`;

describe('a plug-in', () => {
  it('needs nothing installed: it is given what it declares its parts with', async () => {
    const { experiments } = await loadPlugin(plugin(experiment('')));
    const [mine] = experiments;
    expect(mine).toMatchObject({ kind: 'asks', name: 'mine' });
    if (mine?.kind !== 'asks') throw new Error('no asking experiment');
    expect(mine.conditions({}, {} as never).map(({ name }) => name)).toEqual(['original']);
  });

  it('edited is another: runs are keyed by the digest of its file', async () => {
    const [before, after] = await Promise.all(
      [experiment(''), experiment('figures: () => [],')].map(
        async text => (await loadPlugin(plugin(text))).experiments[0]!,
      ),
    );
    expect(originOf(before!)!.sha256).not.toBe(originOf(after!)!.sha256);
    expect(originOf({})).toBeUndefined();
  });

  it.each([
    [
      "tables: () => { throw new RangeError('off by one'); },",
      /tables of experiment "mine" failed \(off by one\)/,
    ],
    ['tables: () => undefined,', /tables of experiment "mine" must give a list, and gave nothing/],
    ["conditions: () => 'all',", /conditions of experiment "mine" must give a list, and gave string/],
  ])('is named where its experiment fails: %s', async (parts, message) => {
    const file = plugin(experiment(parts));
    const [mine] = (await loadPlugin(file)).experiments;
    const call = () =>
      parts.startsWith('tables')
        ? mine!.tables([], {})
        : (mine as { conditions(...a: unknown[]): unknown }).conditions({}, {});
    expect(call).toThrow(message);
    expect(call).toThrow(file);
  });

  it.each([
    ['export const experiments = [{ name: "x" }];', /experiments\[0\]\.kind is "asks"/],
    ['export const experiments = [{ kind: "asks", name: "X Y" }];', /lower-case letters/],
    ['export const nothing = 1;', /exports neither "experiments" nor "benchmarks"/],
    ['throw new Error("broken");', /cannot be loaded \(broken\)/],
  ])('that is none is refused, by its file: %s', async (text, message) => {
    const file = plugin(text);
    await expect(loadPlugin(file)).rejects.toThrow(message);
    await expect(loadPlugin(file)).rejects.toThrow(file);
  });
});
