import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { html, jsonBlock, nothing } from '../../src/report/page/html.js';
import { writePage } from '../../src/report/page/write-page.js';
import { makeThumbnails } from '../../src/report/view/thumbnails.js';
import { root } from '../support/cli.js';

describe('markup', () => {
  it('shows what is put into it as text, and other markup as it is', () => {
    const item = (text: string) => html`<li title="${text}">${text}</li>`;
    expect(html`<ul>${['<b>&"\'', 'two'].map(item)}${nothing}</ul>${3}`.html).toBe(
      '<ul><li title="&lt;b&gt;&amp;&quot;&#39;">&lt;b&gt;&amp;&quot;&#39;</li><li title="two">two</li></ul>3',
    );
  });

  it('keeps a block of JSON whole, whatever it says', () => {
    const value = { '</script>': ['<!--', ']]>', '\u2028\u2029', '&lt;', '\\u003c'] };
    const block = jsonBlock('data', value).html;
    const [, json] = /^<script type="application\/json" id="data">([^<>&\u2028\u2029]*)<\/script>$/.exec(
      block,
    )!;
    expect(JSON.parse(json!)).toEqual(value);
  });
});

describe('a page that is written', () => {
  it('replaces the old one as a whole; what goes wrong in its making is no fault of the disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-page-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'made', 'page.html');
    async function* pieces(last: () => string) {
      yield 'one, ';
      yield last();
    }
    await writePage(
      path,
      pieces(() => 'two'),
    );
    const broken = pieces(() => {
      throw new TypeError('no such figure');
    });
    await expect(writePage(path, broken)).rejects.toThrow(TypeError);
    expect(await readFile(path, 'utf8')).toBe('one, two');
    await expect(
      writePage(
        join(path, 'page.html'),
        pieces(() => ''),
      ),
    ).rejects.toThrow(/page\.html cannot be written \(.+\): choose a folder/);
  });
});

describe('thumbnails', () => {
  const picture = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#a50' } })
      .png()
      .toBuffer();
  const images = Array.from({ length: 20 }, (_, i) => ({ data: 'd', id: String(i) }));

  it('fill the room that a page has, and say how many are left out', async () => {
    const encoded = await picture(64, 32);
    const place = 'inside' as const;
    const one = await makeThumbnails(images.slice(0, 1), async () => encoded, place, { page: 'p.html' });
    const each = Buffer.from(one.shown.get(0)!, 'base64');
    expect(await sharp(each).metadata()).toMatchObject({ format: 'webp', width: 64, height: 32 });
    for (const fit of [1, 12, 20]) {
      const room = { page: 'p.html', mostBytes: fit * each.length };
      const { shown, notes } = await makeThumbnails(images, async () => encoded, place, room);
      expect([...shown.keys()]).toEqual(images.slice(0, fit).map((_, i) => i));
      expect(notes).toEqual(fit === 20 ? [] : [expect.stringMatching(`^${20 - fit} images not shown: `)]);
    }
  });

  it('are turned upright as the picture’s orientation says', async () => {
    const turned = await sharp(await picture(300, 100))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { shown } = await makeThumbnails(images.slice(0, 1), async () => turned, 'inside', {
      page: 'p.html',
    });
    const { width, height } = await sharp(Buffer.from(shown.get(0)!, 'base64')).metadata();
    expect([width, height]).toEqual([85, 256]);
  });
});

it('ships what the browser runs', async () => {
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const folder = 'src/report/page/browser';
  expect(files.some(file => folder === file || folder.startsWith(`${file}/`))).toBe(true);
});
