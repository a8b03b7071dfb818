import { type Paper, paperCell, readPaper } from '../paper/paper.js';
import type { RunSource, Variant } from '../records/result.js';

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
      other.variant === variant &&
      other.trainingSeed === of.trainingSeed,
  );
}

/**
 * What the paper prints of a model's counterpart, for marks beside ours; undefined where it prints nothing, and for
 * members of further seeds, beside which the same number would stand once more.
 */
export const paperNumber = (
  table: string,
  row: string,
  column: string,
  { trainingSeed }: Pick<RunSource, 'trainingSeed'>,
): number | undefined => (trainingSeed === 0 ? paperCell(paper(), table, row, column)?.value : undefined);

let read: Paper | undefined;
function paper(): Paper {
  read ??= readPaper();
  return read;
}
