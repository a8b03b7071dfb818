import { dirname } from 'node:path';
import { z } from 'zod';
import { choice } from '../scorers/choice.js';
import { cvBenchMetrics } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { imageFiles } from './files/image-files.js';
import { withoutExtension } from './files/images.js';
import { filesLike, readJsonLines } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { list } from './files/lists.js';
import { streamRows, tablesWith } from './files/parquet.js';
import { namesOf } from './files/shards.js';
import { text } from './files/values.js';
import type { Benchmark, OpenOptions, Sample } from './types.js';

/**
 * CV-Bench's 2D part (counting and spatial relations), from its parquet (`nyu-visionx/CV-Bench`, `test_2d.parquet` or the
 * older `test.parquet`) or its JSON lines with the `img/` folder. The question is its prompt column, which lists the
 * choices; the category is its task, the label `source` ADE20K or COCO.
 */
export const cvbench: Benchmark = {
  name: 'cvbench',
  title: 'CV-Bench 2D',
  suffix: "Answer with the option's letter from the given choices directly.",
  scorer: choice,
  metrics: cvBenchMetrics,
  chanceFloor: samples => mean(samples.map(({ choices = [] }) => 1 / choices.length)),
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'cvbench',
        title: 'CV-Bench',
        expected: "CV-Bench's test_2d.parquet, or its test_2d.jsonl with the img/ folder",
        layouts: [parquetSplits, jsonSplits],
      },
      path,
      options,
    ),
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const record = z.object({
  idx: text,
  type: z.string(),
  task: z.string(),
  choices: list.pipe(z.array(text).min(1)),
  answer: z
    .string()
    .transform(answer => answer.trim().replace(/^[A-Z]$/, '($&)'))
    .pipe(z.string().regex(/^\([A-Z]\)$/, 'expected the letter of a choice, as (A)')),
  prompt: z.string(),
  filename: z.string(),
  source: z.string(),
});

const SPLIT = { split: 'test_2d', preferred: true };

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const patterns = [/"idx"\s*:/, /"choices"\s*:/, /"prompt"\s*:/, /"filename"\s*:/];
  const all = await filesLike(folder.candidates, /\.jsonl?$/i, ...patterns);
  const [file] = of2d(all.map(({ file }) => file));
  if (file === undefined) return [];
  const read = async () => {
    const records = await readJsonLines(file, record);
    const questions = records
      .filter(({ value }) => is2d(value))
      .map(({ number, value }) => ({ ...toQuestion(value), place: `line ${number}` }));
    return { questions, images: await imageFiles(folder, id => [withoutExtension(id)], options.images) };
  };
  return [{ ...SPLIT, layout: `official JSON lines ${file.path}`, read }];
}

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = of2d(await tablesWith(folder.candidates, 'image', ...Object.keys(record.shape)));
  if (tables.length === 0) return [];
  const read = async () => {
    const questions: Question[] = [];
    const cells = new Map<string, ImageCell>();
    for (const table of tables) {
      for await (const { row, value } of streamRows(table, record)) {
        if (!is2d(value)) continue;
        questions.push(toQuestion(value));
        if (!cells.has(value.filename)) cells.set(value.filename, { table, row });
      }
    }
    return { questions, images: await imageCells(cells, 'image', options.images) };
  };
  return [{ ...SPLIT, layout: `parquet ${namesOf(tables)}`, read }];
}

/** The files of the 2D part where it has its own, else those of both parts; of two copies in two folders the first. */
function of2d<F extends { readonly path: string }>(files: readonly F[]): F[] {
  const own = files.filter(({ path }) => /2d/i.test(path));
  const chosen = own.length > 0 ? own : files.filter(({ path }) => !/3d/i.test(path));
  return chosen.filter(({ path }) => dirname(path) === dirname(chosen[0]!.path));
}

const is2d = ({ type }: z.infer<typeof record>): boolean => type === '2D';

function toQuestion({
  idx,
  task,
  choices,
  answer,
  prompt,
  filename,
  source,
}: z.infer<typeof record>): Question {
  const sample: Sample = {
    id: idx,
    question: prompt,
    targets: [answer],
    choices,
    category: task,
    labels: { source },
  };
  return { imageId: filename, sample };
}
