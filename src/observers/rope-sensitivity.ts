import * as tf from '@tensorflow/tfjs-core';
import { rotaryAt, rotate } from '../engine/attention.js';
import { attentionLogits, visionMass } from './logits.js';

/** What turning the vision keys changes in one layer, head by head. */
export interface RopeSensitivity {
  /** α_V: the query's attention mass on the vision tokens. */
  readonly alpha: readonly number[];
  /** α′_V − α_V. */
  readonly deltaAlpha: readonly number[];
  /** Δg_V = Σ_v (α_v / α_V)(ℓ′_v − ℓ_v) / Δ: change of the vision logits per step, weighted by attention within vision. */
  readonly deltaG: readonly number[];
}

/**
 * RoPE sensitivity (Appendix A as the authors' scripts measure it): the vision keys alone are turned on by `delta` steps,
 * the angle of dimension pair i growing by Δ · theta^(−2i/d). To first order Δα_V = α_V (1 − α_V) Δg_V Δ.
 * @param query [heads, 1, d], after rotation
 * @param keys [key heads, tokens, d], after rotation; all that the query sees
 * @param isVision of every key
 */
export function ropeSensitivity(
  query: tf.Tensor3D,
  keys: tf.Tensor3D,
  isVision: readonly boolean[],
  { theta, delta }: { readonly theta: number; readonly delta: number },
): RopeSensitivity {
  const before = attentionLogits(query, keys);
  const turned = tf.tidy(() => {
    const turns = isVision.map(vision => (vision ? delta : 0));
    return rotate(keys, rotaryAt(turns, keys.shape[2], theta));
  });
  const after = attentionLogits(query, turned);
  turned.dispose();
  const tokens = isVision.length;
  const heads = Array.from({ length: query.shape[0] }, (_, h) => {
    const row = (logits: Float32Array) => logits.subarray(h * tokens, (h + 1) * tokens);
    return ofHead(row(before), row(after), isVision, delta);
  });
  return {
    alpha: heads.map(h => h.alpha),
    deltaAlpha: heads.map(h => h.deltaAlpha),
    deltaG: heads.map(h => h.deltaG),
  };
}

/** From one head's logits, in float64: attention within vision is defined even where its mass is next to nothing. */
function ofHead(before: Float32Array, after: Float32Array, isVision: readonly boolean[], delta: number) {
  const alpha = visionMass(before, isVision);
  const top = before.reduce((most, logit, k) => (isVision[k] ? Math.max(most, logit) : most), -Infinity);
  let weights = 0;
  let changes = 0;
  isVision.forEach((vision, k) => {
    if (!vision) return;
    const weight = Math.exp(before[k]! - top);
    weights += weight;
    changes += weight * (after[k]! - before[k]!);
  });
  return { alpha, deltaAlpha: visionMass(after, isVision) - alpha, deltaG: changes / weights / delta };
}
