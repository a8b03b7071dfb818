import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { benchmarks } from '../../benchmarks/index.js';
import { UsageError } from '../../errors.js';
import type { OpenedPredictions } from '../../harness/open-predictions.js';
import { noPlugins, type Plugins } from '../../harness/plugins.js';
import { dataOf, factsOf, imageOptions, imagePlace, openImages } from '../../harness/view-sources.js';
import { conditionsOf } from '../../records/prediction.js';
import type { ViewRun } from '../../report/view/view-data.js';
import { drawing } from '../../work.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const schema = z.strictObject({
  out: z.string().min(1).optional().meta({
    description: "the page's file (default: view.html in the first run's folder)",
    placeholder: 'FILE',
  }),
  condition: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'only these conditions, by commas (default: all)', placeholder: 'NAMES' }),
  bench: z
    .string()
    .optional()
    .meta({ description: 'benchmark that files answer, where they do not say', placeholder: 'NAME' }),
  ...imageOptions,
});

type ViewOptions = Readonly<z.output<typeof schema>>;

/** `view`: a page to browse questions and answers in. */
export function viewCommand(plugins: Plugins = noPlugins): Command {
  const command = new Command('view')
    .description('write a page (HTML, one file) to browse runs in: images, questions, answers side by side')
    .argument('<RUN...>', "folder of a run, or a file of lmms-eval or the paper's authors");
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async (paths: string[]) => {
    const call = command.opts<CallOptions>();
    await view(paths, resolveOptions(command, schema, await readConfigFile(call)), call, plugins);
  });
}

async function view(
  paths: readonly string[],
  options: ViewOptions,
  call: CallOptions,
  plugins: Plugins,
): Promise<void> {
  const { openPredictions } = await import('../../harness/open-predictions.js');
  const { viewData } = await import('../../report/view/view-data.js');
  const { writeView } = await import('../../report/view/write-view.js');
  const found = [];
  for (const path of new Set(paths)) found.push(await openPredictions(path, options.bench));
  // Another program's file may not know the images that a run of ours knows.
  const opened = found.sort((a, b) => Number(a.source !== null) - Number(b.source !== null));
  const runs = viewRuns(opened, options.condition);
  const { data, images } = viewData(runs);
  const known = [...Object.values(benchmarks), ...plugins.benchmarks];
  const { find, notes } = await openImages(opened, known, options);
  const out = options.out ?? (await besides(paths[0]!));
  const titles = (of: (one: OpenedPredictions) => string) => [...new Set(opened.map(of))].join(', ');
  const page = {
    title: `${titles(o => o.result.model)} on ${titles(o => o.result.benchmark.title)}`,
    summary: `Suite ${titles(o => o.result.suite)}: ${data.questions.id.length} questions on ${images.length} images`,
    runs: opened.map((one, i) => ({ name: `${runs[i]!.name}, ${runs[i]!.benchmark}`, facts: factsOf(one) })),
    notes: [...notes, ...opened.flatMap(imagesUnknown)],
    data,
  };
  const written = await withProgress(call, ({ progress }) =>
    drawing('images', progress, onProgress =>
      writeView(out, page, { images, find, place: imagePlace(options.images), onProgress }),
    ),
  );
  if (call.json) print(JSON.stringify(written));
  else if (!call.quiet) print([...written.notes, written.path].join('\n'));
}

/** Names are made unique where one model was run twice on the same data. */
function viewRuns(opened: readonly OpenedPredictions[], conditions?: readonly string[]): ViewRun[] {
  const conditionsThere = conditionsOf(opened.flatMap(({ result }) => result.predictions));
  const missing = conditions?.find(name => !conditionsThere.includes(name));
  if (missing !== undefined)
    throw new UsageError(`--condition: there is no "${missing}"; there are: ${conditionsThere.join(', ')}`);
  return opened.map(one => {
    const { result, source, path } = one;
    const alike = opened.filter(o => o.result.model === result.model && sameData(o, one));
    const own = source === null ? result.provenance.run : path;
    return {
      name: alike.length > 1 ? `${result.model} (${own})` : result.model,
      data: dataFor(one, opened),
      benchmark: result.benchmark.title,
      predictions: result.predictions.filter(p => conditions?.includes(p.condition) ?? true),
    };
  });
}

const sameData = (a: OpenedPredictions, b: OpenedPredictions): boolean =>
  a.result.benchmark.name === b.result.benchmark.name;

/** Another program's file is about the data of the one run of ours on its benchmark, if there is one such run. */
function dataFor(one: OpenedPredictions, opened: readonly OpenedPredictions[]): string {
  const ours = opened.filter(o => o.source === null && sameData(o, one)).map(dataOf);
  return one.source !== null && new Set(ours).size === 1 ? ours[0]! : dataOf(one);
}

const imagesUnknown = ({ path, source, imagesKnown }: OpenedPredictions): string[] =>
  source !== null && !imagesKnown ? [`${path} does not tell which image a question is about.`] : [];

async function besides(path: string): Promise<string> {
  return (await stat(path)).isDirectory() ? join(path, 'view.html') : `${path}.view.html`;
}
