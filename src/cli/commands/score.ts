import { Command } from 'commander';
import { z } from 'zod';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({
  scorer: z
    .string()
    .optional()
    .meta({ description: "rule to grade by; the benchmark's own", placeholder: 'NAME' }),
  bench: z
    .string()
    .optional()
    .meta({ description: 'benchmark of a file that does not tell it', placeholder: 'NAME' }),
  export: z
    .enum(['lmms-eval'])
    .optional()
    .meta({ description: "also write the answers as another program's file" }),
});

/** `score`: answers graded anew, without a model. */
export function scoreCommand(): Command {
  const command = new Command('score')
    .description(
      "grade stored answers anew, without a model: a run's, or a file of lmms-eval or the paper's authors",
    )
    .argument('<RUN...>', "folder of a run, or another program's file of answers");
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async (paths: string[]) => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call));
    const done = [];
    for (const path of paths) done.push(await score(path, options, call));
    if (call.json) print(JSON.stringify(done));
  });
}

async function score(path: string, options: z.output<typeof schema>, call: CallOptions) {
  const { chooseScorer, openPredictions } = await import('../open-predictions.js');
  const { rescore } = await import('../../scorers/rescore.js');
  const { writeScores } = await import('../../runs/write-beside.js');
  const { metricTable, rescoreTable } = await import('../../report/score-tables.js');
  const { renderTextTable } = await import('../../report/text-table.js');
  const opened = await openPredictions(path, options.bench);
  const { result, benchmark, source, imagesKnown } = opened;
  const { name, scorer } = chooseScorer(opened, options.scorer);
  const predictions = rescore(result.predictions, scorer);
  const what = `${result.model} on ${result.benchmark.title} (${result.benchmark.split})`;
  const tables = [
    rescoreTable(`${what}: accuracy (%) by ${name}`, result.predictions, predictions, result.seed),
    ...(benchmark?.metrics
      ? [metricTable(`${what}: its own figures (%)`, predictions, benchmark.metrics)]
      : []),
  ];
  const files = [await writeScores(path, name, predictions)];
  if (options.export === 'lmms-eval') {
    const { exportLmmsEval } = await import('../export-lmms-eval.js');
    files.push(...(await exportLmmsEval(opened, predictions)));
  }
  if (!call.json && !call.quiet) {
    if (source && !imagesKnown)
      print(
        `${path} does not tell which questions share an image: intervals take each by itself, and are too narrow`,
      );
    for (const table of tables) print(renderTextTable(table));
    print(files.join('\n'));
  }
  return { path, source, scorer: name, files, tables: Object.fromEntries(tables.map(t => [t.name, t.rows])) };
}
