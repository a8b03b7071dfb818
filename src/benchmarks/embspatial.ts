import { z } from 'zod';
import { choice } from '../scorers/choice.js';
import { metricsBy } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { inlineImages } from './files/inline-images.js';
import { filesLike, readJson } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { list } from './files/lists.js';
import { streamRows, tablesWith } from './files/parquet.js';
import { namesOf } from './files/shards.js';
import { text } from './files/values.js';
import { BY_LETTER, chanceOfChoices, goldLetter, withChoices } from './multiple-choice.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * EmbSpatial-Bench (Du et al. 2024): six relations as an agent sees them in rooms, from `embspatial_bench.json`, which holds its images as
 * base64, or from Hugging Face's parquet (`FlagEval/EmbSpatial-Bench`). The choices are put below the question, lettered; each
 * question has its own image. The category is the relation.
 */
export const embspatial: Benchmark = {
  name: 'embspatial',
  title: 'EmbSpatial-Bench',
  suffix: BY_LETTER,
  scorer: choice,
  metrics: metricsBy('relation'),
  chanceFloor: chanceOfChoices,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'embspatial',
        title: 'EmbSpatial-Bench',
        expected: "EmbSpatial-Bench's embspatial_bench.json, or its parquet files",
        layouts: [parquetSplits, jsonSplits],
      },
      path,
      options,
    ),
};

const fields = {
  question_id: text,
  question: z.string(),
  answer_options: list.pipe(z.array(text).min(2).max(26)),
  /** The right option's place, from 0. */
  answer: text.transform(Number).pipe(z.int().min(0)),
  relation: z.string(),
  data_source: z.string(),
};

const isOption = ({ answer, answer_options }: { answer: number; answer_options: string[] }): boolean =>
  answer < answer_options.length;

const NO_OPTION = { path: ['answer'], error: 'expected the place of one of the options, from 0' };

const record = z.object(fields).refine(isOption, NO_OPTION);

const inJson = z.array(z.object({ ...fields, image: z.string().nullish() }).refine(isOption, NO_OPTION));

type EmbSpatialRecord = z.infer<typeof record>;

async function jsonSplits(folder: DataFolder): Promise<FoundSplit[]> {
  const patterns = [/"question_id"\s*:/, /"answer_options"\s*:/, /"relation"\s*:/];
  const files = await filesLike(folder.candidates, /\.json$/i, ...patterns);
  return files.slice(0, 1).map(({ file }) => ({
    ...SPLIT,
    layout: `official JSON ${file.path}`,
    read: async () => {
      const records = await readJson(file, inJson);
      return {
        questions: records.map(toQuestion),
        images: inlineImages(new Map(records.map(({ question_id, image = null }) => [question_id, image]))),
      };
    },
  }));
}

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = await tablesWith(folder.candidates, 'image', ...Object.keys(record.shape));
  if (tables.length === 0) return [];
  const read = async () => {
    const questions: Question[] = [];
    const cells = new Map<string, ImageCell>();
    for (const table of tables) {
      for await (const { row, value } of streamRows(table, record)) {
        questions.push(toQuestion(value));
        cells.set(value.question_id, { table, row });
      }
    }
    return { questions, images: await imageCells(cells, 'image', options.images) };
  };
  return [{ ...SPLIT, layout: `parquet ${namesOf(tables)}`, read }];
}

const SPLIT = { split: 'test', preferred: true };

function toQuestion({
  question_id,
  question,
  answer_options,
  answer,
  relation,
  data_source,
}: EmbSpatialRecord): Question {
  return {
    imageId: question_id,
    sample: {
      id: question_id,
      question: withChoices(question, answer_options, (letter, option) => `${letter}) ${option}`),
      targets: [goldLetter(answer)],
      choices: answer_options,
      category: relation,
      labels: { source: data_source },
    },
  };
}
