import type { z } from 'zod';
import { UserError } from '../../errors.js';
import { printable } from '../../printable.js';
import type { DataFile } from './folder.js';
import { parseJson } from './parse-json.js';

/** The largest question file: JavaScript's longest string. VQAv2's largest has 360 MB. */
const LARGEST = 0x1fffffe8;

/** How much of a file's two ends tells what it holds. */
const SNIFFED = 1 << 16;

/** A file that was recognised, with the ends by which it was. */
export interface RecognisedFile {
  readonly file: DataFile;
  readonly ends: string;
}

/** The files with such an extension whose first or last 64 KiB match every pattern. */
export async function filesLike(
  files: readonly DataFile[],
  extension: RegExp,
  ...patterns: readonly RegExp[]
): Promise<RecognisedFile[]> {
  const found: RecognisedFile[] = [];
  for (const file of files) {
    if (!extension.test(file.path)) continue;
    const ends = await file.ends(SNIFFED);
    if (patterns.every(pattern => pattern.test(ends))) found.push({ file, ends });
  }
  return found;
}

/** A file's text; UserError for one that is too large. */
export async function readText(file: DataFile): Promise<string> {
  const bytes = await file.read(LARGEST);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(
      `expected text in UTF-8 in ${printable(file.path)}, found other bytes: fetch or export the file again`,
    );
  }
}

/** Reads a JSON file that must have the schema's form; UserError names the first place where it does not. */
export async function readJson<T>(file: DataFile, schema: z.ZodType<T>): Promise<T> {
  const where = printable(file.path);
  return checked(schema, parseJson(await readText(file), where), where);
}

/** A line's value and its number, from 1. */
export interface JsonLine<T> {
  readonly number: number;
  readonly value: T;
}

/** Reads a file of one JSON value a line, empty lines left out. */
export async function readJsonLines<T>(file: DataFile, schema: z.ZodType<T>): Promise<JsonLine<T>[]> {
  const lines = (await readText(file)).split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${printable(file.path)}, line ${i + 1}`;
    return [{ number: i + 1, value: checked(schema, parseJson(line, where), where) }];
  });
}

/** The value in the schema's form; UserError names the first place where it has another. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.length ? ` at ${printable(issue.path.join('.'))}` : '';
  throw new UserError(
    `expected the benchmark's own form in ${where}, found another${place}: ${printable(issue?.message ?? '', 400)}`,
  );
}
