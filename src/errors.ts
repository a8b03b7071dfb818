import type { z } from 'zod';

/**
 * An error for people: its message says what was expected, what was found and what to do, in one line.
 * The command line prints the message alone (a stack only under `--debug`) and exits with `exitCode`.
 */
export class UserError extends Error {
  override name = 'UserError';
  readonly exitCode: number = 1;
}

/** A `UserError` about how a command was called (an unknown flag, bench or model); exit code 2. */
export class UsageError extends UserError {
  override name = 'UsageError';
  override readonly exitCode = 2;
}

/** The message of anything that was thrown; what a schema found wrong, in one line. */
export function messageOf(error: unknown): string {
  if (isSchemaError(error)) return error.issues.map(({ path, message }) => at(path) + message).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Known by its shape, so that the first line of help need not load zod. */
const isSchemaError = (error: unknown): error is z.ZodError =>
  error instanceof Error && error.name === 'ZodError' && 'issues' in error;

const at = (path: readonly PropertyKey[]): string => (path.length > 0 ? `${path.join('.')}: ` : '');
