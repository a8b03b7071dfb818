import { existsSync, statSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Llava } from '../models/llava.js';
import { PIXEL_MEAN, PIXEL_STD } from './recipe.js';
import { openRecords, type RecordFile, writeRecords } from './scene-pixels.js';
import { normalised } from './tower.js';

const IMAGES_AT_ONCE = 50;

/** Vision features of every drawn scene, computed once: the tower is frozen. */
export interface FeatureFile {
  /** Features of some scenes, [scenes · patches, feature width]. */
  read(indices: readonly number[]): tf.Tensor2D;
  close(): void;
}

/** Opens the features at `path`, after computing them if they are not there. */
export async function visionFeatures(
  path: string,
  model: Pick<Llava, 'encode' | 'config'>,
  pixels: RecordFile,
  onProgress: (done: number, of: number) => void,
): Promise<FeatureFile> {
  const { vision, featureLayers } = model.config;
  const patches = (vision.imageSize / vision.patchSize) ** 2;
  const width = vision.hiddenSize * featureLayers.length;
  const bytes = patches * width * 4;
  if (!existsSync(path) || statSync(path).size !== bytes * pixels.records) {
    await writeRecords(path, encoded(model, pixels, onProgress));
  }
  const file = openRecords(path, bytes);
  return {
    read: indices => {
      const { buffer, byteOffset, byteLength } = file.read(indices);
      return tf.tensor2d(new Float32Array(buffer, byteOffset, byteLength / 4), [
        indices.length * patches,
        width,
      ]);
    },
    close: file.close,
  };
}

async function* encoded(
  { encode, config }: Pick<Llava, 'encode' | 'config'>,
  pixels: RecordFile,
  onProgress: (done: number, of: number) => void,
) {
  for (let start = 0; start < pixels.records; start += IMAGES_AT_ONCE) {
    const images = Math.min(IMAGES_AT_ONCE, pixels.records - start);
    const indices = Array.from({ length: images }, (_, i) => start + i);
    const values = encodeImages({ encode, config }, pixels.read(indices), images);
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    onProgress(start + images, pixels.records);
  }
}

/** Vision features of images given as RGB bytes; read outside `tidy`, which would walk through every number. */
function encodeImages({ encode, config }: Pick<Llava, 'encode' | 'config'>, pixels: Buffer, images: number) {
  const features = tf.tidy(() =>
    encode(normalised(pixels, images, config.vision.imageSize, PIXEL_MEAN, PIXEL_STD)),
  );
  const values = features.dataSync<'float32'>();
  features.dispose();
  return values;
}
