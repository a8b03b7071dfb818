import { type Paper, paperCell, readPaper } from '../paper/paper.js';
import type { RunSource } from './types.js';

/** What a model is in the paper's comparison (§6.1). */
type Variant = 'baseline' | 'normalize' | 'multilayer';

const TITLES: Readonly<Record<string, Variant>> = {
  '+ Normalize': 'normalize',
  '+ Normalize + Multilayer': 'multilayer',
};

/** Members trained anew from another seed say so after their title: `+ Normalize, seed 1`. */
const SEED = /, seed \d+$/;

/** By the suite's title of the model; whatever is not one of the paper's variants is a baseline. */
export const variantOf = (model: string): Variant => TITLES[model.replace(SEED, '')] ?? 'baseline';

const seedOf = (model: string): string => SEED.exec(model)?.[0] ?? '';

/**
 * The result of another variant on the same questions, trained from the same seed; undefined where there is none. Models
 * retrained for a token count are no variants.
 */
export function counterpart<R extends RunSource>(
  results: readonly R[],
  of: R,
  variant: Variant,
): R | undefined {
  return results.find(
    other =>
      other.suite === of.suite &&
      other.benchmark.name === of.benchmark.name &&
      other.benchmark.split === of.benchmark.split &&
      other.retrainedFor === undefined &&
      variantOf(other.model) === variant &&
      seedOf(other.model) === seedOf(of.model),
  );
}

/**
 * What the paper prints of a model's counterpart, for marks beside ours; undefined where it prints nothing, and for
 * members of further seeds, beside which the same number would stand once more.
 */
export function paperNumber(table: string, row: string, column: string, model: string): number | undefined {
  return seedOf(model) === '' ? paperCell(paper(), table, row, column)?.value : undefined;
}

let read: Paper | undefined;
function paper(): Paper {
  read ??= readPaper();
  return read;
}
