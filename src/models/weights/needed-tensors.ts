import type { LlavaConfig } from '../config/config.js';
import { loadLlava } from '../llava.js';

/** A linear layer's matrix; a matrix that JavaScript looks rows up in; anything else, which the engine holds in float32. */
type Use = 'kernel' | 'table' | 'other';

/** A tensor that a model reads. */
export interface NeededTensor {
  readonly shape: readonly number[];
  /** What becomes of it; a table that is the output head as well is both. */
  readonly uses: readonly Use[];
}

/**
 * Every tensor that a model of this configuration reads, by canonical name, in the order of reading. Nothing is read: the
 * model's own loader runs on parameters that only take notes. UserError where the configuration is not supported.
 */
export async function neededTensors(config: LlavaConfig): Promise<Map<string, NeededTensor>> {
  const needed = new Map<string, NeededTensor>();
  // Loaders hand on what they are given, without looking into it.
  const nothing = undefined as never;
  const note = async (name: string, shape: readonly number[], use: Use = 'other') => {
    needed.set(name, { shape, uses: [...(needed.get(name)?.uses ?? []), use] });
    return nothing;
  };
  await loadLlava(
    {
      vector: (name, size) => note(name, [size]),
      matrix: (name, rows, columns) => note(name, [rows, columns]),
      linear: async (name, inputs, outputs, bias) => {
        await note(`${name}.weight`, [outputs, inputs], 'kernel');
        if (bias) await note(`${name}.bias`, [outputs]);
        return nothing;
      },
      layerNorm: async (name, size) => {
        await note(`${name}.weight`, [size]);
        return note(`${name}.bias`, [size]);
      },
      patchKernel: (name, width, channels, side) => note(name, [width, channels, side, side]),
      table: (name, rows, width) => note(name, [rows, width], 'table'),
      settled: async () => {},
      dispose: () => {},
    },
    config,
  );
  return needed;
}
