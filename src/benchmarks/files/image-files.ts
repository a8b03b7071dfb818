import { stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import { type DataFile, type DataFolder, fileOnDisk, openFolder } from './folder.js';
import {
  describeFiles,
  type ImageSource,
  isImage,
  LARGEST_IMAGE,
  ofEach,
  stampOf,
  withoutExtension,
} from './images.js';

/**
 * Images as files, in folders or in archives.
 *
 * @param stems what an image's file may be called, without extension; with folders before it, the file must lie in these
 * @param elsewhere a further folder that images may lie in
 */
export async function imageFiles(
  folder: DataFolder,
  stems: (imageId: string) => readonly string[],
  elsewhere?: string,
): Promise<ImageSource> {
  const folders = [folder, ...(elsewhere === undefined ? [] : [await openFolder(elsewhere)])];
  const byName = new Map<string, DataFile[]>();
  for (const { files } of folders) {
    for (const file of await files()) {
      if (!isImage(file.path)) continue;
      const name = basename(withoutExtension(file.path));
      const alike = byName.get(name);
      if (alike === undefined) byName.set(name, [file]);
      else alike.push(file);
    }
  }
  const find = (imageId: string): DataFile | undefined =>
    stems(imageId)
      .flatMap(stem => byName.get(basename(stem))?.filter(file => endsWith(file, stem)) ?? [])
      .sort((a, b) => Number(a.disk === undefined) - Number(b.disk === undefined))[0];
  const places = folders.map(({ name }) => printable(name)).join(' or ');
  const soughtAs = (id: string) =>
    `as ${quoted(`${stems(id)[0]}.jpg`)} (or .png, …) in ${places}, its folders or its zip archives`;
  const advice =
    elsewhere === undefined ? 'fetch the images, or say with --images where they are' : 'fetch the images';
  return {
    describe: async ids => describeFiles(ids.filter(id => find(id) !== undefined).length, ids.length),
    stamp: ids => stampOf(ids, async id => find(id)?.stamp()),
    missing: async ids => ids.filter(id => find(id) === undefined),
    soughtAs,
    advice,
    load: async id => {
      const file = find(id);
      if (file === undefined)
        throw new UserError(`expected image ${quoted(id)} ${soughtAs(id)}, found none: ${advice}`);
      return file.read(LARGEST_IMAGE);
    },
  };
}

const endsWith = (file: DataFile, stem: string): boolean =>
  `/${withoutExtension(file.path)}`.endsWith(`/${stem}`);

/** What means a place outside on another system, and is no file's name here; and NUL, which no system has in one. */
const FOREIGN = sep === '/' ? /^(\\|[a-z]:)|(^|[/\\])\.\.(\\|$)|\\\.\.\/|\0/i : /\0/;

/**
 * Where a path may lead that a data file names its image by: below the file's own folder, or below `elsewhere`, from which
 * a relative path then starts first. UserError for one that leads out: such files come from anyone, and the images that they
 * name end up in reports.
 *
 * @returns the places to look at, in their order
 */
function placesOf(path: string, root: string, elsewhere?: string): string[] {
  const roots = elsewhere === undefined ? [root] : [elsewhere, root];
  const places = roots.map(base => resolve(base, path));
  const inside = places.filter(place => roots.some(one => isBelow(place, one)));
  if (inside.length > 0 && !FOREIGN.test(path)) return [...new Set(inside)];
  const advice = `${elsewhere === undefined ? 'say with --images below which folder paths may lead' : 'name another folder with --images'}, or copy the image there`;
  throw new UserError(
    `expected the path of an image below ${roots.map(one => printable(one)).join(' or ')}, found ${quoted(path)}: ${advice}`,
  );
}

function isBelow(place: string, root: string): boolean {
  const way = relative(resolve(root), place);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Images named by their paths, below a folder or below `elsewhere`: see `placesOf`.
 *
 * @param pathOf an image's path, where its id is not that
 */
export function imagesBelow(
  root: string,
  elsewhere?: string,
  pathOf: (imageId: string) => string = id => id,
): ImageSource {
  const found = new Map<string, Promise<DataFile | undefined>>();
  const find = (id: string): Promise<DataFile | undefined> => {
    const known = found.get(id) ?? firstThere(pathOf(id), placesOf(pathOf(id), root, elsewhere));
    found.set(id, known);
    return known;
  };
  const roots = [elsewhere, root].flatMap(one => (one === undefined ? [] : [printable(one)])).join(' or ');
  const soughtAs = (id: string) => `as ${quoted(pathOf(id))} below ${roots}`;
  const advice = 'correct their paths, add them, or say with --images where they are';
  return {
    describe: async ids => {
      const files = await ofEach(ids, find);
      return describeFiles(files.filter(file => file !== undefined).length, ids.length);
    },
    stamp: ids => stampOf(ids, async id => (await find(id))?.stamp()),
    missing: async ids => {
      const files = await ofEach(ids, find);
      return ids.filter((_, i) => files[i] === undefined);
    },
    soughtAs,
    advice,
    load: async id => {
      const file = await find(id);
      if (file) return file.read(LARGEST_IMAGE);
      throw new UserError(`expected image ${quoted(pathOf(id))} below ${roots}, found none: ${advice}`);
    },
  };
}

async function firstThere(path: string, places: readonly string[]): Promise<DataFile | undefined> {
  for (const place of places) {
    const there = await stat(place).catch(() => undefined);
    if (there?.isFile()) return fileOnDisk(path, place);
  }
  return undefined;
}
