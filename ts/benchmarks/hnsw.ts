// Benchmark cases of hnsw.

import type { Case, PreparedAnswer } from './case.js';
import { counted, random } from './workload.js';

/** What is used of the module, whichever build it is of. */
interface Room {
  readonly Flat: { create(options: IndexOptions): Index };
  readonly Hnsw: { create(options: IndexOptions & { m: number; efConstruction: number }): Index };
  readonly SparseIndex: { create(): Sparse };
}

interface SparseVector {
  indices: Uint32Array;
  values: Float32Array;
}

interface Sparse {
  addBatch(items: { ids: Uint32Array; vectors: SparseVector[] }): unknown;
  searchBatch(queries: SparseVector[], options: { k: number }): { ids: Uint32Array };
  dispose(): void;
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
  Record<'neighbours', Case<Room, PreparedAnswer<Neighbours>>> &
  Record<'sparse', Case<Room, PreparedSparse>>;

/** Also one query in plain JavaScript. */
interface PreparedSparse extends PreparedAnswer<SparseData> {
  one(query: number): Uint32Array;
}

/** Sparse vectors, and questions about them. */
interface SparseData {
  vectors: SparseVector[];
  queries: SparseVector[];
}

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
  sparse: {
    title: (size) =>
      `the ten largest inner products of ${counted(size)} sparse vectors of about 110 values, ${QUERIES} queries`,
    defaultSize: 5_000,
    prepare({ SparseIndex }, size) {
      const draw = encoder(1);
      const vectors = Array.from({ length: size }, () => draw(120));
      const queries = Array.from({ length: QUERIES }, () => draw(30));
      const index = SparseIndex.create();
      index.addBatch({ ids: Uint32Array.from(vectors, (_, i) => i), vectors });
      let exact: Uint32Array | undefined;
      return {
        run: () => index.searchBatch(queries, { k: 10 }).ids,
        operations: 0,
        bytes: 0,
        dispose: () => index.dispose(),
        answer: {
          accuracyIs: 'share of the true 10 that is found',
          asked: undefined,
          accuracy(found) {
            exact ??= addUp({ vectors, queries });
            return shareFound(found, exact, 10);
          },
          plain: {
            name: 'plain JavaScript, lists of each index added up',
            run: () => addUp({ vectors, queries }),
          },
        },
        data: { vectors, queries },
        one: (query) => addUp({ vectors, queries: queries.slice(query, query + 1) }),
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

/** Vectors as a learned sparse encoder gives them: half of their indices are frequent ones, half belong to one of 300 subjects. */
function encoder(seed: number): (most: number) => SparseVector {
  const next = random(seed);
  return (most) => {
    const subject = Math.floor(300 * next());
    const values = new Map<number, number>();
    for (let i = 0; i < most; i++) {
      const common = next() < 0.5;
      const index = common
        ? Math.floor(30_000 * next() ** 4)
        : (977 * subject + Math.floor(600 * next() ** 2)) % 30_000;
      values.set(index, -Math.log(1 - next()) * (index > 3000 ? 1.4 : 0.7));
    }
    return { indices: Uint32Array.from(values.keys()), values: Float32Array.from(values.values()) };
  };
}

/** Lists of the vectors of each index, made once for the data. */
const lists = new WeakMap<SparseVector[], Map<number, { ids: number[]; values: number[] }>>();

/** The ten largest scores of each query, by adding up all lists of its indices. */
function addUp({ vectors, queries }: SparseData): Uint32Array {
  let own = lists.get(vectors);
  if (own === undefined) {
    own = new Map();
    for (const [id, { indices, values }] of vectors.entries())
      for (const [i, index] of indices.entries()) {
        let list = own.get(index);
        if (list === undefined) {
          list = { ids: [], values: [] };
          own.set(index, list);
        }
        list.ids.push(id);
        list.values.push(values[i] as number);
      }
    lists.set(vectors, own);
  }
  const found = new Uint32Array(10 * queries.length);
  const scores = new Float64Array(vectors.length);
  for (const [q, query] of queries.entries()) {
    scores.fill(Number.NEGATIVE_INFINITY);
    for (const [i, index] of query.indices.entries()) {
      const list = own.get(index);
      if (list === undefined) continue;
      const weight = query.values[i] as number;
      for (let j = 0; j < list.ids.length; j++) {
        const id = list.ids[j] as number;
        const before = scores[id] as number;
        scores[id] =
          (before === Number.NEGATIVE_INFINITY ? 0 : before) + weight * (list.values[j] as number);
      }
    }
    const best: number[] = [];
    for (let id = 0; id < scores.length; id++) {
      if (best.length === 10 && (scores[id] as number) <= (scores[best[9] as number] as number))
        continue;
      let at = best.length;
      while (at > 0 && (scores[best[at - 1] as number] as number) < (scores[id] as number)) at--;
      best.splice(at, 0, id);
      if (best.length > 10) best.pop();
    }
    found.set(best, 10 * q);
  }
  return found;
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
