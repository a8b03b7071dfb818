/** What JSON.parse would pass over in silence. */
export interface JsonFindings {
  /** Where whole numbers stand that JavaScript cannot hold: beyond 2^53 their last digits would change. */
  readonly longNumbers: readonly (readonly [start: number, end: number])[];
  /** Python's NaN, Infinity and -Infinity outside of texts. */
  readonly notNumbers: readonly (readonly [start: number, end: number])[];
  /** The first key that an object has twice. */
  readonly doubled: string | undefined;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Up to so many keys an object's are compared one by one; beyond, by a set. */
const FEW = 12;

/** Goes through a JSON text once; of one that is malformed, which JSON.parse is to say, it may find anything. */
export function scanJson(text: string): JsonFindings {
  const longNumbers: [number, number][] = [];
  const notNumbers: [number, number][] = [];
  const open: Keys[] = [];
  let doubled: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfText(text, i);
      const keys = open.at(-1);
      if (keys && doubled === undefined && isKey(text, end)) {
        const key = keyIn(text, i, end);
        if (!keys.add(key)) doubled = key;
      }
      i = end;
    } else if (code === 0x7b) open.push(new Keys());
    else if (code === 0x5b) open.push(NO_KEYS);
    else if (code === 0x7d || code === 0x5d) open.pop();
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, i);
      if (end === i + 1 && text.startsWith('Infinity', end)) {
        notNumbers.push([i, end + 8]);
        i = end + 7;
        continue;
      }
      const digits = end - i;
      if (digits > 15 && isLong(text.slice(i, end))) longNumbers.push([i, end]);
      i = end - 1;
    } else if (code === 0x4e && text.startsWith('NaN', i)) {
      notNumbers.push([i, i + 3]);
      i += 2;
    } else if (code === 0x49 && text.startsWith('Infinity', i)) {
      notNumbers.push([i, i + 8]);
      i += 7;
    }
  }
  return { longNumbers, notNumbers, doubled };
}

/** The keys of one object. */
class Keys {
  private readonly few: string[] = [];
  private many: Set<string> | undefined;

  /** False where it has the key already. */
  add(key: string): boolean {
    if (this.many === undefined) {
      if (this.few.includes(key)) return false;
      this.few.push(key);
      if (this.few.length > FEW) this.many = new Set(this.few);
      return true;
    }
    const { size } = this.many;
    return this.many.add(key).size > size;
  }
}

/** A list's: what stands in it are no keys. */
const NO_KEYS = new Keys();

/** Where the closing quote of the text that opens at `start` is. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let i = end + 1;
  while (text.charCodeAt(i) <= 32) i++;
  return text.charCodeAt(i) === 0x3a;
}

function keyIn(text: string, start: number, end: number): string {
  const key = text.slice(start + 1, end);
  if (!key.includes('\\')) return key;
  try {
    return JSON.parse(`"${key}"`);
  } catch {
    return key;
  }
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const digit = code >= 0x30 && code <= 0x39;
    if (!digit && code !== 0x2e && code !== 0x2b && code !== 0x2d && code !== 0x45 && code !== 0x65) break;
  }
  return end;
}

const isLong = (number: string): boolean => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
