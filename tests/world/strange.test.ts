import { describe, expect, it } from 'vitest';
import { strangeToMini } from '../../src/world/mini/strange.js';

const picture = (side: number, color: readonly number[]) => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => color[i % 3]!),
});

describe('what the miniature cannot know', () => {
  it('is nothing of its own world', () => {
    expect(strangeToMini('What color is at the top of the image?', picture(128, [255, 255, 255]))).toEqual(
      [],
    );
    expect(strangeToMini('Is there a red circle in the image?', picture(128, [222, 38, 44]))).toEqual([]);
    expect(strangeToMini('Is there a red circle in the image?', null)).toEqual([]);
  });

  it('is told: another size, other colours, words that it never saw', () => {
    const [size, colors, words] = strangeToMini('Is the zebra grey?', picture(300, [128, 128, 128]));
    expect(size).toContain('300×300');
    expect(colors).toContain('colours');
    expect(words).toContain('zebra, grey');
  });
});
