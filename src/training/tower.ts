import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, linear } from '../engine/ops.js';
import { type ClipParameters, clip } from '../models/architectures/clip.js';
import type { VisionConfig } from '../models/config/config.js';
import { randomInt, seededRandom, shuffled } from '../random.js';
import { ordered, SIDES, type Side } from '../world/scene/relations.js';
import { COLORS, type Scene, SHAPES } from '../world/scene/scene.js';
import { type Captioner, type CaptionerConfig, loadCaptioner, runCaptioner } from './captioner.js';
import { contrastive, crossEntropy } from './losses.js';
import { PIXEL_MEAN, PIXEL_STD } from './recipe.js';
import type { RecordFile } from './scene-pixels.js';
import type { TrainedParameters } from './variables.js';

/** The tower with the heads that train it: a caption decoder, and a light contrast of images and captions. */
export interface TowerTraining {
  readonly vision: VisionConfig;
  readonly captioner: CaptionerConfig;
  readonly tower: ClipParameters;
  readonly heads: Captioner;
}

/** Thirds of the image, from the left and from the top. */
const COLUMNS = ['left', 'middle', 'right'] as const;
const ROWS = ['top', 'middle', 'bottom'] as const;

/** Words of a caption: pad, end, one start a direction, places, colours, shapes. */
const WORDS: readonly string[] = ['<pad>', '</s>', ...SIDES, 'middle', ...COLORS, ...SHAPES];
const END = 1;
/** Longest caption: six objects of four words, a start; the last one predicts the end. */
const MAX_TOKENS = 25;

/** The training of a vision tower by captioning and by matching captions to images, with parameters from `from`. */
export async function loadTowerTraining(
  from: TrainedParameters,
  vision: VisionConfig,
): Promise<TowerTraining> {
  const captioner: CaptionerConfig = {
    width: vision.hiddenSize,
    heads: vision.heads,
    layers: 2,
    vocabSize: WORDS.length,
    maxTokens: MAX_TOKENS,
  };
  return {
    vision,
    captioner,
    tower: await clip.load(from, vision, 'vision_tower.vision_model.'),
    heads: await loadCaptioner(from, captioner),
  };
}

/** "red circle left top, blue star middle top" from a side, as ids: the side first, the end last. */
function captionIds(scene: Scene, side: Side): number[] {
  const third = (coordinate: number) => Math.min(2, Math.floor((3 * coordinate) / scene.size));
  const words = ordered(scene.objects, side).flatMap(({ color, shape, x, y }) => [
    color,
    shape,
    COLUMNS[third(x)]!,
    ROWS[third(y)]!,
  ]);
  return [...[side, ...words].map(word => WORDS.indexOf(word)), END];
}

export interface TowerBatch {
  /** [images, size, size, 3], 0–255 */
  readonly pixels: Buffer;
  readonly images: number;
  /** Captions of one image side by side, each with its end. */
  readonly captions: readonly (readonly number[])[];
}

/** Batch number `step`: images among `indices`, each with captions in `captionsEach` directions. */
export function towerBatch(
  scenes: readonly Scene[],
  pixels: RecordFile,
  indices: readonly number[],
  images: number,
  captionsEach: number,
  seed: number,
  step: number,
): TowerBatch {
  const random = seededRandom('tower batch', seed, step);
  const chosen = Array.from({ length: images }, () => indices[randomInt(random, indices.length)]!);
  return {
    pixels: pixels.read(chosen),
    images,
    captions: chosen.flatMap(index =>
      shuffled(random, SIDES)
        .slice(0, captionsEach)
        .map(side => captionIds(scenes[index]!, side)),
    ),
  };
}

/** Pixels as the image processor gives them: x / 255, minus the mean, by the deviation. */
export const normalised = (
  pixels: Uint8Array,
  images: number,
  size: number,
  mean: number,
  std: number,
): tf.Tensor4D =>
  tf.tidy(() =>
    tf.div(
      tf.sub(tf.div(tf.cast(tf.tensor(pixels, [images, size, size, 3], 'int32'), 'float32'), 255), mean),
      std,
    ),
  );

/** Captioning loss + `contrast` · contrastive loss, on a batch. */
export function towerLoss(p: TowerTraining, batch: TowerBatch, contrast: number): tf.Scalar {
  const { vision, captioner, tower, heads } = p;
  const pixels = normalised(batch.pixels, batch.images, vision.imageSize, PIXEL_MEAN, PIXEL_STD);
  const last = clip.run(tower, vision, pixels, vision.layers).at(-1)!;
  const features = layerNorm(last, tower.postNorm, vision.layerNormEps);
  const length = Math.max(...batch.captions.map(ids => ids.length)) - 1;
  const input = batch.captions.map(ids => padded(ids.slice(0, -1), length));
  const target = batch.captions.flatMap(ids => padded(ids.slice(1), length));
  const { logits, text } = runCaptioner(
    heads,
    captioner,
    features,
    batch.images,
    tf.tensor2d(input, [input.length, length], 'int32'),
  );
  const loss = crossEntropy(
    logits,
    tf.tensor1d(target, 'int32'),
    tf.tensor1d(target.map(id => (id === 0 ? 0 : 1))),
  );
  if (contrast === 0) return loss;
  const positions = features.shape[0] / batch.images;
  const classTokens = tf.reshape<tf.Rank.R2>(
    tf.slice(tf.reshape(features, [batch.images, positions, -1]), [0, 0, 0], [-1, 1, -1]),
    [batch.images, vision.hiddenSize],
  );
  const each = text.shape[0] / batch.images;
  const firstCaptions = tf.reshape<tf.Rank.R2>(
    tf.slice(tf.reshape(text, [batch.images, each, -1]), [0, 0, 0], [-1, 1, -1]),
    [batch.images, vision.hiddenSize],
  );
  const contrasted = contrastive(
    linear(classTokens, heads.imageProjection),
    linear(firstCaptions, heads.textProjection),
    tf.mul(tf.sum(heads.logScale), 2.66) as tf.Scalar,
  );
  return tf.add(loss, tf.mul(contrasted, contrast));
}

const padded = (ids: readonly number[], length: number): number[] => [
  ...ids,
  ...new Array<number>(length - ids.length).fill(0),
];
