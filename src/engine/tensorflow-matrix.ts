import * as tf from '@tensorflow/tfjs-core';
import type { StoredValues, WeightDtype } from './stored-values.js';

/** What is used here of tfjs-node's addon: eager operations on tensors by their handles, of any dtype. */
interface Binding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  createTensor(shape: readonly number[], dtype: number, values: Uint8Array | Float32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: 1): [Output];
  tensorDataSync(id: number): Int32Array;
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

interface Output {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface TensorFlowBackend extends tf.KernelBackend {
  readonly binding: Binding;
  createOutputTensor(output: Output): tf.Tensor;
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
}

/** TensorFlow's numbers of dtypes (tensorflow/core/framework/types.proto). */
const FLOAT = 1;
const INT32 = 3;
const UINT8 = 4;
const typeNumbers: Record<WeightDtype, number> = { F32: FLOAT, BF16: 14, F16: 19 };

/** TensorFlow shares memory that begins at a multiple of so many bytes, and copies any other. */
const ALIGNMENT = 64;

/**
 * Where in an allocation such an address may be, the likeliest first: malloc's own begin at multiples of 16, its large ones
 * 16 bytes after a page. JavaScript cannot see addresses, but it can see what TensorFlow does with them.
 */
const OFFSETS = [48, 0, 32, 16];

/** Most rows for which TensorFlow's `MatMul` (a matrix-vector product there) beats its `BatchMatMulV2`. */
const VECTOR_ROWS = 4;

/** Whether the current backend is one of TensorFlow, whose tensors may be of dtypes that TensorFlow.js does not know. */
export const onTensorFlow = (): boolean => tf.getBackend() === 'tensorflow';

const backend = (): TensorFlowBackend => tf.backend() as TensorFlowBackend;

/** A matrix in the dtype that it is stored in, on a backend of TensorFlow. */
export class StoredMatrix {
  private id: number | null;

  /** Shares the memory of `bytes` where they are aligned (`sharedBytes`). */
  constructor(
    private readonly values: StoredValues,
    rows: number,
    columns: number,
  ) {
    const { binding } = backend();
    const { dtype, bytes } = values;
    const raw = binding.createTensor([rows, columns, bytes.length / rows / columns], UINT8, bytes);
    const attributes = [typed('T', UINT8), typed('type', typeNumbers[dtype])];
    this.id = binding.executeOp('Bitcast', attributes, [raw], 1)[0].id;
    binding.deleteTensor(raw);
  }

  /** [rows, columns] in float32, exact: a tensor of its own. */
  widened(): tf.Tensor2D {
    const attributes = [
      typed('SrcT', typeNumbers[this.values.dtype]),
      typed('DstT', FLOAT),
      { name: 'Truncate', type: backend().binding.TF_ATTR_BOOL, value: false },
    ];
    return backend().createOutputTensor(
      backend().binding.executeOp('Cast', attributes, [this.id!], 1)[0],
    ) as tf.Tensor2D;
  }

  dispose(): void {
    if (this.id !== null) backend().binding.deleteTensor(this.id);
    this.id = null;
  }
}

/**
 * x [rows, inputs] · matrixᵀ, of a matrix [outputs, inputs]: no slower than with a transposed copy, for few rows twice as
 * fast or more.
 */
export function product(x: tf.Tensor2D, matrix: tf.Tensor2D): tf.Tensor2D {
  if (x.shape[0] > VECTOR_ROWS) return tf.matMul(x, matrix, false, true);
  const { binding } = backend();
  const attributes = [
    typed('T', FLOAT),
    { name: 'transpose_a', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'transpose_b', type: binding.TF_ATTR_BOOL, value: true },
  ];
  const inputs = backend().getInputTensorIds([x, matrix]);
  return backend().createOutputTensor(binding.executeOp('MatMul', attributes, inputs, 1)[0]) as tf.Tensor2D;
}

/** Bytes of one allocation: many kernels share it, since finding where TensorFlow shares memory takes a millisecond. */
const BLOCK = 64 * 2 ** 20;

/** Gives out uninitialised bytes that TensorFlow uses in place, without a copy of its own. */
export function sharedBytes(): (length: number) => Uint8Array {
  let room: Uint8Array = new Uint8Array(0);
  return length => {
    const taken = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    if (taken > room.length) {
      const block = Math.max(taken, BLOCK);
      room = alignedBytes(block, bytes => Buffer.allocUnsafeSlow(bytes).buffer);
    }
    const bytes = room.subarray(0, length);
    room = room.subarray(taken);
    return bytes;
  };
}

/** `length` bytes in memory that `allocate` gives, beginning where TensorFlow shares them; anywhere on other engines. */
export function alignedBytes(length: number, allocate: (length: number) => ArrayBufferLike): Uint8Array {
  const room = new Uint8Array(allocate(length + ALIGNMENT));
  const offset = onTensorFlow() ? OFFSETS.find(at => shares(room.subarray(at, at + 16))) : 0;
  return room.subarray(offset ?? 0, (offset ?? 0) + length);
}

/** Whether a tensor of these bytes sees what is written into them afterwards. */
function shares(bytes: Uint8Array): boolean {
  const { binding } = backend();
  bytes[0] = 0;
  const id = binding.createTensor([bytes.length], UINT8, bytes);
  bytes[0] = 1;
  const attributes = [
    typed('SrcT', UINT8),
    typed('DstT', INT32),
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  const seen = binding.executeOp('Cast', attributes, [id], 1)[0].id;
  const [first] = binding.tensorDataSync(seen);
  binding.deleteTensor(seen);
  binding.deleteTensor(id);
  return first === 1;
}

const typed = (name: string, value: number): Attribute => ({
  name,
  type: backend().binding.TF_ATTR_TYPE,
  value,
});
