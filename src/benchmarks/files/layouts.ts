import { UsageError, UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import type { Dataset, OpenOptions } from '../types.js';
import { questionDataset, type SplitContent } from './dataset.js';
import { type DataFolder, openFolder } from './folder.js';

/** A split that a layout's files were found to hold, not yet read. */
export interface FoundSplit {
  readonly split: string;
  /** Taken when no split is asked for. */
  readonly preferred: boolean;
  /** The layout and its files, for people: `official JSON testdev_balanced_questions.json`. */
  readonly layout: string;
  readonly read: () => Promise<SplitContent>;
}

/** One of the forms in which a benchmark is published: finds its splits by what the files hold. */
type Layout = (folder: DataFolder, options: OpenOptions) => Promise<readonly FoundSplit[]>;

/** What a benchmark's reader is made of. */
export interface Reader {
  readonly benchmark: string;
  /** As messages name the benchmark. */
  readonly title: string;
  /** What the files should be, for the error that says there are none. */
  readonly expected: string;
  /** In order of preference: the first that finds anything is read. */
  readonly layouts: readonly Layout[];
}

/**
 * Opens a benchmark's files, in whatever layout they are. UserError when there are none, or when it is open which of
 * several splits is meant.
 */
export async function openLayouts(
  { benchmark, title, expected, layouts }: Reader,
  path: string,
  options: OpenOptions = {},
): Promise<Dataset> {
  const folder = await openFolder(path);
  for (const layout of layouts) {
    const found = await layout(folder, options);
    if (found.length === 0) continue;
    const chosen = choose(found, options.split, `${title} at ${printable(path)}`);
    return questionDataset(benchmark, chosen.split, chosen.layout, await chosen.read(), options);
  }
  throw new UserError(
    `expected ${expected} at ${printable(path)}, found ${contents(folder)}: fetch the benchmark, or give --data another path`,
  );
}

function choose(found: readonly FoundSplit[], wanted: string | undefined, where: string): FoundSplit {
  const [only, another] = found;
  const chosen =
    wanted === undefined
      ? (found.find(({ preferred }) => preferred) ?? (another === undefined ? only : undefined))
      : found.find(({ split }) => split === wanted);
  if (chosen !== undefined) return chosen;
  const splits = [...new Set(found.map(({ split }) => quoted(split)))].join(', ');
  throw new UsageError(
    wanted === undefined
      ? `expected one split of ${where}, found ${splits}: name one with --split`
      : `expected split ${quoted(wanted)} of ${where}, found ${splits}: name one of these with --split`,
  );
}

/** What lies in a folder instead: `3 .jpg, 1 .json`. */
function contents({ candidates }: DataFolder): string {
  if (candidates.length === 0) return 'no files';
  const counts = new Map<string, number>();
  for (const { path } of candidates) {
    const extension = /\.\w+$/.exec(path)?.[0] ?? 'files without extension';
    counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 5);
  return `${most.map(([extension, count]) => `${count} ${printable(extension)}`).join(', ')} of another form`;
}
