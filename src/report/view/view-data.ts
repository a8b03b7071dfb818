import type { Prediction } from '../../records/prediction.js';
import { type Asked, type Facet, facetsOf } from './facets.js';

/** Answers to show side by side with others'. */
export interface ViewRun {
  /** The model, or another program's file; runs of one name on different data share their columns. */
  readonly name: string;
  /** What was asked: questions of equal `data`, id and wording are one row. */
  readonly data: string;
  /** The same for people, e.g. `2DS (generated)`. */
  readonly benchmark: string;
  readonly predictions: readonly Prediction[];
}

/** An image that questions are about. */
export interface ViewImage {
  readonly data: string;
  readonly id: string;
}

/** One run's answers under one condition; places are those of the questions, −1 stands for a question not asked. */
interface Column {
  readonly run: string;
  readonly condition: string;
  readonly output: number[];
  /** What the scorer took the output to say. */
  readonly answer: number[];
  /** null where it is not known. */
  readonly score: (number | null)[];
  readonly margin: (number | null)[];
}

/** What the page's script reads: column-wise, every text once in `strings` and named by its place there. */
export interface ViewData {
  readonly strings: readonly string[];
  /** Ids of the images. */
  readonly images: readonly number[];
  readonly questions: {
    readonly id: number[];
    /** Place in `images`. */
    readonly image: number[];
    readonly text: number[];
    readonly target: number[];
  };
  readonly facets: readonly Facet[];
  readonly columns: readonly Column[];
}

/** The questions of all runs in the order in which they come, with the answers of every run and condition. */
export function viewData(runs: readonly ViewRun[]): { data: ViewData; images: readonly ViewImage[] } {
  const { strings, place } = interning();
  const asked: Asked[] = [];
  const rows = new Map<string, number>();
  const images = indexed<ViewImage>(({ data, id }) => JSON.stringify([data, id]));
  const questions: ViewData['questions'] = { id: [], image: [], text: [], target: [] };
  const named = new Map<string, Column>();
  for (const { name, data, benchmark, predictions } of runs) {
    for (const p of predictions) {
      const key = JSON.stringify([data, p.id, p.question]);
      let row = rows.get(key);
      if (row === undefined) {
        row = asked.push({ benchmark, prediction: p }) - 1;
        rows.set(key, row);
        questions.id.push(place(p.id));
        questions.image.push(images.place({ data, id: p.image }));
        questions.text.push(place(p.question));
        questions.target.push(place(targetOf(p)));
      }
      const columnKey = JSON.stringify([name, p.condition]);
      let column = named.get(columnKey);
      if (!column) {
        column = { run: name, condition: p.condition, output: [], answer: [], score: [], margin: [] };
        named.set(columnKey, column);
      }
      column.output[row] = place(p.output);
      column.answer[row] = place(p.answer);
      column.score[row] = known(p.score, 6);
      column.margin[row] = known(p.margin, 3);
    }
  }
  const columns = [...named.values()];
  for (const { output, answer, score, margin } of columns)
    for (let row = 0; row < asked.length; row++) {
      output[row] ??= -1;
      answer[row] ??= -1;
      score[row] ??= null;
      margin[row] ??= null;
    }
  const facets = facetsOf(asked, place);
  return {
    data: { strings, images: images.items.map(({ id }) => place(id)), questions, facets, columns },
    images: images.items,
  };
}

/** Accepted answers, each once, with its number where several people gave it; the most frequent first. */
function targetOf({ targets }: Prediction): string {
  const counts = new Map<string, number>();
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return byCount.map(([target, n]) => (n > 1 ? `${target} (${n})` : target)).join(' | ');
}

/** To so many significant digits: more would only make the page bigger. */
const known = (value: number, digits: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;

function interning(): { strings: readonly string[]; place: (text: string) => number } {
  const { items, place } = indexed<string>(text => text);
  return { strings: items, place };
}

/** A list that holds everything once. */
function indexed<T>(key: (item: T) => string): { items: readonly T[]; place: (item: T) => number } {
  const items: T[] = [];
  const places = new Map<string, number>();
  return {
    items,
    place(item) {
      const found = places.get(key(item));
      if (found !== undefined) return found;
      places.set(key(item), items.length);
      return items.push(item) - 1;
    },
  };
}
