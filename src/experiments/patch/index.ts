import { z } from 'zod';
import type { MeasuringExperiment } from '../types.js';
import { type PatchMeasures, patchMeasures } from './groups.js';
import { patchFigures, patchTables } from './recovery.js';

const options = z.strictObject({
  layers: z.string().default('all').meta({
    description: 'layers whose states are patched, 0 for the input embeddings: all or A-B',
    placeholder: 'A-B',
  }),
  questions: z.enum(['first', 'all']).default('first').meta({
    description: "which of an image's questions that have a counterfactual are asked",
    placeholder: 'first|all',
  }),
});

/**
 * Activation patching on drawn scenes: hidden states of some tokens are taken from a scene into its counterfactual, in which two objects
 * have changed places and the question another answer; how much of the difference of the two answers' logits comes back says where,
 * by layer, the answer is held.
 */
export const patch: MeasuringExperiment<typeof options, PatchMeasures> = {
  kind: 'measures',
  name: 'patch',
  paper: 'beside §3 and §7',
  summary: 'activation patching between a scene and its counterfactual, layer by layer',
  options,
  measures: patchMeasures,
  bench: ['2ds'],
  async *measure(job, settings) {
    const { measurePatches } = await import('./measure.js');
    yield* measurePatches(job, settings);
  },
  tables: patchTables,
  figures: patchFigures,
};
