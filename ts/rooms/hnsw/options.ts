// Options as the C core takes them.
import type { Duplicates, Metric } from './types.js';

/** Values of sl_metric. */
export const metrics: Readonly<Record<Metric, number>> = {
  cosine: 0,
  dot: 1,
  euclidean: 2,
  manhattan: 3,
  hamming: 4,
  poincare: 5,
};
export const metricNames = Object.keys(metrics) as Metric[];

export const duplicateCodes: Readonly<Record<Duplicates, number>> = { error: 0, replace: 1 };
