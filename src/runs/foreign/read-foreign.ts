import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import { parseJson } from '../../benchmarks/files/parse-json.js';
import { messageOf, UserError } from '../../errors.js';
import { authorsLine, readAuthors } from './authors.js';
import type { ForeignFile } from './foreign-file.js';
import { lmmsEvalLine, readLmmsEval } from './lmms-eval.js';

/**
 * Reads a file of answers that another program wrote, one JSON object a line: lmms-eval's logged samples or the answer files
 * of the paper's released evaluators. UserError with file and line where it is neither.
 */
export async function readForeign(path: string): Promise<ForeignFile> {
  const lines = await readLines(path);
  const file = basename(path);
  const isLmmsEval = lmmsEvalLine.safeParse(lines[0]!.value).success;
  const read = isLmmsEval
    ? readLmmsEval(checked(lmmsEvalLine, lines, path), file)
    : readAuthors(checked(authorsLine, lines, path), file);
  const seen = new Set<string>();
  for (const { id } of read.predictions) {
    if (seen.has(id)) throw new UserError(`${path} answers question ${id} twice: remove the double`);
    seen.add(id);
  }
  return read;
}

interface NumberedLine {
  readonly number: number;
  readonly value: unknown;
}

async function readLines(path: string): Promise<NumberedLine[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UserError(
      `${path} cannot be read (${messageOf(error)}): name a run's folder or a file of answers`,
    );
  });
  // A decoder takes a byte order mark off.
  const lines = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line, i) => ({ number: i + 1, line }));
  const values = lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ number, line }) => ({
      number,
      value: parseJson(line, `${path}:${number}`, { doubledKeys: true, advice: 'give a JSON Lines file' }),
    }));
  if (values.length === 0) throw new UserError(`${path} holds no answers: it is empty`);
  return values;
}

function checked<T>(schema: z.ZodType<T>, lines: readonly NumberedLine[], path: string): T[] {
  return lines.map(({ number, value }) => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const fields = typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : typeof value;
    throw new UserError(
      `${path}:${number} is neither a sample that lmms-eval logged nor an answer of the paper's evaluators (it has: ${fields}): ` +
        'give one of those, or the folder of a run',
    );
  });
}
