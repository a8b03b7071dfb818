import { escapeXml, svgText, wrapText } from './text.js';
import { FONT, INK, SOFT_INK } from './theme.js';

/** The drawing between title and caption: SVG elements that fill width × height pixels from (0, 0). */
export interface Body {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 10;
/** A caption in a narrower column would be taller than its figure. */
const NARROWEST = 340;
const TITLE = { size: 12, leading: 15 };
const CAPTION = { size: 9.5, leading: 12.5 };

/** A whole figure: title, body, caption, on white; self-contained SVG. */
export function frame(title: string, caption: string, body: Body): string {
  const inner = Math.max(NARROWEST, Math.ceil(body.width));
  const titleLines = wrapText(title, inner, TITLE.size, true);
  const captionLines = wrapText(caption, inner, CAPTION.size);
  const bodyTop = MARGIN + titleLines.length * TITLE.leading + 8;
  const captionTop = bodyTop + Math.ceil(body.height) + 10;
  const width = inner + 2 * MARGIN;
  const height = Math.ceil(captionTop + captionLines.length * CAPTION.leading + MARGIN - 2);
  const bodyLeft = MARGIN + Math.floor((inner - body.width) / 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(caption)}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...titleLines.map((line, i) =>
      svgText(line, MARGIN, MARGIN + 11 + i * TITLE.leading, { size: TITLE.size, fill: INK, bold: true }),
    ),
    `<g transform="translate(${bodyLeft} ${bodyTop})">${body.svg}</g>`,
    ...captionLines.map((line, i) =>
      svgText(line, MARGIN, captionTop + 9 + i * CAPTION.leading, { size: CAPTION.size, fill: SOFT_INK }),
    ),
    '</svg>\n',
  ].join('\n');
}
