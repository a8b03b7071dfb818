import { gib } from '../../engine/memory.js';
import type { Parameters } from '../../engine/parameters.js';
import { UserError } from '../../errors.js';
import type { LlavaConfig } from '../config/config.js';
import { loadLlava } from '../llava.js';

/** A tensor that a model reads. */
export interface NeededTensor {
  readonly shape: readonly number[];
  /** Whether the engine holds it; embedding tables stay in JavaScript unless they are the output head, too. */
  readonly onEngine: boolean;
}

/**
 * Every tensor that a model of this configuration reads, by canonical name, in the order of reading. Nothing is read: the
 * model's own loader runs on parameters that only take notes. UserError where the configuration is not supported.
 */
export async function neededTensors(config: LlavaConfig): Promise<Map<string, NeededTensor>> {
  const needed = new Map<string, NeededTensor>();
  // Loaders hand on what they are given, without looking into it.
  const nothing = undefined as never;
  const note = async (name: string, shape: readonly number[], onEngine = true) => {
    needed.set(name, { shape, onEngine: onEngine || needed.get(name)?.onEngine === true });
    return nothing;
  };
  const linear: Parameters['linear'] = async (name, inputs, outputs, bias) => {
    await note(`${name}.weight`, [outputs, inputs]);
    if (bias) await note(`${name}.bias`, [outputs]);
    return nothing;
  };
  await loadLlava(
    {
      vector: (name, size) => note(name, [size]),
      matrix: (name, rows, columns) => note(name, [rows, columns]),
      linear,
      heads: async (name, inputs, heads, headDim, bias) => {
        await linear(name, inputs, heads * headDim, bias);
        return nothing;
      },
      layerNorm: async (name, size) => {
        await note(`${name}.weight`, [size]);
        return note(`${name}.bias`, [size]);
      },
      patchKernel: (name, width, channels, side) => note(name, [width, channels, side, side]),
      values: (name, shape) => note(name, shape, false),
      dispose: () => {},
    },
    config,
  );
  return needed;
}

/**
 * UserError where the weights of `dir`, as float32, would not fit an engine that can hold `limit` bytes. The largest
 * tensor counts twice: while it is laid out for the engine, it is there as stored, too.
 */
export async function refuseTooLarge(dir: string, config: LlavaConfig, limit: number): Promise<void> {
  const needed = [...(await neededTensors(config)).values()];
  const sizes = needed.filter(t => t.onEngine).map(t => 4 * t.shape.reduce((a, b) => a * b, 1));
  const weights = sizes.reduce((a, b) => a + b, 0);
  const largest = Math.max(...sizes);
  if (weights + largest <= limit) return;
  throw new UserError(
    `${dir} does not fit this engine: in float32 its weights take ${gib(weights)}, and ${gib(largest)} more while they load; the engine can hold ${gib(limit)}. Use the native engine (vlm-spatial native, then --backend native) or a smaller model`,
  );
}
