import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, runCli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-errors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const image = join(root, 'tests', 'fixtures', 'mini-reference', 'images', '000.png');

/** A copy of the shipped checkpoint, changed. */
function checkpoint(name: string, change: (dir: string) => void): string {
  const dir = join(folder, name);
  cpSync(join(root, 'tests', 'fixtures', 'mini-reference', 'checkpoint'), dir, { recursive: true });
  change(dir);
  return dir;
}

function edited(dir: string, change: (config: Record<string, never>) => void): void {
  const file = join(dir, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  change(config);
  writeFileSync(file, JSON.stringify(config));
}

const ask = (model: string) => ['ask', '--backend', 'wasm', '--image', image, '--model', model, 'What?'];
const notAnImage = join(folder, 'not-an-image.png');
writeFileSync(notAnImage, 'text');
const aFile = join(folder, 'a-file');
writeFileSync(aFile, '');
mkdirSync(join(folder, 'empty'));

/** What is called, the exit code, and what the one line must say. */
const cases: Record<string, [args: string[], code: number, says: RegExp]> = {
  'an unknown command': [['permut'], 2, /unknown command 'permut'[\s\S]*permute/],
  'an unknown flag': [['permute', '--limmit', '3'], 2, /unknown option '--limmit'[\s\S]*--limit/],
  'a number that is none': [['permute', '--limit', 'few'], 2, /--limit/],
  'an unknown benchmark': [['permute', '--bench', 'vqa3'], 2, /benchmark "vqa3" is not known; .*vqav2.*2ds/],
  'an unknown suite': [['permute', '--suite', 'huge'], 2, /suite "huge" is not known; .*mini/],
  'an unknown order': [
    ['permute', '--order', 'up', '--limit', '1'],
    2,
    /order "up" is not known; give random/,
  ],
  'a configuration file that is not there': [['permute', '--config', 'no.json'], 2, /--config no\.json/],
  'a model folder that is not there': [ask(join(folder, 'nowhere')), 1, /nowhere/],
  'a folder without a model': [ask(join(folder, 'empty')), 1, /config\.json|safetensors/],
  'truncated weights': [
    ask(checkpoint('truncated', dir => truncateSync(join(dir, 'model.safetensors'), 1_000_000))),
    1,
    /model\.safetensors.*(truncated|bytes)/,
  ],
  'an architecture that is not supported': [
    ask(
      checkpoint('architecture', dir =>
        edited(dir, (config: { text_config?: { model_type: string } }) => {
          config.text_config!.model_type = 'mamba';
        }),
      ),
    ),
    1,
    /mamba.*llama/,
  ],
  'weights of another shape': [
    ask(
      checkpoint('shape', dir =>
        edited(dir, (config: { text_config?: { intermediate_size: number } }) => {
          config.text_config!.intermediate_size = 128;
        }),
      ),
    ),
    1,
    /mlp\.gate_proj\.weight.*\[256, 96\].*\[128, 96\]/,
  ],
  'an image that is none': [
    ['ask', '--backend', 'wasm', '--image', notAnImage, 'What?'],
    1,
    /image.*(decode|read|format)/i,
  ],
  'an image that is not there': [['ask', '--image', 'no.png', 'What?'], 1, /no\.png cannot be read/],
  'data of another kind': [['permute', '--data', notAnImage, '--limit', '1'], 1, /not-an-image\.png/],
  'a results folder that cannot be made': [
    [
      'permute',
      '--limit',
      '1',
      '--backend',
      'wasm',
      '--results',
      join(aFile, 'r'),
      '--datasets',
      join(folder, 'd'),
    ],
    1,
    /a-file/,
  ],
};

describe('bad input is one clear line', () => {
  for (const [name, [args, code, says]] of Object.entries(cases)) {
    it.concurrent(name, async ({ expect }) => {
      const result = await runCli(args, { VLM_SPATIAL_NATIVE: join(folder, 'no-native') });
      const lines = result.stderr.split('\n').filter(line => line.startsWith('error:'));
      expect(lines.length, result.stderr).toBe(1);
      expect(result.stderr).toMatch(says);
      expect(result.stderr).not.toMatch(/^\s+at /m);
      expect(result.stdout).toBe('');
      expect(result.code).toBe(code);
    });
  }

  it('--debug shows where it came from', async () => {
    const { stderr } = await runCli(['permute', '--suite', 'huge', '--debug']);
    expect(stderr).toMatch(/^\s+at /m);
  });
});
