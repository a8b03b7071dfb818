import { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../../errors.js';
import type { OpenedPredictions } from '../../harness/open-predictions.js';
import { noPlugins, type Plugins } from '../../harness/plugins.js';
import { imageOptions } from '../../harness/view-sources.js';
import { conditionsOf, type Prediction } from '../../records/prediction.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({
  condition: z.array(z.string().min(1)).min(1).max(2).optional().meta({
    description: "conditions to compare: A's and B's, or one for both (default: the first of each run)",
    placeholder: 'NAMES',
  }),
  scorer: z
    .string()
    .optional()
    .meta({ description: 'rule to grade both by anew (default: as stored)', placeholder: 'NAME' }),
  bench: z
    .string()
    .optional()
    .meta({ description: 'benchmark that files answer, where they do not say', placeholder: 'NAME' }),
  show: z.int().min(0).default(20).meta({ description: 'questions to list' }),
  out: z
    .string()
    .optional()
    .meta({ description: 'folder for the tables and all questions as CSV', placeholder: 'DIR' }),
  html: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'page with the table, all questions and their images', placeholder: 'FILE' }),
  ...imageOptions,
});

type DiffOptions = Readonly<z.output<typeof schema>>;

/** `diff`: two runs, or two conditions of one, question by question. */
export function diffCommand(plugins: Plugins = noPlugins): Command {
  const command = new Command('diff')
    .description('compare two runs, or two conditions of one run, question by question')
    .argument('<A>', "folder of a run, or a file of lmms-eval or the paper's authors")
    .argument('[B]', 'the same; without it two conditions of A are compared');
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async (a: string, b: string | undefined) => {
    const call = command.opts<CallOptions>();
    await diff([a, b ?? a], resolveOptions(command, schema, await readConfigFile(call)), call, plugins);
  });
}

async function diff(
  paths: readonly [string, string],
  options: DiffOptions,
  call: CallOptions,
  plugins: Plugins,
): Promise<void> {
  const { chooseScorer, openPredictions } = await import('../../harness/open-predictions.js');
  const { pairPredictions, regrade } = await import('../../report/pair-predictions.js');
  const { changedQuestions, diffTable } = await import('../../report/diff-tables.js');
  const { writeTable } = await import('../../report/tables.js');
  const { fittingTable } = await import('../show-table.js');
  const [a, b] = [
    await openPredictions(paths[0], options.bench),
    await openPredictions(paths[1], options.bench),
  ];
  const [conditionA, conditionB] = chooseConditions(a, b, options.condition);
  const foreign = a.source !== null || b.source !== null;
  const found = pairPredictions(under(a, conditionA), under(b, conditionB), foreign);
  const { matchedBy, onlyA, onlyB } = found;
  const told = a.source === null || (b.source !== null && a.imagesKnown) ? 'a' : 'b';
  // Another program's rule may be another one: then both sides are graded by ours.
  const rule = options.scorer || foreign ? chooseScorer({ a, b }[told], options.scorer) : null;
  const pairs = rule ? regrade(found.pairs, told, rule.scorer) : found.pairs;
  const title = `A: ${named(a, conditionA)}; B: ${named(b, conditionB)}; accuracy (%) ${rule ? `by ${rule.name}` : 'as stored'}`;
  const table = diffTable(title, pairs, told, a.result.seed);
  const questions = changedQuestions('Questions answered differently', pairs, told);
  const files = [];
  if (options.out !== undefined)
    for (const each of [table, questions]) files.push(await writeTable(options.out, each));
  if (options.html !== undefined) {
    const { writeDiffPage } = await import('../../harness/diff-page.js');
    const sides = { a: { ...a, column: named(a, conditionA) }, b: { ...b, column: named(b, conditionB) } };
    const comparison = { ...found, sides, pairs, told, table } as const;
    const { html } = options;
    files.push(
      await withProgress(call, ({ progress }) =>
        writeDiffPage(html, comparison, options, progress, plugins.benchmarks),
      ),
    );
  }
  if (call.json) {
    print(
      JSON.stringify({ title, matchedBy, onlyA, onlyB, diff: table.rows, questions: questions.rows, files }),
    );
    return;
  }
  if (call.quiet) return;
  print(fittingTable(table));
  if (onlyA + onlyB > 0 || matchedBy === 'wording')
    print(`matched by ${matchedBy}; without counterpart: ${onlyA} of A, ${onlyB} of B\n`);
  const shown = { ...questions, rows: questions.rows.slice(0, options.show) };
  if (shown.rows.length > 0) print(fittingTable(shown));
  const left = questions.rows.length - shown.rows.length;
  if (left > 0) print(`${left} more: --show N lists them, --out DIR writes all`);
  if (files.length > 0) print(files.join('\n'));
}

const under = ({ result }: OpenedPredictions, condition: string): Prediction[] =>
  result.predictions.filter(p => p.condition === condition);

const named = ({ result, path, source }: OpenedPredictions, condition: string): string =>
  source ? `${path} (${source})` : `${result.model}, ${condition}`;

function chooseConditions(
  a: OpenedPredictions,
  b: OpenedPredictions,
  named: readonly string[] | undefined,
): [string, string] {
  const [ofA, ofB] = [a, b].map(({ result }) => conditionsOf(result.predictions)) as [string[], string[]];
  const [forA, forB = forA] = named ?? [];
  const chosen: [string, string] = [forA ?? ofA[0]!, forB ?? ofB[0]!];
  for (const [i, known] of [ofA, ofB].entries()) {
    if (!known.includes(chosen[i]!))
      throw new UsageError(
        `--condition: ${[a, b][i]!.path} has no "${chosen[i]}"; it has: ${known.join(', ')}`,
      );
  }
  if (a.path === b.path && chosen[0] === chosen[1]) {
    throw new UsageError(
      `one run is compared between two conditions: give --condition X,Y of ${ofA.join(', ')}`,
    );
  }
  return chosen;
}
