import { pAgainst } from '../../metrics/clustered.js';
import { coarser } from '../../metrics/log-counts.js';
import type { Chart, Figure } from '../../records/figure.js';
import type { Verdict } from '../../records/verdict.js';
import { type Bin, histogramLog } from '../charts/index.js';
import { decideAll, type Evidence } from '../decide.js';
import { suitesOf } from '../estimates.js';
import { BINS_PER_DECADE } from './figure3-tables.js';
import { kinds, medianRatio, type NormResult, summarise } from './summaries.js';
import { violin } from './violin.js';

/** What the paper reads off its Figure 3. */
const PAPER = [
  { series: 'vision tokens', from: 10, to: 1000 },
  { series: 'text tokens', from: 0.3, to: 1 },
] as const;

/** Figure 3 twice: as histograms and as violins, a panel for each model. */
export function normFigures(results: readonly NormResult[]): Figure[] {
  const measured = results.filter(({ measurements }) => measurements.length > 0);
  if (measured.length === 0) return [];
  const rows = measured.flatMap(result =>
    kinds.flatMap(kind =>
      coarser(summarise(result, kind).counts, BINS_PER_DECADE).map(
        (bin): Bin & { readonly panel: string } => ({
          panel: result.model,
          series: `${kind} tokens`,
          ...bin,
        }),
      ),
    ),
  );
  const about = describe(measured);
  return [histograms(rows, about), violin({ name: 'fig3-violin', ...about, rows, ranges: PAPER })];
}

type About = Pick<Chart, 'title' | 'caption'>;

function describe(results: readonly NormResult[]): About {
  const [{ benchmark, measurements }] = results as readonly [NormResult];
  return {
    title: `L2 norms of vision tokens and text embeddings, suite ${suitesOf(results)}`,
    caption:
      `${benchmark.title} (${benchmark.split}), ${measurements.length} images: vision tokens after the projector, input ` +
      'embeddings of the captions’ tokens. Grey: the ranges that the paper reads off its Figure 3 (LLaVA-1.5 7B on ' +
      'COCO), another model on other images, for reference alone.',
  };
}

const histograms = (rows: readonly Bin[], about: About): Chart =>
  histogramLog({
    name: 'fig3',
    ...about,
    x: { title: 'L2 norm (log scale)' },
    columns: 2,
    rows,
    ghosts: PAPER.map(({ series, from, to }) => ({ label: `paper: ${series}`, from, to })),
  });

/** One order of magnitude: the least that the paper speaks of (§4.1). */
const ONE_ORDER = 10;

/** What norms say of claim 3: one verdict a model and set of images. */
export const normVerdicts = (results: readonly NormResult[]): Verdict[] =>
  decideAll(results.filter(({ measurements }) => measurements.length > 0).map(evidence));

function evidence(result: NormResult): Evidence {
  const ratio = medianRatio(result);
  const { value, low, high, clusters } = ratio;
  return {
    of: result,
    claim: 3,
    about: `${result.benchmark.title} (${result.benchmark.split})`,
    control: result.variant !== 'baseline',
    statistic: 'median norm of vision tokens over that of text embeddings',
    ...{ value, low, high, p: pAgainst(ratio, ONE_ORDER), images: clusters },
    claimed: { above: ONE_ORDER },
    detail: `the ratio is 10^${Math.log10(value).toFixed(2)}, over ${clusters} images`,
  };
}
