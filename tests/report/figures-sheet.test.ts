import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Panel, Sheet } from '../../src/records/figure.js';
import { drawFigure, hasFonts } from '../../src/report/figures/draw.js';
import { gridSide, outline, overlay } from '../../src/report/figures/heat.js';
import { asSeen } from '../../src/report/figures/picture.js';

/** A picture of one colour, or of two halves side by side. */
async function picture(width: number, height: number, left: string, right = left): Promise<Uint8Array> {
  const half = await sharp({ create: { width: width / 2, height, channels: 3, background: right } })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: left } })
    .composite([{ input: half, left: width / 2, top: 0 }])
    .png()
    .toBuffer();
}

const sheet = (panels: readonly Panel[]): Sheet => ({
  kind: 'sheet',
  name: 'sheet',
  title: 'Scenes',
  caption: 'What they show.',
  columns: 2,
  panels,
});
const panel = (more: Partial<Panel> = {}): Panel => ({
  benchmark: '2ds',
  image: '7',
  heading: ['Mini'],
  ...more,
});
const red = await picture(8, 8, '#ff0000');
const pictures = async () => red;
const draw = async (...panels: Panel[]) => (await drawFigure(sheet(panels), pictures)).svg;
const GREY = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));

describe('a sheet of pictures', () => {
  it('shows every picture it is given, and says where one is not on this machine', async () => {
    const asked: string[] = [];
    const { svg } = await drawFigure(sheet([panel(), panel({ image: 'gone' })]), async (benchmark, image) => {
      asked.push(`${benchmark} ${image}`);
      return image === 'gone' ? undefined : red;
    });
    expect(asked).toEqual(['2ds 7', '2ds gone']);
    expect([...svg.matchAll(/<image [^>]*href="data:image\/jpeg;base64,/g)]).toHaveLength(1);
    expect(svg).toContain('picture not on this machine');
  });

  it('tells right answers from wrong ones by colour and by sign', async () => {
    const right = await draw(panel({ answer: { text: 'red', right: true } }));
    const wrong = await draw(panel({ answer: { text: 'red', right: false } }));
    const mark = (svg: string) =>
      /<path d="([^"]+)"[^>]*stroke="([^"]+)"[^>]*><title>(\w+)</.exec(svg)!.slice(1);
    expect(mark(right)[2]).toBe('right');
    expect(mark(wrong)[2]).toBe('wrong');
    expect(mark(right)[0]).not.toBe(mark(wrong)[0]);
    for (const svg of [right, wrong]) expect(svg).toContain(`fill="${mark(svg)[1]}" font-weight="bold">red<`);
  });

  it('shows ids, headings and answers as text, not as markup', async () => {
    const nasty = `</svg><script>alert("1")</script>&'`;
    const svg = await draw(panel({ image: nasty, heading: [nasty], answer: { text: nasty, right: true } }));
    expect(svg).not.toContain('<script');
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    await expect(sharp(Buffer.from(svg)).metadata()).resolves.toMatchObject({ format: 'svg' });
  });

  it('is the same, byte for byte, when drawn again', async () => {
    const panels = [
      panel({ heat: [0, 0.2, 0.5, 1], cells: [3] }),
      panel({ answer: { text: '', right: false } }),
    ];
    const [a, b] = [await drawFigure(sheet(panels), pictures), await drawFigure(sheet(panels), pictures)];
    expect(a.svg).toBe(b.svg);
    expect(Buffer.from(a.png).equals(Buffer.from(b.png))).toBe(true);
  });

  it('takes no heat that is not a square grid in [0, 1], no cells outside it or without it', async () => {
    await expect(draw(panel({ heat: [0, 1, 0.5] }))).rejects.toThrow(/3 values is no square grid/);
    await expect(draw(panel({ heat: [0, 1, 0.5, 1.5] }))).rejects.toThrow(/1.5, which is not in \[0, 1\]/);
    await expect(draw(panel({ heat: [0, 1, 0.5, Number.NaN] }))).rejects.toThrow(/NaN/);
    await expect(draw(panel({ heat: [0, 1, 0.5, 1], cells: [4] }))).rejects.toThrow(/no cell 4/);
    await expect(draw(panel({ cells: [0] }))).rejects.toThrow(/without the grid/);
    expect(gridSide([0, 0, 0, 1])).toBe(2);
  });
});

describe('the heat over a picture', () => {
  it('adds 0.7 of the heat’s colour to 0.4 of the picture, clipped', () => {
    const side = 4;
    const rgb = new Uint8Array(side * side * 3).fill(200);
    const flat = (value: number) => [...new Set(overlay(rgb, side, [value], GREY))];
    expect(flat(0)).toEqual([80]);
    expect(flat(1)).toEqual([255]); // 80 + 178.5 is more than a byte holds
    expect(flat(0.2)).toEqual([Math.round(80 + 0.7 * 51)]);
  });

  it('resizes the grid bilinearly: exact at cell centres, half way between them, flat beyond', () => {
    const side = 8;
    const black = new Uint8Array(side * side * 3);
    const shown = overlay(black, side, [0, 1, 0, 1], GREY);
    const row = Array.from({ length: side }, (_, x) => shown[3 * x]! / (0.7 * 255));
    // Cell centres lie at 2 and 6 of 8: pixel centres 0.5 … 7.5 lie at -3/8 … 11/8 of the way between them.
    const expected = [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1];
    for (const [x, value] of expected.entries()) expect(row[x]).toBeCloseTo(value, 1);
    expect(row).toEqual([...row].sort((a, b) => a - b));
  });

  it('outlines a set of cells as a whole', () => {
    const edges = (cells: number[]) => outline(cells, 3).match(/M/g)?.length ?? 0;
    expect(edges([4])).toBe(4);
    expect(edges([4, 5])).toBe(6);
    expect(edges([0, 1, 3, 4])).toBe(8);
    // The last cell of one row and the first of the next are no neighbours.
    expect(edges([2, 3])).toBe(8);
    expect(edges([0, 1, 2, 3, 4, 5, 6, 7, 8])).toBe(12);
  });
});

describe('the picture as the model sees it', () => {
  const pixel = (rgb: Uint8Array, side: number, x: number, y: number) => [
    ...rgb.subarray(3 * (y * side + x), 3 * (y * side + x) + 3),
  ];

  it('is padded where the view reaches beyond it, as LLaVA pads', async () => {
    const wide = await picture(40, 20, '#ff0000');
    const rgb = await asSeen(wide, [0, -10, 40, 40], 40);
    expect(pixel(rgb, 40, 20, 2)).toEqual([122, 116, 104]);
    expect(pixel(rgb, 40, 20, 20)).toEqual([255, 0, 0]);
    expect(pixel(rgb, 40, 20, 37)).toEqual([122, 116, 104]);
  });

  it('is cut where the view is smaller than it', async () => {
    const halves = await picture(40, 20, '#ff0000', '#0000ff');
    const rgb = await asSeen(halves, [20, 0, 20, 20], 10);
    expect(pixel(rgb, 10, 1, 5)).toEqual([0, 0, 255]);
    expect(pixel(rgb, 10, 8, 5)).toEqual([0, 0, 255]);
  });

  it('is the whole picture, stretched to the square, where no view is given', async () => {
    const halves = await picture(40, 20, '#ff0000', '#0000ff');
    const rgb = await asSeen(halves, undefined, 10);
    // Resizing rings a little beside the edge.
    expect(pixel(rgb, 10, 2, 1)[0]).toBeGreaterThan(250);
    expect(pixel(rgb, 10, 7, 8)[2]).toBeGreaterThan(250);
    expect(pixel(rgb, 10, 7, 8)[0]).toBeLessThan(5);
  });
});

it('knows whether this machine can draw letters', async () => {
  const letters = (text: string) =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15">${text}</text></svg>`,
      ),
    )
      .raw()
      .toBuffer();
  expect(await hasFonts()).toBe(!(await letters('il')).equals(await letters('MW')));
});
