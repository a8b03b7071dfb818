import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionMask, KeysValues } from '../attention/types.js';
import { weighRows } from './attention.js';

/**
 * Kernels of our own for the wasm backend, in JavaScript on its heap. TensorFlow.js composes each of these of many
 * small calls, which cost more than their arithmetic; here it is one call.
 */
const RMS_NORM = 'VlmSpatialRmsNorm';
const LAYER_NORM = 'VlmSpatialLayerNorm';
const SPLIT_HEADS = 'VlmSpatialSplitHeads';
const JOIN_HEADS = 'VlmSpatialJoinHeads';
const ROTATE = 'VlmSpatialRotate';
const ATTENTION = 'VlmSpatialAttention';
const HEAD = 'VlmSpatialHead';

/** Whether the current backend has these kernels. */
export const hasKernels = (): boolean => tf.getBackend() === 'wasm';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, number | boolean>>;

/** Makes the outputs of a kernel: [shape, …] → heap tensors. Takes views of the heap only afterwards: making may move it. */
type Body = (
  inputs: Inputs,
  attributes: Attributes,
) => {
  readonly shapes: readonly (readonly number[])[];
  readonly fill: (view: (input: tf.TensorInfo) => Float32Array, out: readonly Float32Array[]) => void;
};

/** Registers the kernels; again is without effect. */
export function registerKernels(): void {
  for (const [kernelName, body] of Object.entries(bodies)) {
    if (tf.getKernel(kernelName, 'wasm')) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, backend, attrs }) => {
        const wasm = backend as BackendWasm;
        const { shapes, fill } = body(inputs as Inputs, attrs as Attributes);
        const outputs = shapes.map(shape => wasm.makeOutput([...shape], 'float32'));
        const view = (info: tf.TensorInfo) => wasm.typedArrayFromHeap(info) as Float32Array;
        fill(view, outputs.map(view));
        return outputs;
      },
    });
  }
}

function run<T extends tf.Tensor>(
  kernel: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number | boolean> = {},
): T[] {
  return tf.engine().runKernel(kernel, inputs, attributes) as unknown as T[];
}

/** `ops.rmsNorm`. */
export const rmsNormKernel = (x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D =>
  run<tf.Tensor2D>(RMS_NORM, { x, weight }, { eps })[0]!;

/** `ops.layerNorm`. */
export const layerNormKernel = (
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  eps: number,
): tf.Tensor2D => run<tf.Tensor2D>(LAYER_NORM, { x, weight, bias }, { eps })[0]!;

/** x [batch · tokens, heads · head width] → [batch · heads, tokens, head width]. */
export const splitHeadsKernel = (x: tf.Tensor2D, headDim: number, batch: number): tf.Tensor3D =>
  run<tf.Tensor3D>(SPLIT_HEADS, { x }, { headDim, batch })[0]!;

/** [batch · heads, tokens, head width] → [batch · tokens, heads · head width]. */
export const joinHeadsKernel = (x: tf.Tensor3D, batch: number): tf.Tensor2D =>
  run<tf.Tensor2D>(JOIN_HEADS, { x }, { batch })[0]!;

/** Rotary position embedding of x [heads, tokens, head width]; cos and sin are [tokens, head width]. */
export const rotateKernel = (x: tf.Tensor3D, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor3D =>
  run<tf.Tensor3D>(ROTATE, { x, cos, sin })[0]!;

/** Head `index` of x [heads, tokens, head width], as [tokens, head width]. */
export const headKernel = (x: tf.Tensor3D, index: number): tf.Tensor2D =>
  run<tf.Tensor2D>(HEAD, { x }, { index })[0]!;

/**
 * Attention of queries [rows, queries, head width] over stretches of keys and values, each [key rows, tokens, head width]:
 * the context, shaped as the queries, and where `wanted` the probabilities [rows, queries, keys].
 */
export function attentionKernel(
  queries: tf.Tensor3D,
  stretches: readonly KeysValues[],
  mask: AttentionMask,
  wanted: boolean,
): { readonly context: tf.Tensor3D; readonly probabilities: tf.Tensor3D | null } {
  const inputs: Record<string, tf.Tensor> = { queries };
  stretches.forEach(({ keys, values }, s) => {
    inputs[`keys${s}`] = keys;
    inputs[`values${s}`] = values;
  });
  if (mask.kind === 'bias') inputs.bias = mask.bias;
  const attributes = { causal: mask.kind === 'causal', wanted, stretches: stretches.length };
  const [context, probabilities = null] = run<tf.Tensor3D>(ATTENTION, inputs, attributes);
  return { context: context!, probabilities };
}

const bodies: Readonly<Record<string, Body>> = {
  [RMS_NORM]: ({ x, weight }, { eps }) => ({
    shapes: [x!.shape],
    fill: (view, [out]) => {
      const [from, scale] = [view(x!), view(weight!)];
      const width = scale.length;
      for (let at = 0; at < from.length; at += width) {
        let squares = 0;
        for (let i = 0; i < width; i++) squares += from[at + i]! * from[at + i]!;
        const inverse = 1 / Math.sqrt(squares / width + (eps as number));
        for (let i = 0; i < width; i++) out![at + i] = from[at + i]! * inverse * scale[i]!;
      }
    },
  }),
  [LAYER_NORM]: ({ x, weight, bias }, { eps }) => ({
    shapes: [x!.shape],
    fill: (view, [out]) => {
      const [from, scale, shift] = [view(x!), view(weight!), view(bias!)];
      const width = scale.length;
      for (let at = 0; at < from.length; at += width) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += from[at + i]!;
        const mean = sum / width;
        let squares = 0;
        for (let i = 0; i < width; i++) squares += (from[at + i]! - mean) ** 2;
        const inverse = 1 / Math.sqrt(squares / width + (eps as number));
        for (let i = 0; i < width; i++)
          out![at + i] = (from[at + i]! - mean) * inverse * scale[i]! + shift[i]!;
      }
    },
  }),
  [SPLIT_HEADS]: ({ x }, { headDim, batch }) => {
    const [d, b] = [headDim as number, batch as number];
    const [tokens, heads] = [x!.shape[0]! / b, x!.shape[1]! / d];
    return {
      shapes: [[b * heads, tokens, d]],
      fill: (view, [out]) => exchange(view(x!), out!, b, tokens, heads, d),
    };
  },
  [JOIN_HEADS]: ({ x }, { batch }) => {
    const b = batch as number;
    const [rows, tokens, d] = x!.shape as [number, number, number];
    const heads = rows / b;
    return {
      shapes: [[b * tokens, heads * d]],
      fill: (view, [out]) => exchange(view(x!), out!, b, heads, tokens, d),
    };
  },
  [ROTATE]: ({ x, cos, sin }) => ({
    shapes: [x!.shape],
    fill: (view, [out]) => {
      const [from, c, s] = [view(x!), view(cos!), view(sin!)];
      const width = x!.shape[2]!;
      const half = width / 2;
      for (let at = 0, angle = 0; at < from.length; at += width, angle += width) {
        if (angle === c.length) angle = 0;
        for (let i = 0; i < half; i++) {
          const [first, second] = [from[at + i]!, from[at + half + i]!];
          out![at + i] = first * c[angle + i]! - second * s[angle + i]!;
          out![at + half + i] = second * c[angle + half + i]! + first * s[angle + half + i]!;
        }
      }
    },
  }),
  [HEAD]: ({ x }, { index }) => {
    const [, tokens, width] = x!.shape as [number, number, number];
    const start = (index as number) * tokens * width;
    return {
      shapes: [[tokens, width]],
      fill: (view, [out]) => out!.set(view(x!).subarray(start, start + tokens * width)),
    };
  },
  [ATTENTION]: (inputs, { causal, wanted, stretches }) => {
    const [rows, queries] = inputs.queries!.shape as [number, number, number];
    const count = stretches as number;
    const lengths = Array.from({ length: count }, (_, s) => inputs[`keys${s}`]!.shape[1]!);
    const keys = lengths.reduce((a, b) => a + b, 0);
    return {
      shapes: [inputs.queries!.shape, ...(wanted ? [[rows, queries, keys]] : [])],
      fill: (view, [context, probabilities = null]) =>
        weighRows({
          shape: inputs.queries!.shape as [number, number, number],
          queries: view(inputs.queries!),
          stretches: lengths.map((length, s) => ({
            length,
            rows: inputs[`keys${s}`]!.shape[0]!,
            keys: view(inputs[`keys${s}`]!),
            values: view(inputs[`values${s}`]!),
          })),
          bias: inputs.bias ? view(inputs.bias) : null,
          causal: causal as boolean,
          context: context!,
          probabilities,
        }),
    };
  },
};

/** [outer, a, b, width] → [outer, b, a, width]. */
function exchange(
  from: Float32Array,
  to: Float32Array,
  outer: number,
  a: number,
  b: number,
  width: number,
): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < b; j++) {
      for (let i = 0; i < a; i++) {
        const start = ((o * a + i) * b + j) * width;
        for (let k = 0; k < width; k++) to[at++] = from[start + k]!;
      }
    }
  }
}
