import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/benchmarks/types.js';
import { type Selection, selectImages } from '../../src/harness/select-images.js';

/** Image i of 7 is `imI` with questions `qI-0` and `qI-1`. */
const dataset: Dataset = {
  benchmark: 'test',
  split: 'all',
  layout: '',
  fingerprint: '',
  imageCount: 7,
  sampleCount: 14,
  async *images() {
    for (let i = 0; i < 7; i++) {
      const samples = [0, 1].map(q => ({
        id: `q${i}-${q}`,
        question: '?',
        targets: [],
        category: '',
        labels: {},
      }));
      yield { id: `im${i}`, load: async () => new Uint8Array(), samples };
    }
  },
};

/** What is asked, as `im0: q0-0 q0-1`. */
async function select(selection: Partial<Selection>): Promise<string[]> {
  const { images } = await selectImages(dataset, { offset: 0, shard: null, ...selection });
  return images.map(({ id, samples }) => `${id}: ${samples.map(s => s.id).join(' ')}`);
}
const idsOf = async (selection: Partial<Selection>) =>
  (await select(selection)).map(text => text.split(':')[0]);

describe('images to ask about', () => {
  it('are all by themselves, in order', async () => {
    expect(await idsOf({})).toEqual(['im0', 'im1', 'im2', 'im3', 'im4', 'im5', 'im6']);
  });

  it('are cut out by offset and limit', async () => {
    expect(await idsOf({ offset: 2, limit: 3 })).toEqual(['im2', 'im3', 'im4']);
    expect(await idsOf({ offset: 5, limit: 3 })).toEqual(['im5', 'im6']);
    expect(await idsOf({ limit: 1 })).toEqual(['im0']);
    expect(await idsOf({ sample: 3 })).toEqual(['im0', 'im2', 'im4']);
    expect(await idsOf({ offset: 1, limit: 4, sample: 2 })).toEqual(['im1', 'im3']);
    expect(await idsOf({ limit: 2, sample: 9 })).toEqual(['im0', 'im1']);
  });

  it('are picked by id: an image with all its questions, or single questions', async () => {
    expect(await select({ ids: ['q5-1', 'im3', 'q6-0'] })).toEqual([
      'im3: q3-0 q3-1',
      'im5: q5-1',
      'im6: q6-0',
    ]);
    await expect(select({ ids: ['im3', 'im9'] })).rejects.toThrow(/"im9".*"im0".*"q0-0"/);
  });

  it('are each in exactly one shard, which are of equal size but for one', async () => {
    const shards = await Promise.all(
      [1, 2, 3].map(index => idsOf({ offset: 1, shard: { index, count: 3 } })),
    );
    expect(shards).toEqual([
      ['im1', 'im4'],
      ['im2', 'im5'],
      ['im3', 'im6'],
    ]);
    const { all } = await selectImages(dataset, { offset: 1, shard: { index: 2, count: 3 } });
    expect(all).toEqual({ images: 6, questions: 12 });
  });

  it('may be none in a shard, but not in all', async () => {
    expect(await idsOf({ limit: 1, shard: { index: 2, count: 2 } })).toEqual([]);
    await expect(select({ offset: 7 })).rejects.toThrow('leaves none of 7 images');
  });
});
