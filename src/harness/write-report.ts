import { join } from 'node:path';
import type { z } from 'zod';
import { isCondition, original } from '../experiments/condition.js';
import { conditionTable } from '../experiments/condition-table.js';
import { under } from '../experiments/scores.js';
import type { Results } from '../experiments/types.js';
import { FEWEST_CLUSTERS } from '../metrics/clustered.js';
import type { Figure } from '../records/figure.js';
import type { RunResult } from '../records/result.js';
import type { Table } from '../records/table.js';
import type { Verdict } from '../records/verdict.js';
import { hasFonts } from '../report/figures/draw.js';
import { type WrittenFigure, writeFigure } from '../report/figures/write.js';
import { writeTable } from '../report/tables.js';
import { type Progress, silent } from '../work.js';
import { settingsOf } from './options.js';
import { picturesOf } from './run-pictures.js';

/** The tables, figures and verdicts of one experiment in one suite, written, and the runs behind them. */
export interface Report {
  readonly experiment: string;
  /** What it reproduces of the paper, and its summary. */
  readonly paper: string;
  readonly summary: string;
  readonly suite: string;
  readonly tables: readonly Table[];
  readonly figures: readonly WrittenFigure[];
  readonly verdicts: readonly Verdict[];
  /** What a reader must know of the results before their numbers, a line each. */
  readonly notices: readonly string[];
  readonly files: readonly string[];
  /** Folders of the runs. */
  readonly runs: readonly string[];
}

/** What a report is made of: an experiment's results, and the settings they were made with; an `Outcome` is one. */
export interface Reportable extends Pick<Report, 'suite' | 'runs'> {
  readonly ran: Results;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Writes an experiment's tables to `<root>/<suite>/tables`, its figures to `<root>/<suite>/figures`. */
export async function writeReport(
  { ran, suite, runs, options }: Reportable,
  root: string = String(options.results ?? 'results'),
  progress: Progress = silent,
): Promise<Report> {
  const { tables, figures, verdicts } = resultsSay(ran, options);
  const files = [];
  for (const table of tables) files.push(await writeTable(join(root, suite, 'tables'), table));
  const drawn: WrittenFigure[] = [];
  if (figures.length > 0 && !(await hasFonts())) {
    progress.say(
      'no font is installed here: the letters of PNG figures are boxes, those of SVG figures are not',
    );
  }
  const pictures = picturesOf(runs, text => progress.say(text));
  for (const figure of figures) drawn.push(await writeFigure(join(root, suite, 'figures'), figure, pictures));
  files.push(...drawn.flatMap(figure => figure.files));
  const { name, paper, summary } = ran.experiment;
  const notices = tooFewImages(ran);
  return { experiment: name, paper, summary, suite, tables, figures: drawn, verdicts, notices, files, runs };
}

/** Results whose images are too few for intervals, which their tables then lack. */
function tooFewImages(ran: Results): string[] {
  const counted =
    ran.kind === 'asks'
      ? ran.results.map(result => ({ result, records: result.predictions }))
      : ran.results.map(result => ({ result, records: result.measurements }));
  return counted.flatMap(({ result, records }) => {
    const images = new Set(records.map(({ image }) => image)).size;
    if (images >= FEWEST_CLUSTERS) return [];
    return [
      `${result.model} on ${result.benchmark.title}: no intervals, too few images (${images}; one needs ${FEWEST_CLUSTERS})`,
    ];
  });
}

interface Said {
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
}

function resultsSay(ran: Results, settings: Readonly<Record<string, unknown>>): Said {
  if (ran.kind === 'measures') return experimentSays(ran.experiment, ran.results, settings);
  const { experiment, results } = ran;
  const said = experimentSays(experiment, results, settings);
  if (!settings.textOnly && !settings.blankImage) return said;
  return { ...said, tables: [...said.tables, conditionTable(`${experiment.name}-conditions`, results)] };
}

/** What an experiment makes of its results, whatever they are. */
function experimentSays<R>(
  experiment: SaysOf<R>,
  results: readonly R[],
  settings: Readonly<Record<string, unknown>>,
): Said {
  const options = experiment.options.parse(settingsOf(experiment.options, settings));
  return {
    tables: experiment.tables(results, options),
    figures: experiment.figures?.(results, options) ?? [],
    verdicts: experiment.verdicts?.(results, options) ?? [],
  };
}

/** The part of an experiment that speaks. */
interface SaysOf<R> {
  readonly options: z.ZodObject;
  tables(results: readonly R[], options: object): readonly Table[];
  figures?(results: readonly R[], options: object): readonly Figure[];
  verdicts?(results: readonly R[], options: object): readonly Verdict[];
}

/**
 * Writes the answers of other programs beside ours on the same benchmarks: a table that every experiment's runs are part of,
 * each model and split once, in the tokens' own order.
 */
export async function writeBeside(
  suite: string,
  ours: readonly RunResult[],
  others: readonly RunResult[],
  root: string,
): Promise<Report> {
  const benchmarks = new Set(others.map(({ benchmark }) => benchmark.name));
  const seen = new Set<string>();
  const unchanged = ours.flatMap(result => {
    const { name, split } = result.benchmark;
    const key = JSON.stringify([result.model, name, split]);
    const predictions = under(result, original);
    if (!benchmarks.has(name) || seen.has(key) || predictions.length === 0) return [];
    seen.add(key);
    const conditions = result.conditions.filter(condition => isCondition(condition, original));
    return [{ ...result, conditions, predictions }];
  });
  const table = conditionTable('beside', [...unchanged, ...others]);
  const file = await writeTable(join(root, suite, 'tables'), table);
  return {
    experiment: 'beside',
    paper: 'not in the paper',
    summary: "other programs' answers beside ours",
    suite,
    tables: [table],
    figures: [],
    verdicts: [],
    notices: [],
    files: [file],
    runs: [],
  };
}
