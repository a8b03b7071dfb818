import type { Chart, Figure, Panel, Sheet } from '../../records/figure.js';
import type { RunResult } from '../../records/result.js';
import { dots, type Floor, lineWithIntervals } from '../charts/index.js';
import { original, textOnly } from '../condition.js';
import { isScored } from '../estimates.js';
import { percent, under } from '../scores.js';
import { paperNumber } from '../variants.js';
import { accuracyOn, type Chosen, everything, is2ds, objectCounts, part, TABLE2_ROWS } from './scores.js';

/** Figures 4, 5 and 6: scenes of 2DS, accuracy by number of objects and by category. None without 2DS. */
export function evaluationFigures(all: readonly RunResult[]): readonly Figure[] {
  const results = all.filter(r => is2ds(r) && isScored(r));
  return results.length > 0 ? [scenes(results[0]!), byObjects(results), byCategory(results)] : [];
}

/** Number of objects and category of the question, scene by scene; the numbers are those of the paper's Figure 4. */
const SCENES = [
  { objects: 2, category: 'color.abs' },
  { objects: 2, category: 'shape.rel' },
  { objects: 3, category: 'shape_color.rel' },
  { objects: 4, category: 'shape_color.abs' },
];

function scenes(result: RunResult): Sheet {
  const { benchmark, suite } = result;
  const asked = under(result, original);
  const shown = new Set<string>();
  const panels = SCENES.flatMap(({ objects, category }): Panel[] => {
    const question = asked.find(
      p => Number(p.labels.objects) === objects && p.category === category && !shown.has(p.image),
    );
    if (!question) return [];
    shown.add(question.image);
    const heading = [`${objects} objects`, question.question, `Answer: ${question.targets.join(', ')}`];
    return [{ benchmark: benchmark.name, image: question.image, heading }];
  });
  return {
    kind: 'sheet',
    name: 'fig4',
    title: `Scenes of ${benchmark.title}, suite ${suite}`,
    caption: `The first scenes of ${named(result)} with two, two, three and four objects, one of the six questions on each, and its answer (the paper's Figure 4).`,
    columns: 4,
    panels,
  };
}

function byObjects(results: readonly RunResult[]): Chart {
  const counts = objectCounts(results);
  const rows = results.flatMap(result =>
    counts.map(objects => {
      const { accuracy, low, high } = accuracyOn(result, p => p.labels.objects === objects);
      return { series: result.model, x: Number(objects), value: accuracy, low, high };
    }),
  );
  const [first] = results;
  return lineWithIntervals({
    name: 'fig5',
    title: `Accuracy by number of objects, ${first!.benchmark.title}, suite ${first!.suite}`,
    caption: `Accuracy on ${named(first!)} by the number of objects in the image; bars: 95% intervals, clustered by image; models stand a little apart along the axis. The paper's Figure 5 prints no numbers to set beside them.`,
    x: { title: 'Objects in the image', ticks: counts.map(Number) },
    y: { title: 'Accuracy (%)' },
    rows,
    width: 320,
  });
}

function byCategory(results: readonly RunResult[]): Chart {
  const [first] = results;
  const groups = Object.entries({ ...TABLE2_ROWS, overall: 'Overall' }).map(([key, category]) => {
    const chosen: Chosen = key === 'overall' ? everything : p => p.category === key;
    return { key, category, chosen };
  });
  const there = groups.filter(({ chosen }) => first!.predictions.some(chosen));
  const rows = there.flatMap(({ category, chosen }) =>
    results.map(result => {
      const { accuracy, low, high } = accuracyOn(result, chosen);
      return { category, series: result.model, value: accuracy, low, high };
    }),
  );
  const ghosts = there.flatMap(({ key, category }) =>
    results.flatMap(result => {
      const value = paperNumber('table2', key, result.variant, result);
      return value === undefined ? [] : [{ category, series: result.model, value }];
    }),
  );
  const floors = there.flatMap(({ key, category, chosen }): Floor[] => {
    const chance = first!.benchmark.chance.get(key);
    const blind = percent(part(first!, chosen, textOnly).scores);
    return [
      ...(chance === undefined ? [] : [{ category, value: 100 * chance, label: 'chance floor' }]),
      ...(Number.isNaN(blind) ? [] : [{ category, value: blind, label: `${first!.model}, text only` }]),
    ];
  });
  return dots({
    name: 'fig6',
    title: `Accuracy by category, ${first!.benchmark.title}, suite ${first!.suite}`,
    caption: `Accuracy on ${named(first!)} by category of question; bars: 95% intervals, clustered by image. Chance floor: the best guesser that knows which objects are there, but not where. Grey marks of the same shapes: what the paper's Table 2 prints for LLaVA-1.5 7B and its variants, other models on other images, for reference alone.`,
    x: { title: 'Accuracy (%)' },
    rows,
    ghosts,
    floors,
    width: 300,
  });
}

const named = ({ benchmark, suite }: RunResult): string =>
  `${benchmark.title}, split “${benchmark.split}”, suite ${suite}`;
