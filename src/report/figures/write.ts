import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import type { Figure } from '../../metrics/figure.js';
import { drawFigure } from './draw.js';
import type { PictureSource } from './sheet.js';

/** A figure on disk, and its drawing for a page to hold. */
export interface WrittenFigure {
  readonly figure: Figure;
  readonly svg: string;
  /** Its SVG and its PNG. */
  readonly files: readonly string[];
}

/** Draws a figure to `<dir>/<name>.svg` and `.png`. UserError where that cannot be written. */
export async function writeFigure(
  dir: string,
  figure: Figure,
  pictures: PictureSource,
): Promise<WrittenFigure> {
  const { svg, png } = await drawFigure(figure, pictures);
  const files = ['svg', 'png'].map(ending => join(dir, `${figure.name}.${ending}`));
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(files[0]!, svg);
    await writeFile(files[1]!, png);
  } catch (error) {
    throw new UserError(
      `${files[0]} cannot be written (${messageOf(error)}): choose a folder that you may write to`,
    );
  }
  return { figure, svg, files };
}
