import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { decodeRgb } from '../../../src/models/images/decode.js';
import { processImage } from '../../../src/models/images/processor.js';
import {
  type ImageProcessorConfig,
  readImageProcessor,
} from '../../../src/models/images/processor-config.js';
import { imageFile, imageFixtures } from '../image-fixtures.js';
import { folderWith } from '../model-files.js';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** The fixtures' pictures were decoded before the processors saw them: see make_image_fixtures.py. */
const processor = async (name: string): Promise<ImageProcessorConfig> => ({
  ...(await readImageProcessor(
    await folderWith({ 'preprocessor_config.json': imageFixtures.processors[name]! }),
  )),
  transparency: 'colour beneath',
});

/** Pixel values turned back into the 8-bit values they stand for. */
function levels(pixels: Float32Array, { mean, std }: ImageProcessorConfig): Uint8Array {
  return Uint8Array.from(pixels, (value, i) => Math.round((value * std[i % 3]! + mean[i % 3]!) * 255));
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);
}

describe('decoding gives the pixels of Pillow', () => {
  test.each(imageFixtures.cases)('$file', async ({ file, width, height, decoded }) => {
    const image = await decodeRgb(imageFile(file), file);
    expect([image.width, image.height]).toEqual([width, height]);
    expect(sha256(image.data)).toBe(decoded);
  });
});

describe.each(Object.keys(imageFixtures.processors))(
  'the square of processor %s is that of transformers',
  name => {
    test.each(imageFixtures.cases.filter(c => name in c.squares))('$file', async ({ file, squares }) => {
      const config = await processor(name);
      const { pixels, side } = await processImage(imageFile(file), config);
      expect(pixels.length).toBe(side * side * 3);
      const ours = levels(pixels, config);
      const { png, sha256: hash } = squares[name]!;
      if (hash) expect(sha256(ours)).toBe(hash);
      else expect(largestDifference(ours, await sharp(imageFile(png!)).raw().toBuffer())).toBe(0);
    });
  },
);

test('pixel values are those of transformers to the last bit', async () => {
  const stored = imageFile('420-jpg.pad.pixels.f32');
  const expected = new Float32Array(new Uint8Array(stored).buffer);
  const { pixels } = await processImage(imageFile('420.jpg'), await processor('pad'));
  expect(pixels).toEqual(expected);
});

describe('the view says which part of the image the square shows', () => {
  const original = { width: 61, height: 43 };

  test('padding: the whole image, and bands above and below', async () => {
    const result = await processImage(imageFile('wide.png'), await processor('pad'));
    expect(result.original).toEqual(original);
    expect(result.view).toEqual({ left: 0, top: -9, width: 61, height: 61 });
  });

  test('cropping: the middle of the longer side', async () => {
    // 61 × 43 becomes 59 × 42, of which columns 8 to 50 are kept
    const { view } = await processImage(imageFile('wide.png'), await processor('crop'));
    expect(view).toEqual({ left: (8 * 61) / 59, top: 0, width: (42 * 61) / 59, height: 43 });
  });

  test('plain resizing: the whole image, stretched', async () => {
    const { view } = await processImage(imageFile('wide.png'), await processor('siglip'));
    expect(view).toEqual({ left: 0, top: 0, ...original });
  });
});

describe('reading processors', () => {
  const clip = { image_processor_type: 'CLIPImageProcessor' };

  test("the first CLIP checkpoints' bare numbers mean the shortest edge and a square crop", async () => {
    const dir = await folderWith({
      'preprocessor_config.json': {
        feature_extractor_type: 'CLIPFeatureExtractor',
        size: 336,
        crop_size: 336,
      },
    });
    const config = await readImageProcessor(dir);
    expect(config).toMatchObject({ size: { shortestEdge: 336 }, side: 336, pad: null, resample: 'bicubic' });
    expect(config.mean[0]).toBe(0.48145466);
  });

  test('a processor inside processor_config.json', async () => {
    const dir = await folderWith({
      'processor_config.json': { image_processor: { ...clip, image_mean: [0.7, 0.7, 0.7] } },
    });
    expect((await readImageProcessor(dir)).mean).toEqual([0.7, 0.7, 0.7]);
  });

  test("LLaVA's own format: its vision tower's processor, padding as its config.json says", async () => {
    const visionTower = await folderWith({ 'preprocessor_config.json': { size: 336, crop_size: 336 } });
    const dir = await folderWith({ 'config.json': { image_aspect_ratio: 'pad' } });
    const config = await readImageProcessor(dir, { visionTower });
    expect(config.pad).toEqual({ colour: [122, 116, 104] }); // int(255 * mean), as LLaVA pads
    expect((await readImageProcessor(dir, { visionTower, pad: false })).pad).toBeNull();
  });

  test.each([
    ['another resolution scheme', { 'config.json': { image_aspect_ratio: 'anyres' } }, /image_aspect_ratio/],
    ['no processor', {}, /no preprocessor_config\.json/],
  ])('%s is refused', async (_, files, message) => {
    const tower = 'config.json' in files ? { 'preprocessor_config.json': clip } : {};
    const read = readImageProcessor(await folderWith({ ...files, ...tower }));
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toThrow(UserError);
  });

  test.each([
    [{ image_processor_type: 'SiglipImageProcesor' }, /nearest supported one is "SiglipImageProcessor"/],
    [{ ...clip, resample: 0 }, /resample 0 is not supported/],
    [{ ...clip, do_center_crop: false }, /not a square/],
    [{ ...clip, do_resize: false }, /do_resize is false/],
    [{ ...clip, image_mean: [0.5] }, /image_mean/],
  ])('%j is refused', async (stored, message) => {
    const read = readImageProcessor(await folderWith({ 'preprocessor_config.json': stored }));
    await expect(read).rejects.toThrow(message);
  });
});

test.each([
  [
    "Hugging Face's layout",
    { architectures: ['LlavaForConditionalGeneration'], model_type: 'llava' },
    'white',
  ],
  ["LLaVA's own", { architectures: ['LlavaLlamaForCausalLM'], mm_vision_tower: 'x' }, 'colour beneath'],
  ["LLaVA's own without its name", { model_type: 'llava', mm_vision_tower: 'x' }, 'colour beneath'],
])('a transparent pixel under %s', async (_, config, expected) => {
  const dir = await folderWith({
    'config.json': config,
    'preprocessor_config.json': { size: 4, crop_size: 4 },
  });
  const processor = await readImageProcessor(dir);
  expect(processor.transparency).toBe(expected);
  const red = { width: 4, height: 4, channels: 4 as const, background: { r: 255, g: 0, b: 0, alpha: 0 } };
  const { pixels } = await processImage(await sharp({ create: red }).png().toBuffer(), processor);
  const white = expected === 'white' ? 255 : 0;
  expect(levels(pixels, processor).slice(0, 3)).toEqual(Uint8Array.of(255, white, white));
});

test('a strip a thousand times as long as high is cut before it is resized', async () => {
  const strip = { width: 4000, height: 4, channels: 3 as const, background: '#123456' };
  const png = await sharp({ create: strip }).png().toBuffer();
  const { pixels } = await processImage(png, await processor('crop-336'));
  expect(levels(pixels, await processor('crop-336')).slice(0, 3)).toEqual(Uint8Array.of(0x12, 0x34, 0x56));
});

describe('files that are no image are refused by name, in one line', () => {
  test.each([
    ['text', Buffer.from('not an image')],
    ['nothing', Buffer.alloc(0)],
    ['a truncated JPEG', imageFile('420.jpg').subarray(0, 700)],
    ['a truncated PNG', imageFile('wide.png').subarray(0, 4000)],
    ['a truncated TIFF', imageFile('rgb.tif').subarray(0, 3000)],
  ])('%s', async (_, bytes) => {
    const failure = processImage(bytes, await processor('crop'), 'cats/7.jpg');
    await expect(failure).rejects.toThrow(
      /^cats\/7\.jpg: expected an image file, .*; replace the file: JPEG, PNG, WebP, TIFF, BMP, GIF and AVIF are read$/,
    );
    await expect(failure).rejects.toThrow(UserError);
  });
});
