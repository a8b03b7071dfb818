import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';
import { type Html, html } from './html.js';

/** A page of ours. */
export interface Page {
  readonly title: string;
  /** Files of `browser/`, in the order in which they take effect. */
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
  /** Whether its images are files beside it; otherwise they are inside. */
  readonly imageFiles: boolean;
  /** What comes before the scripts. */
  readonly body: Html;
  /** What comes after them, piece by piece: they have run, and the page can be used, while this is still being read. */
  readonly rest: Iterable<Html>;
}

/** What the browser runs and shows, as it is in the sources. */
const BROWSER = join(packageRoot, 'src', 'report', 'page', 'browser');

/**
 * A whole HTML document in pieces, all of it in one file. Its Content-Security-Policy lets nothing run but the scripts given
 * here (by their hashes), and nothing be loaded from anywhere: text in the data that looks like markup stays text, twice over.
 */
export async function* documentOf(page: Page): AsyncGenerator<string> {
  const style = (await Promise.all(page.styles.map(browserFile))).join('\n');
  const scripts = await Promise.all(page.scripts.map(browserFile));
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(script => `'${sourceHash(script)}'`).join(' ')}`,
    `style-src '${sourceHash(style)}'`,
    `img-src ${page.imageFiles ? "'self' file:" : 'data:'}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
<style>${{ html: style }}</style>
</head>
<body>
${page.body}
${scripts.map(
  script => html`<script>${{ html: script }}</script>
`,
)}
`.html;
  for (const { html: piece } of page.rest) yield `${piece}\n`;
  yield '</body>\n</html>\n';
}

/** With line feeds alone, as a browser reads it: the hash is of that. */
async function browserFile(name: string): Promise<string> {
  return (await readFile(join(BROWSER, name), 'utf8')).replaceAll('\r\n', '\n');
}

const sourceHash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
