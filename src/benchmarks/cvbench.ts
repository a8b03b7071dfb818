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
import { BY_LETTER, chanceOfChoices } from './multiple-choice.js';
import type { Benchmark, OpenOptions, Sample } from './types.js';

/** A part of CV-Bench, as its rows name their type. */
type Part = '2D' | '3D';

/**
 * A part of CV-Bench from its parquet (`nyu-visionx/CV-Bench`, `test_2d.parquet`, `test_3d.parquet` or the older
 * `test.parquet`) or its JSON lines with the `img/` folder. The question is its prompt column, which lists the choices; the category
 * is its task, the label `source` the images' origin.
 */
const cvBench = (part: Part, name: string): Benchmark => ({
  name,
  title: `CV-Bench ${part}`,
  suffix: BY_LETTER,
  scorer: choice,
  metrics: cvBenchMetrics,
  chanceFloor: chanceOfChoices,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: name,
        title: `CV-Bench ${part}`,
        expected: `CV-Bench's ${stem(part)}.parquet, or its ${stem(part)}.jsonl with the img/ folder`,
        layouts: [
          (folder, given) => parquetSplits(part, folder, given),
          (folder, given) => jsonSplits(part, folder, given),
        ],
      },
      path,
      options,
    ),
});

/** CV-Bench's 2D part: counting and spatial relations, on images of ADE20K and COCO. */
export const cvbench = cvBench('2D', 'cvbench');

/** CV-Bench's 3D part: depth order and relative distance, on images of Omni3D. */
export const cvbench3d = cvBench('3D', 'cvbench-3d');

const stem = (part: Part): string => `test_${part.toLowerCase()}`;

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

async function jsonSplits(part: Part, folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const patterns = [/"idx"\s*:/, /"choices"\s*:/, /"prompt"\s*:/, /"filename"\s*:/];
  const all = await filesLike(folder.candidates, /\.jsonl?$/i, ...patterns);
  const [file] = filesOf(
    part,
    all.map(({ file }) => file),
  );
  if (file === undefined) return [];
  const read = async () => {
    const records = await readJsonLines(file, record);
    const questions = records
      .filter(({ value }) => value.type === part)
      .map(({ number, value }) => ({ ...toQuestion(value), place: `line ${number}` }));
    return { questions, images: await imageFiles(folder, id => [withoutExtension(id)], options.images) };
  };
  return [{ split: stem(part), preferred: true, layout: `official JSON lines ${file.path}`, read }];
}

async function parquetSplits(part: Part, folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = filesOf(part, await tablesWith(folder.candidates, 'image', ...Object.keys(record.shape)));
  if (tables.length === 0) return [];
  const read = async () => {
    const questions: Question[] = [];
    const cells = new Map<string, ImageCell>();
    for (const table of tables) {
      for await (const { row, value } of streamRows(table, record)) {
        if (value.type !== part) continue;
        questions.push(toQuestion(value));
        if (!cells.has(value.filename)) cells.set(value.filename, { table, row });
      }
    }
    return { questions, images: await imageCells(cells, 'image', options.images) };
  };
  return [{ split: stem(part), preferred: true, layout: `parquet ${namesOf(tables)}`, read }];
}

/** The files of a part where it has its own, else those of both; of two copies in two folders the first. */
function filesOf<F extends { readonly path: string }>(part: Part, files: readonly F[]): F[] {
  const named = (part: Part) => files.filter(({ path }) => path.toUpperCase().includes(part));
  const own = named(part);
  const other = named(part === '2D' ? '3D' : '2D');
  const chosen = own.length > 0 ? own : files.filter(file => !other.includes(file));
  return chosen.filter(({ path }) => dirname(path) === dirname(chosen[0]!.path));
}

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
