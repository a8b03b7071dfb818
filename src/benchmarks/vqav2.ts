import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { printable } from '../printable.js';
import { vqaMetrics } from '../scorers/metrics.js';
import { vqa } from '../scorers/vqa.js';
import type { Question, SplitContent } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { imageFiles } from './files/image-files.js';
import type { ImageSource } from './files/images.js';
import { filesLike, type RecognisedFile, readJson } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { list } from './files/lists.js';
import { type ParquetTable, streamRows, tablesWith } from './files/parquet.js';
import { byShards, namesOf, shardStem } from './files/shards.js';
import { sortByNumber, text } from './files/values.js';
import type { Benchmark, OpenOptions, Sample } from './types.js';

/**
 * VQAv2, from its own JSON pair (questions and annotations) with COCO's images, or from Hugging Face's parquet
 * (`lmms-lab/VQAv2`). Splits are named `val`, `test-dev` and `test`; the two test splits' answers are not published.
 * Questions are in the order of their ids.
 */
export const vqav2: Benchmark = {
  name: 'vqav2',
  title: 'VQAv2',
  suffix: 'Answer the question using a single word or phrase.',
  scorer: vqa,
  metrics: vqaMetrics,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'vqav2',
        title: 'VQAv2',
        expected:
          "VQAv2's v2_OpenEnded_mscoco_<split>_questions.json and v2_mscoco_<split>_annotations.json with COCO's images, or its parquet files",
        layouts: [parquetSplits, jsonSplits],
      },
      path,
      options,
    ),
};

/** The names in the files → the split's name. */
const SPLITS: Readonly<Record<string, string>> = {
  val2014: 'val',
  validation: 'val',
  'test-dev2015': 'test-dev',
  testdev: 'test-dev',
  test2015: 'test',
  train2014: 'train',
};

const named = (given: string) => {
  const split = SPLITS[given] ?? given;
  return { split, preferred: split === 'val' };
};

/** Ten annotators' answers: structs, or the bare words. */
const answers = z.array(z.union([z.object({ answer: text }), text.transform(answer => ({ answer }))]));

const id = z.union([z.int(), z.bigint(), z.string().regex(/^\d+$/)]).transform(String);

const questionFile = z.object({
  questions: z.array(z.object({ question_id: id, image_id: id, question: z.string() })),
});

const annotationFile = z.object({
  annotations: z.array(
    z.object({
      question_id: id,
      image_id: id.nullish(),
      answers,
      answer_type: z.string(),
      question_type: z.string(),
    }),
  ),
});

/** What is known of a question's answer; `image` is the image's id where the annotation says it, too. */
interface Annotation extends Pick<Sample, 'targets' | 'category' | 'labels'> {
  readonly image?: string | undefined;
}

const HIDDEN: Annotation = { targets: [], category: '', labels: {} };

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const common = [/"question_id"\s*:/, /"image_id"\s*:/];
  const files = await filesLike(folder.candidates, /\.json$/i, /"questions"\s*:/, ...common);
  if (files.length === 0) return [];
  const annotations = await filesLike(
    await folder.files(),
    /\.json$/i,
    /"annotations"\s*:/,
    /"answers"\s*:/,
    ...common,
  );
  return files.map(questions => {
    const subtype = subtypeOf(questions);
    const pair = annotations.find(annotation => subtypeOf(annotation) === subtype);
    return {
      ...named(subtype),
      layout: `official JSON ${[questions, ...(pair ? [pair] : [])].map(({ file }) => file.path).join(', ')}`,
      read: () => readPair(folder, subtype, questions.file, pair?.file, options.images),
    };
  });
}

/** `val2014`, as the file itself says; a file that does not goes by its name. */
const subtypeOf = ({ file, ends }: RecognisedFile): string =>
  /"data_subtype"\s*:\s*"([^"]*)"/.exec(ends)?.[1] ??
  basename(file.path, '.json').replace(/^v2_(OpenEnded_)?mscoco_|_(questions|annotations)$/g, '');

async function readPair(
  folder: DataFolder,
  subtype: string,
  questionsFile: DataFile,
  annotationsFile: DataFile | undefined,
  elsewhere: string | undefined,
): Promise<SplitContent> {
  if (annotationsFile === undefined && !subtype.startsWith('test')) {
    throw new UserError(
      `expected the annotations of VQAv2's ${printable(subtype)} beside ${printable(questionsFile.path)}, found none: fetch v2_mscoco_${printable(subtype)}_annotations.json`,
    );
  }
  const truth = annotationsFile && (await readAnnotations(annotationsFile));
  const { questions } = await readJson(questionsFile, questionFile);
  const images = subtype.replace('-dev', '');
  const numbered = (id: string) => id.padStart(12, '0');
  return content(
    questions.map(({ question_id, image_id, question }) => {
      const annotation = truth ? truth.get(question_id) : HIDDEN;
      if (annotation === undefined) {
        throw new UserError(
          `expected annotations for question ${question_id} of ${printable(questionsFile.path)}, found none in ${printable(annotationsFile!.path)}: fetch the pair again`,
        );
      }
      const { image } = annotation;
      if (image !== undefined && image !== image_id) {
        throw new UserError(
          `expected question ${question_id} to be about one image, found ${image_id} in ${printable(questionsFile.path)} and ${image} in ${printable(annotationsFile!.path)}: fetch the pair again`,
        );
      }
      return toQuestion(question_id, image_id, question, annotation);
    }),
    await imageFiles(folder, id => [`COCO_${images}_${numbered(id)}`, numbered(id)], elsewhere),
  );
}

async function readAnnotations(file: DataFile): Promise<Map<string, Annotation>> {
  const { annotations } = await readJson(file, annotationFile);
  return new Map(
    annotations.map(({ question_id, image_id, answers, answer_type, question_type }) => [
      question_id,
      { ...annotation(answers, answer_type, question_type), image: image_id ?? undefined },
    ]),
  );
}

const row = z.object({
  question_id: id,
  image_id: id,
  question: z.string(),
  answers: list.pipe(answers.nullish()).optional(),
  answer_type: z.string().nullish(),
  question_type: z.string().nullish(),
});

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const tables = await tablesWith(folder.candidates, 'question_id', 'image_id', 'question', 'image');
  return byShards(tables, ({ path }) => shardStem(path)).map(([split, shards]) => ({
    ...named(split),
    layout: `parquet ${namesOf(shards)}`,
    read: () => readShards(shards, options.images),
  }));
}

async function readShards(
  shards: readonly ParquetTable[],
  elsewhere: string | undefined,
): Promise<SplitContent> {
  const questions: Question[] = [];
  const cells = new Map<string, ImageCell>();
  for (const table of shards) {
    for await (const { row: index, value } of streamRows(table, row)) {
      const { question_id, image_id, question, answers, answer_type, question_type } = value;
      const truth = answers?.length ? annotation(answers, answer_type ?? '', question_type ?? '') : HIDDEN;
      questions.push(toQuestion(question_id, image_id, question, truth));
      if (!cells.has(image_id)) cells.set(image_id, { table, row: index });
    }
  }
  return content(questions, await imageCells(cells, 'image', elsewhere));
}

const annotation = (
  answers: readonly { answer: string }[],
  category: string,
  questionType: string,
): Annotation => ({
  targets: answers.map(({ answer }) => answer),
  category,
  labels: { questionType },
});

const toQuestion = (
  id: string,
  image: string,
  question: string,
  { targets, category, labels }: Annotation,
): Question => ({
  imageId: image,
  sample: { id, question, targets, category, labels },
});

function content(questions: Question[], images: ImageSource): SplitContent {
  sortByNumber(questions, ({ sample }) => sample.id);
  return { questions, images, hiddenAnswers: questions.every(({ sample }) => sample.targets.length === 0) };
}
