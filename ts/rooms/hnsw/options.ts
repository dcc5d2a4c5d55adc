// Options as the C core takes them.
import { hnswOptions } from '../../generated/fields/hnsw.js';
import { giveOver } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { Codes, FlatCodes, Rerank } from './code-types.js';
import type { Duplicates, HnswOptions, LoadOptions, Metric } from './types.js';

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

/** Values of sl_codes and sl_exact. */
const codeNumbers: Readonly<Record<Codes | FlatCodes, number>> = {
  none: 0,
  int8: 1,
  binary: 2,
  sketch: 3,
  float16: 4,
  rabitq: 5,
  rabitq2: 6,
  rabitq4: 7,
  rabitq8: 8,
  pq: 9,
};
const rerankNumbers: Readonly<Record<Rerank, number>> = {
  none: 0,
  float16: 1,
  float32: 2,
  rabitq4: 3,
};

/** The value of sl_codes that goes with a prefix. */
const PREFIX = 10;

/** What rows are made of, as the C core counts it. */
export function codesOf(
  operation: string,
  { codes = 'none', rerank = 'float16' }: { codes?: Codes | FlatCodes; rerank?: Rerank },
): { codes: number; exact: number } {
  const numbers = {
    codes: check.choice(operation, 'codes', codes, codeNumbers),
    exact: check.choice(operation, 'rerank', rerank, rerankNumbers),
  };
  const more = numbers.codes >= codeNumbers.rabitq2 && numbers.codes <= codeNumbers.rabitq8;
  if (rerank === 'rabitq4' && !more)
    throw check.rangeError(
      operation,
      'rerank',
      "'none', 'float16' or 'float32': 'rabitq4' goes with codes 'rabitq2', 'rabitq4' and 'rabitq8'",
      rerank,
    );
  return numbers;
}

/** The same of an index whose graph may be walked by a prefix. */
function codesOfGraph(operation: string, given: Partial<HnswOptions>) {
  const numbers = codesOf(operation, given);
  const { prefix, codes = 'none', rerank } = given;
  if (prefix === undefined) return { ...numbers, prefix: 0 };
  check.integer(operation, 'prefix', prefix);
  if (codes !== 'none')
    throw check.rangeError(
      operation,
      'codes',
      "'none' with a prefix, which takes their place",
      codes,
    );
  if (rerank === 'none')
    throw check.rangeError(operation, 'rerank', "'float16' or 'float32' with a prefix", rerank);
  return { ...numbers, codes: PREFIX, prefix };
}

/** The options, checked, where C reads them: for the call that comes next. */
export function giveOptions(runtime: Runtime, operation: string, options: HnswOptions): number {
  const keys = [
    'metric',
    'dimension',
    'capacity',
    'curvature',
    'm',
    'efConstruction',
    'maxElements',
    'seed',
    'codes',
    'rerank',
    'prefix',
  ] as const;
  const given = check.options(operation, options, keys);
  const metric = check.choice(operation, 'metric', given.metric, metrics);
  check.integer(operation, 'dimension', given.dimension);
  const kind = codesOfGraph(operation, given);
  const { dimension, curvature, capacity, m, efConstruction, maxElements, seed } = given;
  if (curvature !== undefined) check.number(operation, 'curvature', curvature);
  const counts = { dimension, capacity, m, efConstruction, maxElements, seed };
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined) check.integer(operation, name, value);
  const all = { metric, curvature, ...kind, ...counts };
  return giveOver(runtime, hnswOptions, runtime.raw.hnswDefaults, all);
}

/** Whether the checksums of a file are to be compared. */
export function verified(operation: string, options: LoadOptions | undefined): boolean {
  const { verify = true } = check.options(operation, options, ['verify']);
  return check.boolean(operation, 'verify', verify);
}
