import { z } from 'zod';
import { UserError } from '../../errors.js';
import { COLORS, type SceneObject, SHAPES } from '../scene/scene.js';
import type { Sample } from '../types.js';

/** A row of the file, whoever wrote it. */
export interface TwoDsRow {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly path: string;
  readonly samples: readonly Sample[];
  /** The scene's objects, where the column gives them as ours does. */
  readonly objects: readonly SceneObject[] | undefined;
}

const text = z.union([z.string(), z.number(), z.bigint()]).transform(String);

const row = z.object({
  entry_id: text,
  test_category: text,
  image_filename: z.object({ bytes: z.instanceof(Uint8Array), path: z.string().nullish() }),
  objects: z.unknown().transform(asList),
  qa_pairs: z
    .unknown()
    .transform(asList)
    .pipe(z.array(z.object({ question: z.string(), answer: text, qa_category: z.string() })).min(1)),
});

const sceneObjects = z.array(
  z.object({
    shape: z.enum(SHAPES),
    color: z.enum(COLORS),
    x: z.number(),
    y: z.number(),
    radius: z.number(),
  }),
);

/**
 * A list of structs in any of the layouts `datasets` has stored one in: as it is, as a struct of lists, or as
 * JSON text of either. Anything else comes back unchanged.
 */
function asList(value: unknown): unknown {
  if (typeof value === 'string') return asList(parseJson(value));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const columns = Object.entries(value);
  const length = Array.isArray(columns[0]?.[1]) ? columns[0][1].length : undefined;
  if (length === undefined || !columns.every(([, list]) => Array.isArray(list) && list.length === length)) {
    return value;
  }
  return Array.from({ length }, (_, i) => Object.fromEntries(columns.map(([name, list]) => [name, list[i]])));
}

/** The value of JSON text; undefined for other text (the type of the authors' `objects` is not published). */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks one row; `where` names it in the UserError that one of another layout ends in. */
export function parseRow(raw: unknown, where: string): TwoDsRow {
  const parsed = row.safeParse(raw);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(
      `${where}: column ${path.join('.')}: ${message}; expected 2DS rows of entry_id, test_category, image_filename {bytes, path}, ` +
        'objects and qa_pairs [{question, answer, qa_category}]',
    );
  }
  const { entry_id: id, test_category, image_filename, objects, qa_pairs } = parsed.data;
  const count = objectCount(objects, test_category);
  const samples = qa_pairs.map(({ question, answer, qa_category }, i): Sample => {
    const form = /^(yes|no)\b/i.test(answer.trim()) ? 'yesno' : 'open';
    return {
      id: `${id}-${i}`,
      question,
      targets: [answer],
      category: canonicalCategory(qa_category),
      labels: { form, testCategory: test_category, ...(count !== undefined && { objects: count }) },
    };
  });
  return {
    id,
    bytes: image_filename.bytes,
    path: image_filename.path ?? '',
    samples,
    objects: sceneObjects.safeParse(objects).data,
  };
}

/** How many objects the image shows: as listed, else the number in the test category (`2_objects`). */
function objectCount(objects: unknown, testCategory: string): number | undefined {
  if (Array.isArray(objects) && objects.length > 0) return objects.length;
  const digits = /\d+/.exec(testCategory)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A category under the name of Table 2's row (`color.abs`, …, `shape_color.rel`), however it is spelled
 * ("Color.abs", "shape_color_relative", "absolute colour"); one that is none of the six stays as it is.
 */
export function canonicalCategory(category: string): string {
  const has = (pattern: RegExp) => pattern.test(category.toLowerCase());
  const attribute = [has(/shape/) && 'shape', has(/colou?r/) && 'color'].filter(Boolean).join('_');
  const frames = [has(/abs/) && 'abs', has(/rel/) && 'rel'].filter(Boolean);
  return attribute && frames.length === 1 ? `${attribute}.${frames[0]}` : category;
}
