import { describe, expect, it } from 'vitest';
import { type Shard, shardOf } from '../../src/harness/shard.js';

const slurm = (id: number, min: number, count: number, step = 1) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
  SLURM_ARRAY_TASK_STEP: `${step}`,
});

describe('which shard to do', () => {
  it('is all of it by itself', () => {
    expect(shardOf(undefined, {})).toBeNull();
    expect(shardOf('1/1', {})).toBeNull();
  });

  it('is what --shard says, whatever the environment', () => {
    expect(shardOf('2/8', {})).toEqual({ index: 2, count: 8 });
    expect(shardOf('2/8', slurm(0, 0, 3))).toEqual({ index: 2, count: 8 });
    expect(shardOf('1/1', slurm(0, 0, 3))).toBeNull();
  });

  it.each<[string, object, string | undefined, Shard]>([
    ['--array=0-3', slurm(0, 0, 4), undefined, { index: 1, count: 4 }],
    ['--array=0-3, the last', slurm(3, 0, 4), undefined, { index: 4, count: 4 }],
    ['--array=1-4', slurm(1, 1, 4), undefined, { index: 1, count: 4 }],
    ['--array=5-13:4', slurm(13, 5, 3, 4), undefined, { index: 3, count: 3 }],
    ['GitLab', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '3' }, undefined, { index: 2, count: 3 }],
    ['Kubernetes', { JOB_COMPLETION_INDEX: '0' }, 'auto/4', { index: 1, count: 4 }],
    ['Kubernetes, the last', { JOB_COMPLETION_INDEX: '3' }, 'auto/4', { index: 4, count: 4 }],
    ['GitLab and auto', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '3' }, 'auto/3', { index: 2, count: 3 }],
  ])('comes from a job array: %s', (_, env, given, shard) => {
    expect(shardOf(given, { ...env })).toEqual(shard);
  });

  it('gives every job of an array another one', () => {
    const all = [0, 1, 2, 3, 4].map(id => shardOf(undefined, slurm(id, 0, 5))!.index);
    expect(new Set(all)).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  it('refuses what would do too much or nothing', () => {
    expect(() => shardOf(undefined, { JOB_COMPLETION_INDEX: '1' })).toThrow('auto/N');
    expect(() => shardOf('auto/4', {})).toThrow('finds no index');
    expect(() => shardOf('auto/4', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '3' })).toThrow('the 3 shards');
    // A task of an array with gaps (--array=1,5): ids are no places.
    expect(() => shardOf(undefined, slurm(5, 1, 2))).toThrow('shard 5 of 2');
    expect(() => shardOf(undefined, slurm(6, 5, 3, 4))).toThrow('shard 1.25 of 3');
    for (const text of ['0/4', '5/4', '1/0', '1', 'a/b', '1/4/2', '-1/4', ''])
      expect(() => shardOf(text, {})).toThrow();
    expect(() => shardOf(undefined, { CI_NODE_INDEX: 'two', CI_NODE_TOTAL: '3' })).toThrow('not a number');
  });
});
