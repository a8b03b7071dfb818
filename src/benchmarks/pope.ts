import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { popeMetrics } from '../scorers/metrics.js';
import { yesNo } from '../scorers/yes-no.js';
import type { Question, SplitContent } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { imageFiles } from './files/image-files.js';
import { withoutExtension } from './files/images.js';
import { filesLike, readJsonLines } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { streamRows, tablesWith } from './files/parquet.js';
import { namesOf } from './files/shards.js';
import { text, yesOrNo } from './files/values.js';
import type { Benchmark, OpenOptions } from './types.js';

/** POPE's three ways to choose the absent objects, in the order of its paper. */
const SPLITS = ['random', 'popular', 'adversarial'];

/**
 * POPE, from its own JSON lines (`coco_pope_<split>.json`, one file a split) with COCO's val2014 images, or from Hugging
 * Face's parquet (`lmms-lab/POPE`). All splits found are read together, in the order random, popular, adversarial, each
 * question's split as its category; `--split popular` reads one.
 */
export const pope: Benchmark = {
  name: 'pope',
  title: 'POPE',
  suffix: 'Answer the question using a single word or phrase.',
  scorer: yesNo,
  metrics: popeMetrics,
  chanceFloor: () => 0.5,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'pope',
        title: 'POPE',
        expected: "POPE's coco_pope_<split>.json files with COCO's val2014 images, or its parquet files",
        layouts: [parquetSplits, jsonSplits],
      },
      path,
      options,
    ),
};

const line = z.object({
  question_id: text,
  image: z.string(),
  text: z.string(),
  label: yesOrNo,
});

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const patterns = [/"question_id"\s*:/, /"text"\s*:/, /"label"\s*:/];
  const all = await filesLike(folder.candidates, /\.jsonl?$/i, ...patterns);
  // The repository holds questions on other images, too, in folders of their own: one folder is one benchmark.
  const files = all.filter(({ file }) => dirname(file.path) === dirname(all[0]!.file.path));
  if (files.length === 0) return [];
  const questions: Question[] = [];
  for (const { file } of files) {
    const stem = basename(file.path).replace(/\.jsonl?$/i, '');
    const category = SPLITS.find(split => stem.includes(split)) ?? stem;
    for (const { number, value } of await readJsonLines(file, line)) {
      const { question_id, image, text, label } = value;
      const question = toQuestion(category, question_id, withoutExtension(image), text, label);
      questions.push({
        ...question,
        place: files.length === 1 ? `line ${number}` : `${basename(file.path)}:${number}`,
      });
    }
  }
  const images = await imageFiles(folder, id => [id], options.images);
  return splitsOf(
    { questions, images },
    `official JSON lines ${files.map(({ file }) => file.path).join(', ')}`,
  );
}

const row = z.object({
  question_id: text,
  question: z.string(),
  answer: yesOrNo,
  image_source: z.string(),
  category: z.string(),
});

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const all = await tablesWith(folder.candidates, 'image', ...Object.keys(row.shape));
  // The repository holds its questions twice, in data/ and, by split, in Full/: one folder is enough.
  const tables = all.filter(({ path }) => dirname(path) === dirname(all[0]!.path));
  const questions: Question[] = [];
  const cells = new Map<string, ImageCell>();
  for (const table of tables) {
    for await (const { row: index, value } of streamRows(table, row)) {
      const image = withoutExtension(value.image_source);
      questions.push(toQuestion(value.category, value.question_id, image, value.question, value.answer));
      if (!cells.has(image)) cells.set(image, { table, row: index });
    }
  }
  return splitsOf(
    { questions, images: await imageCells(cells, 'image', options.images) },
    `parquet ${namesOf(tables)}`,
  );
}

function toQuestion(
  category: string,
  id: string,
  imageId: string,
  question: string,
  answer: string,
): Question {
  return { imageId, sample: { id: `${category}:${id}`, question, targets: [answer], category, labels: {} } };
}

/** Each split by itself, and before them all together where there are several. */
function splitsOf({ questions, images }: SplitContent, layout: string): FoundSplit[] {
  const place = (category: string) => (SPLITS.indexOf(category) + 1 || SPLITS.length + 1) - 1;
  const categories = [...new Set(questions.map(({ sample }) => sample.category))].sort(
    (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  );
  const only = (category: string) => questions.filter(({ sample }) => sample.category === category);
  const found = (split: string, chosen: readonly string[]): FoundSplit => ({
    split,
    preferred: chosen.length === categories.length,
    layout,
    read: async () => ({ questions: chosen.flatMap(only), images }),
  });
  const each = categories.map(category => found(category, [category]));
  return each.length > 1 ? [found(categories.join(', '), categories), ...each] : each;
}
