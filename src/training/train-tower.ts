import { createHash } from 'node:crypto';
import { worldScene } from '../world/mini/world.js';
import type { Scene } from '../world/scene/scene.js';
import { mostObjects } from './curriculum.js';
import { initialValues } from './initial-values.js';
import { TOWER, TRAINING_SCENES, VISION } from './recipe.js';
import { drawScenes, type RecordFile } from './scene-pixels.js';
import { runStage, type StageIo, type StageRecord } from './stage.js';
import { loadTowerTraining, towerBatch, towerLoss } from './tower.js';
import { trainable } from './variables.js';

/** Scenes of the training split, and their pixels in a file that is drawn once. */
export async function trainingScenes(
  cacheFolder: string,
  onDrawn: (done: number, of: number) => void,
): Promise<{ scenes: readonly Scene[]; pixels: RecordFile }> {
  const scenes = Array.from({ length: TRAINING_SCENES }, (_, index) => worldScene('train', index));
  // Another world draws other scenes: pixels of one must never meet captions of another.
  const hash = createHash('sha256').update(JSON.stringify(scenes)).digest('hex').slice(0, 12);
  const pixels = await drawScenes(`${cacheFolder}/pixels-${hash}.bin`, scenes, done =>
    onDrawn(done, scenes.length),
  );
  return { scenes, pixels };
}

/** Stage (a): trains the vision tower on captions; its checkpoint and curve lie in the folder of `io`. */
export async function trainTower(
  scenes: readonly Scene[],
  pixels: RecordFile,
  io: StageIo,
): Promise<StageRecord> {
  const { seed, imagesPerStep, captionsPerImage, contrast, growing, stage: options } = TOWER;
  const from = trainable(initialValues(seed, VISION.layers, 0.1));
  const training = await loadTowerTraining(from, VISION);
  const upTo = [0, 1, 2, 3, 4, 5, 6].map(most =>
    [...scenes.keys()].filter(index => scenes[index]!.objects.length <= most),
  );
  return runStage(
    {
      name: 'tower',
      options,
      trained: from.trained,
      batch: step => {
        const indices = upTo[mostObjects(step, options.steps, growing)]!;
        const batch = towerBatch(scenes, pixels, indices, imagesPerStep, captionsPerImage, seed, step);
        return () => towerLoss(training, batch, contrast);
      },
    },
    io,
  ).finally(() => from.dispose());
}
