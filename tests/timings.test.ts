import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTimings, stopTimings, timed } from '../src/timings.js';

/** A clock that only `pass` moves; two threads compute all the time. */
let milliseconds = 0;
const pass = (more: number) => {
  milliseconds += more;
};
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => milliseconds);
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({
    user: milliseconds * 1500,
    system: milliseconds * 500,
  }));
});
afterEach(() => {
  stopTimings();
  vi.restoreAllMocks();
});

test('a stage within another counts for itself, and everything counts once', async () => {
  startTimings();
  pass(1000);
  await timed('outer', async () => {
    pass(2000);
    timed('inner', () => pass(8000));
    await Promise.resolve();
    pass(3000);
  });
  timed('inner', () => pass(1000));
  expect(stopTimings()).toEqual([
    { stage: 'inner', wall: 9, cpu: 18, times: 2 },
    { stage: 'outer', wall: 5, cpu: 10, times: 1 },
    { stage: 'everything else', wall: 1, cpu: 2, times: 0 },
  ]);
});

test('a stage that fails ends, and its error goes on', async () => {
  startTimings();
  const fail = () => {
    pass(1000);
    throw new Error('no');
  };
  expect(() => timed('fails', fail)).toThrow('no');
  await expect(timed('fails later', async () => fail())).rejects.toThrow('no');
  pass(5000);
  expect(stopTimings().map(({ stage, wall }) => [stage, wall])).toEqual([
    ['everything else', 5],
    ['fails', 1],
    ['fails later', 1],
  ]);
});

test('nothing is counted that nobody asked for', () => {
  expect(timed('stage', () => 3)).toBe(3);
  expect(stopTimings()).toEqual([]);
});
