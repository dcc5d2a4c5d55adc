// Benchmark cases of hnsw.

import type { Case, PreparedAnswer } from './case.js';
import { counted, random } from './workload.js';

/** What is used of the module, whichever build it is of. */
interface Room {
  readonly Flat: { create(options: IndexOptions): Index };
  readonly Hnsw: { create(options: IndexOptions & { m: number; efConstruction: number }): Index };
}

interface IndexOptions {
  metric: 'euclidean';
  dimension: number;
  capacity?: number;
}

interface Index {
  addBatch(items: { ids: Uint32Array; vectors: Float32Array }): unknown;
  search(query: Float32Array, options: { k: number; ef: number }): unknown;
  searchBatch(queries: Float32Array, options: { k: number; ef: number }): { ids: Uint32Array };
  dispose(): void;
}

/** Vectors, and questions about them. */
interface Neighbours {
  vectors: Float32Array;
  queries: Float32Array;
  dimension: number;
  k: number;
  ef: number;
  shape: { m: number; efConstruction: number };
}

type Cases = Record<'flat' | 'search', Case<Room>> &
  Record<'neighbours', Case<Room, PreparedAnswer<Neighbours>>>;

const QUERIES = 50;
const DIMENSION = 64;

export const benchmarks: Cases = {
  neighbours: {
    title: (size) =>
      `the ten nearest of ${counted(size)} vectors with ${DIMENSION} dimensions, ${QUERIES} queries`,
    defaultSize: 2_000,
    prepare({ Hnsw }, size) {
      const cloud = clouds(1);
      const vectors = cloud(size);
      const queries = cloud(QUERIES);
      const data = {
        vectors,
        queries,
        dimension: DIMENSION,
        k: Math.min(10, size),
        ef: 64,
        shape: { m: 16, efConstruction: 100 },
      };
      const { k, ef, shape } = data;
      const index = Hnsw.create({
        metric: 'euclidean',
        dimension: DIMENSION,
        capacity: size,
        ...shape,
      });
      index.addBatch({ ids: Uint32Array.from({ length: size }, (_, i) => i), vectors });
      let exact: Uint32Array | undefined;
      return {
        run: () => index.searchBatch(queries, { k, ef }).ids,
        operations: 0,
        bytes: 0,
        dispose: () => index.dispose(),
        answer: {
          accuracyIs: `share of the true ${k} that is found`,
          asked: undefined,
          accuracy(found) {
            exact ??= scanAll(data);
            return shareFound(found, exact, k);
          },
          plain: { name: 'plain JavaScript scan (exact)', run: () => scanAll(data) },
        },
        data,
      };
    },
  },
  flat: {
    defaultSize: 10_000,
    prepare({ Flat }, size) {
      const index = Flat.create({ metric: 'euclidean', dimension: 128, capacity: size });
      return searching(index, size, 3 * 128 * size);
    },
  },
  search: {
    defaultSize: 5_000,
    prepare({ Hnsw }, size) {
      const index = Hnsw.create({ metric: 'euclidean', dimension: 128, m: 8, efConstruction: 40 });
      return searching(index, size, 1);
    },
  },
};

function searching(index: Index, size: number, operations: number) {
  let state = 1;
  const vectors = Float32Array.from({ length: (size + 1) * 128 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
  const ids = Uint32Array.from({ length: size }, (_, i) => i);
  index.addBatch({ ids, vectors: vectors.subarray(0, size * 128) });
  const query = vectors.subarray(size * 128);
  return {
    run: () => index.search(query, { k: 10, ef: 64 }),
    operations,
    bytes: operations === 1 ? 0 : 4 * 128 * size,
    dispose: () => index.dispose(),
  };
}

/** Points around 200 centres. */
function clouds(seed: number): (points: number) => Float32Array {
  const next = random(seed);
  const centres = Float32Array.from({ length: 200 * DIMENSION }, () => next() - 0.5);
  return (points) =>
    Float32Array.from({ length: points * DIMENSION }, (_, i) => {
      const centre = (Math.floor(i / DIMENSION) * 7919) % 200;
      return (centres[centre * DIMENSION + (i % DIMENSION)] as number) + 0.6 * (next() - 0.5);
    });
}

/** The k nearest of each query, by looking at every vector. */
function scanAll({ vectors, queries, dimension, k }: Neighbours): Uint32Array {
  const count = vectors.length / dimension;
  const found = new Uint32Array((queries.length / dimension) * k);
  const best = new Float64Array(k);
  for (let q = 0; q * dimension < queries.length; q++) {
    best.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let j = 0; j < dimension; j++) {
        const d = (queries[q * dimension + j] as number) - (vectors[i * dimension + j] as number);
        sum += d * d;
      }
      if (sum >= (best[k - 1] as number)) continue;
      let at = k - 1;
      for (; at > 0 && (best[at - 1] as number) > sum; at--) {
        best[at] = best[at - 1] as number;
        found[q * k + at] = found[q * k + at - 1] as number;
      }
      best[at] = sum;
      found[q * k + at] = i;
    }
  }
  return found;
}

function shareFound(found: ArrayLike<number>, exact: Uint32Array, k: number): number {
  let right = 0;
  for (let at = 0; at < exact.length; at += k) {
    const sure = new Set(exact.subarray(at, at + k));
    for (let i = at; i < at + k; i++) if (sure.has(found[i] as number)) right++;
  }
  return right / exact.length;
}
