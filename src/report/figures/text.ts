import { escapeHtml } from '../page/html.js';

/** Advance widths of Helvetica's characters from the space to the tilde, thousandths of an em (Adobe's font metrics). */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/** Bold letters are so much wider, about. */
const BOLD = 1.07;

/**
 * Width of a text in pixels as the house's font sets it. From a table, so that a figure is laid out the same on every
 * machine, whatever fonts it has; characters beyond ASCII count as one em, which is at least what they take.
 */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const character of text) width += WIDTHS[character.codePointAt(0)! - 32] ?? 1000;
  return (width * size * (bold ? BOLD : 1)) / 1000;
}

/** Breaks a text into lines no wider than `width` pixels; a longer word is broken where it must be. */
export function wrapText(text: string, width: number, size: number, bold = false): string[] {
  const fits = (line: string) => textWidth(line, size, bold) <= width;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (line !== '' && !fits(line + character)) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Text for XML, elements and quoted attributes alike; characters that XML 1.0 forbids become U+FFFD. */
export const escapeXml = (text: string): string =>
  escapeHtml(
    text
      .replace(/\p{Surrogate}/gu, '\ufffd')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'),
  );

/** A line of text in SVG; `y` is its base line. */
export function svgText(
  text: string,
  x: number,
  y: number,
  { size, fill, bold = false }: { readonly size: number; readonly fill: string; readonly bold?: boolean },
): string {
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${weight}>${escapeXml(text)}</text>`;
}
