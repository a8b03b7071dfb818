import sharp from 'sharp';

/** An object as found in an image's pixels: nothing of the generator is used here. */
export interface Found {
  readonly color: string;
  readonly shape: string;
  /** Centre of its extent, in pixels from the image's top left corner. */
  readonly x: number;
  readonly y: number;
}

const COLORS: readonly (readonly [name: string, rgb: readonly [number, number, number]])[] = [
  ['red', [220, 40, 40]],
  ['green', [40, 170, 70]],
  ['blue', [50, 80, 220]],
  ['yellow', [235, 200, 40]],
  ['purple', [150, 60, 180]],
  ['orange', [240, 140, 30]],
];

/** What each colour takes away from white, and its squared length. */
const INKS = COLORS.map(([color, rgb]) => {
  const full = rgb.map(value => 255 - value);
  return { color, full, length: dot(full, full) };
});

/** A pixel of a colour mixed with white, as antialiasing mixes them. */
interface Ink {
  readonly color: string;
  /** The share of the pixel that the colour covers. */
  readonly share: number;
}

/** Finds every object of a PNG: the connected components of one colour. */
export async function findObjects(png: Uint8Array): Promise<Found[]> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const inks = Array.from({ length: width * height }, (_, i) => inkOf(data.subarray(3 * i, 3 * i + 3)));
  const seen = new Set<number>();
  const found: Found[] = [];
  for (const [start, ink] of inks.entries()) {
    if (!ink || seen.has(start)) continue;
    const component = [start];
    seen.add(start);
    for (const pixel of component) {
      for (const next of [pixel - 1, pixel + 1, pixel - width, pixel + width]) {
        if (inks[next]?.color !== ink.color || seen.has(next)) continue;
        seen.add(next);
        component.push(next);
      }
    }
    const area = component.reduce((sum, pixel) => sum + inks[pixel]!.share, 0);
    if (area > 20) found.push(describe(ink.color, component, inks, area, width)); // else a mixture where two meet
  }
  return found;
}

function inkOf(rgb: Uint8Array): Ink | undefined {
  const ink = [255 - rgb[0]!, 255 - rgb[1]!, 255 - rgb[2]!];
  if (Math.max(...ink) < 8) return undefined;
  let best: Ink | undefined;
  let least = Infinity;
  for (const { color, full, length } of INKS) {
    const share = dot(ink, full) / length;
    const residual = Math.hypot(...ink.map((value, c) => value - share * full[c]!));
    if (residual < least) {
      least = residual;
      best = { color, share };
    }
  }
  return best;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function describe(
  color: string,
  pixels: readonly number[],
  inks: readonly (Ink | undefined)[],
  area: number,
  width: number,
): Found {
  const columns = new Map<number, number>();
  const rows = new Map<number, number>();
  let weight = 0; // first moment of the area in y
  for (const pixel of pixels) {
    const { share } = inks[pixel]!;
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    columns.set(x, Math.max(columns.get(x) ?? 0, share));
    rows.set(y, Math.max(rows.get(y) ?? 0, share));
    weight += share * (y + 0.5);
  }
  const [x, w] = extent(columns);
  const [y, h] = extent(rows);
  return { color, x, y, shape: shapeOf(area / (w * h), (weight / area - y) / h, w / h) };
}

/** Middle and length, to a fraction of a pixel, of the pixels from the first to the last covered. */
function extent(coverage: ReadonlyMap<number, number>): [middle: number, length: number] {
  const covered = [...coverage.keys()].filter(at => coverage.get(at)! > 0.5);
  const first = Math.min(...covered);
  const last = Math.max(...covered);
  const low = first - (coverage.get(first - 1) ?? 0) + (1 - coverage.get(first)!);
  const high = last + 1 + (coverage.get(last + 1) ?? 0) - (1 - coverage.get(last)!);
  return [(low + high) / 2, high - low];
}

/**
 * By the share of its bounding box that it fills (square 1, circle 0.79, cross 0.58, triangle and diamond 0.5, star
 * 0.36), by how far its centre of mass sags below the box's (the triangle's by a sixth), and by its width over height.
 */
function shapeOf(fill: number, sag: number, aspect: number): string {
  if (fill > 0.9) return 'square';
  if (fill > 0.7) return 'circle';
  if (sag > 0.1) return 'triangle';
  if (fill < 0.515) return 'star';
  return aspect < 0.87 ? 'diamond' : 'cross';
}

const TOWARDS: Readonly<Record<string, (object: Found) => number>> = {
  left: ({ x }) => -x,
  right: ({ x }) => x,
  top: ({ y }) => -y,
  bottom: ({ y }) => y,
  above: ({ y }) => -y,
  below: ({ y }) => y,
};

/**
 * Answers a question of 2DS from what was found in the image. Throws when the question is ambiguous: an extreme or an
 * order that holds by less than 3 px, a name that no object or several have, none or several objects on the asked side.
 */
export function answerFrom(objects: readonly Found[], question: string): string {
  const absolute = /^What (\w+) is at the (\w+) of the image\?$/.exec(question);
  if (absolute) {
    const [, noun, side] = absolute;
    const reach = TOWARDS[side!]!;
    const furthest = Math.max(...objects.map(reach));
    return asked(noun!, theOnly(objects.filter(o => furthest - reach(o) < 3)));
  }
  const yesNo = /^Is the (.+) (left of|right of|above|below) the (.+)\?$/.exec(question);
  if (yesNo) {
    const [, first, relation, second] = yesNo;
    return isBeyond(named(objects, first!), relation!, named(objects, second!)) ? 'yes' : 'no';
  }
  const open = /^What (\w+) is (left of|right of|above|below) the (.+)\?$/.exec(question);
  if (!open) throw new Error(`not a question of 2DS: ${question}`);
  const [, noun, relation, name] = open;
  const anchor = named(objects, name!);
  return asked(noun!, theOnly(objects.filter(o => o !== anchor && isBeyond(o, relation!, anchor))));
}

function isBeyond(a: Found, relation: string, b: Found): boolean {
  const reach = TOWARDS[relation.replace(' of', '')]!;
  const lead = reach(a) - reach(b);
  if (Math.abs(lead) < 3) throw new Error(`${a.color} and ${b.color} are within 3 px: too close to order`);
  return lead > 0;
}

const named = (objects: readonly Found[], name: string): Found =>
  theOnly(objects.filter(o => [`${o.color} object`, o.shape, `${o.color} ${o.shape}`].includes(name)));

function asked(noun: string, { color, shape }: Found): string {
  const answers: Record<string, string> = { color, shape, object: `${color} ${shape}` };
  return answers[noun]!;
}

function theOnly(objects: readonly Found[]): Found {
  if (objects.length !== 1) throw new Error(`expected one object, found ${objects.length}`);
  return objects[0]!;
}
