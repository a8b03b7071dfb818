import * as tf from '@tensorflow/tfjs-core';
import { plainKernel, type Rest, RestingKernel, streamedKernel } from './kernels.js';
import type { LayerNorm, Linear } from './ops.js';
import {
  type EmbeddingTable,
  embeddingTable,
  type StoredValues,
  storedFloats,
  type WeightDtype,
} from './stored-values.js';
import { onTensorFlow, sharedBytes } from './tensorflow-matrix.js';

/** A tensor as it lies in its file, not yet read. */
export interface StoredTensorSource {
  readonly dtype: WeightDtype;
  readonly byteLength: number;
  /** The file, and where in it the bytes begin. */
  readonly path: string;
  readonly position: number;
  readInto(target: Uint8Array): Promise<void>;
}

/**
 * Where a model's parameters come from: a checkpoint, a random start, a training's variables. Names and shapes are
 * those of the stored tensor, in Hugging Face's layout: a linear layer's `weight` is [outputs, inputs].
 */
export interface ParameterSource {
  /** The values of one tensor; throws when it is missing or its shape is another. */
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
  /** The same tensor as it is stored; a source that has values only has no such function. */
  stored?(name: string, shape: readonly number[]): StoredTensorSource;
}

/** Turns stored tensors into engine tensors. */
export interface Parameters {
  vector(name: string, size: number): Promise<tf.Tensor1D>;
  matrix(name: string, rows: number, columns: number): Promise<tf.Tensor2D>;
  /** `name.weight` [outputs, inputs], with `name.bias` when `bias`. */
  linear(name: string, inputs: number, outputs: number, bias: boolean): Promise<Linear>;
  layerNorm(name: string, size: number): Promise<LayerNorm>;
  /** A patch embedding's kernel [width, channels, side, side] as [side · side · channels, width]. */
  patchKernel(name: string, width: number, channels: number, side: number): Promise<tf.Tensor2D>;
  /** A matrix whose rows are looked up in JavaScript. */
  table(name: string, rows: number, width: number): Promise<EmbeddingTable>;
  /** Waits until everything that was given out is there: several reads are under way at once. */
  settled(): Promise<void>;
  /** Frees every tensor that was given out. */
  dispose(): void;
}

/** Kernels that are read at once: enough to keep the threads that read busy. */
const READS = 6;

/** How the kernels of linear layers are held. */
export interface KernelOptions {
  readonly rest?: Rest;
  /** Kernels that are not held at all. */
  readonly stream?: KernelStream | null;
}

/** Stored matrices that are read again for each pass. */
export interface KernelStream {
  has(name: string): boolean;
  /** The values of the matrix of that name, which stay until values of another layer are asked for. */
  values(name: string): StoredValues;
}

/** Parameters uploaded to the current backend, from `source`. */
export function uploaded(source: ParameterSource, options: KernelOptions = {}): Parameters {
  const { rest = { dtype: 'float32', keepWidened: true }, stream } = options;
  const given: { dispose(): void }[] = [];
  const owned = <T extends { dispose(): void }>(tensor: T): T => {
    given.push(tensor);
    return tensor;
  };
  const allocate = onTensorFlow() ? sharedBytes() : (length: number) => new Uint8Array(length);
  const reads = new Set<Promise<void>>();
  /** The bytes of tables: a tied head is made of them, too. */
  const tables = new Map<string, StoredValues>();

  const vector = async (name: string, size: number) => owned(tf.tensor1d(await source.read(name, [size])));

  /** Reads a tensor into bytes that the engine can use in place. */
  const read = async ({ dtype, byteLength, readInto }: StoredTensorSource): Promise<StoredValues> => {
    const bytes = allocate(byteLength);
    await readInto(bytes);
    return { dtype, bytes };
  };

  /** The kernel of a stored matrix [outputs, inputs] that is on its way; see `settled`. */
  const restingKernel = async (name: string, stored: StoredTensorSource, inputs: number, outputs: number) => {
    const kernel = owned(new RestingKernel(inputs, outputs, rest));
    const table = tables.get(name);
    if (table) kernel.fill(table);
    else {
      const done = read(stored).then(values => kernel.fill(values));
      reads.add(done);
      done.then(
        () => reads.delete(done),
        () => {}, // `settled` tells
      );
      while (reads.size >= READS) await Promise.race(reads);
    }
    return kernel;
  };

  /** The kernel of a stored matrix [outputs, inputs]. */
  const kernel = async (name: string, inputs: number, outputs: number): Promise<Linear['kernel']> => {
    if (stream?.has(name)) return streamedKernel(() => stream.values(name), inputs, outputs);
    const stored = onTensorFlow() ? source.stored?.(name, [outputs, inputs]) : undefined;
    if (stored) return restingKernel(name, stored, inputs, outputs);
    return owned(plainKernel(await source.read(name, [outputs, inputs]), inputs, outputs));
  };

  return {
    vector,
    matrix: async (name, rows, columns) =>
      owned(tf.tensor2d(await source.read(name, [rows, columns]), [rows, columns])),
    linear: async (name, inputs, outputs, bias) => ({
      kernel: await kernel(`${name}.weight`, inputs, outputs),
      bias: bias ? await vector(`${name}.bias`, outputs) : null,
    }),
    layerNorm: async (name, size) => ({
      weight: await vector(`${name}.weight`, size),
      bias: await vector(`${name}.bias`, size),
    }),
    patchKernel: async (name, width, channels, side) => {
      const values = await source.read(name, [width, channels, side, side]);
      return owned(
        tf.tidy(() => {
          const stored = tf.tensor3d(values, [width, channels, side * side]);
          return tf.reshape<tf.Rank.R2>(tf.transpose(stored, [2, 1, 0]), [side * side * channels, width]);
        }),
      );
    },
    table: async (name, rows, width) => {
      const stored = source.stored?.(name, [rows, width]);
      const values = stored ? await read(stored) : storedFloats(await source.read(name, [rows, width]));
      tables.set(name, values);
      return embeddingTable(values, width);
    },
    settled: async () => {
      await Promise.all(reads);
      tables.clear();
    },
    dispose: () => {
      for (const tensor of given) tensor.dispose();
    },
  };
}
