import { holm } from '../../metrics/holm.js';
import { columnsOf, type Row, type Table } from '../../records/table.js';
import { accuracyOf, differenceOf, ESTIMATE_COLUMNS, NO_DIFFERENCE, suitesOf } from '../estimates.js';
import { percent } from '../scores.js';
import type { Compression } from './compressions.js';

/** Figure 2's numbers: accuracy by number of vision tokens, and what it lost against all of them. */
export function figure2Table(name: string, compressions: readonly Compression[]): Table {
  const several = new Set(compressions.map(c => c.result.model)).size > 1;
  return {
    name,
    title: `Accuracy (%) by number of vision tokens, suite ${suitesOf(compressions.map(c => c.result))}`,
    columns: [
      ...(several ? [{ key: 'model', label: 'Model' }] : []),
      { key: 'dataset', label: 'Dataset' },
      { key: 'tokens', label: 'Tokens' },
      { key: 'made', label: 'Made by' },
      ...ESTIMATE_COLUMNS,
    ],
    rows: compressions.flatMap(compression =>
      rowsOf(compression).map(({ n, images, ...row }) => ({
        ...(several ? { model: compression.result.model } : {}),
        ...row,
      })),
    ),
  };
}

/** The same with all that stands behind it: p adjusted over the points of a model and benchmark, floors, provenance. */
export function figure2Long(compressions: readonly Compression[]): Table {
  const rows = compressions.flatMap(compression => {
    const { result, blank, textOnly, points } = compression;
    const own = rowsOf(compression);
    const tested = own.map(row => row.p).filter(p => typeof p === 'number' && !Number.isNaN(p));
    const adjusted = holm(tested as number[]);
    return own.map((row): Row => {
      const place = tested.indexOf(row.p as number);
      const point = points.find(p => p.made === row.made && p.tokens === row.tokens);
      return {
        suite: result.suite,
        model: result.model,
        benchmark: result.benchmark.title,
        split: result.benchmark.split,
        ...row,
        pHolm: place < 0 ? null : adjusted[place]!,
        blankImage: percent(blank.scores),
        textOnly: percent(textOnly.scores),
        ...(point?.result ?? result).provenance,
      };
    });
  });
  return { name: 'fig2-long', title: 'Compression, long form', columns: columnsOf(rows), rows };
}

/** All tokens first, where they were asked, then every point. */
function rowsOf({ result, tokens, original, points }: Compression): Row[] {
  const { seed, benchmark } = result;
  const dataset = benchmark.title;
  const whole: Row[] = original
    ? [
        {
          dataset,
          tokens: tokens ?? null,
          made: 'not compressed',
          ...accuracyOf(original),
          ...NO_DIFFERENCE,
        },
      ]
    : [];
  const fewer = points.map(
    (point): Row => ({
      dataset,
      tokens: point.tokens,
      made: point.made,
      ...accuracyOf(point.scores),
      ...(original ? differenceOf(point.scores, original, seed) : NO_DIFFERENCE),
    }),
  );
  return [...whole, ...fewer];
}
