import { expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { requireFetched } from '../../src/harness/missing-model.js';
import { inFolder } from '../cli/stored-runs.js';

it('a model that can be fetched and is not there is an error that names the command', async () => {
  const missing = requireFetched('/nowhere/models/llava-1.5-7b');
  await expect(missing).rejects.toThrow(UserError);
  await expect(missing).rejects.toThrow('vlm-spatial fetch model llava-1.5-7b');
});

it('a folder that is there, and one that no fetch brings, are left to who opens them', () =>
  inFolder(async folder => {
    await requireFetched(folder);
    await requireFetched(`${folder}/of-mine`);
  }));
