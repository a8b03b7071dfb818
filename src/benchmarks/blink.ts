import { z } from 'zod';
import { choice } from '../scorers/choice.js';
import { metricsBy } from '../scorers/metrics.js';
import type { Question } from './files/dataset.js';
import type { DataFolder } from './files/folder.js';
import { type ImageCell, imageCells } from './files/image-cells.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import { list } from './files/lists.js';
import { streamRows, tablesWith } from './files/parquet.js';
import { byShards, namesOf, shardStem } from './files/shards.js';
import { text } from './files/values.js';
import { BY_LETTER, chanceOfChoices } from './multiple-choice.js';
import type { Benchmark, OpenOptions } from './types.js';

/**
 * The spatial relations of BLINK (Fu et al. 2024), from Hugging Face's parquet (`BLINK-Benchmark/BLINK`,
 * `Spatial_Relation/val-….parquet`). The question is its prompt column, which lists the choices. Answers of the test split are not
 * published. BLINK has gpt-3.5-turbo read answers that name no letter; here they are graded by CV-Bench's rule.
 */
export const blink: Benchmark = {
  name: 'blink',
  title: 'BLINK spatial relation',
  suffix: BY_LETTER,
  scorer: choice,
  metrics: metricsBy('task'),
  chanceFloor: chanceOfChoices,
  open: (path, options) =>
    openLayouts(
      {
        benchmark: 'blink',
        title: 'BLINK',
        expected: "BLINK's Spatial_Relation/val-….parquet",
        layouts: [parquetSplits],
      },
      path,
      options,
    ),
};

const row = z.object({
  idx: text,
  sub_task: z.string(),
  choices: list.pipe(z.array(text).min(1)),
  answer: z.string(),
  prompt: z.string(),
});

/** What stands where the answer is not published. */
const HIDDEN = 'hidden';

async function parquetSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const all = await tablesWith(folder.candidates, 'image_1', ...Object.keys(row.shape));
  // The repository holds fourteen tasks, a folder each.
  const tables = all.filter(({ path }) => all.length === 1 || /spatial.relation/i.test(path));
  return byShards(tables, ({ path }) => shardStem(path)).map(([split, shards]) => ({
    split,
    preferred: split === 'val',
    layout: `parquet ${namesOf(shards)}`,
    read: async () => {
      const questions: Question[] = [];
      const cells = new Map<string, ImageCell>();
      let hidden = 0;
      for (const table of shards) {
        for await (const { row: index, value } of streamRows(table, row)) {
          const { idx, sub_task, choices, answer, prompt } = value;
          if (!/^spatial.relation$/i.test(sub_task)) continue;
          if (answer === HIDDEN) hidden++;
          const targets = answer === HIDDEN ? [] : [answer];
          const sample = { id: idx, question: prompt, targets, choices, category: '', labels: {} };
          questions.push({ imageId: idx, sample });
          cells.set(idx, { table, row: index });
        }
      }
      const images = await imageCells(cells, 'image_1', options.images);
      return { questions, images, hiddenAnswers: hidden > 0 && hidden === questions.length };
    },
  }));
}
