import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';

/**
 * Where the native engine lives: `VLM_SPATIAL_NATIVE`, or `vlm-spatial/native` in the user's cache folder. Outside
 * node_modules, so that `npm install` leaves it alone.
 */
export function nativeFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.VLM_SPATIAL_NATIVE) return env.VLM_SPATIAL_NATIVE;
  const caches: Partial<Record<NodeJS.Platform, string | undefined>> = {
    darwin: join(home, 'Library', 'Caches'),
    win32: env.LOCALAPPDATA,
  };
  return join(caches[platform] ?? env.XDG_CACHE_HOME ?? join(home, '.cache'), 'vlm-spatial', 'native');
}

const manifest = z.object({
  format: z.literal(1),
  addon: z.string(),
  tensorflow: z.object({
    version: z.string(),
    /** Whether it is a CUDA build; it runs on the CPU where there is no GPU. */
    cuda: z.boolean(),
    /** In words: the wheel or the installation. */
    source: z.string(),
  }),
  node: z.string(),
  platform: z.string(),
  arch: z.string(),
  built: z.string(),
});

/** What a native engine's folder says of itself, in `manifest.json`. */
export type Manifest = z.infer<typeof manifest>;

/** The file that says what lies in a folder of the native engine. */
export const manifestFile = (folder: string): string => join(folder, 'manifest.json');

/** The tfjs-node package inside a native engine's folder. */
export const addonFolder = (folder: string): string => join(folder, 'addon');

/** The manifest in `folder`, or null if no native engine is there. */
export function readManifest(folder: string): Manifest | null {
  const file = manifestFile(folder);
  if (!existsSync(file)) return null;
  const read = manifest.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  throw new UserError(
    `${file} is not a native engine's manifest of this version: run vlm-spatial native again`,
  );
}
