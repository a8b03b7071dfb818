import { seededRandom } from '../../random.js';
import { captions } from './captions.js';
import type { MiniOptions } from './options.js';
import { padded, type TestSet, testScenes } from './test-set.js';

const IMAGES = 200;
const CAPTIONS_PER_IMAGE = 5;

/** COCO captions of the mini world: captions_val2017.json and val2017/. */
export function cocoSet(options: MiniOptions): TestSet {
  const scenes = testScenes('coco', IMAGES, options);
  const fileName = (image: number) => `${padded(image + 1, 12)}.jpg`;
  const annotations = scenes.flatMap((scene, i) =>
    captions(scene, seededRandom(options.seed, 'mini coco', i), CAPTIONS_PER_IMAGE).map((caption, j) => ({
      image_id: i + 1,
      id: CAPTIONS_PER_IMAGE * i + j + 1,
      caption: `${caption[0]!.toUpperCase()}${caption.slice(1)}.`,
    })),
  );
  return {
    pictures: scenes.map((scene, i) => ({ path: `val2017/${fileName(i)}`, scene })),
    files: {
      'annotations/captions_val2017.json': JSON.stringify({
        info: { description: 'Captions of the vlm-spatial mini world', version: '1.0', year: 2017 },
        licenses: [{ id: 1, name: 'generated: no rights reserved', url: '' }],
        images: scenes.map(({ size }, i) => ({
          license: 1,
          file_name: fileName(i),
          height: size,
          width: size,
          id: i + 1,
        })),
        annotations,
      }),
    },
    questions: 0,
  };
}
