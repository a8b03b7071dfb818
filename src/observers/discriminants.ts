import * as tf from '@tensorflow/tfjs-core';

/** Conjugate gradients stop at this residual, relative to the right-hand side, */
const RESIDUAL = 1e-3;
/** or after so many steps: what is left then lies along directions of next to no variance, and leaving it out is ridge too. */
const MOST_STEPS = 300;
/** Steps between two looks at the residual, which has to come from the device. */
const STEPS_AT_ONCE = 10;

/**
 * V with (Σ + ridge) V = M for class means M [classes, width]. The within-class covariance is Σ = T − Σ_k π_k μ_kᵀμ_k, of
 * which only the total T is ever laid out. Conjugate gradients (Hestenes & Stiefel 1952), one system a class.
 */
export function discriminants(
  total: tf.Tensor2D,
  means: tf.Tensor2D,
  shares: readonly number[],
  ridge: number,
): tf.Tensor2D {
  const weights = tf.tensor2d([[...shares]]);
  const transposed = tf.transpose(means) as tf.Tensor2D;
  const apply = (v: tf.Tensor2D): tf.Tensor2D => {
    const between = tf.matMul(tf.mul<tf.Tensor2D>(tf.matMul(v, transposed), weights), means);
    return tf.add(tf.sub(tf.matMul(v, total), between), tf.mul(v, ridge));
  };
  const along = (a: tf.Tensor, b: tf.Tensor) => tf.sum<tf.Tensor2D>(tf.mul(a, b), 1, true);
  // A system that is solved has nothing left to divide by.
  const ratio = (a: tf.Tensor, b: tf.Tensor) => tf.div(a, tf.add(b, 1e-30));
  const wanted = along(means, means);
  type State = [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  let state: State = [tf.zerosLike(means), means, means, wanted];
  for (let step = 0; step < MOST_STEPS; step++) {
    const [v, residual, direction, squares] = state;
    const next = tf.tidy(() => {
      const applied = apply(direction);
      const size = ratio(squares, along(direction, applied));
      const left = tf.sub<tf.Tensor2D>(residual, tf.mul(applied, size));
      const leftSquares = along(left, left);
      const turned = tf.add<tf.Tensor2D>(left, tf.mul(direction, ratio(leftSquares, squares)));
      return [tf.add<tf.Tensor2D>(v, tf.mul(direction, size)), left, turned, leftSquares] as State;
    });
    if (step > 0) tf.dispose(state);
    state = next;
    if (step % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) {
      const worst = tf.tidy(() => tf.max(ratio(state[3], wanted)).dataSync()[0]!);
      if (worst < RESIDUAL ** 2) break;
    }
  }
  return state[0];
}
