import { z } from 'zod';
import { COLORS, type SceneObject, SHAPES } from '../../world/scene/scene.js';
import type { Question } from '../files/dataset.js';
import { list } from '../files/lists.js';
import { text } from '../files/values.js';

/** A row of a 2DS file but for its image, whoever wrote it: the authors' types are not published. */
export const row = z.object({
  entry_id: text,
  test_category: text,
  objects: list,
  qa_pairs: list.pipe(
    z.array(z.object({ question: z.string(), answer: text, qa_category: z.string() })).min(1),
  ),
});
export type Row = z.infer<typeof row>;

/** The questions of a row's image. */
export function questionsOf({ entry_id, test_category, objects, qa_pairs }: Row): Question[] {
  const count = objectCount(objects, test_category);
  return qa_pairs.map(({ question, answer, qa_category }, i) => ({
    imageId: entry_id,
    sample: {
      id: `${entry_id}-${i}`,
      question,
      targets: [answer],
      category: canonicalCategory(qa_category),
      labels: {
        form: /^(yes|no)\b/i.test(answer.trim()) ? 'yesno' : 'open',
        testCategory: test_category,
        ...(count !== undefined && { objects: count }),
      },
    },
  }));
}

/** How many objects the image shows: as listed, else the number in the test category (`2_objects`). */
function objectCount(objects: unknown, testCategory: string): number | undefined {
  if (Array.isArray(objects) && objects.length > 0) return objects.length;
  const digits = /\d+/.exec(testCategory)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

const sceneObjects = z.array(
  z.object({
    shape: z.enum(SHAPES),
    color: z.enum(COLORS),
    x: z.number(),
    y: z.number(),
    radius: z.number(),
  }),
);

/** What lies where in a row's image; undefined where the column does not say it as a generated file does. */
export const sceneObjectsOf = ({ objects }: Row): readonly SceneObject[] | undefined =>
  sceneObjects.safeParse(objects).data;

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
