import { toDisk } from '../to-disk.js';

/** Writes a page piece by piece; a reader finds the old one or the new one. UserError where it cannot be written. */
export const writePage = (path: string, pieces: AsyncIterable<string>): Promise<void> => toDisk(path, pieces);
