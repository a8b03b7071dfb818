/** Control characters, line ends and marks of writing direction: what could garble or fake a line on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const LONGEST = 120;

/** Text out of a data file as a message may show it: on one line, escaped and cut. */
export function printable(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.replace(UNPRINTABLE, mark => `\\u${mark.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

/** `printable` text in quotes. */
export const quoted = (text: string): string => `"${printable(text)}"`;
