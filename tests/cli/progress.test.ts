import { describe, expect, it } from 'vitest';
import { clock } from '../../src/cli/pace.js';
import { createProgress } from '../../src/cli/progress.js';

/** A progress display whose clock stands still until it is told, and what it has drawn. */
function display(columns: number | null) {
  let written = '';
  let time = 0;
  const out = {
    isTTY: columns !== null,
    columns: columns ?? 0,
    write: (text: string) => {
      written += text;
    },
  };
  const progress = createProgress(false, out as never, () => time);
  return {
    progress,
    pass: (seconds: number) => {
      time += 1000 * seconds;
    },
    /** What a terminal shows in its last line, and all lines. */
    shown: () => written.split('\r\x1b[K').at(-1)!.trimEnd(),
    lines: () => written.trimEnd().split('\n'),
  };
}

describe('progress on a terminal', () => {
  it('names the experiment and its place, and tells steps, rate, time and what is left', () => {
    const { progress, pass, shown } = display(80);
    progress.part!('permute', { index: 1, count: 8 });
    progress.start('2DS, Mini', 400);
    pass(10);
    progress.update(100);
    expect(shown()).toMatch(/^permute 1\/8: 2DS, Mini █+░+ 100\/400 10\/s 0:10 ETA 0:30$/);
  });

  it('tells the share of the whole call once it is known how many stretches a part has', () => {
    const { progress, pass, shown } = display(80);
    progress.part!('compress', { index: 2, count: 8 });
    progress.within!(3, 4);
    progress.start('2DS, Mini', 400);
    pass(10);
    progress.update(200);
    expect(shown()).toMatch(/^\[20%\] compress 2\/8: 2DS, Mini █+░+ 200\/400 20\/s 0:10 ETA 0:10$/);
    progress.stop();
  });

  it('keeps what is said above the bar, each on a line of its own', () => {
    const { progress, lines } = display(80);
    progress.start('2DS', 10);
    progress.say('left out: a\nb\u202e');
    progress.stop();
    expect(lines().map(line => line.split('\r\x1b[K').at(-1))).toEqual([
      'left out: a b',
      expect.stringMatching(/^2DS █*░+ 0\/10 0:00 ETA \?$/),
    ]);
  });

  it('does not take for speed what an earlier session did', () => {
    const { progress, pass, shown } = display(80);
    progress.start('2DS', 1000);
    progress.update(900, 900);
    pass(10);
    progress.update(910, 900);
    expect(shown()).toMatch(/910\/1000 1\.0\/s 0:10 ETA 1:30$/);
  });

  it('measures speed over the last minute', () => {
    const { progress, pass, shown } = display(80);
    progress.start('2DS', 10_000);
    pass(1);
    progress.update(5000);
    for (let minute = 0; minute < 3; minute++) {
      pass(60);
      progress.update(5000 + 60 * (minute + 1));
    }
    expect(shown()).toMatch(/5180\/10000 1\.0\/s 3:01 ETA 1:20:20$/);
  });

  it('fits 60 columns, and 20', () => {
    for (const columns of [60, 20]) {
      const { progress, pass, shown } = display(columns);
      progress.part!('attention', { index: 5, count: 8 });
      progress.start('COCO captions (validation), + Normalize + Multilayer', 123_456);
      pass(3600);
      progress.update(60_000);
      expect(shown().length).toBeLessThan(columns);
      if (columns === 60)
        expect(shown()).toMatch(/^attention 5\/8: COCO.*… 60000\/123456 17\/s 1:00:00 ETA 1:03:27$/);
    }
  });

  it('writes bytes as bytes', () => {
    const { progress, pass, shown } = display(80);
    progress.start('llava', 2000, bytes => `${Math.round(bytes)} B`);
    pass(2);
    progress.update(1000);
    expect(shown()).toContain('1000 B/2000 B 500 B/s 0:02 ETA 0:02');
  });
});

describe('progress without a terminal', () => {
  it('is a line a minute with the same numbers', () => {
    const { progress, pass, lines } = display(null);
    progress.part!('permute');
    progress.start('2DS, Mini', 400);
    for (let second = 1; second <= 125; second++) {
      pass(1);
      progress.update(second);
    }
    progress.stop();
    expect(lines()).toEqual([
      'permute: 2DS, Mini 60/400 1.0/s 1:00 ETA 5:40',
      'permute: 2DS, Mini 120/400 1.0/s 2:00 ETA 4:40',
    ]);
  });

  it('is nothing when all is done within the minute, but for what is said', () => {
    const { progress, lines } = display(null);
    progress.start('2DS', 2);
    progress.update(2);
    progress.stop();
    progress.say('done');
    expect(lines()).toEqual(['done']);
  });
});

it('times are short', () => {
  expect([0, 41, 87, 3600, 7509].map(clock)).toEqual(['0:00', '0:41', '1:27', '1:00:00', '2:05:09']);
});
