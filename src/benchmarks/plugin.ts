import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import { printable } from '../printable.js';
import type { Scorer } from '../scorers/types.js';
import type { Benchmark, Dataset, SampleImage } from './types.js';

/** Milliseconds that a plug-in may take to open its data, or for an image. */
const LONGEST = 600_000;

const benchmarkSchema = z.looseObject({
  name: z.string().min(1),
  title: z.string(),
  suffix: z.string(),
  scorer: z.custom<Scorer>(value => typeof value === 'function', 'expected a function'),
  open: z.custom(value => typeof value === 'function', 'expected a function'),
});

const datasetSchema = z.looseObject({
  split: z.string(),
  layout: z.string(),
  fingerprint: z.string(),
  imageCount: z.int(),
  sampleCount: z.int(),
  images: z.custom(value => typeof value === 'function', 'expected a function'),
});

const imageSchema = z.looseObject({
  id: z.string(),
  load: z.custom(value => typeof value === 'function', 'expected a function'),
  samples: z.array(
    z.looseObject({
      id: z.string(),
      question: z.string(),
      targets: z.array(z.string()),
      category: z.string(),
      labels: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
});

/**
 * A benchmark from outside the package, whose faults are named as its own: what it throws, what it gives that is none of
 * `Benchmark`'s, and what it never finishes become a UserError with its name and file. What blocks the process for ever, a
 * loop without an end, cannot be told from work.
 *
 * @param file the module that it came from, as it was named
 * @param longest milliseconds for opening the data, and for each image
 */
export function fromPlugin(benchmark: Benchmark, file: string, longest = LONGEST): Benchmark {
  const name = printable(String((benchmark as { name?: unknown } | null | undefined)?.name));
  const where = (part: string) => `${part} of benchmark "${name}" (--plugin ${printable(file)})`;
  checked(benchmarkSchema, benchmark, where('the object'));
  const { scorer, metrics } = benchmark;
  return over(benchmark, {
    scorer: (output, target) => {
      const score = calling(where('the scorer'), () => scorer(output, target));
      const unknown = benchmark.graded === false || target.targets.length === 0;
      return checked(unknown ? openScore : scoreSchema, score, where('the scorer'));
    },
    ...(metrics && { metrics: rows => calling(where('metrics'), () => metrics(rows)) }),
    open: async (path, options) => {
      const opening = () => benchmark.open(path, options);
      const dataset = await within(longest, where('open'), opening);
      checked(datasetSchema, dataset, where('what open gives'));
      return over(dataset, { images: () => guardedImages(dataset, longest, where) });
    },
  });
}

/** An object with some of its parts changed, also where it is one of a class. */
const over = <T extends object>(object: T, parts: Partial<T>): T =>
  Object.create(object, Object.getOwnPropertyDescriptors(parts));

const answer = z.string();
const scoreSchema = z.looseObject({ answer, score: z.number().min(0).max(1) });
const openScore = z.looseObject({ answer, score: z.union([z.number().min(0).max(1), z.nan()]) });

async function* guardedImages(
  dataset: Dataset,
  longest: number,
  where: (part: string) => string,
): AsyncGenerator<SampleImage> {
  const images = calling(where('images'), () => dataset.images()[Symbol.asyncIterator]());
  for (;;) {
    const { done, value } = await within(longest, where('images'), () => images.next());
    if (done) return;
    const image = checked(imageSchema, value, where('an image')) as SampleImage;
    yield {
      ...image,
      load: async () => {
        const bytes = await within(longest, where(`load of image "${printable(image.id)}"`), () =>
          image.load(),
        );
        if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
        throw new UserError(
          `expected the bytes of an image file from ${where(`load of image "${printable(image.id)}"`)}, found ${kindOf(bytes)}: correct the plug-in`,
        );
      },
    };
  }
}

function checked<T>(schema: z.ZodType, value: T, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return value;
  const [issue] = result.error.issues;
  const at = issue?.path.length ? ` at ${printable(issue.path.join('.'))}` : '';
  throw new UserError(
    `expected of ${where} what the plug-in's interface says, found ${kindOf(value)}${at} (${printable(issue?.message ?? '')}): correct the plug-in`,
  );
}

/** A value in few words: `undefined`, `text "0.5"`, `an object`. */
function kindOf(value: unknown): string {
  if (typeof value === 'string') return `text "${printable(value, 40)}"`;
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'object' && value !== null) {
    const { score } = value as { score?: unknown };
    return score === undefined
      ? 'an object'
      : `a score of ${typeof score === 'string' ? `"${printable(score, 40)}"` : String(score)}`;
  }
  return value === undefined ? 'nothing' : String(value);
}

function calling<T>(where: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw theirs(where, error);
  }
}

async function within<T>(milliseconds: number, where: string, call: () => Promise<T> | T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new UserError(`${where} gave nothing within ${milliseconds / 1000} s: correct the plug-in`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    throw theirs(where, error);
  } finally {
    clearTimeout(timer);
  }
}

/** An error of the plug-in's with its place; one that is made for people stays as it is. */
const theirs = (where: string, error: unknown): UserError =>
  error instanceof UserError
    ? error
    : new UserError(`${where} failed (${printable(messageOf(error))}): correct the plug-in`, {
        cause: error,
      });
