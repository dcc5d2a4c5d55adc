// Sets of vectors that codes may find hard, each a kind of data that people have.
import { random } from './generators.js';
import { clusters, glove, type VectorSet } from './vectors.js';

export interface NamedSet extends VectorSet {
  id: string;
  metric: 'dot' | 'euclidean';
}

/** All of them; small ones for a smoke run. */
export function hardSets(smoke: boolean): NamedSet[] {
  const [count, queries] = smoke ? [600, 20] : [20_000, 2000];
  return [
    { ...glove(count, queries), id: 'glove', metric: 'dot' },
    { ...clusters(count, queries), id: 'clusters', metric: 'dot' },
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
    drawn('outlier', 'one dimension 100 times as large', count, queries, 64, (normal, j) =>
      j === 0 ? 100 * normal() : normal(),
    ),
    drawn('offset', 'all dimensions around 1,000', count, queries, 32, (normal) => 1000 + normal()),
  ];
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
    dimension,
    count,
    queryCount,
    vectors: all.subarray(0, count * dimension),
    queries: all.subarray(count * dimension),
  };
}
