import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeRgb } from '../../../src/models/images/decode.js';

const folder = new URL('../../../parity/fixtures/pictures/', import.meta.url);

interface PictureCase {
  readonly file: string;
  readonly size: readonly [number, number];
  /** SHA-256 of the RGB pixels by Pillow, and by transformers' processors. */
  readonly beneath: string;
  readonly white: string;
}

/** Odd pictures and what Pillow and transformers make of them; written by parity/make_picture_fixtures.py. */
const { cases }: { cases: PictureCase[] } = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8'));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Where we differ, and why: see `decodeRgb`. */
const BENEATH_IS_GONE = ['transparent.gif'];

describe('pixels are those of Pillow, or laid on white those of transformers', () => {
  test.each(cases)('$file', async ({ file, size, beneath, white }) => {
    const bytes = readFileSync(new URL(file, folder));
    const onWhite = await decodeRgb(bytes, file, 'white');
    expect([onWhite.width, onWhite.height]).toEqual(size);
    const shown = await decodeRgb(bytes, file);
    if (!BENEATH_IS_GONE.includes(file)) expect(sha256(shown.data)).toBe(beneath);
    expect(sha256(onWhite.data)).toBe(white);
  });
});
