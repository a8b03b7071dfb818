import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import { safePath } from './safe-path.js';

/** A file's path below the preset's folder; `*` stands for any part of one name. */
const path = z.string().refine(value => safePath(value), 'expected a relative path without ".."');

const hubSource = z.strictObject({
  /** `owner/name` on huggingface.co. */
  repo: z.string().regex(/^[\w-][\w.-]*\/[\w-][\w.-]*$/),
  type: z.enum(['model', 'dataset']).default('model'),
  /** Branch, tag or commit. */
  revision: z.string().default('main'),
  /** Each must match at least one file. */
  files: z.array(path).min(1),
  /** Taken where they are there. */
  optional: z.array(path).default([]),
  /** Of `files`, which are safetensors then, only these tensors, as one file; see `tensorCut`. */
  tensors: z.strictObject({ prefix: z.string(), into: path }).exactOptional(),
});

const urlSource = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  path,
  bytes: z.int().positive().exactOptional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});

const presetSchema = z.strictObject({
  title: z.string(),
  /** How much there is to fetch, roughly, as of the day the preset was written; null where nobody has looked. */
  approximateBytes: z.int().positive().nullable(),
  license: z.string(),
  /** What one should know of it, for people. */
  note: z.string().exactOptional(),
  /** Another preset, whose folder the model needs as its vision tower. */
  visionTower: z.string().exactOptional(),
  sources: z.array(z.union([hubSource, urlSource])).min(1),
  /** JSON files to write beside what was fetched: what the source does not say. */
  write: z.record(path, z.record(z.string(), z.json())).default({}),
});

export type HubSource = z.infer<typeof hubSource>;
export type UrlSource = z.infer<typeof urlSource>;
export type Source = HubSource | UrlSource;

/** What a model or a benchmark consists of and where its files come from. */
export interface Preset extends z.infer<typeof presetSchema> {
  /** Its file's name, and its folder's. */
  readonly name: string;
}

/** The presets in a folder of JSON files, by name. UserError for one that is malformed. */
export function readPresets(folder: string): Preset[] {
  const files = readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .sort();
  return files.map(file => {
    try {
      const preset = presetSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
      return { name: file.slice(0, -'.json'.length), ...preset };
    } catch (error) {
      throw new UserError(`${join(folder, file)} is no preset: ${messageOf(error)}`);
    }
  });
}

/** Whether a pattern of a preset names this file. */
export const matches = (pattern: string, file: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('[^/]*')}$`).test(file);

const escaped = (text: string): string => text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&');
