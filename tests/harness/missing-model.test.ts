import { expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { requireFetched } from '../../src/harness/missing-model.js';
import { inFolder } from '../cli/stored-runs.js';

it('a model that can be fetched and is not there is an error that names the command', async () => {
  const missing = requireFetched('/nowhere/models/llava-1.5-7b');
  await expect(missing).rejects.toThrow(UserError);
  await expect(missing).rejects.toThrow('vlm-spatial fetch model llava-1.5-7b');
});

it('a folder that is there is left to who opens it; one that no fetch brings is told before an engine starts', () =>
  inFolder(async folder => {
    await requireFetched(folder);
    await expect(requireFetched(`${folder}/of-mine`)).rejects.toThrow(
      'of-mine is not there: give the folder',
    );
  }));
