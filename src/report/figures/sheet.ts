import type { Panel, Sheet } from '../../records/figure.js';
import type { Body } from './frame.js';
import { gridSide, outline, overlay } from './heat.js';
import { asSeen, dataUri } from './picture.js';
import { escapeXml, svgText, wrapText } from './text.js';
import { INK, RIGHT, RULE, SOFT_INK, WRONG } from './theme.js';

/** The file of a benchmark's picture by its id; undefined where the data are not on this machine. */
export type PictureSource = (benchmark: string, image: string) => Promise<Uint8Array | undefined>;

/** Side of a picture, pixels, and pixels of its raster for each. */
const SIDE = 168;
const DENSITY = 2;
const GAP = 14;
/** Around pictures, many of which are white. */
const EDGE = '#bbbbbb';
const SIZE = 9.5;
const LEADING = 12;
/** Left of an answer: its tick or cross. */
const MARK = 13;

/** Draws a sheet: pictures in rows, what is said of them above, answers below. RangeError where heat or cells fit no grid. */
export async function drawSheet({ columns, panels }: Sheet, pictures: PictureSource): Promise<Body> {
  const rows = Array.from({ length: Math.ceil(panels.length / columns) }, (_, i) =>
    panels.slice(i * columns, (i + 1) * columns),
  );
  const elements: string[] = [];
  let top = 0;
  for (const row of rows) {
    const headings = row.map(({ heading }) => heading.map(line => wrapText(line, SIDE, SIZE)));
    const headingHeight = LEADING * Math.max(...headings.map(lines => lines.flat().length)) + 4;
    const answers = row.map(({ answer }) =>
      answer ? wrapText(answer.text || '(empty)', SIDE - MARK, SIZE) : [],
    );
    for (const [i, panel] of row.entries()) {
      elements.push(
        `<g transform="translate(${i * (SIDE + GAP)} ${top})">`,
        ...headingText(headings[i]!),
        `<g transform="translate(0 ${headingHeight})">${await pictureOf(panel, pictures)}</g>`,
        ...(panel.answer ? answerText(answers[i]!, panel.answer.right, headingHeight + SIDE + 4) : []),
        '</g>',
      );
    }
    top += headingHeight + SIDE + 4 + LEADING * Math.max(...answers.map(lines => lines.length)) + GAP;
  }
  return {
    svg: elements.join('\n'),
    width: Math.min(columns, panels.length) * (SIDE + GAP) - GAP,
    height: top - GAP,
  };
}

/** The first line stands out. */
const headingText = (lines: readonly (readonly string[])[]): string[] =>
  lines
    .flatMap((parts, i) => parts.map(part => ({ part, bold: i === 0 })))
    .map(({ part, bold }, i) =>
      svgText(part, 0, LEADING * (i + 1) - 3, { size: SIZE, fill: bold ? INK : SOFT_INK, bold }),
    );

/** A tick or a cross, drawn, since not every font has them; then the answer. */
function answerText(lines: readonly string[], right: boolean, top: number): string[] {
  const fill = right ? RIGHT : WRONG;
  const mark = right ? 'M1 6.5l3 3l5.5-7' : 'M1.5 2.5l7 7M8.5 2.5l-7 7';
  return [
    `<path d="${mark}" transform="translate(0 ${top})" fill="none" stroke="${fill}" stroke-width="1.8"><title>${right ? 'right' : 'wrong'}</title></path>`,
    ...lines.map((line, i) =>
      svgText(line, MARK, top + LEADING * (i + 1) - 3, { size: SIZE, fill, bold: true }),
    ),
  ];
}

async function pictureOf(
  { benchmark, image, view, heat, cells }: Panel,
  pictures: PictureSource,
): Promise<string> {
  if (cells && !heat) throw new RangeError(`${benchmark} ${image}: cells without the grid that they are of`);
  const bytes = await pictures(benchmark, image);
  const name = escapeXml(`${benchmark}, image ${image}`);
  if (!bytes) {
    return `<g><title>${name}</title><rect width="${SIDE}" height="${SIDE}" fill="${RULE}"/>${svgText('picture not on this machine', 8, SIDE / 2, { size: SIZE, fill: SOFT_INK })}</g>`;
  }
  const side = SIDE * DENSITY;
  const rgb = await asSeen(bytes, view, side);
  const n = heat ? gridSide(heat) : 1;
  const shown = heat ? overlay(rgb, side, heat, await heatColours()) : rgb;
  const uri = await dataUri(new Uint8Array(shown.buffer, shown.byteOffset, shown.length), side);
  const drawn = `<image width="${SIDE}" height="${SIDE}" xlink:href="${uri}"><title>${name}</title></image>`;
  const border = `<rect width="${SIDE}" height="${SIDE}" fill="none" stroke="${EDGE}" stroke-width="0.6"/>`;
  return drawn + border + (cells ? cellsPath(outline(cells, n), n) : '');
}

/** White on black, to be seen on any picture. */
function cellsPath(path: string, n: number): string {
  const stroke = (colour: string, width: number) =>
    `<path d="${path}" transform="scale(${SIDE / n})" fill="none" stroke="${colour}" stroke-width="${((width * n) / SIDE).toFixed(4)}" stroke-linecap="square"/>`;
  return stroke('#000000', 2.6) + stroke('#ffffff', 1.3);
}

/** Inferno, uniform in lightness: uint8[256 × 3]. */
async function heatColours(): Promise<Uint8Array> {
  const { scheme } = await import('vega');
  const colour: (t: number) => string = scheme('inferno');
  return Uint8Array.from(
    Array.from({ length: 256 }, (_, i) =>
      colour(i / 255)
        .match(/\d+/g)!
        .map(Number),
    ).flat(),
  );
}
