/**
 * The statistics of the tables, without a model: `import … from 'vlm-spatial/metrics'` loads no TensorFlow.js. Numbers in,
 * numbers out.
 */
export {
  type ClusteredEstimate,
  clusteredMean,
  clusteredStatistic,
  FEWEST_CLUSTERS,
  type Interval,
  type IntervalOptions,
  pAgainst,
} from './clustered.js';
export { entropy } from './entropy.js';
export { type Histogram, type HistogramOptions, histogram } from './histogram.js';
export { holm } from './holm.js';
export { type McNemar, mcnemar } from './mcnemar.js';
export {
  type PairedDifference,
  type PairedTest,
  type PairedTestOptions,
  pairedClusterTest,
  pairedDifference,
} from './paired-cluster-test.js';
export { clustersNeeded, detectable, type PowerOptions, type Spread } from './power.js';
export { quantiles } from './quantiles.js';
export { SINK_FACTOR, sinksAmong } from './sinks.js';
