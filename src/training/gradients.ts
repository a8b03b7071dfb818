import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients of the operations that the models and losses are written in. TensorFlow.js's build for Node has the tape but
 * not its gradient functions, which are registered here, by hand and for these operations alone.
 */
export function registerGradients(): void {
  for (const config of CONFIGS) tf.registerGradient(config);
}

type Inputs = Record<string, () => tf.Tensor>;

/** A gradient of one kernel, given dy and what was saved. */
function gradient(
  kernelName: string,
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Record<string, unknown>) => Inputs,
  save: { readonly inputs?: string[]; readonly outputs?: boolean[] } = {},
): tf.GradConfig {
  return {
    kernelName,
    gradFunc: (dy, saved, attributes) => gradFunc(dy as tf.Tensor, saved, attributes),
    ...(save.inputs ? { inputsToSave: save.inputs } : {}),
    ...(save.outputs ? { outputsToSave: save.outputs } : {}),
  };
}

/** An element-wise operation of one input: d of input and output. */
const unary = (
  kernelName: string,
  derive: (dy: tf.Tensor, saved: tf.Tensor) => tf.Tensor,
  from: 'input' | 'output',
): tf.GradConfig =>
  gradient(
    kernelName,
    (dy, [saved]) => ({ x: () => derive(dy, saved!) }),
    from === 'input' ? { inputs: ['x'] } : { outputs: [true] },
  );

/** dy summed over the axes along which an input of `shape` was repeated. */
function unbroadcast(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const lead = dy.rank - shape.length;
  const axes = dy.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size > 1) ? [axis] : [],
  );
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

const binary = (
  kernelName: string,
  derive: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => readonly [() => tf.Tensor, () => tf.Tensor],
): tf.GradConfig =>
  gradient(
    kernelName,
    (dy, [a, b]) => {
      const [da, db] = derive(dy, a!, b!);
      return { a: () => unbroadcast(da(), a!.shape), b: () => unbroadcast(db(), b!.shape) };
    },
    { inputs: ['a', 'b'] },
  );

/** dy of a reduction, repeated to the shape of its input. */
function spread(dy: tf.Tensor, input: tf.Tensor, axis: unknown): tf.Tensor {
  const axes = (
    Array.isArray(axis) ? axis : axis === null ? input.shape.map((_, i) => i) : [axis]
  ) as number[];
  const kept = input.shape.map((size, i) => (axes.some(a => (a + input.rank) % input.rank === i) ? 1 : size));
  return tf.broadcastTo(tf.reshape(dy, kept), input.shape);
}

const CONFIGS: readonly tf.GradConfig[] = [
  binary('Add', dy => [() => dy, () => dy]),
  binary('Sub', dy => [() => dy, () => tf.neg(dy)]),
  binary('Multiply', (dy, a, b) => [() => tf.mul(dy, b), () => tf.mul(dy, a)]),
  binary('RealDiv', (dy, a, b) => [() => tf.div(dy, b), () => tf.neg(tf.div(tf.mul(dy, a), tf.square(b)))]),
  binary('Minimum', (dy, a, b) => [
    () => tf.mul(dy, tf.cast(tf.lessEqual(a, b), 'float32')),
    () => tf.mul(dy, tf.cast(tf.greater(a, b), 'float32')),
  ]),
  unary('Neg', dy => tf.neg(dy), 'output'),
  unary('Exp', (dy, y) => tf.mul(dy, y), 'output'),
  unary('Sqrt', (dy, y) => tf.div(dy, tf.mul(y, 2)), 'output'),
  unary('Rsqrt', (dy, y) => tf.mul(dy, tf.mul(tf.mul(tf.square(y), y), -0.5)), 'output'),
  unary('Square', (dy, x) => tf.mul(dy, tf.mul(x, 2)), 'input'),
  unary('Sigmoid', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))), 'output'),
  unary('Erf', (dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))), 'input'),
  unary('Identity', dy => dy, 'output'),
  unary('Reshape', (dy, x) => tf.reshape(dy, x.shape), 'input'),
  gradient('ExpandDims', (dy, [x]) => ({ input: () => tf.reshape(dy, x!.shape) }), { inputs: ['input'] }),
  gradient('Transpose', (dy, _, { perm }) => ({ x: () => tf.transpose(dy, inverse(perm as number[])) })),
  gradient('Sum', (dy, [x], { axis }) => ({ x: () => spread(dy, x!, axis) }), { inputs: ['x'] }),
  gradient('Mean', (dy, [x], { axis }) => ({ x: () => tf.div(spread(dy, x!, axis), x!.size / dy.size) }), {
    inputs: ['x'],
  }),
  gradient(
    'Softmax',
    (dy, [y]) => ({
      logits: () => {
        const product = tf.mul(dy, y!);
        return tf.sub(product, tf.mul(tf.sum(product, -1, true), y!));
      },
    }),
    { outputs: [true] },
  ),
  gradient(
    'BatchMatMul',
    (dy, [a, b], { transposeA, transposeB }) => {
      if (transposeA) throw new Error('no gradient of a product with its first factor transposed');
      return {
        a: () => tf.matMul(dy, b!, false, !transposeB),
        b: () => (transposeB ? tf.matMul(dy, a!, true, false) : tf.matMul(a!, dy, true, false)),
      };
    },
    { inputs: ['a', 'b'] },
  ),
  gradient(
    'Slice',
    (dy, [x], { begin }) => ({
      x: () =>
        tf.pad(
          dy,
          x!.shape.map((size, i) => {
            const before = (begin as number[])[i]!;
            return [before, size - before - dy.shape[i]!] as [number, number];
          }),
        ),
    }),
    { inputs: ['x'] },
  ),
  gradient(
    'Tile',
    (dy, [x], { reps }) => ({
      x: () => {
        const apart = x!.shape.flatMap((size, i) => [(reps as number[])[i]!, size]);
        return tf.sum(
          tf.reshape(dy, apart),
          x!.shape.map((_, i) => 2 * i),
        );
      },
    }),
    { inputs: ['x'] },
  ),
  gradient(
    'GatherV2',
    (dy, [x, indices]) => ({
      x: () => tf.unsortedSegmentSum(dy, indices as tf.Tensor1D, x!.shape[0]!),
      indices: () => tf.zerosLike(indices!),
    }),
    { inputs: ['x', 'indices'] },
  ),
  {
    kernelName: 'SplitV',
    gradFunc: (dy, _, { axis }) => ({ x: () => tf.concat(dy as tf.Tensor[], axis as number) }),
  },
  {
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, inputs, { axis }) => {
      const parts = tf.split(
        dy as tf.Tensor,
        inputs.map(x => x.shape[axis as number]!),
        axis as number,
      );
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  },
];

function inverse(perm: readonly number[]): number[] {
  const back = new Array<number>(perm.length);
  perm.forEach((from, to) => {
    back[from] = to;
  });
  return back;
}
