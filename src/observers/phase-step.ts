import * as tf from '@tensorflow/tfjs-core';
import { rotaryAt, rotate } from '../engine/attention.js';
import type { AttentionOutput } from '../models/architectures/types.js';
import { meansByKind, type NumbersByKind } from './hidden-norms.js';
import type { TokenKind } from './token-kinds.js';

/** How far a step in phase can turn hidden states in one layer, by kind of token; means over tokens. */
export interface PhaseStep {
  /** ‖Δu‖: how far u = h / ‖h‖ moves, h = residual + attention output, where the vision keys are turned. */
  readonly turned: NumbersByKind;
  /** ‖attention output‖ / ‖residual‖: what attention has to turn with. */
  readonly outputOverResidual: NumbersByKind;
}

/**
 * The directional lemma of the paper's second version, measured: the vision keys of one layer are turned on by `delta` steps, as RoPE
 * sensitivity does, while all that comes into the layer stays. Where the residual is long beside what attention adds, the
 * direction, which is all that the next norm lets through, cannot follow.
 * @param kinds of the prompt's tokens; the stretch's further tokens are left out, but attend as they do
 */
export function phaseStep(
  { residual, output, keys, withKeys }: AttentionOutput,
  kinds: readonly TokenKind[],
  { theta, delta }: { readonly theta: number; readonly delta: number },
): PhaseStep {
  const [turned, ratio] = tf.tidy(() => {
    const tokens = keys.shape[1];
    const turns = Array.from({ length: tokens }, (_, i) => (kinds[i] === 'vision' ? delta : 0));
    const moved = withKeys(rotate(keys, rotaryAt(turns, keys.shape[2], theta)));
    const [before, after] = [output, moved].map(added => direction(tf.add(residual, added)));
    return [
      tf.norm(tf.sub(after!, before!), 2, 1),
      tf.div(tf.norm(output, 2, 1), tf.maximum(tf.norm(residual, 2, 1), 1e-30)),
    ];
  }) as [tf.Tensor1D, tf.Tensor1D];
  const means = [turned, ratio].map(tensor => {
    const values = tensor.dataSync();
    tensor.dispose();
    return meansByKind(values, kinds);
  });
  return { turned: means[0]!, outputOverResidual: means[1]! };
}

const direction = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.maximum(tf.norm(x, 2, 1, true), 1e-30));
