import type { SampleImage } from '../benchmarks/types.js';
import { UserError } from '../errors.js';
import { type ProcessedImage, processImage } from '../models/image-processor.js';
import type { OpenedModel } from '../models/open-model.js';

/** An image as the model sees it; or, where its file is broken or missing, why a measuring run leaves it out. */
export async function processOrSkip(
  image: SampleImage,
  { processor }: Pick<OpenedModel, 'processor'>,
): Promise<ProcessedImage | { readonly skipped: string }> {
  try {
    return await processImage(await image.load(), processor, image.id);
  } catch (error) {
    if (error instanceof UserError) return { skipped: error.message };
    throw error;
  }
}
