import { basename } from 'node:path';
import { z } from 'zod';
import { seededRandom, shuffled } from '../random.js';
import { choice } from '../scorers/choice.js';
import { whatsUpMetrics } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { imageFiles } from './files/image-files.js';
import { withoutExtension } from './files/images.js';
import { filesLike, readJson } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { text } from './files/values.js';
import { BY_LETTER, chanceOfChoices, goldLetter, withChoices } from './multiple-choice.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * What'sUp (Kamath et al. 2023) from its JSON files: photographs of two objects in four relations (`controlled_images_dataset.json`,
 * subset A; `controlled_clevr_dataset.json`, subset B; folders `controlled_images/`, `controlled_clevr/`), and captions of one or two
 * objects on COCO (`coco_qa_one_obj.json`, …, `val2017/`) and Visual Genome (`vg_qa_one_obj.json`, …, `vg_images/`). The authors
 * compare captions by a score; to a model that answers in words they are put as lettered choices, in an order drawn for each question
 * from its id alone, as the files give the right one first. The category is the relation.
 */
export const whatsup: Benchmark = {
  name: 'whatsup',
  title: "What'sUp",
  suffix: BY_LETTER,
  scorer: choice,
  metrics: whatsUpMetrics,
  chanceFloor: chanceOfChoices,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'whatsup',
        title: "What'sUp",
        expected:
          "What'sUp's JSON files (controlled_images_dataset.json, coco_qa_two_obj.json, …) with their images' folders",
        layouts: [jsonSplits],
      },
      path,
      options,
    ),
};

const controlled = z.array(
  z.object({ image_path: z.string(), caption_options: z.array(z.string()).min(2).max(26) }),
);

/** Image, right caption, wrong caption. */
const captioned = z.array(z.tuple([text, z.string(), z.string()], z.unknown()));

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const photographs = await filesLike(
    folder.candidates,
    /\.json$/i,
    /"image_path"\s*:/,
    /"caption_options"\s*:/,
  );
  const captions = await filesLike(folder.candidates, /(coco|vg)_qa_(one|two)_obj[^/]*\.json$/i, /^\s*\[/);
  const found = (
    file: DataFile,
    read: () => Promise<Question[]>,
    stems: (id: string) => string[],
  ): FoundSplit => {
    const split = splitName(file.path);
    return {
      split,
      preferred: split === 'controlled_images',
      layout: `official JSON ${file.path}`,
      read: async () => ({
        questions: await read(),
        images: await imageFiles(folder, stems, options.images),
      }),
    };
  };
  return [
    ...photographs.map(({ file }) =>
      found(
        file,
        () => photographQuestions(file),
        id => [id],
      ),
    ),
    ...captions.map(({ file }) =>
      found(
        file,
        () => captionQuestions(file),
        id => (/coco/i.test(basename(file.path)) ? [`val2017/${id.padStart(12, '0')}`] : [id]),
      ),
    ),
  ];
}

/** `controlled_images` of `controlled_images_dataset.json`, `coco_qa_two_obj` of `coco_qa_two_obj.json`. */
const splitName = (path: string): string => basename(path, '.json').replace(/_dataset$/, '');

async function photographQuestions(file: DataFile): Promise<Question[]> {
  const records = await readJson(file, controlled);
  return records.map(({ image_path, caption_options }): Question => {
    const id = withoutExtension(image_path).split('/').slice(-2).join('/');
    // `beer-bottle_on_armchair`
    const [object = '', ...rest] = basename(id).split('_');
    const question = toQuestion(id, id, caption_options);
    return { ...question, sample: { ...question.sample, labels: { set: `${object}, ${rest.at(-1)}` } } };
  });
}

async function captionQuestions(file: DataFile): Promise<Question[]> {
  const records = await readJson(file, captioned);
  return records.map(([imageId, right, wrong], i) => toQuestion(String(i + 1), imageId, [right, wrong]));
}

/** @param captions the right one first, as in the files */
function toQuestion(id: string, imageId: string, captions: readonly string[]): Question {
  const choices = shuffled(seededRandom("What'sUp", id), captions);
  const [right] = captions;
  return {
    imageId,
    sample: {
      id,
      question: withChoices(
        'Which caption describes the image?',
        choices,
        (letter, caption) => `${letter}. ${caption}`,
      ),
      targets: [goldLetter(choices.indexOf(right!))],
      choices,
      category: relationIn(right!),
      labels: {},
    },
  };
}

/** The relation that a caption speaks of; '' where it is none of them. */
const relationIn = (caption: string): string =>
  /\b(left|right|top|bottom|above|below|front|behind|under|on)\b(?! the (?:left|right|top|bottom))/.exec(
    caption,
  )?.[1] ?? '';
