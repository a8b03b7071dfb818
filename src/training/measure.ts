import * as tf from '@tensorflow/tfjs-core';
import { rowNorms } from '../engine/ops.js';
import { quantiles } from '../metrics/quantiles.js';
import type { Llava } from '../models/llava.js';
import { worldScene } from '../world/mini/world.js';
import { rasterizeScene } from '../world/scene/draw.js';
import { tableNorms } from './member-config.js';
import { linearProbes, type ProbeTarget, probeSet } from './probes.js';
import { PIXEL_MEAN, PIXEL_STD } from './recipe.js';
import { normalised } from './tower.js';

const TRAIN_SCENES = 1200;
const TEST_SCENES = 400;
const IMAGES_AT_ONCE = 50;

type Probes = Readonly<Record<ProbeTarget, number>>;

/** What is read off a model's vision tokens and embedding table. */
export interface Measurements {
  /** Accuracy of linear probes on the token at an object's centre; null where pooling leaves no grid to speak of. */
  readonly probes: { readonly beforeProjector: Probes; readonly afterProjector: Probes | null };
  readonly norms: {
    /** L2 norms of vision tokens and of the embedding table's rows. */
    readonly visionMedian: number;
    readonly textMedian: number;
    readonly ratio: number;
  };
}

/** Linear probes before and after the projector, and the ratio of median norms, on held-out scenes. */
export async function measure(model: Llava, table: Float32Array): Promise<Measurements> {
  const scenes = Array.from({ length: TRAIN_SCENES + TEST_SCENES }, (_, i) =>
    worldScene('validation', 10_000 + i),
  );
  const features: tf.Tensor2D[] = [];
  const tokens: tf.Tensor2D[] = [];
  for (let start = 0; start < scenes.length; start += IMAGES_AT_ONCE) {
    const drawn = await Promise.all(
      scenes.slice(start, start + IMAGES_AT_ONCE).map(scene => rasterizeScene(scene)),
    );
    const pixels = normalised(Buffer.concat(drawn), drawn.length, scenes[0]!.size, PIXEL_MEAN, PIXEL_STD);
    features.push(model.encode(pixels));
    tokens.push(model.project(features.at(-1)!, drawn.length));
    pixels.dispose();
  }
  const side = Math.sqrt(model.visionTokenCount);
  const visionMedian = quantiles(norms(tokens), [0.5])[0]!;
  const width = model.config.text.hiddenSize;
  const textMedian = quantiles(tableNorms(table, width), [0.5])[0]!;
  const beforeProjector = await probesOf(features, scenes);
  const afterProjector = side > 1 ? await probesOf(tokens, scenes) : null;
  tf.dispose([...features, ...tokens]);
  return {
    probes: { beforeProjector, afterProjector },
    norms: { visionMedian, textMedian, ratio: visionMedian / textMedian },
  };
}

async function probesOf(
  batches: readonly tf.Tensor2D[],
  scenes: ReturnType<typeof worldScene>[],
): Promise<Probes> {
  const split = TRAIN_SCENES / IMAGES_AT_ONCE;
  const [train, test] = [batches.slice(0, split), batches.slice(split)].map(part => tf.concat([...part], 0));
  const sets = [
    probeSet(train!, scenes.slice(0, TRAIN_SCENES)),
    probeSet(test!, scenes.slice(TRAIN_SCENES)),
  ] as const;
  const probes = await linearProbes(...sets);
  tf.dispose([train!, test!, ...sets.map(set => set.tokens)]);
  return probes;
}

const norms = (batches: readonly tf.Tensor2D[]): number[] =>
  batches.flatMap(x => [...tf.tidy(() => rowNorms(x).dataSync())]);
