import { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../../errors.js';
import type { OpenedPredictions } from '../../harness/open-predictions.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({
  scorer: z.string().optional().meta({
    description:
      "rule to grade by (default: the benchmark's own); lmms-eval: as that program grades VQAv2, POPE and GQA",
    placeholder: 'NAME',
  }),
  judge: z
    .string()
    .optional()
    .meta({
      description:
        'grade by a language model, at the URL of an OpenAI-compatible API whose key is read from VLM_SPATIAL_JUDGE_KEY or ' +
        "OPENAI_API_KEY; or, as --scorer, by rule (the benchmark's own) or a scorer's name",
      placeholder: 'NAME|URL',
    }),
  judgeModel: z
    .string()
    .optional()
    .meta({ description: 'language model that grades, as its API names it', placeholder: 'NAME' }),
  bench: z
    .string()
    .optional()
    .meta({ description: 'benchmark that a file answers, where the file does not say', placeholder: 'NAME' }),
  export: z
    .enum(['lmms-eval'])
    .optional()
    .meta({ description: "also write the answers as another program's file" }),
  submission: z.string().optional().meta({
    description: "also write VQAv2's answers as the EvalAI server takes them",
    placeholder: 'FILE',
  }),
  condition: z.string().optional().meta({
    description: "condition whose answers are submitted (default: the run's first)",
    placeholder: 'NAME',
  }),
  data: z.string().optional().meta({
    description: "VQAv2's files; questions of its test split that the run lacks are submitted unanswered",
    placeholder: 'PATH',
  }),
});

type ScoreOptions = Readonly<z.output<typeof schema>>;

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
    if (options.submission !== undefined && paths.length > 1)
      throw new UsageError(`--submission takes the answers of one run; ${paths.length} were named`);
    const done = [];
    for (const path of paths) done.push(await score(path, options, call));
    if (call.json) print(JSON.stringify(done));
  });
}

async function score(path: string, options: ScoreOptions, call: CallOptions) {
  const { openPredictions } = await import('../../harness/open-predictions.js');
  const { benchmarkMetrics } = await import('../../experiments/benchmark-metrics.js');
  const { fittingTable } = await import('../show-table.js');
  const { hiddenNotice, writeSubmission } = await import('../../harness/submission.js');
  const opened = await openPredictions(path, options.bench);
  const { result, source, imagesKnown } = opened;
  const { scorer, table, predictions, files, figures } = await grade(opened, options, call);
  // Who grades otherwise may have figures of their own.
  const known = figures && opened.benchmark ? [{ ...opened.benchmark, metrics: figures }] : undefined;
  const { title, split } = result.benchmark;
  const metrics = {
    ...benchmarkMetrics('metrics', [{ ...result, predictions }], undefined, known),
    title: `${result.model} on ${title} (${split}): its own figures (%)`,
  };
  const tables = [table, ...(metrics.rows.length > 0 ? [metrics] : [])];
  const notes = [];
  if (source && !imagesKnown)
    notes.push(
      `${path} does not tell which questions share an image: intervals take each by itself, and are too narrow`,
    );
  if (predictions.every(p => p.targets.length === 0)) notes.push(hiddenNotice(title, split));
  if (options.export === 'lmms-eval') {
    const { exportLmmsEval } = await import('../../harness/export-lmms-eval.js');
    files.push(...(await exportLmmsEval(opened, predictions)));
  }
  const { submission, condition, data } = options;
  if (submission !== undefined) {
    files.push(submission);
    notes.push(await writeSubmission(opened, { submission, condition, data }));
  }
  if (!call.json && !call.quiet) {
    for (const table of tables) print(fittingTable(table));
    print([...notes, ...files].join('\n'));
  }
  return { path, source, scorer, files, tables: Object.fromEntries(tables.map(t => [t.name, t.rows])) };
}

/** Grades by a rule, or by a language model beside the rule. */
async function grade(opened: OpenedPredictions, options: ScoreOptions, call: CallOptions) {
  const { chooseScorer, judgeCacheNear } = await import('../../harness/open-predictions.js');
  const { isUrl, judgeAt } = await import('../../harness/protocol.js');
  const { rescoreTable } = await import('../../report/score-tables.js');
  const { rescore } = await import('../../scorers/rescore.js');
  const { path, result } = opened;
  const { judge, judgeModel } = options;
  const url = judge !== undefined && isUrl(judge) ? judge : undefined;
  if (url === undefined && judgeModel !== undefined)
    throw new UsageError(`--judge-model ${judgeModel} is asked at an API: give its URL, too, as --judge URL`);
  if (url !== undefined && judgeModel === undefined)
    throw new UsageError(`--judge ${url} asks a language model; name it with --judge-model`);
  const named = url === undefined && judge !== 'rule' ? judge : undefined;
  if (named !== undefined && options.scorer !== undefined)
    throw new UsageError(
      `--judge ${named} and --scorer ${options.scorer} both name a rule: give one of them`,
    );
  const rule = chooseScorer(opened, options.scorer ?? named);
  const byRule = rescore(result.predictions, rule.scorer);
  const what = `${result.model} on ${result.benchmark.title} (${result.benchmark.split}): accuracy (%) by`;
  if (url === undefined) {
    const { writeScores } = await import('../../runs/write-beside.js');
    return {
      scorer: rule.name,
      figures: rule.metrics,
      predictions: byRule,
      table: rescoreTable(`${what} ${rule.name}`, result.predictions, byRule),
      files: [await writeScores(path, rule.name, byRule)],
    };
  }
  const { gradeByJudge } = await import('../../judge/run.js');
  const language = judgeAt(url, judgeModel!);
  const { predictions, file } = await withProgress(call, work =>
    gradeByJudge(language, path, judgeCacheNear(opened), byRule, work),
  );
  const names = [rule.name, language.model] as const;
  const table = rescoreTable(`${what} ${names.join(' and ')}`, byRule, predictions, names);
  return { scorer: language.model, figures: undefined, predictions, table, files: [file] };
}
