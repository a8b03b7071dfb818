import { describe, expect, it } from 'vitest';
import { escapeXml, textWidth, wrapText } from '../../src/report/figures/text.js';

describe('text in figures', () => {
  it('is measured in Helvetica’s widths', () => {
    // Adobe's metrics: H 722, e 556, l 222, o 556, space 278.
    expect(textWidth('Hello', 10)).toBeCloseTo((752 + 615 + 278 + 278 + 612) / 100, 9);
    expect(textWidth('~ ', 1000)).toBeCloseTo(838 + 318, 9);
    expect(textWidth('é', 10)).toBeGreaterThanOrEqual(5.56);
    expect(textWidth('Hello', 10, true)).toBeGreaterThan(textWidth('Hello', 10));
  });

  it.each([
    'the quick brown fox jumps over the lazy dog',
    'a'.repeat(90),
    `${'w'.repeat(40)} and more`,
    'ένα δύο τρία',
  ])('breaks %j into lines that fit, losing no character', text => {
    const lines = wrapText(text, 80, 10);
    for (const line of lines) expect(textWidth(line, 10)).toBeLessThanOrEqual(80);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });

  it('is safe in elements and attributes, and holds nothing that XML forbids', () => {
    expect(escapeXml(`<a href="x">&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
    expect(escapeXml('\u0000\u001b\ud800\uffff\t\n')).toBe('\ufffd\ufffd\ufffd\ufffd\t\n');
  });
});
