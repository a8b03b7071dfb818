import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { exact } from '../scorers/exact.js';
import { metricsBy } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { imageFiles } from './files/image-files.js';
import { withoutExtension } from './files/images.js';
import { filesLike, readJsonLines } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * VSR (Visual Spatial Reasoning, Liu et al. 2023): captions of the place of two objects, true or false, from its JSON lines
 * (`splits/random/`, `splits/zeroshot/`, or Hugging Face's `cambridgeltl/vsr_random`, `vsr_zeroshot`) with COCO's train2017 and
 * val2017 images. The authors publish no prompt for a model that answers in words: the question is MiniGPT-v2's. The category is
 * the relation.
 */
export const vsr: Benchmark = {
  name: 'vsr',
  title: 'VSR',
  suffix: 'Answer the question using a single word or phrase.',
  scorer: exact,
  metrics: metricsBy('relation'),
  chanceFloor: samples => {
    const truths = samples.filter(({ targets }) => targets[0] === 'true').length;
    return Math.max(truths, samples.length - truths) / samples.length;
  },
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'vsr',
        title: 'VSR',
        expected: "VSR's <split>.jsonl files with COCO's train2017 and val2017 images",
        layouts: [jsonSplits],
      },
      path,
      options,
    ),
};

const line = z.object({
  image: z.string(),
  caption: z.string(),
  label: z.union([z.literal(0), z.literal(1)], { error: 'expected 0 or 1' }),
  relation: z.string(),
});

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const patterns = [/"caption"\s*:/, /"label"\s*:/, /"relation"\s*:/];
  const files = await filesLike(folder.candidates, /\.jsonl$/i, ...patterns);
  const names = files.map(({ file }) => splitName(file.path));
  // Zero-shot shares no concept with training, so it is what models that were not trained on VSR are compared on.
  const preferred = ['zeroshot test', 'test', 'random test'].find(name => names.includes(name));
  return files.map(({ file }, i) => ({
    split: names[i]!,
    preferred: names[i] === preferred,
    layout: `official JSON lines ${file.path}`,
    read: async () => {
      const questions = (await readJsonLines(file, line)).map(({ number, value }): Question => {
        const { image, caption, label, relation } = value;
        return {
          imageId: image,
          place: `line ${number}`,
          sample: {
            id: String(number),
            question: `Based on the image, is this statement true or false? ${caption}`,
            targets: [label === 1 ? 'true' : 'false'],
            category: relation,
            labels: {},
          },
        };
      });
      const images = await imageFiles(folder, id => [withoutExtension(id)], options.images);
      return { questions, images };
    },
  }));
}

/** `zeroshot test` of `splits/zeroshot/test.jsonl`, `test` of `test.jsonl`. */
function splitName(path: string): string {
  const stem = basename(path).replace(/\.jsonl$/i, '');
  const [kind] = /random|zeroshot/i.exec(basename(dirname(path))) ?? [];
  return kind === undefined ? stem : `${kind.toLowerCase()} ${stem}`;
}
