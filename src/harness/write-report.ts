import { join } from 'node:path';
import { conditionTable } from '../experiments/condition-table.js';
import { ORIGINAL } from '../experiments/scores.js';
import type { AnyExperiment, MeasuredResult, RunResult } from '../experiments/types.js';
import type { Figure } from '../records/figure.js';
import type { Table } from '../records/table.js';
import type { Verdict } from '../records/verdict.js';
import { hasFonts } from '../report/figures/draw.js';
import { type WrittenFigure, writeFigure } from '../report/figures/write.js';
import { writeTable } from '../report/tables.js';
import type { Progress } from '../work.js';
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
  readonly files: readonly string[];
  /** Folders of the runs. */
  readonly runs: readonly string[];
}

type Results = readonly (RunResult | MeasuredResult)[];

/** Writes an experiment's tables to `<root>/<suite>/tables`, its figures to `<root>/<suite>/figures`. */
export async function writeReport(
  experiment: AnyExperiment,
  settings: Readonly<Record<string, unknown>>,
  { suite, results, runs }: Pick<Report, 'suite' | 'runs'> & { readonly results: Results },
  root: string,
  progress: Progress,
): Promise<Report> {
  const { tables, figures, verdicts } = resultsSay(experiment, settings, results);
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
  const { name, paper, summary } = experiment;
  return { experiment: name, paper, summary, suite, tables, figures: drawn, verdicts, files, runs };
}

function resultsSay(
  experiment: AnyExperiment,
  settings: Readonly<Record<string, unknown>>,
  results: Results,
): { tables: readonly Table[]; figures: readonly Figure[]; verdicts: readonly Verdict[] } {
  const options = experiment.options.parse(settingsOf(experiment.options, settings));
  if ('measure' in experiment) {
    const measured = results as readonly MeasuredResult[];
    return {
      tables: experiment.tables(measured, options),
      figures: experiment.figures?.(measured, options) ?? [],
      verdicts: experiment.verdicts?.(measured, options) ?? [],
    };
  }
  const answered = results as readonly RunResult[];
  const controls = settings.textOnly || settings.blankImage;
  return {
    tables: [
      ...experiment.tables(answered, options),
      ...(controls ? [conditionTable(`${experiment.name}-conditions`, answered)] : []),
    ],
    figures: experiment.figures?.(answered, options) ?? [],
    verdicts: experiment.verdicts?.(answered, options) ?? [],
  };
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
    const predictions = result.predictions.filter(({ condition }) => condition === ORIGINAL);
    if (!benchmarks.has(name) || seen.has(key) || predictions.length === 0) return [];
    seen.add(key);
    return [{ ...result, predictions }];
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
    files: [file],
    runs: [],
  };
}
