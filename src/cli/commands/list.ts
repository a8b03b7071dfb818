import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { commonOptions } from '../../experiments/options.js';
import type { Row, Table } from '../../metrics/table.js';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({ results: commonOptions.shape.results });

/** `list runs`: what lies in the results folder. */
export function listCommand(): Command {
  const runs = new Command('runs').description('runs in the results folder: what they are, how far, how big');
  addCallOptions(addSchemaOptions(runs, schema));
  runs.action(async () => {
    const call = runs.opts<CallOptions>();
    const { results } = resolveOptions(runs, schema, await readConfigFile(call));
    const { renderTextTable } = await import('../../report/text-table.js');
    const table = await runTable(results);
    if (call.json) print(JSON.stringify(table.rows));
    else if (!call.quiet) print(renderTextTable(table));
  });
  return new Command('list').description('what is here').addCommand(runs);
}

async function runTable(results: string): Promise<Table> {
  const { listRuns } = await import('../../runs/stored-run.js');
  const { describeRun } = await import('../stored-result.js');
  const rows: Row[] = [];
  for (const { dir, info } of await listRuns(results)) {
    const { parts, manifest } = describeRun(dir, info);
    rows.push({
      run: dir,
      suite: info.suite,
      experiment: info.experiment,
      model: manifest.model.title,
      benchmark: parts.benchmark,
      // Of an unfinished run only its last session's start is written down.
      records: info.finished?.records ?? null,
      finished: info.finished?.at.slice(0, 16).replace('T', ' ') ?? 'no',
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
    ],
    rows,
  };
}

/** Bytes of the files in a folder. */
async function sizeOf(dir: string): Promise<number> {
  const files = (await readdir(dir, { withFileTypes: true })).filter(entry => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ name }) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
