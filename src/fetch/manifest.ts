import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Its name begins with a dot, so that benchmarks' readers pass over it. */
export const MANIFEST = '.vlm-spatial-fetch.json';

const manifestSchema = z.object({
  format: z.literal(1),
  preset: z.string(),
  /** The sources as the preset named them. */
  sources: z.json(),
  /** Whether everything has arrived. */
  complete: z.boolean(),
  changed: z.string(),
  /** What arrived whole, with its SHA-256. */
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string(), from: z.string() })),
});

/** What a fetched folder says of itself. */
export type Manifest = z.infer<typeof manifestSchema>;
export type FetchedFile = Manifest['files'][number];

/** A folder's manifest; undefined where it has none, or one that was not written by this program. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Replaces a folder's manifest as a whole. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, MANIFEST);
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}
