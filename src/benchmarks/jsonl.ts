import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { nearestName } from '../nearest.js';
import { printable, quoted } from '../printable.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import type { Question } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { imagesBelow } from './files/image-files.js';
import { filesLike, type JsonLine, readJsonLines } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { text, yesOrNo } from './files/values.js';
import { BY_LETTER, goldLetter, withChoices } from './multiple-choice.js';
import type { Benchmark, Sample } from './types.js';

const SHORT = 'Answer the question using a single word or phrase.';

/** What is put after a question, as LLaVA does for benchmarks that are scored so. */
const SUFFIXES: Readonly<Record<ScorerName, string>> = {
  exact: SHORT,
  vqa: SHORT,
  yesno: SHORT,
  short: SHORT,
  choice: BY_LETTER,
  option: BY_LETTER,
  contains: '',
};

/**
 * One's own benchmark: a file of JSON lines `{image, question, answer | answers, choices?, category?, id?}`, graded by the
 * scorer named. `image` is a path below the file's folder, or below `OpenOptions.images`; a question with choices is put with
 * them lettered (A), (B), …, and its answer is a letter or one of the choices; `id` is the line's number where it has none, and
 * a number keeps its digits, however many. null in a key that may be left out means that it is. For the scorer yesno true and
 * false mean yes and no.
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
        layouts: [(folder, { images }) => ownSplits(folder, scorer, images)],
      },
      where,
      options,
    ),
});

/** null as if the key were not there. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform(value => (value === null ? undefined : value));

const answer = z.union([text, z.boolean()], {
  error: 'expected a text or a number (or true and false, with --scorer yesno)',
});

const fields = {
  image: z.string().min(1),
  question: z.string(),
  answer: optional(answer),
  answers: optional(z.array(answer).min(1)),
  choices: optional(z.array(text).min(2).max(26)),
  category: optional(text),
  id: optional(text),
};

const KEYS = Object.keys(fields);

const line = z
  .strictObject(fields, {
    error: issue => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys as string[]) : undefined),
  })
  .refine(({ answer, answers }) => (answer === undefined) !== (answers === undefined), {
    error: 'give either answer or answers',
  });

const unknownKeys = (keys: readonly string[]): string =>
  `${keys.map(key => `"${key}" is no key (nearest: ${nearestName(key, KEYS)})`).join(', ')}; the keys are ${KEYS.join(', ')}`;

async function ownSplits(
  folder: DataFolder,
  scorer: ScorerName,
  elsewhere: string | undefined,
): Promise<FoundSplit[]> {
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
      return { questions, images: imagesBelow(dirname(file.disk), elsewhere) };
    },
  }));
}

function toQuestion(
  {
    number,
    value: { image, question, answer, answers: several, choices, category = '', id },
  }: JsonLine<z.infer<typeof line>>,
  index: number,
  scorer: ScorerName,
  { path }: DataFile,
): Question {
  const name = id ?? String(index + 1);
  const place = `line ${number}`;
  const given = several ?? (answer === undefined ? [] : [answer]);
  const answers = given.map(one => (typeof one === 'boolean' ? TRUTH[`${one}`] : one));
  const refuse = (expected: string): never => {
    throw new UserError(
      `expected ${expected} in ${printable(path)}, question ${quoted(name)}, found ${given.map(one => (typeof one === 'string' ? quoted(one) : one)).join(', ')}: correct the line, or take another --scorer`,
    );
  };
  const sample = { id: name, question, targets: answers, category, labels: {} };
  if (scorer !== 'yesno' && given.some(one => typeof one === 'boolean'))
    refuse('an answer that is a text or a number (only the scorer yesno takes true and false)');
  if (scorer === 'choice' || scorer === 'option')
    return { imageId: image, place, sample: withLetters(sample, choices ?? [], refuse) };
  if (choices !== undefined) refuse('no choices, which only the scorers choice and option grade,');
  if (scorer === 'yesno') {
    const labels = answers.map(one => (/^(yes|no)$/i.test(one) ? one : yesOrNo.safeParse(one).data));
    const targets = labels.flatMap(label => label ?? refuse('yes or no'));
    return { imageId: image, place, sample: { ...sample, targets } };
  }
  // VQA accuracy asks for three others who agree, so with fewer than four no answer could be right.
  if (scorer === 'vqa' && answers.length < 4)
    refuse('the answers of at least four annotators (VQAv2 has ten)');
  return { imageId: image, place, sample };
}

const TRUTH = { true: 'yes', false: 'no' } as const;

/** The question in CV-Bench's form: with its choices, lettered, and the right one's letter as the target. */
function withLetters(
  sample: Sample,
  choices: readonly string[],
  refuse: (expected: string) => never,
): Sample {
  const letters = choices.map((_, i) => goldLetter(i));
  const targets = sample.targets.map(answer => {
    const given = letters.indexOf(answer) === -1 ? letters.indexOf(`(${answer})`) : letters.indexOf(answer);
    return (
      letters[choices.includes(answer) ? choices.indexOf(answer) : given] ??
      refuse('one of the choices, or its letter')
    );
  });
  const question = withChoices(sample.question, choices, (letter, choice) => `(${letter}) ${choice}`);
  return { ...sample, question, targets, choices };
}
