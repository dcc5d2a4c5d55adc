// Vector search against hnswlib (native and WebAssembly), usearch, edgevec, voy-search and a brute-force store, on one thread,
// interleaved.
import { createEngine } from 'sublinear';
import type { Codes, HnswRoom, Rerank } from 'sublinear/hnsw';
import { type ComparisonResult, type Contestant, openBench } from './support/harness.js';
import { compareKernels } from './support/kernels.js';
import { nearest } from './support/plain.js';
import {
  clusters,
  edgevec,
  glove,
  hnswlibNode,
  hnswlibWasm,
  installed,
  type PeerIndex,
  rvf,
  usearch,
  type VectorSet,
  voy,
} from './support/vectors.js';

const [M, EF_CONSTRUCTION, K, GROUP] = [16, 200, 10, 50];
/** Why a peer is not run. */
const MISSING = 'not installed: npm run bench:vector installs it';
const bench = openBench('vector', 'Vector search');
const [count, queryCount] = [bench.size(100_000, 2000), bench.size(1000, 100)];

const simd = await (await createEngine({ variant: 'simd' })).use('hnsw');
const scalar = await (await createEngine({ variant: 'scalar' })).use('hnsw');

type Point = { ef: number; recall: number; qps: number };

interface Entry {
  /** What was measured, by candidates. */
  points: Map<number, Point>;
  name: string;
  index: PeerIndex;
  bytes?: () => number;
  buildMs: number;
  /** Its candidates cannot be chosen for each search: the curve is a point. */
  fixed?: boolean;
}

/** This package's index behind the same interface, whole groups of queries in one call where it is asked for one. */
function ours(
  { Hnsw }: HnswRoom,
  set: VectorSet,
  {
    codes = 'none',
    rerank = 'none',
    saved,
  }: { codes?: Codes; rerank?: Rerank; saved?: Uint8Array } = {},
) {
  const create = () =>
    Hnsw.create({
      // Vectors have length 1: the order is the same, and the signs are for cosine.
      metric: codes === 'binary' ? 'cosine' : 'dot',
      dimension: set.dimension,
      m: M,
      efConstruction: EF_CONSTRUCTION,
      capacity: set.count,
      codes,
      rerank,
    });
  const index = saved === undefined ? create() : Hnsw.load(saved);
  let ef = 64;
  const peer: PeerIndex = {
    add(from, to) {
      index.addBatch({
        ids: Uint32Array.from({ length: to - from }, (_, i) => from + i),
        vectors: set.vectors.subarray(from * set.dimension, to * set.dimension),
      });
    },
    setEf(value) {
      ef = value;
    },
    search(q, k, ids, at) {
      const query = set.queries.subarray(q * set.dimension, (q + 1) * set.dimension);
      ids.set(index.search(query, { k, ef }).ids, at);
    },
  };
  return { peer, bytes: () => index.bytesUsed, index };
}

/** What is nearest by a plain JavaScript scan: inner products, which order unit vectors as all metrics used here do. */
function truthOf(set: VectorSet, every = 1): Uint32Array {
  return nearest(set.vectors, set.queries, { dimension: set.dimension, k: K, every });
}

function recall(found: Uint32Array, truth: Uint32Array): number {
  let hits = 0;
  for (let at = 0; at < truth.length; at += K) {
    const right = new Set(truth.subarray(at, at + K));
    for (let i = at; i < at + K; i++) hits += right.has(found[i] as number) ? 1 : 0;
  }
  return hits / truth.length;
}

/** Seconds of a call: the median of three, behind one that warms up. */
function timed(run: () => void): number {
  run();
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  });
  return times.sort((a, b) => a - b)[1] as number;
}

/** Recall and queries a second at a number of candidates, each measured once an index and set. */
function measure(entry: Entry, ef: number, set: VectorSet, truth: Uint32Array): Point {
  const known = entry.points.get(ef);
  if (known !== undefined) return known;
  const found = new Uint32Array(set.queryCount * K);
  entry.index.setEf(ef);
  const seconds = timed(() => {
    for (let q = 0; q < set.queryCount; q++) entry.index.search(q, K, found, q * K);
  });
  const point = { ef, recall: recall(found, truth), qps: set.queryCount / seconds };
  entry.points.set(ef, point);
  return point;
}

/** Builds all in turn, a slice of vectors each, so that the machine's moods fall on all alike. */
function build(entries: Entry[], set: VectorSet): void {
  const slice = 500;
  for (let from = 0; from < set.count; from += slice) {
    const to = Math.min(set.count, from + slice);
    for (const entry of entries) {
      const start = performance.now();
      entry.index.add(from, to);
      entry.buildMs += performance.now() - start;
    }
  }
}

const efs = [10, 14, 20, 28, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640];

/** Recall and queries a second of every index at several numbers of candidates. */
function curves(id: string, set: VectorSet, entries: Entry[], truth: Uint32Array): void {
  const series = entries.map((entry) => ({
    name: entry.name,
    points: (entry.fixed ? [64] : bench.size([10, 20, 40, 80, 160, 320, 640], [10, 64])).map((ef) =>
      measure(entry, ef, set, truth),
    ),
  }));
  bench.curve({
    id: `${id}-curve`,
    title: `Queries a second against recall@${K}, ${set.name}`,
    note: `${set.count} vectors of ${set.dimension}, top ${K}, one thread; each point is another number of candidates.`,
    x: { key: 'recall', label: `recall@${K}` },
    y: { key: 'qps', label: 'queries a second', scale: 'log' },
    series,
  });
}

/** A mark of the table of goals: a ratio of times of two rows of a comparison. */
function mark(
  result: ComparisonResult | undefined,
  [id, text, start, limit, goal]: readonly [string, string, string, number, number],
): void {
  const row = result?.rows.find(({ name }) => name.startsWith(start));
  if (row?.ratio === undefined) return; // the peer is not installed
  bench.claim({ id, text, value: row.ratio, limit, goal, relation: '>=' });
}

async function run(id: string, set: VectorSet): Promise<void> {
  bench.phase(`${set.name}: the exact answers, by a plain scan`);
  const truth = truthOf(set);
  const entries: Entry[] = [];
  const enter = (name: string, index: PeerIndex, bytes?: () => number, fixed = false) =>
    entries.push({
      name,
      index,
      buildMs: 0,
      points: new Map(),
      ...(bytes && { bytes }),
      ...(fixed && { fixed }),
    });
  // What takes a minute for a hundred thousand vectors, or tells nothing new there, is run on the small sets alone.
  const large = set.count > 20_000;
  bench.phase(`${set.name}: building`);
  const mine = ours(simd, set);
  enter('sublinear', mine.peer, mine.bytes);
  const coded = ours(simd, set, { codes: 'int8', rerank: 'float16' });
  enter('sublinear, int8 + float16', coded.peer, coded.bytes);
  const bare = ours(simd, set, { codes: 'int8' });
  enter('sublinear, int8 alone', bare.peer, bare.bytes);
  const sketched = ours(simd, set, { codes: 'sketch' });
  enter('sublinear, sketches', sketched.peer, sketched.bytes);
  // A peer that is absent stands in the tables, with what brings it.
  const absent: string[] = [];
  const peer = async (name: string, of: string, make: () => PeerIndex | Promise<PeerIndex>) => {
    if (installed(of)) enter(name, await make(), undefined, / candidates |^voy/.test(name));
    else absent.push(name);
  };
  await peer('hnswlib-node (native)', 'hnswlib-node', () => hnswlibNode(set, M, EF_CONSTRUCTION));
  await peer('hnswlib-wasm', 'hnswlib-wasm', () => hnswlibWasm(set, M, EF_CONSTRUCTION));
  await peer('usearch (native)', 'usearch', () => usearch(set, M, EF_CONSTRUCTION, 64));
  if (set.count <= 10_000) {
    await peer('edgevec, candidates 64', 'edgevec', () => edgevec(set, M, EF_CONSTRUCTION, 64));
    if (set.dimension === 100) await peer('voy-search', 'voy-search', () => voy(set));
  }
  build(entries, set);
  const built = [...entries];
  // The scalar variant searches the very same graph: its bytes are the same in every variant.
  const plain = ours(scalar, set, { saved: mine.index.save() });
  enter('sublinear, scalar variant', plain.peer, plain.bytes);
  const plainSketched = ours(scalar, set, { saved: sketched.index.save() });
  enter('sublinear with sketches, scalar variant', plainSketched.peer, plainSketched.bytes);

  const first = entries[0] as Entry;
  bench.table({
    id: `${id}-build`,
    title: `Building ${set.count} vectors of ${set.dimension} (${set.name}), m = ${M}, efConstruction = ${EF_CONSTRUCTION}`,
    columns: ['index', 'seconds', 'time / ours', 'bytes / ours'],
    rows: [
      ...built.map(({ name, buildMs, bytes }) => [
        name,
        (buildMs / 1000).toFixed(2),
        (buildMs / first.buildMs).toFixed(2),
        bytes === undefined ? '' : (bytes() / mine.bytes()).toFixed(3),
      ]),
      ...absent.map((name) => [name, MISSING, '', '']),
    ],
  });
  bench.phase(`${set.name}: candidates for each recall`);
  const curve: (string | number)[][] = [];
  const reached = new Map<string, { ef: number; recall: number }>();
  for (const target of [0.955, 0.99]) {
    for (const entry of entries) {
      for (const ef of entry.fixed ? [64] : efs) {
        const { recall: value } = measure(entry, ef, set, truth);
        if (target === 0.955) curve.push([entry.name, ef, value.toFixed(4)]);
        if (value >= target || ef === efs.at(-1) || entry.fixed) {
          reached.set(`${entry.name} ${target}`, { ef, recall: value });
          break;
        }
      }
    }
    let group = 0;
    const result = await bench.compare({
      id: `${id}-search-${target}`,
      title: `Top ${K} of ${GROUP} queries, one call each, ${set.name}, recall@${K} >= ${target}`,
      note: `${set.count} vectors of ${set.dimension}; each index with the fewest candidates that reach the recall.`,
      accuracy: `1 - recall@${K} over ${set.queryCount} queries`,
      slices: 21,
      contestants: entries
        .map((entry): Contestant => {
          const at = reached.get(`${entry.name} ${target}`) as { ef: number; recall: number };
          const ids = new Uint32Array(set.queryCount * K);
          return {
            name: `${entry.name}, ef ${at.ef}`,
            calls: 1,
            prepare: () => {
              entry.index.setEf(at.ef);
              if (entry === first) group = (group + GROUP) % set.queryCount;
            },
            run: () => {
              for (let q = group; q < Math.min(group + GROUP, set.queryCount); q++)
                entry.index.search(q, K, ids, q * K);
              return at.recall;
            },
            accuracy: (value: number) => 1 - value,
          };
        })
        .concat(absent.map((name) => ({ name, skip: MISSING, run: () => undefined }))),
    });
    const at = `search at recall@${K} ${target}, ${set.name}`;
    mark(result, [
      `${id}-wasm-${target}`,
      `${at}: time of hnswlib-wasm / ours`,
      'hnswlib-wasm',
      2.4,
      3.5,
    ]);
    mark(result, [
      `${id}-node-${target}`,
      `${at}: time of hnswlib-node / ours`,
      'hnswlib-node',
      1,
      1.4,
    ]);
    mark(result, [
      `${id}-scalar-${target}`,
      `${at}: time of the scalar variant / simd`,
      'sublinear, scalar',
      2,
      2.5,
    ]);
    const row = (start: string) => result?.rows.find(({ name }) => name.startsWith(start))?.ratio;
    const [slow, fast] = [row('sublinear with sketches, scalar'), row('sublinear, sketches')];
    if (slow !== undefined && fast !== undefined)
      bench.claim({
        id: `${id}-scalar-sketch-${target}`,
        text: `${at}: time of the scalar variant / simd, with sketches`,
        value: slow / fast,
        limit: 2,
        goal: 2.5,
        relation: '>=',
      });
    if (target !== 0.99) continue;
    const coded = result?.rows.find(({ name }) => name.startsWith('sublinear, int8 + float16'));
    if (coded?.ratio === undefined) continue;
    bench.claim({
      id: `${id}-int8`,
      text: `${at}: queries a second of int8 codes with a float16 rerank / of our f32 index`,
      value: 1 / coded.ratio,
      limit: 1.2,
      relation: '>=',
    });
  }
  const wasm = entries.find(({ name }) => name === 'hnswlib-wasm');
  if (wasm !== undefined)
    bench.claim({
      id: `${id}-build-wasm`,
      text: `build, ${set.name}: time of hnswlib-wasm / ours`,
      value: wasm.buildMs / first.buildMs,
      limit: 2.2,
      goal: 3,
      relation: '>=',
    });
  for (const [which, limit, of] of [
    ['alone', 0.5, bare],
    ['with a float16 rerank copy', 0.85, coded],
  ] as const)
    bench.claim({
      id: `${id}-int8-bytes-${limit}`,
      text: `bytes of graph and int8 codes ${which} / of our f32 index, ${set.name}`,
      value: of.bytes() / mine.bytes(),
      limit,
      relation: '<=',
    });
  bench.phase(`${set.name}: curves, filters${large ? '' : ', replacing'}`);
  curves(id, set, entries, truth);
  bench.table({
    id: `${id}-recall`,
    title: `Recall@${K} by candidates, ${set.name}`,
    columns: ['index', 'ef', 'recall'],
    rows: curve,
  });
  await filters(id, set, mine.index);
  quantisation(id, set, truth, { mine, sketched, bare, coded });
  if (!large) churn(id, set, mine, truth);
  for (const each of [mine, plain, coded, bare, sketched, plainSketched]) each.index.dispose();
}

async function filters(id: string, set: VectorSet, index: ReturnType<typeof ours>['index']) {
  const rows = [0.001, 0.01, 0.1, 0.5].map((share) => {
    const every = Math.round(1 / share);
    using filter = simd.Filter.from(
      Uint32Array.from({ length: Math.floor(set.count / every) }, (_, i) => i * every),
    );
    const truth = truthOf(set, every);
    let ids = truth;
    const seconds = timed(() => {
      ids = index.searchBatch(set.queries, { k: K, ef: 100, filter }).ids;
    });
    const each = (1000 * seconds) / set.queryCount;
    return [`${share * 100} %`, recall(ids, truth).toFixed(4), each.toFixed(3)];
  });
  bench.table({
    id: `${id}-filters`,
    title: `Filtered search, ef = 100, ${set.name}`,
    columns: ['allowed', `recall@${K}`, 'ms a query'],
    rows,
  });
}

type Ours = ReturnType<typeof ours>;

/**
 * What each kind of codes costs and gives, at the same candidates. Rerank copies of float32 and binary codes are no
 * contestants above: their indexes are built here, where the set is small enough.
 */
function quantisation(
  id: string,
  set: VectorSet,
  truth: Uint32Array,
  { mine, sketched, bare, coded }: Record<'mine' | 'sketched' | 'bare' | 'coded', Ours>,
): void {
  const small = set.count <= 20_000;
  const more = (name: string, codes: Codes): { name: string; of: Ours }[] => {
    if (!small) return [];
    const of = ours(simd, set, { codes, rerank: 'float32' });
    of.peer.add(0, set.count);
    return [{ name, of }];
  };
  const last = [
    ...more('int8, float32 rerank', 'int8'),
    ...more('binary, float32 rerank', 'binary'),
  ];
  const all: { name: string; of: Ours }[] = [
    { name: 'f32', of: mine },
    { name: 'sketch', of: sketched },
    { name: 'int8 alone', of: bare },
    { name: 'int8, float16 rerank', of: coded },
    ...last,
  ];
  const ef = 100;
  // In turn, so that the machine's moods fall on all alike; the first round warms up.
  const times = all.map((): number[] => []);
  const found = all.map(() => truth);
  for (let round = 0; round < 6; round++) {
    for (const [i, { of }] of all.entries()) {
      const start = performance.now();
      found[i] = of.index.searchBatch(set.queries, { k: K, ef }).ids;
      if (round > 0) times[i]?.push(performance.now() - start);
    }
  }
  const medians = times.map((each) => each.sort((a, b) => a - b)[2] as number);
  const [plain] = medians as [number];
  bench.table({
    id: `${id}-quantisation`,
    title: `What codes cost and give, ${set.name}, dimension ${set.dimension}, ef = ${ef}`,
    columns: [
      'walked with',
      `recall@${K}`,
      'bytes a vector',
      'bytes / f32',
      'queries a second / f32',
    ],
    rows: all.map(({ name, of }, i) => [
      name,
      recall(found[i] as Uint32Array, truth).toFixed(4),
      Math.round(of.bytes() / set.count),
      (of.bytes() / mine.bytes()).toFixed(2),
      (plain / (medians[i] as number)).toFixed(2),
    ]),
  });
  for (const { of } of last) of.index.dispose();
}

/** Replaces vectors, and compares with an index that is built of the same vectors at once. */
function churn(id: string, set: VectorSet, mine: Ours, truth: Uint32Array): void {
  const recallOf = ({ index }: Ours) =>
    recall(index.searchBatch(set.queries, { k: K, ef: 100 }).ids, truth);
  let state = 5;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 10; round++) {
    const gone = new Set<number>();
    while (gone.size < set.count / 10) gone.add(Math.floor(next() * set.count));
    for (const one of gone) mine.index.remove(one);
    for (const one of gone) mine.peer.add(one, one + 1);
  }
  // The set is the same in the end, in another order: so is what a user would build anew.
  const fresh = ours(simd, set);
  fresh.peer.add(0, set.count);
  bench.claim({
    id: `${id}-churn`,
    text: 'recall lost by ten rounds of replacing a tenth, against an index built anew, ef = 100',
    value: recallOf(fresh) - recallOf(mine),
    limit: 0.005,
    relation: '<=',
  });
  bench.claim({
    id: `${id}-churn-bytes`,
    text: 'bytes after the ten rounds / of an index built anew',
    value: mine.bytes() / fresh.bytes(),
    limit: 1.06,
    relation: '<=',
  });
  fresh.index.dispose();
}

async function brute(set: VectorSet): Promise<void> {
  const flat = simd.Flat.create({ metric: 'dot', dimension: set.dimension, capacity: set.count });
  flat.addBatch({
    ids: Uint32Array.from({ length: set.count }, (_, i) => i),
    vectors: set.vectors,
  });
  const store = installed('@ruvector/rvf-wasm') ? await rvf(set) : undefined;
  store?.add(0, set.count);
  const four = set.queries.subarray(0, 4 * set.dimension);
  const truth = nearest(set.vectors, four, { dimension: set.dimension, k: K });
  const error = (ids: Uint32Array) => 1 - recall(ids, truth);
  const result = await bench.compare({
    id: 'brute-force',
    title: `Exact top ${K} of four queries among ${set.count} (${set.name})`,
    accuracy: `1 - recall@${K}`,
    contestants: [
      {
        name: 'sublinear, four queries a pass',
        run: () => flat.searchBatch(four, { k: K }).ids,
        accuracy: error,
      },
      {
        name: 'sublinear, one query a call',
        run() {
          const ids = new Uint32Array(4 * K);
          for (let q = 0; q < 4; q++) {
            const query = four.subarray(q * set.dimension, (q + 1) * set.dimension);
            ids.set(flat.search(query, { k: K }).ids, q * K);
          }
          return ids;
        },
        accuracy: error,
      },
      {
        name: '@ruvector/rvf-wasm',
        ...(store === undefined && { skip: MISSING }),
        run() {
          const ids = new Uint32Array(4 * K);
          for (let q = 0; q < 4; q++) store?.search(q, K, ids, q * K);
          return ids;
        },
        accuracy: error,
      },
    ],
  });
  flat.dispose();
  mark(result, [
    'brute-rvf',
    'exact top 10 of four queries: time of @ruvector/rvf-wasm / ours',
    '@ruvector',
    5.5,
    8,
  ]);
  mark(result, ['brute-four', 'one query a call / four queries a pass', 'sublinear, one', 2, 2.5]);
}

await compareKernels(bench);
if (!bench.only?.startsWith('kernel')) {
  // A set that `only` names is the only one that is built.
  const sets = {
    glove: () => glove(count, queryCount),
    'glove-small': () => glove(bench.size(10_000, 1000), bench.size(200, 100)),
    clusters: () => clusters(bench.size(20_000, 2000), bench.size(500, 100)),
  };
  const ids = Object.keys(sets) as (keyof typeof sets)[];
  const named = ids
    .filter((id) => bench.only === id || bench.only?.startsWith(`${id}-`))
    .sort((a, b) => b.length - a.length)[0];
  for (const id of named === undefined ? ids : [named]) {
    bench.phase(`reading ${id}`);
    const set = sets[id]();
    if (id === 'glove' && named === undefined) {
      bench.phase('brute force');
      await brute(set);
    }
    await run(id, set);
  }
}
bench.close();
