import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import type { Row, Table } from '../records/table.js';
import { type RunInfo, readRunInfo } from '../runs/run-info.js';
import { foldersIn } from './folders-in.js';

/** What may be known of a run, whichever command or program wrote it. */
const partsSchema = z.object({
  benchmark: z.string().optional().catch(undefined),
  data: z.string().optional().catch(undefined),
  shard: z.object({ index: z.int(), count: z.int() }).optional().catch(undefined),
});
const titled = z.object({ title: z.string() }).optional().catch(undefined);
const manifestSchema = z.object({ model: titled, benchmark: titled });

/**
 * What lies in a results folder (`<suite>/<experiment>/<run>`), a row a run: whatever kind of run it is, what can be known of
 * it is told, and what is wrong with it where it cannot be read.
 */
export async function runTable(results: string): Promise<Table> {
  const rows: Row[] = [];
  for (const suite of await foldersIn(results))
    for (const experiment of await foldersIn(join(results, suite)))
      for (const run of await foldersIn(join(results, suite, experiment))) {
        const dir = join(results, suite, experiment, run);
        const read = await readRunInfo(dir).catch(messageOf);
        if (read === undefined) continue;
        const known = typeof read === 'string' ? { note: read } : rowOf(read, run);
        const empty = { model: null, benchmark: null, records: null, finished: 'no', note: null };
        rows.push({
          run: dir,
          suite,
          experiment,
          ...empty,
          ...known,
          mebibytes: (await sizeOf(dir)) / 2 ** 20,
        });
      }
  return {
    name: 'runs',
    title: `Runs in ${results}`,
    columns: [
      { key: 'run', label: 'Run' },
      { key: 'suite', label: 'Suite' },
      { key: 'experiment', label: 'Experiment' },
      { key: 'model', label: 'Model' },
      { key: 'benchmark', label: 'Benchmark' },
      { key: 'records', label: 'Records' },
      { key: 'finished', label: 'Finished (UTC)' },
      { key: 'mebibytes', label: 'MiB', format: { decimals: 2 } },
      { key: 'note', label: 'Note', format: 'text' },
    ],
    rows,
  };
}

function rowOf({ suite, experiment, parts, manifest, finished }: RunInfo, run: string): Row {
  const { benchmark, data, shard } = partsSchema.parse(parts);
  const { model, benchmark: measured } = manifestSchema.parse(manifest);
  const aside = /\.bak-\d+$/.test(run) ? 'moved aside by --no-resume' : null;
  return {
    ...{ suite, experiment },
    model: model?.title ?? null,
    benchmark: benchmark ?? measured?.title ?? data ?? null,
    // Of an unfinished run only its last session's start is written down.
    records: finished?.records ?? null,
    finished: finished?.at.slice(0, 16).replace('T', ' ') ?? 'no',
    note: shard ? `shard ${shard.index}/${shard.count}` : aside,
  };
}

/** Bytes of the files in a folder. */
async function sizeOf(dir: string): Promise<number> {
  const files = (await readdir(dir, { withFileTypes: true })).filter(entry => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ name }) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
