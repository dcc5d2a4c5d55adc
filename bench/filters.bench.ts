// Filtered search against the exact scan of what is allowed, over how much is allowed and how that goes with the query.
import { createEngine } from 'sublinear';
import { random } from './support/generators.js';
import { median, openBench } from './support/harness.js';
import { took } from './support/took.js';

const bench = openBench('filters', 'Filters');
const { Flat, Hnsw, Filter } = await (await createEngine({ modules: ['hnsw'] })).use('hnsw');
const K = 10;

grid();
bench.close();

/** Queries that lie around one direction, so that one filter is near to all of them, or far from all. */
function grid(): void {
  const [count, asked, rounds] = bench.smoke ? [2000, 4, 2] : [50_000, 16, 15];
  const dimension = 64;
  const next = random(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const vectors = Float32Array.from({ length: count * dimension }, normal);
  const centre = Float32Array.from({ length: dimension }, normal);
  const queries = Array.from({ length: asked }, () =>
    centre.map((value) => value + 0.3 * normal()),
  );
  const ids = Uint32Array.from({ length: count }, (_, i) => i);
  const made = { metric: 'euclidean', dimension, capacity: count } as const;
  using exact = Flat.create(made).addBatch({ ids, vectors });
  using walked = Hnsw.create({ ...made, m: 16, efConstruction: 100 }).addBatch({ ids, vectors });
  const distances = Float64Array.from(ids, (i) => {
    let sum = 0;
    for (let j = 0; j < dimension; j++)
      sum += ((vectors[i * dimension + j] as number) - (centre[j] as number)) ** 2;
    return sum;
  });
  const byDistance = Array.from(ids).sort(
    (a, b) => (distances[a] as number) - (distances[b] as number),
  );
  const shuffled = Array.from(ids);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as number, shuffled[i] as number];
  }
  const orders = {
    correlated: byDistance,
    random: shuffled,
    'anti-correlated': [...byDistance].reverse(),
  };
  let worst = 0;
  const rows: (string | number)[][] = [];
  for (const share of [0.0001, 0.001, 0.01, 0.1, 0.39, 0.41, 0.6, 0.9, 0.99]) {
    const allowed = Math.max(1, Math.round(share * count));
    for (const [kind, order] of Object.entries(orders)) {
      using filter = Filter.from(Uint32Array.from(order.slice(0, allowed)));
      const how = { k: K, ef: 64, filter };
      const time = (index: typeof exact | typeof walked) =>
        took(() => {
          for (const query of queries) index.search(query, how);
        }) / asked;
      let [hits, wanted] = [0, 0];
      for (const query of queries) {
        const truth = new Set(exact.search(query, how).ids);
        for (const id of walked.search(query, how).ids) hits += truth.has(id) ? 1 : 0;
        wanted += truth.size;
      }
      // Turn by turn, so that the machine's moods fall on both alike.
      const turns = Array.from({ length: rounds }, (_, turn) => {
        if (turn % 2 === 0) {
          const scan = time(exact);
          return [time(walked), scan] as const;
        }
        return [time(walked), time(exact)] as const;
      });
      const ratio = median(turns.map(([search, scan]) => search / scan));
      worst = Math.max(worst, ratio);
      rows.push([
        `${+(100 * share).toFixed(2)} %`,
        kind,
        median(turns.map(([search]) => search)).toFixed(4),
        median(turns.map(([, scan]) => scan)).toFixed(4),
        ratio.toFixed(2),
        (hits / wanted).toFixed(4),
      ]);
    }
  }
  bench.table({
    id: 'grid',
    title: `Filtered search against the exact scan of the allowed, ${count} vectors x ${dimension}`,
    note: `Normal vectors, seed 11, Euclidean; queries around one point, and filters that allow what is nearest to it, anything, or what is farthest. m = 16, efConstruction = 100, ef = 64, k = ${K}; both with the same filter, in turns, the median of the ratios.`,
    columns: ['allowed', 'filter', 'Hnsw, ms', 'Flat, ms', 'ratio', `recall@${K}`],
    rows,
  });
  bench.claim({
    id: 'filter-worst',
    text: 'filtered Hnsw over the exact scan of the allowed, worst of the grid',
    value: worst,
    limit: 2,
    relation: '<=',
  });
}
