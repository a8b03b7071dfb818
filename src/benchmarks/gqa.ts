import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { exact } from '../scorers/exact.js';
import { gqaMetrics } from '../scorers/metrics.js';
import type { Question, SplitContent } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { imageFiles } from './files/image-files.js';
import type { ImageSource } from './files/images.js';
import { filesLike, readJson } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { type ParquetTable, streamRows, tablesWith } from './files/parquet.js';
import { byShards, namesOf, shardStem } from './files/shards.js';
import { sortByNumber, text } from './files/values.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * GQA, from its own JSON (id → question) with an image folder or archive, or from Hugging Face's parquet
 * (`lmms-lab/GQA`: `<split>_instructions` and `<split>_images`). Questions are in the order of their ids. GQA is scored on
 * balanced questions: LLaVA reports `testdev_balanced`, which has 12,578.
 */
export const gqa: Benchmark = {
  name: 'gqa',
  title: 'GQA',
  suffix: 'Answer the question using a single word or phrase.',
  scorer: exact,
  metrics: gqaMetrics,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'gqa',
        title: 'GQA',
        expected:
          "GQA's <split>_questions.json with its images, or the parquet files of its instructions and images",
        layouts: [parquetSplits, jsonSplits],
      },
      path,
      options,
    ),
};

const record = z.object({
  imageId: text,
  question: z.string(),
  answer: text.nullish(),
  types: z
    .object({
      structural: z.string().nullish(),
      semantic: z.string().nullish(),
      detailed: z.string().nullish(),
    })
    .nullish(),
});

const named = (split: string) => ({ split, preferred: split === 'testdev_balanced' });

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const files = await filesLike(folder.candidates, /\.json$/i, /"imageId"\s*:/, /"question"\s*:/);
  return files.map(({ file }) => ({
    ...named(basename(file.path, '.json').replace(/_questions$/, '')),
    layout: `official JSON ${file.path}`,
    read: async () => {
      const records = await readJson(file, z.record(z.string(), record));
      const questions = Object.entries(records).map(([id, value]) => toQuestion(id, value));
      return content(questions, await imageFiles(folder, id => [id], options.images));
    },
  }));
}

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = await tablesWith(folder.candidates, 'id', 'imageId', 'question');
  return byShards(tables, splitOf).map(([split, shards]) => ({
    ...named(split),
    layout: `parquet ${namesOf(shards)}`,
    read: async () => {
      const questions: Question[] = [];
      for (const table of shards) {
        for await (const { value } of streamRows(table, record.extend({ id: text }))) {
          questions.push(toQuestion(value.id, value));
        }
      }
      return content(questions, await parquetImages(folder, options));
    },
  }));
}

/** `testdev_balanced` of `testdev_balanced_instructions/testdev-00000-of-00001.parquet`. */
function splitOf({ path }: ParquetTable): string {
  const config = basename(dirname(path));
  return config.endsWith('_instructions') ? config.replace(/_instructions$/, '') : shardStem(path);
}

async function parquetImages(folder: DataFolder, { images }: OpenOptions): Promise<ImageSource> {
  const cells = new Map<string, ImageCell>();
  for (const table of await tablesWith(await folder.files(), 'id', 'image')) {
    if (table.columns.has('question')) continue;
    for await (const { row, value } of streamRows(table, z.object({ id: text }))) {
      if (!cells.has(value.id)) cells.set(value.id, { table, row });
    }
  }
  return cells.size === 0 ? imageFiles(folder, id => [id], images) : imageCells(cells, 'image', images);
}

function toQuestion(id: string, { imageId, question, answer, types }: z.infer<typeof record>): Question {
  const structural = types?.structural ?? '';
  const form = structural === 'query' ? 'open' : 'binary'; // GQA's eval.py
  const labels = { structural, semantic: types?.semantic ?? '', detailed: types?.detailed ?? '', form };
  return {
    imageId,
    sample: {
      id,
      question,
      targets: typeof answer === 'string' ? [answer] : [],
      category: structural,
      labels: structural === '' ? {} : labels,
    },
  };
}

function content(questions: Question[], images: ImageSource): SplitContent {
  sortByNumber(questions, ({ sample }) => sample.id);
  return { questions, images, hiddenAnswers: questions.every(({ sample }) => sample.targets.length === 0) };
}
