import sharp from 'sharp';
import type { Figure } from '../../records/figure.js';
import { drawChart } from './chart.js';
import { frame } from './frame.js';
import { drawSheet, type PictureSource } from './sheet.js';
import { svgText } from './text.js';
import { FONT, INK } from './theme.js';

/** A figure as files: SVG, and the same at twice its size as PNG. */
export interface DrawnFigure {
  readonly svg: string;
  readonly png: Uint8Array;
}

/**
 * Draws a figure with its title and caption. The same figure and pictures give the same SVG on every machine; the PNG's
 * letters are those of the fonts that the machine has.
 * @param pictures a benchmark's pictures, for sheets
 */
export async function drawFigure(figure: Figure, pictures: PictureSource): Promise<DrawnFigure> {
  const body = figure.kind === 'chart' ? await drawChart(figure) : await drawSheet(figure, pictures);
  const svg = frame(figure.title, figure.caption, body);
  const png = await sharp(Buffer.from(svg), { density: 144, unlimited: true })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { svg, png };
}

/** Whether this machine has a font for PNGs; without one every letter comes out as the same box. */
export async function hasFonts(): Promise<boolean> {
  const [a, b] = await Promise.all(
    ['A', 'B'].map(letter =>
      sharp(
        Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" font-family="${FONT}">${svgText(letter, 2, 16, { size: 16, fill: INK })}</svg>`,
        ),
      )
        .raw()
        .toBuffer(),
    ),
  );
  return !a!.equals(b!);
}
