import { z } from 'zod';

/** A text, or a number that a file has in place of one: ids and answers such as 7. */
export const text = z.union([z.string(), z.number(), z.bigint()]).transform(String);

/** A label that means yes or no however it is written: `Yes`, `no.`, true. */
export const yesOrNo = z
  .union([z.string(), z.boolean()])
  .transform(label => YES_NO[String(label).trim().replace(/\.$/, '').toLowerCase()] ?? label)
  .pipe(
    z.enum(['yes', 'no'], { error: ({ input }) => `expected yes or no, found ${JSON.stringify(input)}` }),
  );

const YES_NO: Readonly<Record<string, string>> = { yes: 'yes', no: 'no', true: 'yes', false: 'no' };

/**
 * Sorts ids by their number, however long, where all of them are whole numbers; else they stay in their order.
 *
 * @param idOf an item's id
 */
export function sortByNumber<T>(items: T[], idOf: (item: T) => string): T[] {
  if (!items.every(item => /^\d+$/.test(idOf(item)))) return items;
  const digits = new Map(items.map(item => [item, idOf(item).replace(/^0+(?=\d)/, '')]));
  return items.sort((a, b) => {
    const [one, other] = [digits.get(a)!, digits.get(b)!];
    return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
  });
}
