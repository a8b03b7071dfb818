import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { printable, quoted } from '../printable.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import type { Question } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { imagesBelow } from './files/images.js';
import { filesLike, readJsonLines } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import type { Benchmark, Sample } from './types.js';

const SHORT = 'Answer the question using a single word or phrase.';
const LETTER = "Answer with the option's letter from the given choices directly.";

/** What is put after a question, as LLaVA does for benchmarks that are scored so. */
const SUFFIXES: Readonly<Record<ScorerName, string>> = {
  exact: SHORT,
  vqa: SHORT,
  yesno: SHORT,
  short: SHORT,
  choice: LETTER,
  contains: '',
};

/**
 * One's own benchmark: a file of JSON lines `{image, question, answer | answers, choices?, category?, id?}`, graded by the
 * scorer named. `image` is a path below the file's folder; a question with choices is put with them lettered (A), (B), …,
 * and its answer is a letter or one of the choices; `id` is the line's number where it has none.
 *
 * @param path the file, which gives the benchmark its title
 */
export const ownBenchmark = (path: string, scorer: ScorerName): Benchmark => ({
  name: 'own',
  title: basename(path).replace(/\.jsonl$/i, ''),
  suffix: SUFFIXES[scorer],
  scorer: scorers[scorer],
  open: (where, options) =>
    openLayouts(
      {
        benchmark: 'own',
        title: "one's own benchmark",
        expected: 'lines of JSON with image, question and answer (.jsonl)',
        layouts: [folder => ownSplits(folder, scorer)],
      },
      where,
      options,
    ),
});

const text = z.union([z.string(), z.number()]).transform(String);

const line = z
  .strictObject({
    image: z.string().min(1),
    question: z.string(),
    answer: text.optional(),
    answers: z.array(text).min(1).optional(),
    choices: z.array(text).min(2).max(26).optional(),
    category: text.default(''),
    id: text.optional(),
  })
  .refine(({ answer, answers }) => (answer === undefined) !== (answers === undefined), {
    error: 'give either answer or answers',
  });

async function ownSplits(folder: DataFolder, scorer: ScorerName): Promise<FoundSplit[]> {
  const files = await filesLike(folder.candidates, /\.jsonl$/i, /"image"\s*:/, /"question"\s*:/);
  return files.map(({ file }) => ({
    split: basename(file.path).replace(/\.jsonl$/i, ''),
    preferred: false,
    layout: `JSON lines ${file.path}, scorer ${scorer}`,
    read: async () => {
      if (file.disk === undefined) {
        throw new UserError(
          `expected JSON lines on disk, found ${printable(file.path)} inside an archive: unpack it`,
        );
      }
      const lines = await readJsonLines(file, line);
      const questions = lines.map((line, i) => toQuestion(line, i, scorer, file));
      return { questions, images: imagesBelow(dirname(file.disk)) };
    },
  }));
}

function toQuestion(
  {
    image,
    question,
    answer,
    answers = answer === undefined ? [] : [answer],
    choices,
    category,
    id,
  }: z.infer<typeof line>,
  index: number,
  scorer: ScorerName,
  { path }: DataFile,
): Question {
  const name = id ?? String(index + 1);
  const refuse = (expected: string): never => {
    throw new UserError(
      `expected ${expected} in ${printable(path)}, question ${quoted(name)}, found ${answers.map(quoted).join(', ')}: correct the line, or take another --scorer`,
    );
  };
  const sample = { id: name, question, targets: answers, category, labels: {} };
  if (scorer === 'choice') return { imageId: image, sample: withLetters(sample, choices ?? [], refuse) };
  if (choices !== undefined) refuse('no choices, which only the scorer choice grades,');
  if (scorer === 'yesno' && !answers.every(given => /^(yes|no)$/i.test(given))) refuse('yes or no');
  // VQA accuracy asks for three others who agree, so with fewer than four no answer could be right.
  if (scorer === 'vqa' && answers.length < 4)
    refuse('the answers of at least four annotators (VQAv2 has ten)');
  return { imageId: image, sample };
}

/** The question in CV-Bench's form: with its choices, lettered, and the right one's letter as the target. */
function withLetters(
  sample: Sample,
  choices: readonly string[],
  refuse: (expected: string) => never,
): Sample {
  const letters = choices.map((_, i) => `(${String.fromCharCode(65 + i)})`);
  const targets = sample.targets.map(answer => {
    const given = letters.indexOf(answer) === -1 ? letters.indexOf(`(${answer})`) : letters.indexOf(answer);
    return (
      letters[choices.includes(answer) ? choices.indexOf(answer) : given] ??
      refuse('one of the choices, or its letter')
    );
  });
  const lettered = choices.map((choice, i) => `${letters[i]} ${choice}`);
  return { ...sample, question: [sample.question, ...lettered].join('\n'), targets, choices };
}
