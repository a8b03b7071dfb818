import { escapeHtml } from '../page/html.js';

/**
 * Advance widths of the characters from the space to the tilde, thousandths of an em: of each the wider of Helvetica's (Adobe's font
 * metrics) and DejaVu Sans's, which stands in for it where no such font is installed.
 */
const WIDTHS = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
  636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667, 611, 778, 752, 295,
  500, 667, 557, 863, 748, 787, 667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838,
  556, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
  392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/** The same in bold; Helvetica's bold is about 1.07 times as wide. */
const BOLD_WIDTHS = [
  348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696,
  696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 595, 1086, 774, 762, 773, 830, 714, 683, 832, 837, 372,
  535, 775, 637, 995, 837, 850, 733, 850, 773, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838,
  595, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595,
  478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];

/**
 * The room that a text takes, in pixels, in whatever font it is set. From a table, so that a figure is laid out the same on every
 * machine; characters beyond ASCII count as one em, which is at least what they take.
 */
export function textWidth(text: string, size: number, bold = false): number {
  const widths = bold ? BOLD_WIDTHS : WIDTHS;
  let width = 0;
  for (const character of text) width += widths[character.codePointAt(0)! - 32] ?? 1000;
  return (width * size) / 1000;
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
