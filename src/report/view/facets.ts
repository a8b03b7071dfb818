import type { Prediction } from '../../records/prediction.js';

/** A question, with what is known of it from the first run that has it. */
export interface Asked {
  readonly benchmark: string;
  readonly prediction: Prediction;
}

/** Something that questions can be told apart by: benchmark, category, number of objects, … */
export interface Facet {
  readonly title: string;
  /** Of every question, a place in the page's strings; −1 where it has none. */
  readonly values: readonly number[];
  /** The values to filter by, in order; none where there are too many, or one alone. */
  readonly options: readonly number[];
}

/** More values than this are for the text search. */
const MOST_OPTIONS = 24;

/** The benchmark, the category and every label of the questions; of several that divide them alike only the first is a filter. */
export function facetsOf(asked: readonly Asked[], place: (text: string) => number): Facet[] {
  const labels = new Set(asked.flatMap(({ prediction }) => Object.keys(prediction.labels)));
  // The number of objects comes first: 2DS has it twice, and this is the plain one.
  const keys = [...labels].sort((a, b) => Number(b === 'objects') - Number(a === 'objects'));
  const facets = [
    { title: 'Benchmark', texts: asked.map(({ benchmark }) => benchmark) },
    { title: 'Category', texts: asked.map(({ prediction }) => prediction.category) },
    ...keys.map(key => ({
      title: titleOf(key),
      texts: asked.map(({ prediction }) => String(prediction.labels[key] ?? '')),
    })),
  ];
  const divisions = new Set<string>();
  return facets
    .filter(({ texts }) => texts.some(text => text !== ''))
    .map(({ title, texts }) => {
      const division = divisionOf(texts);
      const values = [...new Set(texts)].filter(text => text !== '');
      const useful = values.length > 1 && values.length <= MOST_OPTIONS && !divisions.has(division);
      divisions.add(division);
      const options = useful ? values.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })) : [];
      return {
        title,
        values: texts.map(text => (text === '' ? -1 : place(text))),
        options: options.map(place),
      };
    });
}

/** Equal for lists that tell the same questions apart, whatever they call them. */
function divisionOf(texts: readonly string[]): string {
  const numbers = new Map<string, number>();
  return texts
    .map(text => {
      if (!numbers.has(text)) numbers.set(text, numbers.size);
      return numbers.get(text)!;
    })
    .join();
}

/** `testCategory` becomes `Test category`. */
const titleOf = (key: string): string => {
  const words = key.replaceAll(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start}`);
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
};
