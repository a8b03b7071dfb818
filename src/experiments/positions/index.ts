import { z } from 'zod';
import type { MeasuringExperiment } from '../types.js';
import { positionsFigures } from './appendix-a-charts.js';
import { positionsTables } from './appendix-a-tables.js';
import { positionsVerdicts } from './claim4.js';
import { systemPromptVerdicts } from './claim10.js';
import { byCondition, isOriginal, type PositionMeasures, positionMeasures } from './estimates.js';

const options = z.strictObject({
  delta: z.number().positive().default(1).meta({
    description: 'steps of position by which the vision keys are turned (RoPE sensitivity)',
    placeholder: 'STEPS',
  }),
  questions: z
    .enum(['first', 'all'])
    .default('first')
    .meta({ description: "which of an image's questions are asked", placeholder: 'first|all' }),
  stripSystemPrompt: z.boolean().default(false).meta({
    description:
      "also measure without the template's system prompt, side by side (the small suites have none: --template vicuna_v1)",
  }),
});

/**
 * How the decoder treats vision and text by position (Appendix A and the authors' released diagnostics): RoPE sensitivity,
 * cross-modality balance, and by layer the norms of hidden states, queries and keys, logits and attention mass of vision
 * against text. COCO's images are asked for a description, as the authors do.
 */
export const positions: MeasuringExperiment<typeof options, PositionMeasures> = {
  kind: 'measures',
  name: 'positions',
  paper: 'Appendix A',
  summary: 'RoPE sensitivity, cross-modality balance, norms of queries, keys and hidden states by layer',
  options,
  measures: positionMeasures,
  bench: ['coco'],
  async *measure(job, settings) {
    const { measurePositions } = await import('./measure.js');
    yield* measurePositions(job, settings);
  },
  tables: results => positionsTables(byCondition(results)),
  figures: results => positionsFigures(byCondition(results)),
  verdicts: results => {
    const asked = byCondition(results);
    return [
      ...positionsVerdicts(asked.filter(isOriginal)),
      ...systemPromptVerdicts(asked.filter(isOriginal)),
    ];
  },
};
