import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LlavaConfig } from '../../../src/models/config/config.js';
import { readLlavaConfig } from '../../../src/models/config/read-config.js';

/** A published configuration, as `parity/make_config_fixtures.py` has it. */
export async function published(name: string): Promise<LlavaConfig> {
  const file = new URL('../../../parity/fixtures/configs.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { name: string; config: object }[] };
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-config-'));
  try {
    await writeFile(join(dir, 'config.json'), JSON.stringify(cases.find(c => c.name === name)!.config));
    return await readLlavaConfig(dir, { has: () => false, shape: () => [], storedName: n => n });
  } finally {
    await rm(dir, { recursive: true });
  }
}
