import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from './ops.js';
import { type StoredValues, widened } from './stored-values.js';
import { onTensorFlow, product, StoredMatrix } from './tensorflow-matrix.js';

/** How the kernels of linear layers rest on an engine that can keep them as stored. */
export interface Rest {
  /** `checkpoint`: in the checkpoint's own 16 bits, widened just before each product, which is exact. */
  readonly dtype: 'float32' | 'checkpoint';
  /** Whether a kernel that multiplies few rows stays in float32 from then on. */
  readonly keepWidened: boolean;
}

/**
 * Products of up to so many rows cost less than a tenth more than their kernel's widening saves memory traffic for: at 740
 * rows widening is 3% of the product, at 128 rows 20%, at one row 150% (widths 1024 to 11008, one thread).
 */
const FEW_ROWS = 256;

/** The kernel of a stored matrix [outputs, inputs] as a plain tensor [inputs, outputs]. */
export const plainKernel = (values: Float32Array, inputs: number, outputs: number): tf.Tensor2D =>
  tf.tidy(() => tf.transpose(tf.tensor2d(values, [outputs, inputs])));

/** A kernel that rests as `rest` says on an engine of TensorFlow; empty until it is filled. */
export class RestingKernel implements Kernel {
  readonly shape: readonly [number, number];
  private stored: StoredMatrix | null = null;
  private wide: tf.Tensor2D | null = null;
  private disposed = false;

  constructor(
    inputs: number,
    outputs: number,
    private readonly rest: Rest,
  ) {
    this.shape = [inputs, outputs];
  }

  /** Takes the values of the stored matrix [outputs, inputs]; `bytes` must not change any more. */
  fill(values: StoredValues): void {
    if (this.disposed) return;
    const [inputs, outputs] = this.shape;
    this.stored = new StoredMatrix(values, outputs, inputs);
    if (this.rest.dtype === 'float32' || values.dtype === 'F32') this.widen();
  }

  product(x: tf.Tensor2D): tf.Tensor2D {
    if (this.wide) return product(x, this.wide);
    if (this.rest.keepWidened && x.shape[0] <= FEW_ROWS) return product(x, this.widen());
    return tf.tidy(() => product(x, this.stored!.widened()));
  }

  dispose(): void {
    this.disposed = true;
    this.stored?.dispose();
    this.wide?.dispose();
  }

  private widen(): tf.Tensor2D {
    this.wide = tf.keep(this.stored!.widened());
    this.stored!.dispose();
    this.stored = null;
    return this.wide;
  }
}

/** A kernel whose stored values are asked for at every product, and let go after it. */
export const streamedKernel = (pull: () => StoredValues, inputs: number, outputs: number): Kernel => ({
  shape: [inputs, outputs],
  product: x =>
    tf.tidy(() => {
      if (!onTensorFlow()) return tf.matMul(x, plainKernel(widened(pull()), inputs, outputs));
      const stored = new StoredMatrix(pull(), outputs, inputs);
      try {
        return product(x, stored.widened());
      } finally {
        stored.dispose();
      }
    }),
  dispose: () => {},
});
