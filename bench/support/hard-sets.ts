// Sets of vectors that codes and graphs may find hard, each a kind of data that people have.
import { random } from './generators.js';
import { clusters, glove, mnist, type VectorSet } from './vectors.js';

export interface NamedSet extends VectorSet {
  id: string;
  metric: 'dot' | 'euclidean';
  /** Nearest that are asked for. */
  k: number;
}

/** Each of them by its id, made when it is called; small ones for a smoke run. MNIST where it is installed. */
export function hardSets(smoke: boolean): [id: string, make: () => NamedSet | undefined][] {
  const [count, queries] = smoke ? [600, 20] : [20_000, 1000];
  const made = (set: VectorSet, id: string) =>
    ({ ...set, id, metric: 'dot', k: 10 }) satisfies NamedSet;
  return [
    ['glove', () => made(glove(count, queries), 'glove')],
    ['mnist', () => digits(count, queries)],
    ['clusters', () => made(clusters(count, queries), 'clusters')],
    [
      'latlon',
      () =>
        drawn(
          'latlon',
          'positions within a kilometre',
          count,
          queries,
          2,
          (normal, j) =>
            // Degrees around a town: all digits but the last ones are the same.
            (j === 0 ? 52.52 : 13.405) + 0.004 * normal(),
        ),
    ],
    [
      'outlier',
      () =>
        drawn('outlier', 'one dimension 100 times as large', count, queries, 64, (normal, j) =>
          j === 0 ? 100 * normal() : normal(),
        ),
    ],
    [
      'offset',
      () =>
        drawn(
          'offset',
          'all dimensions around 1,000',
          count,
          queries,
          32,
          (normal) => 1000 + normal(),
        ),
    ],
    ['duplicates', () => duplicates(count, queries)],
    ['one-hot', () => oneHot(smoke ? 300 : 2000)],
  ];
}

function digits(count: number, queryCount: number): NamedSet | undefined {
  const set = mnist(count, queryCount);
  return set && { ...set, id: 'mnist', metric: 'euclidean', k: 10 };
}

/** Three of ten vectors are copies of others; the copies lie anywhere in the order of insertion. */
function duplicates(count: number, queryCount: number): NamedSet {
  const set = drawn('duplicates', '30 % copies', count, queryCount, 32, (normal) => normal());
  const next = random(22);
  for (let i = 1; i < count; i++)
    if (next() < 0.3) {
      const from = Math.floor(next() * i) * set.dimension;
      set.vectors.copyWithin(i * set.dimension, from, from + set.dimension);
    }
  return set;
}

/** Each vector is as far from all others: only itself can be found, and it has to be. */
function oneHot(count: number): NamedSet {
  const vectors = new Float32Array(count * count);
  for (let i = 0; i < count; i++) vectors[i * count + i] = 1;
  return {
    id: 'one-hot',
    name: 'one-hot vectors',
    metric: 'euclidean',
    dimension: count,
    count,
    queryCount: count,
    vectors,
    queries: vectors,
    k: 1,
  };
}

function drawn(
  id: string,
  name: string,
  count: number,
  queryCount: number,
  dimension: number,
  value: (normal: () => number, j: number) => number,
): NamedSet {
  const next = random(21);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const all = Float32Array.from({ length: (count + queryCount) * dimension }, (_, i) =>
    value(normal, i % dimension),
  );
  return {
    id,
    name,
    metric: 'euclidean',
    k: 10,
    dimension,
    count,
    queryCount,
    vectors: all.subarray(0, count * dimension),
    queries: all.subarray(count * dimension),
  };
}
