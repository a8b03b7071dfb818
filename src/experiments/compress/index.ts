import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type Pooling, pool, poolings, sideOf } from '../../interventions/pool.js';
import { fileName } from '../../records/table.js';
import { blank, type Condition, original, textOnly } from '../condition.js';
import { isKnown } from '../estimates.js';
import type { AskingExperiment, ModelTraits } from '../types.js';
import { type Compression, compressionsOf } from './compressions.js';
import { compressionVerdicts, figure2 } from './figure2.js';
import { figure2Long, figure2Table } from './figure2-tables.js';

const options = z.strictObject({
  tokens: z.array(z.int().positive()).min(1).optional().meta({
    description:
      "vision tokens to leave, squares by commas; by default the paper's 576,256,64,16,1 or halvings of a small grid's side",
    placeholder: 'COUNTS',
  }),
  pool: z
    .array(z.enum(poolings))
    .min(1)
    .default(['avg'])
    .meta({
      description: `how tokens are pooled, by commas: ${poolings.join(', ')} (of each window its centre; some tokens)`,
      placeholder: 'NAMES',
    }),
});

/**
 * The spatial compression study (paper §3.2, Figure 2): accuracy with fewer and fewer vision tokens, average-pooled after
 * the projector. The paper retrained its model for every count; a suite's retrained checkpoints are run as they are, and
 * any model is pooled at inference, which no retraining has made up for.
 */
export const compress: AskingExperiment<typeof options> = {
  kind: 'asks',
  name: 'compress',
  paper: 'Figure 2, §3.2',
  summary: 'accuracy with fewer vision tokens',
  options,
  bench: ['gqa', 'cvbench', 'pope'],
  withRetrained: true,
  conditions: ({ tokens, pool: kinds }, model) => {
    if (model.retrainedFor !== undefined) {
      checkRetrained(model);
      return [original];
    }
    const fewer = countsFor(tokens, model).filter(count => count < model.visionTokens);
    const pooled = kinds.flatMap(kind => fewer.map(count => pooledCondition(kind, count)));
    return [original, ...pooled, blank, textOnly];
  },
  tables: results => {
    const all = compressionsOf(results);
    return [
      figure2Table('fig2', ofModel(all, modelsOf(all)[0]!)),
      ...(modelsOf(all).length > 1 ? [figure2Table('fig2-models', all)] : []),
      figure2Long(all),
    ];
  },
  figures: results => {
    const all = compressionsOf(results).filter(
      ({ original, points }) => points.length > 0 && (original === null || isKnown(original)),
    );
    return modelsOf(all).map((model, i) =>
      figure2(i === 0 ? 'fig2' : `fig2-${fileName(model)}`, ofModel(all, model)),
    );
  },
  verdicts: results => compressionVerdicts(compressionsOf(results)),
};

/** Counts asked for, or those of the ladder, falling; UsageError where one does not fit the model's grid. */
function countsFor(tokens: readonly number[] | undefined, model: ModelTraits): number[] {
  const { grid, visionTokens, title } = model;
  if (grid * grid !== visionTokens) {
    throw new UserError(
      `compress needs a square grid of vision tokens, ${title} has ${visionTokens}; leave the model out`,
    );
  }
  const counts = tokens ?? ladder(grid).map(side => side * side);
  for (const count of counts) sideOf(count, grid);
  return [...new Set(counts)].sort((a, b) => b - a);
}

/** Sides of the grids to pool to: the paper's 16, 8, 4, 1 where the grid is larger than these, else its halvings. */
function ladder(grid: number): number[] {
  if (grid > 16) return [16, 8, 4, 1];
  return grid === 1 ? [] : [Math.floor(grid / 2), ...ladder(Math.floor(grid / 2))];
}

const pooledCondition = (kind: Pooling, count: number): Condition => ({
  name: kind === 'avg' ? `pooled-${count}` : `pooled-${count}-${kind}`,
  image: true,
  interventions: [pool(kind, count)],
});

function checkRetrained({ title, retrainedFor, visionTokens }: ModelTraits): void {
  if (retrainedFor === visionTokens) return;
  throw new UserError(
    `the suite says that ${title} was retrained for ${retrainedFor} vision tokens, but its checkpoint makes ${visionTokens}: correct the suite's map`,
  );
}

const modelsOf = (all: readonly Compression[]): string[] => [...new Set(all.map(c => c.result.model))];

const ofModel = (all: readonly Compression[], model: string): Compression[] =>
  all.filter(c => c.result.model === model);
