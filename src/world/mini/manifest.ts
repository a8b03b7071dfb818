import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { miniOptions } from './options.js';

/** Counts up whenever the same options give other scenes, questions or files. */
export const WORLD_VERSION = 1;

export const MANIFEST_FILE = 'manifest.json';

const guesser = z.object({ overall: z.number(), groups: z.record(z.string(), z.number()) });

const manifest = z.object({
  /** Which version of the world the files are of. */
  world: z.int(),
  options: miniOptions,
  /** The library that drew the images. */
  sharp: z.string(),
  /** By folder: how much there is, and what the best guesser without the image scores on it, in percent. */
  benchmarks: z.record(
    z.string(),
    z.object({ images: z.int(), questions: z.int(), guesser: guesser.optional() }),
  ),
});

export type MiniManifest = z.infer<typeof manifest>;

/** The manifest of a generated mini world; null where there is none, or one of another form. */
export async function readManifest(folder: string): Promise<MiniManifest | null> {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** True when `folder` holds the mini world that these options would make today. */
export async function isCurrentMini(
  folder: string,
  options: z.input<typeof miniOptions> = {},
): Promise<boolean> {
  const found = await readManifest(folder);
  return (
    found !== null &&
    found.world === WORLD_VERSION &&
    JSON.stringify(found.options) === JSON.stringify(miniOptions.parse(options))
  );
}

/** The README of a generated mini world. */
export function manifestReadme({ options, benchmarks }: MiniManifest): string {
  const rows = Object.entries(benchmarks).map(([name, { images, questions, guesser }]) => {
    const groups = Object.entries(guesser?.groups ?? {}).map(([group, score]) => `${group} ${score}`);
    return `| ${name} | ${images} | ${questions || ''} | ${guesser?.overall ?? ''} | ${groups.join(', ')} |`;
  });
  const { seed, ...difficulty } = options;
  return `# The mini world

Drawn scenes and questions about them, made by \`vlm-spatial data make mini\` in the file formats of the benchmarks whose
names the folders bear. Nothing here is of those benchmarks; numbers on these files compare with no published ones.

Seed ${seed}; ${Object.entries(difficulty)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}.

"Guesser" is the score (%) of the best guesser that sees a question but no image: it gives the answer that was most
frequent for the same words among training scenes.

| benchmark | images | questions | guesser | by group |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
