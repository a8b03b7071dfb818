import * as tf from '@tensorflow/tfjs-core';
import {
  type AttentionMask,
  attend,
  joinHeads,
  type KeysValues,
  projectHeads,
  type Rotary,
  rotate,
} from '../../engine/attention.js';
import {
  type ActivationName,
  activations,
  type Linear,
  linear,
  rmsNorm,
  takeRows,
} from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import type { TextConfig } from '../config/config.js';
import type { Decoder, DecoderInput, DecoderOutput, DecoderParameters } from './types.js';

/** Parameters of a LLaMA decoder (Touvron et al. 2023), as `LlamaForCausalLM` names them. */
export interface LlamaParameters extends DecoderParameters {
  readonly layers: readonly DecoderLayer[];
  readonly norm: tf.Tensor1D;
}

interface DecoderLayer {
  readonly attentionNorm: tf.Tensor1D;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly mlpNorm: tf.Tensor1D;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

export const llama = {
  /** Those of transformers' `LlamaConfig`. */
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: 'silu',
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: false,
    max_position_embeddings: 2048,
    bos_token_id: 1,
    eos_token_id: 2,
  },
  chatTemplate: null,
  load: (from, config, prefix) => loadLlama(from, config, prefix),
  run: runLlama,
} satisfies Decoder<LlamaParameters>;

/** Which of attention's projections have biases. */
interface AttentionBiases {
  readonly queriesKeysValues: boolean;
  readonly output: boolean;
}

/** Reads a decoder; tensor names start with `prefix`. */
export async function loadLlama(
  from: Parameters,
  config: TextConfig,
  prefix: string,
  biases: AttentionBiases = { queriesKeysValues: config.attentionBias, output: config.attentionBias },
): Promise<LlamaParameters> {
  const { hiddenSize: width, intermediateSize: inner, headDim } = config;
  const layers: DecoderLayer[] = [];
  for (let i = 0; i < config.layers; i++) {
    const at = `${prefix}model.layers.${i}.`;
    const heads = (name: string, count: number) =>
      from.linear(`${at}self_attn.${name}`, width, count * headDim, biases.queriesKeysValues);
    layers.push({
      attentionNorm: await from.vector(`${at}input_layernorm.weight`, width),
      query: await heads('q_proj', config.heads),
      key: await heads('k_proj', config.kvHeads),
      value: await heads('v_proj', config.kvHeads),
      out: await from.linear(`${at}self_attn.o_proj`, config.heads * headDim, width, biases.output),
      mlpNorm: await from.vector(`${at}post_attention_layernorm.weight`, width),
      gate: await from.linear(`${at}mlp.gate_proj`, width, inner, config.mlpBias),
      up: await from.linear(`${at}mlp.up_proj`, width, inner, config.mlpBias),
      down: await from.linear(`${at}mlp.down_proj`, inner, width, config.mlpBias),
    });
  }
  const head = `${prefix}lm_head`;
  const table = config.tableIsHead ? head : `${prefix}model.embed_tokens`;
  return {
    embeddings: await from.table(`${table}.weight`, config.vocabSize, width),
    layers,
    norm: await from.vector(`${prefix}model.norm.weight`, width),
    head: await from.linear(config.tiedHead ? table : head, width, config.vocabSize, false),
  };
}

/** One pass over a stretch of tokens, on top of what `past` holds. */
export function runLlama(p: LlamaParameters, config: TextConfig, input: DecoderInput): DecoderOutput {
  const { probe, change = (_, x) => x } = input;
  let x = change(0, input.x);
  const own: KeysValues[] = [];
  // Whoever watches or changes hidden states is shown all of them.
  const all = probe !== undefined || input.change !== undefined;
  probe?.hidden?.(0, x);
  p.layers.forEach((layer, i) => {
    const mask = input.mask(i);
    // What the last layer adds is read in the wanted rows only; in all others its keys and values are all that matters.
    const wanted = i === p.layers.length - 1 && !all ? input.rows : undefined;
    // A layer's intermediate results go when it is done: all layers' together are gigabytes at published sizes.
    [x] = tf.tidy((): [tf.Tensor2D, ...tf.Tensor[]] => {
      const { contextOf, keysValues } = attention(layer, config, input, mask, x, i, wanted);
      own.push(keysValues);
      const before = wanted ? takeRows(x, wanted) : x;
      const outputOf = (keys: tf.Tensor3D) => linear(contextOf!(keys), layer.out);
      const output = contextOf && outputOf(keysValues.keys);
      if (output) {
        const seen = { residual: x, output, keys: keysValues.keys, withKeys: outputOf };
        probe?.attentionOutput?.(i + 1, seen);
      }
      const after = output ? mlp(layer, config, tf.add(before, output)) : before;
      return [change(i + 1, after), keysValues.keys, keysValues.values];
    });
    probe?.hidden?.(i + 1, x);
  });
  const hidden = rmsNorm(x, p.norm, config.rmsNormEps);
  return { hidden: all && input.rows ? takeRows(hidden, input.rows) : hidden, own };
}

function mlp(layer: DecoderLayer, config: TextConfig, x: tf.Tensor2D): tf.Tensor2D {
  const normed = rmsNorm(x, layer.mlpNorm, config.rmsNormEps);
  const gated = activations[config.activation as ActivationName](linear(normed, layer.gate));
  return tf.add(x, linear(tf.mul(gated, linear(normed, layer.up)), layer.down));
}

/** Keys and values of all rows; the context of the rows `wanted`, of all by default, as a function of the keys; null for none. */
function attention(
  layer: DecoderLayer,
  config: TextConfig,
  input: DecoderInput,
  mask: AttentionMask,
  x: tf.Tensor2D,
  i: number,
  wanted?: readonly number[],
): { contextOf: ((keys: tf.Tensor3D) => tf.Tensor2D) | null; keysValues: KeysValues } {
  const { batch = 1, rotary, past = [], probe } = input;
  const normed = rmsNorm(x, layer.attentionNorm, config.rmsNormEps);
  const heads = (rows: tf.Tensor2D, projection: Linear) =>
    projectHeads(rows, projection, config.headDim, batch);
  const keys = rotate(heads(normed, layer.key), rotary);
  const values = heads(normed, layer.value);
  const keysValues = { keys, values };
  if (wanted?.length === 0) return { contextOf: null, keysValues };
  const some = wanted && mask.kind === 'bias' && mask.bias.rank === 2;
  const queries = some
    ? rotate(heads(takeRows(normed, wanted), layer.query), rotaryOf(rotary, wanted))
    : rotate(heads(normed, layer.query), rotary);
  if (probe?.queriesKeys) probe.queriesKeys(i + 1, queries, keys);
  const seen: AttentionMask = some
    ? { kind: 'bias', bias: takeRows(mask.bias as tf.Tensor2D, wanted) }
    : mask;
  const contextOf = (own: tf.Tensor3D) => {
    // Probabilities are told of the layer's own keys alone.
    const tell =
      own === keys && probe?.attention
        ? (probabilities: tf.Tensor3D) => probe.attention?.(i + 1, probabilities)
        : undefined;
    const stretches = [...past.map(stretch => stretch[i]!), { keys: own, values }];
    const context = joinHeads(attend(queries, stretches, seen, batch, tell), batch);
    return wanted && !some ? takeRows(context, wanted) : context;
  };
  return { contextOf, keysValues };
}

/** The angles of some rows of a stretch. */
const rotaryOf = (rotary: Rotary, rows: readonly number[]): Rotary => ({
  ...rotary,
  cos: takeRows(rotary.cos as tf.Tensor2D, rows),
  sin: takeRows(rotary.sin as tf.Tensor2D, rows),
});
