import { readFileSync } from 'node:fs';

const folder = new URL('../../parity/fixtures/images/', import.meta.url);

interface ImageCase {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the decoded RGB bytes. */
  readonly decoded: string;
  /** By processor: what comes out, as an 8-bit PNG or by its hash. */
  readonly squares: Readonly<Record<string, { readonly png?: string; readonly sha256?: string }>>;
}

/** Images and what Pillow and transformers make of them; written by parity/make_image_fixtures.py. */
export const imageFixtures: {
  readonly processors: Readonly<Record<string, Record<string, unknown>>>;
  readonly cases: readonly ImageCase[];
} = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8'));

export const imageFile = (name: string): Buffer => readFileSync(new URL(name, folder));
