import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { printable } from '../printable.js';
import { option } from '../scorers/choice.js';
import { mmvpMetrics } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { imageFiles } from './files/image-files.js';
import { checked, filesLike, readText } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { streamRows, tablesWith } from './files/parquet.js';
import { namesOf } from './files/shards.js';
import { text } from './files/values.js';
import { BY_LETTER, chanceOfChoices, withChoices } from './multiple-choice.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * MMVP (Tong et al. 2024): 150 pairs of images that CLIP takes for alike, one question a pair, from `Questions.csv` with the folder
 * `MMVP Images` (`MMVP/MMVP`) or from parquet with the same columns (`lmms-lab-eval/MMVP`, where four answers are corrected). The
 * question is put as the paper's evaluators' source does (cambrian, `mmvp_eval.py`); its rule grades it.
 */
export const mmvp: Benchmark = {
  name: 'mmvp',
  title: 'MMVP',
  suffix: BY_LETTER,
  scorer: option,
  metrics: mmvpMetrics,
  chanceFloor: chanceOfChoices,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'mmvp',
        title: 'MMVP',
        expected: "MMVP's Questions.csv with the folder MMVP Images, or its parquet file",
        layouts: [parquetSplits, csvSplits],
      },
      path,
      options,
    ),
};

const row = z.object({
  Index: text.transform(Number).pipe(z.int().positive()),
  Question: z.string(),
  /** `(a) Open (b) Closed` */
  Options: z
    .string()
    .transform(options => options.split(/\([a-z]\)/).map(option => option.trim()))
    .pipe(z.array(z.string()).min(3, 'expected options as (a) Open (b) Closed')),
  'Correct Answer': z
    .string()
    .transform(answer => answer.trim())
    .pipe(z.string().regex(/^\([a-z]\)$/, 'expected the letter of an option, as (a)')),
});

const SPLIT = { split: 'test', preferred: true };

async function csvSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const files = await filesLike(
    folder.candidates,
    /\.csv$/i,
    /^\uFEFF?[^\n]*Question,\s*Options,\s*Correct Answer/,
  );
  return files.slice(0, 1).map(({ file }) => ({
    ...SPLIT,
    layout: `official CSV ${file.path}`,
    read: async () => ({
      questions: (await readRows(file)).map((value, i) => ({ ...toQuestion(value), place: `row ${i + 1}` })),
      images: await imageFiles(folder, id => [`MMVP Images/${id}`, id], options.images),
    }),
  }));
}

async function readRows(file: DataFile): Promise<z.infer<typeof row>[]> {
  let records: Record<string, string>[];
  try {
    // Published copies spell the first column "lndex", with a small L.
    const columns = (names: string[]) => names.map(name => (name === 'lndex' ? 'Index' : name.trim()));
    records = parse(await readText(file), { columns, bom: true, skip_empty_lines: true });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${printable(file.path)} is no CSV: ${printable(String((error as Error).message), 200)}; fetch it again`,
    );
  }
  return records.map((record, i) => checked(row, record, `${printable(file.path)}, row ${i + 1}`));
}

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = await tablesWith(folder.candidates, 'image', ...Object.keys(row.shape));
  if (tables.length === 0) return [];
  const read = async () => {
    const questions: Question[] = [];
    const cells = new Map<string, ImageCell>();
    for (const table of tables) {
      for await (const { row: index, value } of streamRows(table, row)) {
        questions.push(toQuestion(value));
        cells.set(String(value.Index), { table, row: index });
      }
    }
    return { questions, images: await imageCells(cells, 'image', options.images) };
  };
  return [{ ...SPLIT, layout: `parquet ${namesOf(tables)}`, read }];
}

function toQuestion(value: z.infer<typeof row>): Question {
  const {
    Index: index,
    Question: question,
    Options: [, ...choices],
  } = value;
  return {
    imageId: String(index),
    sample: {
      id: String(index),
      question: withChoices(`${question} Options:`, choices, (letter, choice) => `${letter}. ${choice}`),
      targets: [value['Correct Answer']],
      choices,
      category: '',
      // Two images in a row share a question, with opposite answers.
      labels: { pair: Math.ceil(index / 2) },
    },
  };
}
