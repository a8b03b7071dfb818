import { UsageError } from '../../errors.js';
import { rangeWithin } from '../../interventions/range.js';

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
