import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';

/** The JSON of a file, or null when there is no such file; UserError when it is not JSON. */
export async function readJsonIfPresent(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UserError(`${path}: cannot be read (${messageOf(error)})`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: not valid JSON (${messageOf(error)}); download the file again`);
  }
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
