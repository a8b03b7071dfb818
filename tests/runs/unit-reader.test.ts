import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { encodeUnit, predictionRecords } from '../../src/runs/records.js';
import { readUnits } from '../../src/runs/unit-reader.js';
import { inFolder, small, unitsOf } from './fixtures.js';

const units = [...unitsOf(small)].map(unit => encodeUnit(predictionRecords, unit));
const whole = units.join('');

/** What can be read of a file with these bytes: units, and their last end. */
const read = (content: string | Uint8Array) =>
  inFolder(async dir => {
    const path = join(dir, 'predictions.jsonl');
    await writeFile(path, content);
    const found = [];
    for await (const unit of readUnits(path, predictionRecords)) found.push(unit);
    return found;
  });

describe('readUnits', () => {
  it('gives the complete units of a file that was cut anywhere, and where they end', async () => {
    const bytes = Buffer.from(whole);
    const ends = units.map((_, i) => Buffer.byteLength(units.slice(0, i + 1).join('')));
    for (let length = 0; length <= bytes.length; length += 11) {
      const found = await read(bytes.subarray(0, length));
      expect(found.map(unit => unit.end)).toEqual(ends.filter(end => end <= length));
      expect(found.flatMap(unit => unit.records)).toEqual([...unitsOf(small)].slice(0, found.length).flat());
    }
  });

  it('reads lines that are longer than what is read at once', async () => {
    const study = { images: 3, conditions: ['original'], questions: 2, outputLength: 1_500_000 };
    const text = [...unitsOf(study)].map(unit => encodeUnit(predictionRecords, unit)).join('');
    expect((await read(text)).flatMap(unit => unit.records)).toEqual([...unitsOf(study)].flat());
  });

  // As runs before checksums left them, so that other faults show.
  const unsealed = (text: string) => text.replaceAll(/,"crc32":"\w+"}$/gm, '}');
  const lines = unsealed(whole).trimEnd().split('\n');
  const without = (number: number) => `${lines.filter((_, i) => i !== number - 1).join('\n')}\n`;
  const replaced = (number: number, line: string | Uint8Array) =>
    Buffer.concat(lines.flatMap((old, i) => [Buffer.from(i === number - 1 ? line : old), Buffer.from('\n')]));

  it.each([
    ['no JSON', 5, replaced(5, lines[4]!.slice(0, -1)), /JSON/],
    ['an empty line', 5, replaced(5, ''), /JSON/],
    ['zeros', 3, replaced(3, '\0'.repeat(40)), /JSON/],
    ['bytes that are no UTF-8', 2, replaced(2, Buffer.from([0x22, 0xff, 0x22])), /utf-8/i],
    ['no unit', 1, replaced(1, '{}'), /unit/],
    ['a field missing', 7, replaced(7, lines[6]!.replace('"answer"', '"antwort"')), /answer/],
    ['a score beyond 1', 7, replaced(7, lines[6]!.replace(/"score":\d/, '"score":7')), /score/],
    ['a unit’s first line missing', 3, without(3), /line 2 of 2 of a unit where 1 of 2 was to come/],
    ['a unit’s last line missing', 6, without(6), /line 1 of 3 of a unit where 2 of 2 was to come/],
    [
      'a unit that is there twice',
      13,
      unsealed(whole + units[0]),
      /image 0 under original for the second time/,
    ],
    [
      'another image within a unit',
      4,
      replaced(4, lines[3]!.replace('"image 1"', '"image 7"')),
      /image 7 under original within the unit of image 1/,
    ],
  ])('names file and line of %s', async (_, line, content, what) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/predictions\.jsonl:\d+ is damaged \(.+\): restore/);
    expect((error as Error).message).toContain(`predictions.jsonl:${line} `);
    expect((error as Error).message).toMatch(what);
  });

  it('reads what runs before checksums left, and a run that went on with them', async () => {
    const all = [...unitsOf(small)].flat();
    for (const content of [unsealed(whole), unsealed(units[0]!) + units.slice(1).join('')])
      expect((await read(content)).flatMap(unit => unit.records)).toEqual(all);
  });

  it('takes no flipped bit for data', async () => {
    const bytes = Buffer.from(units.slice(0, 2).join(''));
    const sound = await read(bytes);
    const kept = [];
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << ((at * 5) % 8);
      const found = await read(flipped).catch((error: unknown) => error);
      // A lost last newline is a torn line, which is done again.
      if (!(found instanceof UserError) && at !== bytes.length - 1) kept.push(at);
      if (at === bytes.length - 1) expect(found).toEqual(sound.slice(0, 1));
    }
    expect(kept).toEqual([]);
  });

  it('seals a line by the CRC-32 of its bytes without that key', async () => {
    const [line] = whole.split('\n');
    const [, json, sum] = /^(.*),"crc32":"(\w{8})"}$/s.exec(line!)!;
    const { crc32 } = await import('node:zlib');
    expect(sum).toBe(
      crc32(Buffer.from(`${json}}`))
        .toString(16)
        .padStart(8, '0'),
    );
    expect(Object.keys(JSON.parse(line!)).at(-1)).toBe('crc32');
  });

  it('keeps every character of a model’s output', async () => {
    const [unit] = [...unitsOf(small)];
    const output = '\u0000\u001b[2J\r\n\u2028\ud800 "quoted" \\ 😀\u00a0';
    const text = encodeUnit(predictionRecords, [{ ...unit![0]!, output }]);
    expect(text.split('\n')).toHaveLength(2);
    expect((await read(text))[0]!.records[0]!.output).toBe(output);
  });
});

it('reads a file that another process is appending to', () =>
  inFolder(async dir => {
    const path = join(dir, 'predictions.jsonl');
    await writeFile(path, whole.slice(0, 900));
    const reading = readUnits(path, predictionRecords);
    expect((await reading.next()).done).toBe(false);
    await writeFile(path, whole.slice(900), { flag: 'a' });
    for await (const unit of reading) expect(unit.records.length).toBeGreaterThan(0);
    expect(await readFile(path, 'utf8')).toBe(whole);
  }));
