import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { z } from 'zod';
import { UserError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { make2ds } from '../2ds/make.js';
import { twoDsOptions } from '../2ds/options.js';
import { MANIFEST_FILE, type MiniManifest, manifestReadme, readManifest, WORLD_VERSION } from './manifest.js';
import { type MiniOptions, miniOptions } from './options.js';
import { writePictures } from './pictures.js';
import { guesserScenes, type TestSet } from './test-set.js';
import { TEST_SETS } from './test-sets.js';
import { guessTwoDs } from './two-ds-guesser.js';

export type MakeMiniOptions = z.input<typeof miniOptions> & {
  /** The folder to write: one folder a benchmark, `manifest.json` and `README.md`. */
  readonly out: string;
  /** Called as images are drawn. */
  readonly onProgress?: (drawn: number, total: number) => void;
};

/**
 * Generates the mini world's test sets, every benchmark in its published file format, and puts them in place at
 * once: `out` is either whole or as it was. The same options give the same files under the same version of sharp.
 * UserError on invalid options, on rules that leave no room, and for an `out` that holds anything else.
 */
export async function makeMini({ out, onProgress, ...rest }: MakeMiniOptions): Promise<MiniManifest> {
  const options = parseOptions(rest);
  await refuseOtherContent(out);
  const part = `${out}.part-${process.pid}`;
  await rm(part, { recursive: true, force: true });
  await makeFolder(part);
  try {
    const manifest = await writeAll(part, options, onProgress ?? (() => {}));
    // Another process may have made the very same meanwhile, and be reading it.
    const there = await readManifest(out);
    if (JSON.stringify(there) === JSON.stringify(manifest)) return manifest;
    await rm(out, { recursive: true, force: true });
    await makeFolder(dirname(out));
    await rename(part, out);
    return manifest;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function parseOptions(given: z.input<typeof miniOptions>): MiniOptions {
  const parsed = miniOptions.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new UserError(`cannot make the mini world from these options: ${issues.join('; ')}`);
}

async function refuseOtherContent(out: string): Promise<void> {
  const exists = await stat(out).then(
    () => true,
    () => false,
  );
  if (exists && (await readManifest(out)) === null)
    throw new UserError(
      `expected an earlier mini world or nothing at ${out}, found something else: choose another folder, or remove it`,
    );
}

async function writeAll(
  folder: string,
  options: MiniOptions,
  onProgress: NonNullable<MakeMiniOptions['onProgress']>,
): Promise<MiniManifest> {
  const world = guesserScenes(options);
  const sets = Object.entries(TEST_SETS).map(([name, make]) => [name, make(options, world)] as const);
  const twoDs = twoDsOptions.parse(options);
  const total =
    sets.reduce((sum, [, { pictures }]) => sum + pictures.length, 0) +
    twoDs.counts.length * twoDs.imagesPerCount;
  let drawn = 0;
  const progress = (pictures: number) => {
    drawn += pictures;
    onProgress(drawn, total);
  };
  const benchmarks: MiniManifest['benchmarks'] = {};
  for (const [name, set] of sets) {
    await writeTestSet(join(folder, name), set, options.contrast, progress);
    benchmarks[name] = summary(set);
  }
  const before = drawn;
  const made = await make2ds({
    ...options,
    out: join(folder, '2ds'),
    onProgress: done => progress(before + done - drawn),
  });
  const guesser = guessTwoDs(twoDs, guesserScenes(options, { biased: false }));
  benchmarks['2ds'] = { images: made.images, questions: made.questions, guesser };
  const manifest = { world: WORLD_VERSION, options, sharp: sharp.versions.sharp ?? '', benchmarks };
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, 'README.md'), manifestReadme(manifest));
  return manifest;
}

const summary = ({ pictures, questions, guesser }: TestSet): MiniManifest['benchmarks'][string] => ({
  images: pictures.length,
  questions,
  ...(guesser && { guesser }),
});

async function writeTestSet(
  folder: string,
  { pictures, files, filesWithImages }: TestSet,
  contrast: number,
  onDrawn: (pictures: number) => void,
): Promise<void> {
  await writePictures(folder, pictures, contrast, onDrawn);
  const tables = await filesWithImages?.(path => readFile(join(folder, path)));
  for (const [path, content] of Object.entries({ ...files, ...tables })) {
    await makeFolder(dirname(join(folder, path)));
    await writeFile(join(folder, path), content);
  }
}
