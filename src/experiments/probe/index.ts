import { z } from 'zod';
import type { MeasuringExperiment } from '../types.js';
import { probeFigures, probeTables } from './probe-accuracies.js';
import { type ProbeMeasures, probeMeasures } from './targets.js';

const options = z.strictObject({
  probeImages: z.int().min(20).default(200).meta({
    description: 'images that probes are fitted to (seven of ten) and tested on',
    placeholder: 'N',
  }),
});

/**
 * What linear probes read from a vision token, from the vision tower through every decoder layer: the place of its content
 * in the image, in the tokens' own and in random order, and, in drawn scenes, what object is there. Where place can be
 * read and where it gets lost: beside the paper's argument (§3, §4), which asks only what the model makes of it.
 */
export const probe: MeasuringExperiment<typeof options, ProbeMeasures> = {
  kind: 'measures',
  name: 'probe',
  paper: 'beside §3 and §4',
  summary: 'what linear probes read of place, colour and shape, layer by layer',
  options,
  measures: probeMeasures,
  bench: ['2ds'],
  undivided: true,
  async *measure(job, settings) {
    const { measureProbes } = await import('./measure.js');
    yield* measureProbes(job, settings);
  },
  tables: probeTables,
  figures: probeFigures,
};
