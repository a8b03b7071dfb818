/**
 * Text that came from outside (data files, checkpoints, models, servers, folders) as it may leave for a terminal: the one
 * home of that escape. CSV has its own in report/tables.ts, pages in report/page/html.ts.
 */

/** Control characters, line ends and marks of writing direction: what could garble or fake a line on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const LONGEST = 120;

/** The text on one line, such characters escaped (`\u001b`), cut after `longest` characters. */
export function printable(text: string, longest = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(UNPRINTABLE, mark => `\\u${mark.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

/** `printable` text in quotes. */
export const quoted = (text: string): string => `"${printable(text)}"`;

/**
 * Marks that turn the direction in which a line is written, or isolate a part of it (Unicode Standard Annex 9); joiners, which
 * scripts and emoji need, are none of them.
 */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text on one line for reading: runs of control characters and line ends become one space, direction marks go. */
export const onOneLine = (text: string): string =>
  text.replaceAll(DIRECTION, '').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
