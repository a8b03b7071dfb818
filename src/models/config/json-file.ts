import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';

/** Largest JSON file that is read: tokenizers of 250,000 tokens take 35 MB. */
const MAX_BYTES = 256 * 2 ** 20;
/** Levels of lists and objects in one another; files of models have under ten. */
const MAX_DEPTH = 256;

/**
 * The text of a file, or null when there is no such file. UserError when it is no regular file (a pipe would never end),
 * larger than `maxBytes`, or cannot be read.
 */
export async function readTextIfPresent(path: string, maxBytes = MAX_BYTES): Promise<string | null> {
  try {
    // Without waiting for a writer, as opening a pipe would.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile())
        throw new UserError(
          `${path}: expected a file, found ${kindOf(found)}; put the checkpoint's file there`,
        );
      if (found.size > maxBytes) {
        throw new UserError(
          `${path}: expected at most ${maxBytes} bytes, found ${found.size}; this is not the checkpoint's file, download it again`,
        );
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UserError(`${path}: cannot be read (${messageOf(error)})`);
  }
}

function kindOf(found: { isDirectory(): boolean; isFIFO(): boolean }): string {
  if (found.isDirectory()) return 'a folder';
  return found.isFIFO() ? 'a pipe' : 'a device or socket';
}

/** The JSON of a file, or null when there is no such file; UserError when it is not JSON. */
export async function readJsonIfPresent(path: string): Promise<unknown> {
  const text = await readTextIfPresent(path);
  if (text === null) return null;
  if (isDeep(text)) {
    throw new UserError(
      `${path}: expected lists and objects at most ${MAX_DEPTH} levels deep, found more; this is not the checkpoint's file, download it again`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: not valid JSON (${messageOf(error)}); download the file again`);
  }
}

/** Whether brackets outside of strings stand more than MAX_DEPTH in one another: what reads on would run out of stack. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
  return false;
}

/** The JSON of a file; UserError with `hint` when it is missing. */
export async function readJson(path: string, hint: string): Promise<unknown> {
  const value = await readJsonIfPresent(path);
  if (value === null) throw new UserError(`${path}: no such file; ${hint}`);
  return value;
}

/** `value` as `schema` has it; otherwise a UserError that names the file, the keys, what was expected and found. */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message, input }) => {
    const found = input === undefined ? '' : `, found ${JSON.stringify(input).slice(0, 80)}`;
    return `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}${found}`;
  });
  throw new UserError(`${file}: ${problems.join('; ')}`);
}
