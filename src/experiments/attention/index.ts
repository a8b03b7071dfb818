import { z } from 'zod';
import { UsageError } from '../../errors.js';
import { rangeWithin } from '../../interventions/range.js';
import { type Condition, noSystemPrompt, original, permuted } from '../condition.js';
import type { AskingExperiment, ModelTraits } from '../types.js';
import { attentionVerdicts } from './claim8.js';
import { attentionCharts } from './entropy-charts.js';
import { attentionSheets } from './map-sheets.js';
import { type AttentionMeasures, attentionMeasures } from './measures.js';
import { attentionTables } from './table4.js';

const options = z.strictObject({
  tokens: z.enum(['answer', 'target', 'all']).default('answer').meta({
    description:
      'whose attention: of all tokens of the answer, of the first token of its target word, or of all text after the image',
    placeholder: 'WHICH',
  }),
  target: z.array(z.string().min(1)).min(1).optional().meta({
    description: 'words to take as target where an answer has one; its first word that names a thing',
    placeholder: 'WORDS',
  }),
  layers: z
    .string()
    .default('all')
    .meta({ description: 'layers to average over, from 1: all or A-B', placeholder: 'A-B' }),
  heads: z
    .string()
    .default('all')
    .meta({ description: 'heads to average over, from 1: all or by commas', placeholder: 'LIST' }),
  show: z.array(z.string().min(1)).min(1).optional().meta({
    description: 'questions or images to draw maps of, by commas; a few of each benchmark',
    placeholder: 'IDS',
  }),
  maps: z.boolean().default(true).meta({
    description: 'ask under the usual prompt only: maps keep the system prompt, no tokens are permuted',
  }),
});

/**
 * Attention over the vision tokens (paper §7, appendix C): its normalised entropy (Table 4), maps of it over the image
 * (Figures 7 and 8), how much of it lies on the target's own cells, and Figure 1's similarity of vision tokens.
 */
export const attention: AskingExperiment<typeof options, AttentionMeasures> = {
  kind: 'asks',
  name: 'attention',
  paper: 'Table 4, Figures 1, 7 and 8, §7',
  summary: 'how attention spreads over the vision tokens',
  options,
  measures: attentionMeasures,
  bench: ['2ds', 'coco', 'cvbench'],
  conditions: ({ maps, layers, heads }, model) => {
    if (model.visionTokens < 2) {
      throw new UsageError(
        `attention entropy needs at least two vision tokens, ${model.title} has ${model.visionTokens}; choose another model`,
      );
    }
    parseLayers(layers, model);
    parseHeads(heads, model);
    return [original, ...(maps ? conditionsOfMaps(model) : [])];
  },
  observe: async ({ layers, heads, ...rest }, model) => {
    const { observeAttention } = await import('./observer.js');
    const settings = { ...rest, layers: parseLayers(layers, model), heads: parseHeads(heads, model) };
    return observeAttention(settings);
  },
  tables: attentionTables,
  figures: (results, options) => [
    ...attentionCharts(results, options.layers),
    ...attentionSheets(results, options),
  ],
  verdicts: attentionVerdicts,
};

/** The prompt of the paper's maps, where it is another, and the tokens of Figure 1. */
const conditionsOfMaps = ({ systemPrompt }: ModelTraits): Condition[] => [
  ...(systemPrompt ? [noSystemPrompt] : []),
  permuted(),
];

/** What layers and heads are chosen from. */
interface Shape {
  readonly title: string;
  readonly layers: number;
  readonly heads: number;
}

/** First and last layer of `all`, `A` or `A-B`, counted from 1; UsageError where the model has no such layers. */
export function parseLayers(text: string, { title, layers }: Shape): readonly [number, number] {
  if (text === 'all') return [1, layers];
  const range = rangeWithin(text.trim(), layers);
  if (range) return range;
  throw new UsageError(
    `--layers expects all or A-B within 1-${layers}, the layers of ${title}, and got "${text}"; give layers that are there`,
  );
}

/** Heads of `all` (null) or a list such as `1,3,5-7`, counted from 1; UsageError where the model has no such heads. */
export function parseHeads(text: string, { title, heads }: Shape): readonly number[] | null {
  if (text === 'all') return null;
  const chosen = text.split(',').flatMap(part => {
    const range = rangeWithin(part.trim(), heads);
    if (!range) return [Number.NaN];
    const [first, last] = range;
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  if (!chosen.some(Number.isNaN)) return [...new Set(chosen)];
  throw new UsageError(
    `--heads expects all or a list such as 1,3,5-7 within 1-${heads}, the heads of ${title}, and got "${text}"; give heads that are there`,
  );
}
