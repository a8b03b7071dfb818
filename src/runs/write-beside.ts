import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../make-folder.js';
import type { Prediction } from '../records/prediction.js';
import { diskError } from './disk-error.js';

/**
 * Writes grades beside the answers they are of, which stay as they are: `<run>/scores-<scorer>.jsonl`. One line a question; a
 * score that is not known is null.
 * @param source a run's folder or a file of answers
 * @returns the file's path
 */
export const writeScores = (
  source: string,
  scorer: string,
  predictions: readonly Prediction[],
): Promise<string> =>
  writeBeside(
    source,
    [`scores-${scorer}.jsonl`],
    predictions.map(({ id, image, condition, answer, score }) => ({
      ...{ id, image, condition, answer },
      score: Number.isNaN(score) ? null : score,
    })),
  );

/**
 * Writes objects, one a line, into a run's folder; beside a file of answers under its name: `<file>.<path>`. Replaces what an
 * earlier call left there, as a whole.
 * @returns the file's path
 */
export async function writeBeside(
  source: string,
  path: readonly string[],
  lines: readonly object[],
): Promise<string> {
  const isFolder = (await stat(source)).isDirectory();
  const file = isFolder ? join(source, ...path) : `${source}.${join(...path)}`;
  try {
    await makeFolder(dirname(file));
    await writeFile(`${file}.tmp`, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    await rename(`${file}.tmp`, file);
  } catch (error) {
    await rm(`${file}.tmp`, { force: true }).catch(() => {});
    throw diskError(error, file);
  }
  return file;
}
