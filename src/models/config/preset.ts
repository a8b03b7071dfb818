import { join } from 'node:path';
import { z } from 'zod';
import { parseAs, readJsonIfPresent } from './json-file.js';

const presetSchema = z.strictObject({
  /** Prompt template: a name or a text; see `promptTemplate`. */
  template: z.string().optional(),
  /** Text after every question, in place of the benchmark's. */
  suffix: z.string().optional(),
  /** How the text around the image is tokenized; see `ImageText`. */
  imageText: z.enum(['separate', 'whole']).optional(),
  /** Whether images are padded to a square, whatever the image processor says. */
  pad: z.boolean().optional(),
  /** Keys that replace or complete those of config.json. */
  config: z.record(z.string(), z.unknown()).optional(),
});

/** What is known of a checkpoint beyond its own files. */
export type Preset = z.infer<typeof presetSchema>;

/** Reads `vlm-spatial.json` in a checkpoint's folder; empty where there is none. UserError when it is malformed. */
export async function readPreset(dir: string): Promise<Preset> {
  const file = join(dir, 'vlm-spatial.json');
  return parseAs(presetSchema, (await readJsonIfPresent(file)) ?? {}, file);
}
