import { z } from 'zod';
import { splitOfImage } from '../../world/2ds/options.js';
import type { SceneObject } from '../../world/scene/scene.js';
import type { SplitContent } from '../files/dataset.js';
import type { DataFolder } from '../files/folder.js';
import { type ImageCell, imageCells } from '../files/image-cells.js';
import { checked } from '../files/json.js';
import { type FoundSplit, openLayouts } from '../files/layouts.js';
import { type ParquetTable, streamRows, tablesWith } from '../files/parquet.js';
import { byShards } from '../files/shards.js';
import type { Dataset, OpenOptions } from '../types.js';
import { questionsOf, row, sceneObjectsOf } from './rows.js';

/** An opened 2DS file, which says itself whether it was generated or is the authors'. */
export interface TwoDsDataset extends Dataset {
  /** `2DS (generated)` or `2DS (official)`. */
  readonly title: string;
}

/**
 * Opens a 2DS parquet file or a folder with one, generated or the authors' (`user074/2DSyntheticDataset`). The split is
 * `generated, seed …` or `official`. UserError when there is no such file, when several splits lie there and none is
 * named, or at the first row of another form.
 */
export async function openTwoDs(path: string, options?: OpenOptions): Promise<TwoDsDataset> {
  const scenes = new Map<string, readonly SceneObject[]>();
  const reader = {
    benchmark: '2ds',
    title: '2DS',
    expected: "2DS's parquet file",
    layouts: [(folder: DataFolder) => parquetSplits(folder, scenes, options?.images)],
  };
  const dataset = await openLayouts(reader, path, options);
  return {
    ...dataset,
    title: dataset.split === OFFICIAL ? '2DS (official)' : '2DS (generated)',
    async *images() {
      for await (const image of dataset.images()) {
        const objects = scenes.get(image.id);
        yield objects ? { ...image, objects } : image;
      }
    },
  };
}

const OFFICIAL = 'official';
const IMAGE_COLUMN = 'image_filename';

async function parquetSplits(
  folder: DataFolder,
  scenes: Map<string, readonly SceneObject[]>,
  elsewhere: string | undefined,
): Promise<FoundSplit[]> {
  const tables = await tablesWith(folder.candidates, IMAGE_COLUMN, ...Object.keys(row.shape));
  const splits = new Map<ParquetTable, string>();
  for (const table of tables) splits.set(table, await splitOf(table));
  return byShards(tables, table => splits.get(table)!).map(([split, shards]) => ({
    split,
    preferred: false,
    layout: `parquet ${shards.map(({ path }) => path).join(', ')}`,
    read: () => readShards(shards, scenes, elsewhere),
  }));
}

const named = z.object({ [IMAGE_COLUMN]: z.object({ path: z.string().nullish() }).catch({}) });

/** As the first image's name says. */
async function splitOf(table: ParquetTable): Promise<string> {
  const [first] = await table.rows([IMAGE_COLUMN], { start: 0, end: 1 });
  const image = first && checked(named, first, `${table.path}, row 0`)[IMAGE_COLUMN];
  return splitOfImage(image?.path ?? '') ?? OFFICIAL;
}

async function readShards(
  shards: readonly ParquetTable[],
  scenes: Map<string, readonly SceneObject[]>,
  elsewhere: string | undefined,
): Promise<SplitContent> {
  const questions = [];
  const cells = new Map<string, ImageCell>();
  for (const table of shards) {
    for await (const { row: index, value } of streamRows(table, row)) {
      questions.push(...questionsOf(value));
      cells.set(value.entry_id, { table, row: index });
      const objects = sceneObjectsOf(value);
      if (objects) scenes.set(value.entry_id, objects);
    }
  }
  return { questions, images: await imageCells(cells, IMAGE_COLUMN, elsewhere) };
}
