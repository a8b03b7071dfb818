/**
 * Python's own ideas of white space, on which the official scorers (all of them Python) rest: JavaScript's `trim` and
 * `\s` keep U+001C–U+001F and U+0085, and take U+FEFF for a space.
 */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');
const RUN = new RegExp(`[${SPACE}]+`);

/** `str.strip()`. */
export const pythonStrip = (text: string): string => text.replace(ENDS, '');

/** `str.split()`: the words between runs of white space, none of them empty. */
export const pythonSplit = (text: string): string[] => text.split(RUN).filter(word => word !== '');
