import { UserError } from '../errors.js';
import type { PictureSource } from '../report/figures/sheet.js';
import { readRunInfo } from '../runs/run-info.js';
import { imagesOfRun, type RunImages } from './run-images.js';
import { describeRun } from './stored-result.js';

/**
 * The pictures that stored runs were asked about, by benchmark. Data are opened when a picture is first asked for; where
 * they are gone, that is told once and there are no pictures.
 */
export function picturesOf(dirs: readonly string[], onNotice: (text: string) => void): PictureSource {
  const opened = new Map<string, Promise<RunImages | undefined>>();
  const open = async (benchmark: string): Promise<RunImages | undefined> => {
    for (const dir of dirs) {
      const info = await readRunInfo(dir);
      if (!info || describeRun(dir, info).parts.benchmark !== benchmark) continue;
      return imagesOfRun({ dir, info }).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        onNotice(`figures without pictures: ${error.message}`);
        return undefined;
      });
    }
    return undefined;
  };
  return async (benchmark, image) => {
    const known = opened.get(benchmark) ?? open(benchmark);
    opened.set(benchmark, known);
    return (await known)?.(image);
  };
}
