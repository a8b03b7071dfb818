import { z } from 'zod';
import { checkOrder, parseOrder, permute } from '../../interventions/permute.js';
import type { Condition } from '../condition.js';
import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { isKnown } from '../estimates.js';
import { ORIGINAL } from '../scores.js';
import type { Experiment } from '../types.js';
import { controlConditions, controlTable } from './controls.js';
import { permutationChart } from './figures.js';
import { draws, permutedName, readConditions } from './scores.js';
import { permutationTables } from './tables.js';
import { permutationVerdicts } from './verdicts.js';

const options = z.strictObject({
  seeds: z.int().positive().default(1).meta({ description: 'permutations drawn for each image' }),
  order: z.string().default('random').meta({
    description: 'random, reverse, rows, columns, within-rows, within-columns or blocks:K',
    placeholder: 'ORDER',
  }),
  controls: z.boolean().default(false).meta({
    description: 'also permute position ids alone, permute within rows and columns, and knock out attention',
  }),
  knockOut: z.array(z.string()).min(1).optional().meta({
    description:
      'layers where text may not attend to vision tokens, ranges by commas, each a condition; with --controls all layers and each half',
    placeholder: 'LAYERS',
  }),
});

/**
 * The permutation test (paper §3.1, Table 1): accuracy with the vision tokens in random order against their own order.
 * The same questions are also asked with a blank image and with none: a model that is blind to the images of a benchmark
 * would be perfectly permutation-proof, so its difference is marked uninterpretable. Controls ask what of the order
 * matters, and what the text takes from vision tokens at all.
 */
export const permutation: Experiment<typeof options> = {
  name: 'permute',
  paper: 'Table 1, §3.1',
  summary: 'accuracy with the vision tokens in random order',
  options,
  conditions: ({ seeds, order, controls, knockOut }, model) => {
    const parsed = parseOrder(order);
    checkOrder(parsed, model.visionTokens);
    const permuted = draws(seeds).map(
      (draw): Condition => ({
        name: permutedName(draw),
        image: true,
        interventions: [permute(parsed, draw)],
      }),
    );
    return [
      { name: ORIGINAL, image: true, interventions: [] },
      ...permuted,
      ...controlConditions(controls, knockOut, model),
      blankImageCondition,
      textOnlyCondition,
    ];
  },
  tables: (results, { seeds }) => [...permutationTables(results, seeds), ...controlTable(results, seeds)],
  figures: (results, { seeds }) => {
    const tests = results.map(result => readConditions(result, seeds));
    const scored = tests.filter(({ original }) => isKnown(original));
    return scored.length > 0 ? [permutationChart(scored)] : [];
  },
  verdicts: (results, { seeds }) => permutationVerdicts(results.map(r => readConditions(r, seeds))),
};
