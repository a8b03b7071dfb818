import { describe, expect, it } from 'vitest';
import { respelt } from '../../src/cli/spellings.js';
import { nearest } from '../../src/nearest.js';

const known = new Set(['results', 'limit', 'max-new-tokens', 'bench', 'backend']);
const line = (text: string) => respelt(text.split(' '), known).join(' ');

describe('flags as other programs spell them', () => {
  it('are ours where we have the thing', () => {
    expect(line('--output_path r --num_samples=3 --tasks pope')).toBe('--results r --limit=3 --bench pope');
    expect(line('--max_new_tokens 3 --maxNewTokens 4 --max-tokens 5')).toBe(
      '--max-new-tokens 3 --max-new-tokens 4 --max-new-tokens 5',
    );
  });

  it('are told what to use in their place where we have not', () => {
    expect(() => line('--device cuda')).toThrow('--device: the engine chooses it: use --backend gpu');
    expect(() => line('--precision float16')).toThrow('--precision: models are computed in 32-bit floats');
    expect(() => line('--batch_size 8')).toThrow('--batch_size: an image is a batch');
    expect(() => line('--log_samples')).toThrow('--log_samples: every answer is kept anyway');
  });

  it('stay as they are where nobody knows them, as do values and what follows --', () => {
    expect(line('--nonsense x_y -q -- --device')).toBe('--nonsense x_y -q -- --device');
  });
});

it('the nearest name is the one with the fewest letters changed, none where all are far', () => {
  const names = ['baseline', 'normalize', 'multilayer'];
  expect(nearest('basline', names)).toBe('baseline');
  expect(nearest('Normalise', names)).toBe('normalize');
  expect(nearest('mulitlayer', names)).toBe('multilayer');
  expect(nearest('llava', names)).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
