import type { SampleImage } from '../benchmarks/types.js';
import { UserError } from '../errors.js';
import { type ProcessedImage, processImage } from '../models/images/processor.js';
import type { OpenedModel } from '../models/open-model.js';

/** An image as the model sees it; or, where its file is broken or missing, why a measuring run leaves it out; see `processImage`. */
export async function processOrSkip(
  image: SampleImage,
  { processor }: Pick<OpenedModel, 'processor'>,
  upscale = 1,
): Promise<ProcessedImage | { readonly skipped: string }> {
  try {
    return await processImage(await image.load(), processor, image.id, upscale);
  } catch (error) {
    if (error instanceof UserError) return { skipped: error.message };
    throw error;
  }
}
