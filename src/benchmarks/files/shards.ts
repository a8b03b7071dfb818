import { basename, dirname } from 'node:path';
import type { ParquetTable } from './parquet.js';

/** `test` of `data/test-00001-of-00003.parquet`: the split in the name of one of its shards, as `datasets` names them. */
export const shardStem = (path: string): string =>
  basename(path, '.parquet').replace(/-\d{5}-of-\d{5}(-[0-9a-f]{16})?$/, '');

/**
 * Tables by split, a split's shards in the order of their paths. Where two folders hold shards of one split (a repository
 * that keeps two copies of it), the first folder's are taken.
 */
export function byShards(
  tables: readonly ParquetTable[],
  splitOf: (table: ParquetTable) => string,
): [split: string, shards: ParquetTable[]][] {
  const splits = new Map<string, ParquetTable[]>();
  for (const table of tables) {
    const split = splitOf(table);
    const shards = splits.get(split);
    if (shards === undefined) splits.set(split, [table]);
    else if (dirname(shards[0]!.path) === dirname(table.path)) shards.push(table);
  }
  return [...splits];
}

/** Files as a message names them: one by its path, several by the first and their number. */
export const namesOf = ([first, ...others]: readonly { readonly path: string }[]): string =>
  `${first?.path}${others.length > 0 ? ` and ${others.length} more` : ''}`;
