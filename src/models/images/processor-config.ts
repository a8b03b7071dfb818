import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { nearestName } from '../../nearest.js';
import { parseAs, readJsonIfPresent } from '../config/json-file.js';
import type { Transparency } from './decode.js';
import type { ResizeFilter } from './resize.js';

/** One number a channel: red, green, blue. */
export type Rgb = readonly [number, number, number];

/** Resizing so that the shorter side has this length, or less where the longer one would pass `longestEdge`. */
export interface ShortestEdge {
  readonly shortestEdge: number;
  readonly longestEdge?: number;
}

/** How an image becomes pixels, in the terms of Hugging Face's `preprocessor_config.json`. */
export interface ImageProcessorConfig {
  /** LLaVA's padding to a square before resizing, with the mean colour in 8 bits; null for none. */
  readonly pad: { readonly colour: Rgb } | null;
  readonly size: ShortestEdge | { readonly width: number; readonly height: number };
  readonly resample: ResizeFilter;
  /** Side of the resulting square, pixels; cut from the centre. */
  readonly side: number;
  /** Factor from 8-bit values to those that `mean` and `std` are given in. */
  readonly rescale: number;
  readonly mean: Rgb;
  readonly std: Rgb;
  /** What a transparent pixel shows: see `Transparency`; the colour beneath unless given. */
  readonly transparency?: Transparency;
}

const CLIP_MEAN: Rgb = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD: Rgb = [0.26862954, 0.26130258, 0.27577711];

/** What the processors of transformers assume for keys that are left out. */
const clipDefaults = { crop: true, mean: CLIP_MEAN, std: CLIP_STD, edgeMeansShortest: true };
const siglipDefaults = {
  crop: false,
  mean: [0.5, 0.5, 0.5] as Rgb,
  std: [0.5, 0.5, 0.5] as Rgb,
  edgeMeansShortest: false,
};
const processors = {
  CLIPImageProcessor: clipDefaults,
  CLIPFeatureExtractor: clipDefaults,
  LlavaImageProcessor: clipDefaults,
  SiglipImageProcessor: siglipDefaults,
} as const;

/** Pillow's numbers of its filters. */
const filters: Readonly<Record<number, ResizeFilter>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

const pixels = z.number().int().positive();
/** One number a channel, or one for all. */
const rgb = z
  .union([z.tuple([z.number(), z.number(), z.number()]), z.number()])
  .transform((value): Rgb => (typeof value === 'number' ? [value, value, value] : value));
/** Height and width; older files have a list. */
const rectangle = z.union([
  z.object({ height: pixels, width: pixels }),
  z.tuple([pixels, pixels]).transform(([height, width]) => ({ height, width })),
]);
const schema = z.object({
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_resize: z.boolean().nullish(),
  size: z
    .union([pixels, z.object({ shortest_edge: pixels, longest_edge: pixels.nullish() }), rectangle])
    .nullish(),
  resample: z.number().nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: z.union([pixels, rectangle]).nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: rgb.nullish(),
  image_std: rgb.nullish(),
  do_pad: z.boolean().nullish(),
});
type Stored = z.infer<typeof schema>;

export interface ImageProcessorOptions {
  /** Folder of a vision tower that is kept apart; read when the checkpoint's own has no processor. */
  readonly visionTower?: string | undefined;
  /** Pad to a square before resizing (LLaVA's way) or do not, whatever the files say. */
  readonly pad?: boolean | undefined;
}

/**
 * Reads how a checkpoint prepares its images: the `image_processor` of `processor_config.json`, or
 * `preprocessor_config.json`, in the checkpoint's folder or its vision tower's. Whether to pad is decided by, in this
 * order: `options.pad`, the file's `do_pad`, `image_aspect_ratio: "pad"` in LLaVA's own config.json; else no.
 */
export async function readImageProcessor(
  dir: string,
  options: ImageProcessorOptions = {},
): Promise<ImageProcessorConfig> {
  const folders = options.visionTower ? [dir, options.visionTower] : [dir];
  for (const folder of folders) {
    const found = await storedProcessor(folder);
    if (!found) continue;
    const stored = parseAs(schema, found.value, found.file);
    const pad = options.pad ?? stored.do_pad ?? (await padsByLlavaConfig(dir));
    const transparency = await transparencyOf(dir);
    return { ...imageProcessorConfig(stored, pad, found.file), transparency };
  }
  throw new UserError(
    `${folders.join(' and ')}: no preprocessor_config.json; download it with the checkpoint (for LLaVA's own format it is the vision tower's)`,
  );
}

/** As transformers 5 chooses: the one that processor_config.json holds, else preprocessor_config.json. */
async function storedProcessor(folder: string): Promise<{ value: unknown; file: string } | null> {
  const shared = join(folder, 'processor_config.json');
  const processor = parseAs(sharedSchema, (await readJsonIfPresent(shared)) ?? {}, shared);
  if (processor.image_processor) return { value: processor.image_processor, file: shared };
  const own = join(folder, 'preprocessor_config.json');
  const value = await readJsonIfPresent(own);
  return value === null ? null : { value, file: own };
}

const sharedSchema = z.object({ image_processor: z.record(z.string(), z.unknown()).nullish() });

/** By the layout of the checkpoint: LLaVA's own code shows the colour beneath, transformers' processors lay it on white. */
async function transparencyOf(dir: string): Promise<Transparency> {
  const config = z
    .looseObject({ architectures: z.array(z.string()).nullish(), mm_vision_tower: z.unknown() })
    .partial()
    .safeParse(await readJsonIfPresent(join(dir, 'config.json')));
  const { architectures, mm_vision_tower } = config.data ?? {};
  const name = architectures?.[0];
  const own = name === undefined ? mm_vision_tower !== undefined : name === 'LlavaLlamaForCausalLM';
  return own ? 'colour beneath' : 'white';
}

async function padsByLlavaConfig(dir: string): Promise<boolean> {
  const file = join(dir, 'config.json');
  const config = await readJsonIfPresent(file);
  if (config === null) return false;
  const known = z.object({ image_aspect_ratio: z.enum(['pad', 'square']).nullish() });
  return parseAs(known, config, file).image_aspect_ratio === 'pad';
}

function imageProcessorConfig(stored: Stored, padded: boolean, file: string): ImageProcessorConfig {
  const defaults = processors[processorType(stored, file)];
  if (stored.do_resize === false) {
    throw new UserError(`${file}: do_resize is false; the vision tower needs one size, so set it to true`);
  }
  const resample = filters[stored.resample ?? 3];
  if (!resample) {
    throw new UserError(
      `${file}: resample ${stored.resample} is not supported; supported: 1 (Lanczos), 2 (bilinear), 3 (bicubic)`,
    );
  }
  const size = sizeOf(stored.size ?? 224, defaults.edgeMeansShortest);
  const crop = (stored.do_center_crop ?? defaults.crop) ? sizeOf(stored.crop_size ?? 224, false) : null;
  const normalised = stored.do_normalize !== false;
  const mean = stored.image_mean ?? defaults.mean;
  const side = sideOf(crop ?? size, padded);
  if (side === null) {
    throw new UserError(
      `${file}: the result is not a square (${JSON.stringify({ size: stored.size, crop_size: stored.crop_size })}); the vision tower needs one: set do_center_crop and a square crop_size`,
    );
  }
  return {
    pad: padded ? { colour: mean.map(m => Math.trunc(m * 255)) as unknown as Rgb } : null,
    size,
    resample,
    side,
    rescale: stored.do_rescale === false ? 1 : (stored.rescale_factor ?? 1 / 255),
    mean: normalised ? mean : [0, 0, 0],
    std: normalised ? (stored.image_std ?? defaults.std) : [1, 1, 1],
  };
}

/** Which processor; the suffixes of its implementations (`Fast`, `Pil`) make no difference here. */
function processorType(stored: Stored, file: string): keyof typeof processors {
  const type = stored.image_processor_type ?? stored.feature_extractor_type ?? 'CLIPImageProcessor';
  const base = type.replace(/(Fast|Pil)$/, '');
  if (Object.hasOwn(processors, base)) return base as keyof typeof processors;
  const names = Object.keys(processors);
  throw new UserError(
    `${file}: image processor "${type}" is not supported; the nearest supported one is "${nearestName(base, names)}" (all: ${names.join(', ')})`,
  );
}

function sizeOf(
  stored: NonNullable<Stored['size']>,
  edgeMeansShortest: boolean,
): ImageProcessorConfig['size'] {
  if (typeof stored === 'object') {
    if (!('shortest_edge' in stored)) return stored;
    const { shortest_edge: shortestEdge, longest_edge: longestEdge } = stored;
    return longestEdge ? { shortestEdge, longestEdge } : { shortestEdge };
  }
  return edgeMeansShortest ? { shortestEdge: stored } : { width: stored, height: stored };
}

/** The side of the square that comes out, or null when it is none. */
function sideOf(size: ImageProcessorConfig['size'], padded: boolean): number | null {
  if ('shortestEdge' in size)
    return padded ? Math.min(size.shortestEdge, size.longestEdge ?? Infinity) : null;
  return size.width === size.height ? size.width : null;
}
