import * as tf from '@tensorflow/tfjs-core';

/**
 * Cross-entropy in nats of logits [rows, classes] against the rows' classes, weighted: Σ w · CE / Σ w.
 * Its gradient is (softmax − one-hot) · w / Σ w.
 */
export function crossEntropy(logits: tf.Tensor2D, classes: tf.Tensor1D, weights?: tf.Tensor1D): tf.Scalar {
  const rows = logits.shape[0];
  const shares = weights
    ? tf.div<tf.Tensor1D>(weights, tf.sum(weights))
    : tf.fill<tf.Rank.R1>([rows], 1 / rows);
  return tf.customGrad((...args) => {
    const [logits, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const target = tf.cast(tf.oneHot(classes, logits.shape[1]), 'float32');
    const logProbabilities = tf.logSoftmax(logits);
    const share = tf.expandDims(shares, 1);
    save([logProbabilities, target, share]);
    return {
      value: tf.neg(tf.sum(tf.mul(tf.mul(logProbabilities, target), share))) as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [log, target, share] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        return [tf.mul(tf.mul(tf.sub(tf.exp(log), target), share), dy)];
      },
    };
  })(logits);
}

/**
 * CLIP's symmetric contrastive loss (Radford et al. 2021) of paired rows [pairs, width] at a temperature exp(−logScale).
 */
export function contrastive(images: tf.Tensor2D, texts: tf.Tensor2D, logScale: tf.Scalar): tf.Scalar {
  const unit = (x: tf.Tensor2D) => tf.div<tf.Tensor2D>(x, tf.sqrt(tf.sum(tf.square(x), 1, true)));
  const similar = tf.matMul<tf.Tensor2D>(unit(images), unit(texts), false, true);
  const logits = tf.mul<tf.Tensor2D>(similar, tf.exp(logScale));
  const own = tf.range(0, logits.shape[0], 1, 'int32');
  return tf.mul(tf.add(crossEntropy(logits, own), crossEntropy(tf.transpose(logits), own)), 0.5);
}
