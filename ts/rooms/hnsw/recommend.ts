// Which codes a set of vectors can be kept as: those of the fewest bytes that still reach a recall, measured on a sample.
import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import { asyncOptions } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Codes, Rerank } from './code-types.js';
import { Filter } from './filter.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { recallOf } from './tuning.js';
import type { RecallEstimate, VectorArray } from './types.js';

/** A sample of vectors, and what is asked of codes. */
export interface RecommendCodesOptions {
  metric: 'cosine' | 'dot' | 'euclidean';
  dimension: number;
  /** At least 100 vectors, one after another, drawn evenly from those that will be kept. Some thousand say more. */
  vectors: VectorArray;
  /** Queries of your own, one after another. Without them a hundred of the vectors are taken, and left out of the indexes. */
  queries?: VectorArray;
  /** The share of the nearest that searches should find, 0.95 by default. */
  recall?: number;
  /** How many nearest, 10 by default. */
  k?: number;
  /** Candidates that a search keeps, 64 by default. */
  ef?: number;
  /** How many vectors will be kept, for `bytes`; by default those of the sample. */
  count?: number;
}

/** What one kind of codes does on the sample. */
export interface CodesTrial extends RecallEstimate {
  codes: Codes;
  rerank: Rerank;
  /** Bytes of an index of `count` vectors, as `Hnsw.estimateBytes` says. */
  bytes: number;
}

/** The codes of the fewest bytes that reach the recall. */
export interface RecommendedCodes extends CodesTrial {
  /** False where none reach it: these have the highest recall, then. */
  reached: boolean;
  /** All that were tried, those of the fewest bytes first. */
  trials: CodesTrial[];
}

const kinds: readonly (readonly [Codes, Rerank])[] = [
  ['rabitq', 'float16'],
  ['rabitq', 'float32'],
  ['rabitq4', 'none'],
  ['rabitq4', 'rabitq4'],
  ['rabitq8', 'none'],
  ['int8', 'none'],
  ['int8', 'float16'],
  ['float16', 'none'],
  ['none', 'none'],
];
/** Standard errors below the estimate: 95 % on one side. */
const Z = 1.645;
const LEAST = 100;
const QUERIES = 100;
const keys = [
  'metric',
  'dimension',
  'vectors',
  'queries',
  'recall',
  'k',
  'ef',
  'count',
] as const satisfies readonly (keyof RecommendCodesOptions)[];

/** See {@link HnswRoom.recommendCodes}. */
export async function recommendCodes(
  runtime: Runtime,
  options: RecommendCodesOptions & { signal?: AbortSignal },
): Promise<RecommendedCodes> {
  const operation = 'recommendCodes';
  const given = check.options(operation, options, [...keys, 'signal']);
  const { signal } = asyncOptions(
    operation,
    given.signal === undefined ? {} : { signal: given.signal },
  );
  const { metric, dimension, recall = 0.95, k = 10, ef = 64 } = given;
  check.choice(operation, 'metric', metric, { cosine: 0, dot: 0, euclidean: 0 });
  check.integer(operation, 'dimension', dimension, 1);
  check.integer(operation, 'k', k, 1);
  check.integer(operation, 'ef', ef, 1);
  if (!(check.number(operation, 'recall', recall) >= 0 && recall <= 1))
    throw check.rangeError(operation, 'recall', 'number from 0 to 1', recall);
  const all = realArray(operation, 'vectors', given.vectors);
  const held = Math.floor(all.length / dimension);
  if (held * dimension !== all.length)
    throw check.shapeError(operation, 'vectors', (held + 1) * dimension, all.length);
  if (held < LEAST) throw check.rangeError(operation, 'vectors', `at least ${LEAST} vectors`, held);
  const count = check.integer(operation, 'count', given.count ?? held);
  const { queries, vectors } = apart(operation, all, dimension, given.queries);
  const ids = Uint32Array.from({ length: vectors.length / dimension }, (_, i) => i);

  const shape = { metric, dimension };
  const trials: CodesTrial[] = [];
  // Engines without Symbol.dispose know no `using`.
  const flat = runtime.bind(Flat).create({ ...shape, capacity: ids.length });
  try {
    await flat.addBatchAsync({ ids, vectors }, signal && { signal });
    const truth = flat.searchBatch(queries, { k });
    for (const [codes, rerank] of kinds) {
      const made = { ...shape, codes, rerank };
      const index = runtime.bind(Hnsw).create({ ...made, capacity: ids.length });
      try {
        await index.addBatchAsync({ ids, vectors }, signal && { signal });
        const answer = index.searchBatch(queries, { k, ef });
        const hits = Uint32Array.from(truth.found, (wanted, q) => {
          const own = answer.ids.subarray(q * k, q * k + (answer.found[q] as number));
          const query = queries.subarray(q * dimension, (q + 1) * dimension);
          return asNear(runtime, flat, query, own, truth.distances[q * k + wanted - 1] as number);
        });
        const bytes = runtime.bind(Hnsw).estimateBytes(made, count);
        trials.push({ codes, rerank, bytes, ...recallOf(hits, truth.found) });
      } finally {
        index.dispose();
      }
    }
  } finally {
    flat.dispose();
  }
  // Sorting is stable: of equal bytes the first stays the first.
  trials.sort((a, b) => a.bytes - b.bytes);
  const good = trials.find((trial) => trial.recall - Z * trial.standardError >= recall);
  const best = trials.reduce((most, trial) => (trial.recall > most.recall ? trial : most));
  return { ...(good ?? best), reached: good !== undefined, trials };
}

type Numbers = Float32Array | Float64Array;

/**
 * How many of the results are no farther than the k nearest: of equal ones each is right. How far they really are an index of
 * codes may not know.
 */
function asNear(
  runtime: Runtime,
  flat: Flat,
  query: Numbers,
  results: Uint32Array,
  far: number,
): number {
  const filter = runtime.bind(Filter).from(results);
  try {
    const { distances } = flat.search(query, { k: Math.max(1, results.length), filter });
    return distances.reduce((sum, distance) => sum + Number(distance <= far), 0);
  } finally {
    filter.dispose();
  }
}

/** Queries, and vectors that are none of them. */
function apart(
  operation: string,
  all: Numbers,
  dimension: number,
  own: VectorArray | undefined,
): { queries: Numbers; vectors: Numbers } {
  if (own !== undefined) {
    const queries = realArray(operation, 'queries', own);
    const count = Math.floor(queries.length / dimension);
    if (count * dimension !== queries.length || count === 0)
      throw check.shapeError(operation, 'queries', (count + 1) * dimension, queries.length);
    return { queries, vectors: all };
  }
  const held = all.length / dimension;
  const taken = Math.min(QUERIES, Math.floor(held / 10));
  const [queries, vectors] = [
    new Float32Array(taken * dimension),
    new Float32Array((held - taken) * dimension),
  ];
  let [q, v] = [0, 0];
  for (let i = 0; i < held; i++) {
    const vector = all.subarray(i * dimension, (i + 1) * dimension);
    // Evenly, from the first on.
    if (q < taken && i >= Math.floor((q * held) / taken)) queries.set(vector, dimension * q++);
    else vectors.set(vector, dimension * v++);
  }
  return { queries, vectors };
}
