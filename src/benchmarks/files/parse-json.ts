import { messageOf, UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import { scanJson } from './scan-json.js';

export interface ParseOptions {
  /** Whether an object may have a key twice, of which the last counts; otherwise UserError. */
  readonly doubledKeys?: boolean;
  /** What to do about a text that is no JSON. */
  readonly advice?: string;
}

/**
 * JSON as data files have it, nothing lost: whole numbers beyond 2^53 come as texts of their digits; what Python writes
 * though JSON has no word for it is read, NaN as null, Infinity as the number; a key that an object has twice is a
 * UserError, as is a text that is no JSON.
 */
export function parseJson(
  text: string,
  where: string,
  { doubledKeys = false, advice }: ParseOptions = {},
): unknown {
  const { longNumbers, notNumbers, doubled } = scanJson(text);
  const parts: string[] = [];
  let at = 0;
  for (const [start, end] of [...longNumbers, ...notNumbers].sort(([a], [b]) => a - b)) {
    const token = text.slice(start, end);
    parts.push(text.slice(at, start), WORDS[token] ?? `"${token}"`);
    at = end;
  }
  let value: unknown;
  try {
    value = JSON.parse(parts.length === 0 ? text : parts.join('') + text.slice(at));
  } catch (error) {
    throw new UserError(
      `expected JSON in ${where}, found something else (${printable(messageOf(error))})${advice === undefined ? '' : `: ${advice}`}`,
    );
  }
  if (doubled !== undefined && !doubledKeys) {
    throw new UserError(
      `expected every key once in ${where}, found ${quoted(doubled)} twice in one object: remove the double, or fetch the file again`,
    );
  }
  return value;
}

/** JSON.parse makes of 1e999 what the word says. */
const WORDS: Readonly<Record<string, string>> = { NaN: 'null', Infinity: '1e999', '-Infinity': '-1e999' };
