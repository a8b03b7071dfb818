import { z } from 'zod';
import { checkOrder, orders, parseOrder } from '../../interventions/permute.js';
import { blank, original, permuted, textOnly } from '../condition.js';
import { isKnown } from '../estimates.js';
import type { AskingExperiment } from '../types.js';
import { permutationChart, permutationVerdicts } from './claim1.js';
import { draws, type PermutationTest, readConditions } from './conditions.js';
import { controlConditions, controlTable } from './controls.js';
import { psiCharts, psiTable, psiVerdicts } from './psi.js';
import { permutationTables } from './table1.js';

const options = z.strictObject({
  seeds: z.int().positive().default(1).meta({ description: 'permutations drawn for each image' }),
  order: z
    .string()
    .default('random')
    .meta({
      description: `how they are reordered: ${orders.join(', ')} or blocks:K`,
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
export const permute: AskingExperiment<typeof options> = {
  kind: 'asks',
  name: 'permute',
  paper: 'Table 1, §3.1',
  summary: 'accuracy with the vision tokens in random order',
  options,
  conditions: ({ seeds, order, controls, knockOut }, model) => {
    const parsed = parseOrder(order);
    checkOrder(parsed, model.visionTokens);
    return [
      original,
      ...draws(seeds).map(draw => permuted(draw, parsed)),
      ...controlConditions(controls, knockOut, model),
      blank,
      textOnly,
    ];
  },
  tables: (results, { seeds, order }) => {
    const test: PermutationTest = { seeds, order: parseOrder(order) };
    return [
      ...permutationTables(results, test),
      psiTable(results.map(result => readConditions(result, test))),
      ...controlTable(results, test),
    ];
  },
  figures: (results, { seeds, order }) => {
    const tests = results.map(result => readConditions(result, { seeds, order: parseOrder(order) }));
    const scored = tests.filter(({ original }) => isKnown(original));
    return scored.length > 0 ? [permutationChart(scored), ...psiCharts(scored)] : [];
  },
  verdicts: (results, { seeds, order }) => {
    const tests = results.map(result => readConditions(result, { seeds, order: parseOrder(order) }));
    return [...permutationVerdicts(tests), ...psiVerdicts(tests)];
  },
};
