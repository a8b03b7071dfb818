import { UserError } from '../errors.js';

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * A failed file operation as one line for people; whatever is no such failure is returned as it is.
 * @param where the file or folder that was to be written
 * @param kept what is safe all the same, e.g. `12 finished units are kept`
 */
export function diskError(error: unknown, where: string, kept = ''): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const safe = kept && `; ${kept}`;
  if (NO_ROOM.has(code))
    return new UserError(`no room left to write ${where} (${code})${safe}: free some space and run again`, {
      cause: error,
    });
  if (NOT_ALLOWED.has(code))
    return new UserError(
      `${where} cannot be written (${code})${safe}: choose a folder that you may write to, or change its permissions`,
      { cause: error },
    );
  return new UserError(`${where} cannot be written (${(error as Error).message})${safe}`, { cause: error });
}

/** The code of a failed system call (`ENOENT`, …); undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : code;
}
