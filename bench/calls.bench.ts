// The longest that one synchronous call holds up its thread on a large index: every method that is not about the whole index,
// called many times in the order in which a program would, and the worst of each.
import { createEngine } from 'sublinear';
import { random } from './support/generators.js';
import { openBench } from './support/harness.js';
import { took } from './support/took.js';

const bench = openBench('calls', 'Longest calls');
const { Collection, Filter, Flat, Hnsw } = await (await createEngine({ modules: ['hnsw'] })).use(
  'hnsw',
);
const [size, turns] = bench.smoke ? [3000, 60] : [200_000, 1500];
const dimension = 32;
const K = 10;
const LIMIT = 50;
const next = random(31);
const vector = () => Float32Array.from({ length: dimension }, () => next() - 0.5);
const vectorsOf = (count: number) =>
  Float32Array.from({ length: count * dimension }, () => next() - 0.5);
const idsFrom = (first: number, count: number) =>
  Uint32Array.from({ length: count }, (_, i) => first + i);

interface Times {
  worst: number;
  sum: number;
  calls: number;
}
const rows: (string | number)[][] = [];
let worst = 0;

/** The worst and the mean of a number of calls; `whole`: documented as work on all items, shown and not counted. */
function drive(name: string, count: number, call: (turn: number) => unknown, whole = false): void {
  const times: Times = { worst: 0, sum: 0, calls: count };
  for (let turn = 0; turn < count; turn++) {
    const ms = took(() => call(turn));
    times.worst = Math.max(times.worst, ms);
    times.sum += ms;
  }
  if (!whole) worst = Math.max(worst, times.worst);
  rows.push([name, count, (times.sum / count).toFixed(3), times.worst.toFixed(2)]);
}

for (const codes of ['none', 'int8'] as const) {
  bench.phase(`${size} vectors, codes: ${codes}`);
  const label = codes === 'none' ? 'Hnsw' : `Hnsw (${codes})`;
  using index = Hnsw.create({ metric: 'euclidean', dimension, m: 16, efConstruction: 60, codes });
  for (let at = 0; at < size; at += 1000)
    index.addBatch({ ids: idsFrom(at, 1000), vectors: vectorsOf(1000) });
  let fresh = size;
  // The oldest go first; updates are of the youngest of the first ones.
  let oldest = 0;
  const take = (count: number) => {
    oldest += count;
    return idsFrom(oldest - count, count);
  };
  // Without capacity: among these calls are those at which the index grows.
  drive(`${label}.add`, turns, () => index.add(fresh++, vector()));
  drive(`${label}.addBatch of 10`, Math.ceil(turns / 10), () => {
    index.addBatch({ ids: idsFrom(fresh, 10), vectors: vectorsOf(10) });
    fresh += 10;
  });
  drive(`${label}.search, k = 10`, turns, () => index.search(vector(), { k: K, ef: 64 }));
  drive(`${label}.search, k = 1000`, Math.ceil(turns / 10), () =>
    index.search(vector(), { k: 1000 }),
  );
  drive(`${label}.search, radius`, Math.ceil(turns / 10), () =>
    index.search(vector(), { radius: 0.9 }),
  );
  drive(`${label}.search, diversity`, turns, () =>
    index.search(vector(), { k: K, diversity: 0.5 }),
  );
  for (const share of [0.001, 0.1, 0.5, 0.95]) {
    const allowed = Uint32Array.from({ length: Math.floor(share * size) }, (_, i) =>
      Math.floor(i / share),
    );
    using filter = Filter.from(allowed);
    // The first of them makes the filter's bits for this index.
    drive(`${label}.search, filter ${100 * share} %`, 100, () =>
      index.search(vector(), { k: K, filter }),
    );
  }
  drive(`${label}.get, has`, turns, (turn) => index.has(turn) && index.get(turn));
  drive(`${label}.update`, turns, (turn) => index.update(size - 1 - turn, vector()));
  // Enough of them that repairs begin and end.
  drive(`${label}.remove`, Math.floor(size / 10), () => index.remove(take(1)[0] as number));
  drive(`${label}.removeMany of 100`, 20, () => index.removeMany(take(100)));
  drive(`${label}.add into free places`, turns, () => index.add(fresh++, vector()));
  // A burst, and what follows it.
  drive(`${label}.removeMany of ${size / 20}`, 1, () => index.removeMany(take(size / 20)));
  drive(`${label}.remove after a burst`, turns, () => index.remove(take(1)[0] as number));
}

{
  bench.phase(`a collection of ${size}`);
  using index = Flat.create({ metric: 'euclidean', dimension });
  index.addBatch({ ids: idsFrom(0, size), vectors: vectorsOf(size) });
  drive('Flat.search, k = 10', 100, () => index.search(vector(), { k: K }));
  drive('Flat.add', turns, (turn) => index.add(size + turn, vector()));
  drive('Flat.remove', turns, (turn) => index.remove(turn));
  drive('Flat.update', turns, (turn) => index.update(turns + turn, vector()));
  using collection = Collection.create({
    index: 'hnsw',
    metric: 'euclidean',
    dimension,
    m: 8,
    efConstruction: 30,
  });
  const item = (i: number) => ({
    key: `key ${i}`,
    vector: vector(),
    metadata: { year: 1900 + (i % 120), tag: `t${i % 1000}`, list: [i % 7, i % 11] },
  });
  for (let at = 0; at < size; at += 1000)
    collection.addAll(Array.from({ length: 1000 }, (_, i) => item(at + i)));
  let fresh = size;
  drive('Collection.add', turns, () => collection.add(item(fresh++)));
  drive(
    'Collection.get, has',
    turns,
    (i) => collection.has(`key ${i}`) && collection.get(`key ${i}`),
  );
  drive('Collection.search', turns, () => collection.search(vector(), { k: K }));
  // The first condition on a field reads it of all items.
  drive(
    'Collection.search, where on a new field',
    1,
    () => collection.search(vector(), { k: K, where: { year: { gte: 1950 } } }),
    true,
  );
  drive(
    'Collection.search, where on a new field of lists',
    1,
    () => collection.search(vector(), { k: K, where: { list: { any: [1] } } }),
    true,
  );
  drive('Collection.search, where', 120, (i) =>
    collection.search(vector(), { k: K, where: { year: { gte: 1900 + i } } }),
  );
  drive('Collection.search, where on a list', 7, (i) =>
    collection.search(vector(), { k: K, where: { list: { any: [i] } } }),
  );
  drive('Collection.search, groupBy', 100, () =>
    collection.search(vector(), { k: K, groupBy: 'tag' }),
  );
  drive('Collection.search by key', turns, (i) => collection.search({ key: `key ${i}` }, { k: K }));
  drive('Collection.update of metadata', turns, (i) =>
    collection.update(`key ${i}`, { metadata: { year: 1, tag: 'x', list: [] } }),
  );
  drive('Collection.update of vector', turns, (i) =>
    collection.update(`key ${i}`, { vector: vector() }),
  );
  drive('Collection.remove', Math.floor(size / 20), (i) => collection.remove(`key ${3 * i}`));
  drive('Collection.search, where, after changes', 3, (i) =>
    collection.search(vector(), { k: K, where: { year: { gte: 1950 + i } } }),
  );
}

bench.table({
  id: 'calls',
  title: `Single synchronous calls on ${size} vectors x ${dimension}`,
  note: 'Uniform vectors, seed 31; euclidean; m = 16, efConstruction = 60. What is documented as work on the whole index (save, load, optimize, repair, shrink, stats, recallEstimate, ids, filter, removeWhere) has an asynchronous form or its cost at its documentation, and is not among them.',
  columns: ['call', 'calls', 'mean, ms', 'worst, ms'],
  rows,
});
bench.claim({
  id: 'worst-call',
  text: `milliseconds of the worst synchronous call, ${size} vectors`,
  value: worst,
  limit: LIMIT,
  relation: '<=',
});
bench.close();
