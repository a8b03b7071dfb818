/** Values summed per cluster (image): all that a resampling of whole clusters needs. */
export interface ClusterTotals {
  readonly clusters: number;
  /** Numbers per cluster in `totals`: one sum per column, then the count of questions. */
  readonly stride: number;
  /** float64[clusters, stride], clusters in the order of their sorted ids. */
  readonly totals: Float64Array;
}

/**
 * Sums each column over the questions of a cluster, and counts them.
 *
 * The clusters come out sorted by id, so that whatever is resampled from them does not depend on the order of the
 * questions. RangeError on columns of unequal length, values that are not finite, or no questions at all.
 * @param columns k × float[n], one value a question
 * @param clusters string[n], the image of each question
 */
export function clusterTotals(
  columns: readonly ArrayLike<number>[],
  clusters: readonly string[],
): ClusterTotals {
  if (clusters.length === 0) throw new RangeError('clusterTotals: no questions');
  const ids = [...new Set(clusters)].sort();
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const stride = columns.length + 1;
  const totals = new Float64Array(ids.length * stride);
  for (const [column, values] of columns.entries()) {
    if (values.length !== clusters.length)
      throw new RangeError(`clusterTotals: ${values.length} values for ${clusters.length} questions`);
    for (let i = 0; i < clusters.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) throw new RangeError(`clusterTotals: value ${i} is ${value}`);
      totals[rowOf.get(clusters[i]!)! * stride + column]! += value;
    }
  }
  for (const id of clusters) totals[rowOf.get(id)! * stride + stride - 1]! += 1;
  return { clusters: ids.length, stride, totals };
}

/** The sum of every column over all clusters, the count of questions last. */
export function grandTotals({ clusters, stride, totals }: ClusterTotals): Float64Array {
  const sums = new Float64Array(stride);
  for (let i = 0; i < clusters * stride; i++) sums[i % stride]! += totals[i]!;
  return sums;
}
