import { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { commonOptions } from '../../harness/options.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({ results: commonOptions.shape.results });

/** `merge`: the shards of a run become the run that one process would have left. */
export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('join the shards of runs (--shard I/N), nothing missing and nothing doubled')
    .argument(
      '[SHARDS...]',
      'folders of all shards of one run; else every run that has shards in the results folder',
    );
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async (named: string[]) => {
    const call = command.opts<CallOptions>();
    const { results } = resolveOptions(command, schema, await readConfigFile(call));
    const { mergeRuns } = await import('../../runs/merge-runs.js');
    const { mergeVerdicts } = await import('../../judge/verdicts.js');
    const groups = named.length > 0 ? [named] : await shardsIn(results);
    const runs = await withProgress(call, async ({ progress }) => {
      const merged = [];
      for (const shards of groups) {
        const dir = await mergeRuns(shards, results, progress.say);
        await mergeVerdicts(shards, dir);
        merged.push(dir);
      }
      return merged;
    });
    if (call.json) print(JSON.stringify(runs));
    else if (!call.quiet) for (const run of runs) print(run);
  });
}

/** The shards under a results folder, by run. */
async function shardsIn(results: string): Promise<string[][]> {
  const { listRuns } = await import('../../runs/stored-run.js');
  const { wholeRunOf } = await import('../../runs/merge-runs.js');
  const groups = new Map<string, string[]>();
  for (const { dir, info } of await listRuns(results)) {
    if (info.parts.shard === undefined) continue;
    const key = wholeRunOf(info);
    groups.set(key, [...(groups.get(key) ?? []), dir]);
  }
  if (groups.size === 0) {
    throw new UserError(
      `${results} holds no shards; run parts with --shard I/N, or name their folder with --results`,
    );
  }
  return [...groups.values()];
}
