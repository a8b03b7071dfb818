import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import { packageRoot } from '../package-root.js';

/** What the package says of the paper: reference data, none of it measured by this project. */
export const PAPER_FILES = pathToFileURL(join(packageRoot, 'configs', 'paper', sep));

/** Reads such a file, validated; UserError where it was damaged. */
export function readPaperFile<T>(file: URL, schema: z.ZodType<T>, holds: string): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UserError(
      `${file.pathname} does not hold the paper's ${holds} (${messageOf(error)}): install the package again`,
    );
  }
}
