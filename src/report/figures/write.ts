import { join } from 'node:path';
import type { Figure } from '../../records/figure.js';
import { toDisk } from '../to-disk.js';
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
  const files = [];
  for (const [ending, content] of Object.entries({ svg, png })) {
    const path = join(dir, `${figure.name}.${ending}`);
    await toDisk(path, content);
    files.push(path);
  }
  return { figure, svg, files };
}
