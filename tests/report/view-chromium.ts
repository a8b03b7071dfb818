import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { describe, it } from 'vitest';

/** `CHROMIUM_PATH`, or a Chromium that is installed. */
const executable = process.env.CHROMIUM_PATH ?? installed();

function installed(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map(folder => join(folder, 'chromium')).find(existsSync);
}

/** Tests that need a browser: skipped where there is none, failing where `VLM_SPATIAL_REQUIRE_CHROMIUM=1` wants one. */
export function describeInChromium(name: string, tests: () => void): void {
  if (executable !== undefined) describe(name, tests);
  else if (process.env.VLM_SPATIAL_REQUIRE_CHROMIUM === '1')
    it(name, () => {
      throw new Error('no Chromium: install it, or name its program in CHROMIUM_PATH');
    });
  else describe.skip(`${name} (no Chromium: install it, or name its program in CHROMIUM_PATH)`, tests);
}

/** A page, and what it did. */
export interface OpenedPage {
  readonly page: Page;
  /** Addresses that it asked for, its own file and `data:` left out. */
  readonly requests: readonly string[];
  /** What its console and its errors said. */
  readonly said: readonly string[];
}

/** A headless Chromium with a profile of its own; `close` ends it and removes that. */
export interface Chromium {
  open(file: string, size?: { readonly width: number; readonly height: number }): Promise<OpenedPage>;
  close(): Promise<void>;
}

export async function startChromium(): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'vlm-spatial-chromium-'));
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  const browser = await puppeteer
    .launch({
      executablePath: executable!,
      headless: true,
      timeout: 120_000,
      userDataDir: profile,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    })
    .catch(async error => {
      await removeProfile();
      throw error;
    });
  return {
    open: (file, size) => openIn(browser, file, size),
    async close() {
      await browser.close();
      await removeProfile();
    },
  };
}

async function openIn(
  browser: Browser,
  file: string,
  size = { width: 1280, height: 900 },
): Promise<OpenedPage> {
  const page = await browser.newPage();
  await page.setViewport(size);
  const address = pathToFileURL(resolve(file)).href;
  const requests: string[] = [];
  const said: string[] = [];
  page.on('request', request => {
    if (request.url() !== address && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', message => said.push(message.text()));
  page.on('pageerror', error => said.push(String(error)));
  await page.goto(address, { waitUntil: 'load', timeout: 120_000 });
  return { page, requests, said };
}

/** Text of the first element that fits, as it is on the page. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, element => element.textContent ?? '');

/** Chooses an option by what it says, up to its count in brackets. */
export async function choose(page: Page, select: string, label: string): Promise<void> {
  const value = await page.$eval(
    select,
    (element, wanted) =>
      Array.from((element as unknown as { options: { value: string; textContent: string }[] }).options).find(
        option => option.textContent.replace(/ \([\d,]+\)$/, '') === wanted,
      )?.value,
    label,
  );
  if (value === undefined) throw new Error(`${select} has no option "${label}"`);
  await page.select(select, value);
}

/** How many questions the page says that pass the filters. */
export async function countOf(page: Page): Promise<number> {
  return Number((await textOf(page, '#count')).split(' of ')[0]!.replaceAll(',', ''));
}

/** Width, height and description of an image, once it is decoded. */
export const sizeOf = (page: Page, selector: string): Promise<[number, number, string]> =>
  page.$eval(selector, async element => {
    const image = element as unknown as {
      decode(): Promise<void>;
      naturalWidth: number;
      naturalHeight: number;
      alt: string;
    };
    await image.decode();
    return [image.naturalWidth, image.naturalHeight, image.alt] as [number, number, string];
  });
