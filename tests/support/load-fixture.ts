import { uploaded } from '../../src/engine/parameters.js';
import { readLlavaConfig } from '../../src/models/config/read-config.js';
import { type Llava, loadLlava } from '../../src/models/llava.js';
import { openCheckpoint } from '../../src/models/weights/checkpoint.js';
import type { ModelFixture } from './fixtures.js';

/** A recorded checkpoint as the product loads it: configuration and weights from its folders, onto the tests' engine. */
export async function loadFixture({ checkpoint: folder, visionTower }: ModelFixture): Promise<Llava> {
  const checkpoint = await openCheckpoint(visionTower ? [folder, visionTower] : folder);
  try {
    return await loadLlava(uploaded(checkpoint), await readLlavaConfig(folder, checkpoint, { visionTower }));
  } finally {
    await checkpoint.close();
  }
}
