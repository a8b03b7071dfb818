import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import type { Table } from '../records/table.js';
import { tableHtml } from '../report/page/table.js';
import type { Pair, Pairing, Side } from '../report/pair-predictions.js';
import { viewData } from '../report/view/view-data.js';
import { writeView } from '../report/view/write-view.js';
import { drawing, type Progress } from '../work.js';
import type { OpenedPredictions } from './open-predictions.js';
import type { MovedData } from './run-images.js';
import { dataOf, factsOf, imagePlace, openImages } from './view-sources.js';

/** Two lists of answers compared. */
export interface Diff extends Pick<Pairing, 'matchedBy' | 'onlyA' | 'onlyB'> {
  /** What is compared, and what its column is called. */
  readonly sides: Readonly<Record<Side, OpenedPredictions & { readonly column: string }>>;
  readonly pairs: readonly Pair[];
  /** The side that says what image, category and targets a question has. */
  readonly told: Side;
  readonly table: Table;
}

/** Writes the page of a comparison: its table, and the questions, those that changed first to be seen. Gives its path. */
export async function writeDiffPage(
  path: string,
  { sides, pairs, told, table, matchedBy, onlyA, onlyB }: Diff,
  { images: place, ...moved }: MovedData & { readonly images: string },
  progress: Progress,
  added: readonly Benchmark[],
): Promise<string> {
  const { a, b } = sides;
  const answers = (side: Side) =>
    pairs.map(pair => {
      const { condition, output, answer, score, margin } = pair[side];
      return { ...pair[told], condition, output, answer, score, margin };
    });
  const runOf = (side: Side) => ({
    // One run is compared between its conditions.
    name: a.path === b.path ? a.result.model : `${side.toUpperCase()}: ${sides[side].result.model}`,
    data: dataOf(sides[told]),
    benchmark: sides[told].result.benchmark.title,
    predictions: answers(side),
  });
  const { data, images } = viewData([runOf('a'), runOf('b')]);
  const { find, notes } = await openImages([sides[told]], [...Object.values(benchmarks), ...added], moved);
  if (onlyA + onlyB > 0 || matchedBy === 'wording')
    notes.push(
      `Questions are matched by ${matchedBy}; without counterpart: ${onlyA} of A, ${onlyB} of B, which are not shown.`,
    );
  const page = {
    title: `${a.column} against ${b.column}`,
    summary: `${sides[told].result.benchmark.title}: ${pairs.length} questions on ${images.length} images`,
    runs: [a, b].map((side, i) => ({ name: `${'AB'[i]}: ${side.column}`, facts: factsOf(side) })),
    notes,
    tables: [tableHtml(table)],
    data,
    show: 'changed' as const,
  };
  const written = await drawing('images', progress, onProgress =>
    writeView(path, page, { images, find, place: imagePlace(place), onProgress }),
  );
  return written.path;
}
