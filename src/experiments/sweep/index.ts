import { z } from 'zod';
import { permute } from '../../interventions/permute.js';
import { rescale } from '../../interventions/rescale.js';
import { blank, type Condition, original, permuted, textOnly } from '../condition.js';
import type { AskingExperiment } from '../types.js';
import { sweepTables } from './sweep-norm.js';
import { sweepFigures } from './sweep-norm-charts.js';

const options = z.strictObject({
  of: z.enum(['norm']).default('norm').meta({ description: 'what is swept: the norm of the vision tokens' }),
  to: z.array(z.number().positive()).min(1).default([0.1, 0.3, 1, 3, 10, 30, 100, 300]).meta({
    description: "norms, by commas, as multiples of the mean norm of the vocabulary's embeddings",
    placeholder: 'MULTIPLES',
  }),
});

/**
 * The paper's mechanism put to the test (§4, §5.2): every vision token is scaled to one L2 norm between projector and
 * decoder, and accuracy and permutation sensitivity are measured at each. If large norms drown positions, sensitivity rises
 * as norms come down to the text's. Norms are multiples of the mean norm of the vocabulary's embeddings (Vicuna: 0.83), so
 * that 1 means the same for every model; directions stay, as does the model: none of it is trained for any of these norms.
 * Where a norm blinds the model, its order says nothing: that is what the questions without an image are for.
 */
export const sweep: AskingExperiment<typeof options> = {
  kind: 'asks',
  name: 'sweep',
  paper: '§4, §5.2',
  summary: "accuracy and permutation sensitivity against the vision tokens' norm",
  options,
  argument: 'of',
  bench: ['2ds'],
  conditions: ({ to }, model) => {
    const mean = model.meanTextNorm();
    const scaled = [...new Set(to)]
      .sort((a, b) => a - b)
      .flatMap((multiple): Condition[] => {
        const rescaled = rescale(multiple * mean, multiple);
        return [
          { name: `norm-${multiple}`, image: true, interventions: [rescaled] },
          { name: `norm-${multiple}-permuted`, image: true, interventions: [rescaled, permute()] },
        ];
      });
    return [original, permuted(), ...scaled, blank, textOnly];
  },
  tables: sweepTables,
  figures: sweepFigures,
};
