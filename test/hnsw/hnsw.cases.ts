// One table of cases for Flat, Hnsw and Filter through both doors.
import type { Codes, Filter, Flat, FlatOptions, Hnsw, Metric, Rerank } from 'sublinear/hnsw';
import { expect } from 'vitest';
import type { Hnsw as RawHnsw } from '../../ts/generated/raw/vector.js';
import type { Runtime } from '../../ts/runtime/runtime.js';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

type Vectors = Float32Array | Uint8Array;

export interface Found {
  ids: number[];
  distances: number[];
  found: number[];
}

/** What both doors can do, with indexes and filters as opaque tokens. */
export interface VectorDoor {
  flat: (
    metric: Metric,
    dimension: number,
    codes?: NonNullable<FlatOptions['codes']>,
    rerank?: Rerank,
  ) => unknown;
  hnsw: (
    metric: Metric,
    dimension: number,
    m: number,
    efConstruction: number,
    codes?: Codes,
    rerank?: Rerank,
    prefix?: number,
  ) => unknown;
  filter: (ids: number[]) => unknown;
  add: (index: unknown, ids: number[], vectors: Vectors, replace?: boolean) => void;
  remove: (index: unknown, id: number) => void;
  search: (index: unknown, queries: Vectors, k: number, ef: number, filter?: unknown) => Found;
  get: (index: unknown, id: number, dimension: number) => number[];
  ids: (index: unknown) => number[];
  repair: (index: unknown) => void;
  /** One step; how many places are left. */
  repairStep: (index: unknown, work: number) => number;
  removeMany: (index: unknown, ids: number[]) => void;
  shrink: (index: unknown) => void;
  /** The numbers of HnswStats in their order. */
  stats: (index: unknown) => number[];
  optimize: (index: unknown) => void;
  save: (index: unknown) => Uint8Array;
  load: (kind: 'flat' | 'hnsw', bytes: Uint8Array, verify?: boolean) => unknown;
  free: (token: unknown) => void;
}

const metricNumbers = { cosine: 0, dot: 1, euclidean: 2, manhattan: 3, hamming: 4, poincare: 5 };

const codeNumbers = [
  'none',
  'int8',
  'binary',
  'sketch',
  'float16',
  'rabitq',
  'rabitq2',
  'rabitq4',
  'rabitq8',
  'pq',
  'prefix',
];
const rerankNumbers = ['none', 'float16', 'float32', 'rabitq4'];

export const doors: RoomDoors<'hnsw', VectorDoor> = {
  room: 'hnsw',
  bundle: 'vector',
  variants: ['scalar', 'simd', 'relaxed'],
  embind: (room) => {
    const of = (token: unknown) => token as Flat | Hnsw;
    return {
      flat: (metric, dimension, codes = 'none', rerank = 'none') =>
        room.Flat.create({ metric, dimension, codes, rerank }),
      hnsw(metric, dimension, m, efConstruction, codes = 'none', rerank = 'none', prefix) {
        const walked = prefix === undefined ? {} : { prefix };
        return room.Hnsw.create({ metric, dimension, m, efConstruction, codes, rerank, ...walked });
      },
      filter: (ids) => room.Filter.from(ids),
      add: (index, ids, vectors, replace) =>
        void of(index).addBatch({ ids, vectors, duplicates: replace ? 'replace' : 'error' }),
      remove: (index, id) => void of(index).remove(id),
      search(index, queries, k, ef, filter) {
        const options = filter === undefined ? { k, ef } : { k, ef, filter: filter as Filter };
        const { ids, distances, found } = of(index).searchBatch(queries, options);
        return tidy(ids, distances, found, k);
      },
      get: (index, id) => Array.from(of(index).get(id)),
      ids: (index) => Array.from(of(index).ids),
      repair: (index) => void (index as Hnsw).repair(),
      // What the asynchronous forms call between their slices.
      repairStep(index, work) {
        const { runtime, use } = internals(index);
        runtime.check('repairStep', use().repairStep(work, runtime.out));
        return runtime.outU32();
      },
      removeMany: (index, ids) => void of(index).removeMany(ids),
      shrink: (index) => void of(index).shrink(),
      stats: (index) => Object.values((index as Hnsw).stats()),
      optimize: (index) => void (index as Hnsw).optimize(),
      save: (index) => of(index).save(),
      load: (kind, bytes, verify = true) =>
        kind === 'flat' ? room.Flat.load(bytes, { verify }) : room.Hnsw.load(bytes, { verify }),
      free: (token) => of(token).dispose(),
    };
  },
  raw: rawVectors,
};

function internals(index: unknown) {
  const object = index as { runtime: Runtime; use: (operation: string) => RawHnsw };
  return { runtime: object.runtime, use: () => object.use('a case') };
}

interface RawIndex {
  kind: 'flat' | 'hnsw' | 'filter';
  handle: number;
  bits: boolean;
  width: number;
}

function rawVectors(module: RawModule): VectorDoor {
  const { call } = module;
  const at = (token: unknown) => token as RawIndex;
  const named = (token: unknown, verb: string) => call[`sl_abi_${at(token).kind}_${verb}`]!;
  const size = (index: unknown) =>
    module.with([new Uint32Array(1)], (out) => {
      const { kind, handle } = at(index);
      module.check(
        kind === 'flat'
          ? call.sl_abi_flat_info!(handle, out, 0, 0)
          : call.sl_abi_hnsw_info!(handle, out, 0, 0, 0),
      );
      return module.u32(out, 1)[0]!;
    });
  const shape = (metric: Metric, dimension: number) => ({
    bits: metric === 'hamming',
    width: metric === 'hamming' ? dimension / 8 : dimension,
  });
  return {
    flat(metric, dimension, codes = 'none', rerank = 'none') {
      const numbers = [metricNumbers[metric], dimension, 1, 0];
      const handle = module.made(
        codes === 'none'
          ? call.sl_abi_flat_create!(...numbers)
          : call.sl_abi_flat_create_coded!(
              ...numbers,
              codeNumbers.indexOf(codes),
              rerankNumbers.indexOf(rerank),
            ),
      );
      return { kind: 'flat', handle, ...shape(metric, dimension) };
    },
    hnsw(metric, dimension, m, efConstruction, codes = 'none', rerank = 'none', prefix = 0) {
      const handle = module.made(
        call.sl_abi_hnsw_create!(
          metricNumbers[metric],
          dimension,
          m,
          efConstruction,
          0,
          0,
          42,
          1,
          codeNumbers.indexOf(prefix > 0 ? 'prefix' : codes),
          rerankNumbers.indexOf(rerank),
          prefix,
        ),
      );
      return { kind: 'hnsw', handle, ...shape(metric, dimension) };
    },
    filter: (ids) =>
      module.with([Uint32Array.from(ids)], (list) => ({
        kind: 'filter',
        handle: module.made(call.sl_abi_filter_create!(list, ids.length)),
      })),
    add: (index, ids, vectors, replace) =>
      module.with([Uint32Array.from(ids), vectors, new Uint32Array(1)], (list, data, added) =>
        module.check(
          named(index, 'add')(at(index).handle, list!, data!, ids.length, replace ? 1 : 0, added!),
        ),
      ),
    remove: (index, id) => module.check(named(index, 'remove')(at(index).handle, id)),
    search(index, queries, k, ef, filter) {
      const { kind, handle, width } = at(index);
      const count = queries.length / width;
      const out = [new Uint32Array(count * k), new Float32Array(count * k), new Uint32Array(count)];
      return module.with([queries, ...out], (data, ids, distances, found) => {
        const chosen = filter === undefined ? 0 : at(filter).handle;
        module.check(
          kind === 'flat'
            ? call.sl_abi_flat_search!(handle, data!, count, k, chosen, ids!, distances!, found!)
            : call.sl_abi_hnsw_search!(
                handle,
                data!,
                count,
                k,
                ef,
                chosen,
                ids!,
                distances!,
                found!,
              ),
        );
        const rows = count * k;
        return tidy(
          module.u32(ids!, rows),
          module.f32(distances!, rows),
          module.u32(found!, count),
          k,
        );
      });
    },
    get(index, id, dimension) {
      return module.with([new Float32Array(dimension)], (out) => {
        module.check(named(index, 'get')(at(index).handle, id, out));
        const bytes = new Uint8Array(module.f32(out, dimension).buffer);
        return Array.from(
          at(index).bits ? bytes.subarray(0, dimension / 8) : module.f32(out, dimension),
        );
      });
    },
    ids: (index) =>
      module.with([new Uint32Array(size(index))], (out) => {
        module.check(named(index, 'ids')(at(index).handle, out));
        return Array.from(module.u32(out, size(index)));
      }),
    repair: (index) => module.check(call.sl_abi_hnsw_repair!(at(index).handle)),
    repairStep: (index, work) =>
      module.with([new Uint32Array(1)], (left) => {
        module.check(call.sl_abi_hnsw_repair_step!(at(index).handle, work, left!));
        return module.u32(left!, 1)[0]!;
      }),
    removeMany: (index, ids) =>
      module.with([Uint32Array.from(ids), new Uint32Array(1)], (list, removed) => {
        const remove = named(index, 'remove_many');
        module.check(remove(at(index).handle, list!, ids.length, removed!));
      }),
    shrink: (index) => module.check(named(index, 'shrink')(at(index).handle)),
    stats: (index) =>
      module.with([new Uint32Array(7)], (numbers) => {
        module.check(call.sl_abi_hnsw_stats!(at(index).handle, numbers!));
        return Array.from(module.u32(numbers!, 7));
      }),
    optimize: (index) => module.check(call.sl_abi_hnsw_optimize!(at(index).handle)),
    save(index) {
      const bytes: number[] = [];
      const step = 1000; // in pieces that end anywhere
      return module.with([new Uint8Array(step), new Uint32Array(1)], (buffer, written) => {
        for (;;) {
          module.check(
            named(index, 'save')(at(index).handle, bytes.length, buffer!, step, written!),
          );
          const count = module.u32(written!, 1)[0]!;
          bytes.push(...new Uint8Array(module.view().buffer, buffer!, count));
          if (count < step) return Uint8Array.from(bytes);
        }
      });
    },
    load: (kind, bytes, verify = true) =>
      module.with([bytes], (data) => ({
        kind,
        handle: module.made(call[`sl_abi_${kind}_load`]!(data, bytes.length, verify ? 1 : 0)),
        bits: false,
        width: D,
      })),
    free: (token) => module.check(named(token, 'destroy')(at(token).handle)),
  };
}

/** Plain arrays of what was found, without the places that were left alone. */
function tidy(ids: Uint32Array, distances: Float32Array, found: Uint32Array, k: number): Found {
  const kept = Array.from(ids.keys()).filter((i) => i % k < found[Math.floor(i / k)]!);
  return {
    ids: kept.map((i) => ids[i]!),
    distances: kept.map((i) => distances[i]!),
    found: Array.from(found),
  };
}

const [N, D, QUERIES, K] = [600, 12, 20, 10];
const all = Array.from({ length: N }, (_, i) => i * 5 + 1);

/** Clustered points inside the unit ball: every metric takes them. */
function points(seed: number, count: number): Float32Array {
  const next = random(seed);
  const vectors = new Float32Array(count * D);
  for (let i = 0; i < count; i++) {
    const cluster = Math.floor(next() * 8);
    for (let j = 0; j < D; j++)
      vectors[i * D + j] = ((cluster >> (j % 3)) & 1 ? 0.12 : -0.1) + 0.15 * (next() - 0.5);
  }
  return vectors;
}

function bits(seed: number, count: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length: count * 16 }, () => Math.floor(next() * 4) * 64 + 3);
}

/** Distances by their definitions, in float64. */
const definitions: Record<Exclude<Metric, 'hamming'>, (x: number[], y: number[]) => number> = {
  cosine: (x, y) => 1 - dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)),
  dot: (x, y) => -dot(x, y),
  euclidean: (x, y) => Math.hypot(...x.map((value, i) => value - y[i]!)),
  manhattan: (x, y) => x.reduce((sum, value, i) => sum + Math.abs(value - y[i]!), 0),
  poincare: (x, y) =>
    Math.acosh(
      1 +
        (2 * x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0)) /
          ((1 - dot(x, x)) * (1 - dot(y, y))),
    ),
};
const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
const row = (vectors: Float32Array, i: number) => Array.from(vectors.subarray(i * D, (i + 1) * D));

function using<T>(door: VectorDoor, tokens: unknown[], run: () => T): T {
  try {
    return run();
  } finally {
    for (const token of tokens) door.free(token);
  }
}

const share = (approximate: Found, exact: Found) => {
  let hits = 0;
  for (let q = 0; q < QUERIES; q++) {
    const truth = new Set(exact.ids.slice(q * K, (q + 1) * K));
    for (const id of approximate.ids.slice(q * K, (q + 1) * K)) hits += truth.has(id) ? 1 : 0;
  }
  return hits / exact.ids.length;
};

const realMetrics = Object.keys(definitions) as Exclude<Metric, 'hamming'>[];

export const cases: Case<VectorDoor>[] = [
  ...realMetrics.map(
    (metric): Case<VectorDoor> => ({
      name: `${metric}: exact distances, and recall of the graph`,
      run(door) {
        const [flat, hnsw] = [door.flat(metric, D), door.hnsw(metric, D, 8, 60)];
        return using(door, [flat, hnsw], () => {
          for (const index of [flat, hnsw]) door.add(index, all, points(1, N));
          const queries = points(2, QUERIES);
          return {
            exact: door.search(flat, queries, K, 1),
            near: door.search(hnsw, queries, K, 80),
            narrow: door.search(hnsw, queries, K, 10),
          };
        });
      },
      check({ exact, near }: Record<string, Found>) {
        const [vectors, queries] = [points(1, N), points(2, QUERIES)];
        for (let q = 0; q < QUERIES; q++) {
          const truth = all.map((_, i) => definitions[metric](row(queries, q), row(vectors, i)));
          const sorted = [...truth].sort((a, b) => a - b);
          for (let i = 0; i < K; i++) {
            const at = q * K + i;
            expect(exact!.distances[at]).toBeCloseTo(sorted[i]!, 5);
            expect(truth[(exact!.ids[at]! - 1) / 5]).toBeCloseTo(sorted[i]!, 5);
          }
        }
        expect(share(near!, exact!)).toBeGreaterThan(0.97);
      },
    }),
  ),
  ...(['cosine', 'dot', 'euclidean'] as const).flatMap((metric) =>
    (
      [
        ['int8', 'none', 0.85, 3e-3],
        ['int8', 'float16', 0.97, 1e-5],
        ['int8', 'float32', 0.97, 1e-6],
        ['float16', 'none', 0.97, 3e-4],
        ['float16', 'float32', 0.97, 1e-6],
        ['rabitq', 'float16', 0.85, 3e-4],
        ['rabitq', 'float32', 0.85, 1e-6],
        ['rabitq2', 'float16', 0.95, 3e-4],
        ['rabitq4', 'none', 0.85, 3e-2],
        ['rabitq4', 'rabitq4', 0.95, 3e-3],
        ['rabitq4', 'float32', 0.97, 1e-6],
        ['rabitq8', 'none', 0.95, 3e-3],
      ] as const
    ).map(
      ([codes, rerank, least, most]): Case<VectorDoor> => ({
        name: `${metric}: ${codes} codes, ranked again with ${rerank}`,
        run(door) {
          const [flat, hnsw] = [door.flat(metric, D), door.hnsw(metric, D, 8, 60, codes, rerank)];
          return using(door, [flat, hnsw], () => {
            for (const index of [flat, hnsw]) door.add(index, all, points(11, N));
            const queries = points(12, QUERIES);
            const bytes = door.save(hnsw);
            const again = door.load('hnsw', bytes);
            return using(door, [again], () => ({
              exact: door.search(flat, queries, K, 1),
              near: door.search(hnsw, queries, K, 80),
              loaded: door.search(again, queries, K, 80),
              row: door.get(hnsw, 1, D),
              bytes: bytes.length,
            }));
          });
        },
        check({ exact, near, loaded, row }: Record<string, Found> & { row: number[] }) {
          expect(share(near!, exact!)).toBeGreaterThan(least);
          expect(loaded).toEqual(near);
          const given = Array.from(points(11, 1));
          const length = metric === 'cosine' ? Math.hypot(...given) : 1;
          for (const [i, value] of row.entries())
            expect(Math.abs(value - given[i]! / length)).toBeLessThan(most);
        },
      }),
    ),
  ),
  ...(['cosine', 'dot', 'euclidean'] as const).flatMap((metric) =>
    (
      [
        ['int8', 'float32', 0.99],
        ['int8', 'none', 0.85],
        ['float16', 'none', 0.97],
        ['rabitq', 'float32', 0.99],
        ['rabitq2', 'float16', 0.98],
        ['rabitq4', 'float32', 0.99],
        ['rabitq4', 'rabitq4', 0.95],
        ['rabitq8', 'none', 0.95],
        ['pq', 'float32', 0.99],
        ['pq', 'float16', 0.98],
        ['pq', 'none', 0.05],
      ] as const
    ).map(
      ([codes, rerank, least]): Case<VectorDoor> => ({
        name: `${metric}: the exact index with ${codes} codes, ranked again with ${rerank}`,
        run(door) {
          const [plain, flat] = [door.flat(metric, D), door.flat(metric, D, codes, rerank)];
          return using(door, [plain, flat], () => {
            for (const index of [plain, flat]) door.add(index, all, points(16, N));
            for (const index of [plain, flat]) door.removeMany(index, all.slice(0, 40));
            const queries = points(17, QUERIES);
            const again = door.load('flat', door.save(flat));
            return using(door, [again], () => ({
              exact: door.search(plain, queries, K, 1),
              near: door.search(flat, queries, K, 1),
              loaded: door.search(again, queries, K, 1),
            }));
          });
        },
        check({ exact, near, loaded }: Record<string, Found>) {
          expect(share(near!, exact!)).toBeGreaterThan(least);
          expect(loaded).toEqual(near);
        },
      }),
    ),
  ),
  ...(['cosine', 'dot', 'euclidean', 'poincare'] as const).map(
    (metric): Case<VectorDoor> => ({
      name: `${metric}: sketches change no answer`,
      run(door) {
        const indexes = (['none', 'sketch'] as const).map((codes) =>
          door.hnsw(metric, D, 8, 60, codes),
        );
        return using(door, indexes, () => {
          const queries = points(15, QUERIES);
          const answers = indexes.map((index) => {
            door.add(index, all, points(14, N));
            for (let i = 0; i < N; i += 9) door.remove(index, all[i]!);
            door.optimize(index);
            return door.search(index, queries, K, 15);
          });
          const again = door.load('hnsw', door.save(indexes[1]));
          return using(door, [again], () => [...answers, door.search(again, queries, K, 15)]);
        });
      },
      check([plain, sketched, loaded]: [Found, Found, Found]) {
        expect(sketched).toEqual(plain);
        expect(loaded).toEqual(plain);
      },
    }),
  ),
  {
    name: 'cosine: signs as a first pass',
    run(door) {
      const next = random(13);
      const vectors = Float32Array.from({ length: 300 * 128 }, () => next() - 0.5);
      const [flat, hnsw] = [
        door.flat('cosine', 128),
        door.hnsw('cosine', 128, 8, 60, 'binary', 'float32'),
      ];
      return using(door, [flat, hnsw], () => {
        for (const index of [flat, hnsw]) door.add(index, all.slice(0, 300), vectors);
        const queries = vectors.subarray(0, QUERIES * 128);
        return {
          exact: door.search(flat, queries, K, 1),
          near: door.search(hnsw, queries, K, 150),
        };
      });
    },
    check: ({ exact, near }: Record<string, Found>) =>
      expect(share(near!, exact!)).toBeGreaterThan(0.8),
  },
  ...(['cosine', 'dot', 'euclidean'] as const).map(
    (metric): Case<VectorDoor> => ({
      name: `${metric}: the first numbers of vectors as a first pass`,
      run(door) {
        const [count, wide] = [1500, D];
        const next = random(19);
        const vectors = Float32Array.from(
          { length: (count + QUERIES) * wide },
          (_, i) => (next() + next() - 1) * 0.5 ** ((6 * (i % wide)) / wide),
        );
        const names = Array.from({ length: count }, (_, i) => i);
        const [flat, hnsw] = [
          door.flat(metric, wide),
          door.hnsw(metric, wide, 12, 60, 'none', 'float32', wide / 2),
        ];
        return using(door, [flat, hnsw], () => {
          for (const index of [flat, hnsw])
            door.add(index, names, vectors.subarray(0, count * wide));
          const loaded = door.load('hnsw', door.save(hnsw));
          try {
            const queries = vectors.subarray(count * wide);
            return {
              exact: door.search(flat, queries, K, 1),
              near: door.search(hnsw, queries, K, 100),
              again: door.search(loaded, queries, K, 100),
            };
          } finally {
            door.free(loaded);
          }
        });
      },
      check({ exact, near, again }: Record<string, Found>) {
        expect(share(near!, exact!)).toBeGreaterThan(0.95);
        expect(again).toEqual(near);
      },
    }),
  ),
  {
    name: 'hamming: counts of differing bits',
    run(door) {
      const [flat, hnsw] = [door.flat('hamming', 128), door.hnsw('hamming', 128, 8, 60)];
      return using(door, [flat, hnsw], () => {
        for (const index of [flat, hnsw]) door.add(index, all, bits(3, N));
        const queries = bits(4, QUERIES);
        return [flat, hnsw].map((index) => door.search(index, queries, K, 100));
      });
    },
    check([exact, near]: [Found, Found]) {
      const [vectors, queries] = [bits(3, N), bits(4, QUERIES)];
      const differing = (q: number, i: number) => {
        let count = 0;
        for (let j = 0; j < 16; j++) {
          let byte = queries[q * 16 + j]! ^ vectors[i * 16 + j]!;
          for (; byte; byte &= byte - 1) count++;
        }
        return count;
      };
      for (let q = 0; q < QUERIES; q++) {
        const truth = all.map((_, i) => differing(q, i)).sort((a, b) => a - b);
        expect(exact.distances.slice(q * K, (q + 1) * K)).toEqual(truth.slice(0, K));
        for (let i = 0; i < K; i++) {
          const at = q * K + i;
          expect(near.distances[at]).toBe(differing(q, (near.ids[at]! - 1) / 5));
        }
      }
    },
  },
  {
    name: 'an empty index, one vector, more results than vectors',
    run(door) {
      const tokens = [door.flat('euclidean', 1), door.hnsw('euclidean', 1, 4, 10)];
      const query = Float32Array.of(3);
      return using(door, tokens, () =>
        tokens.map((index) => {
          const results = [door.search(index, query, 3, 1)];
          door.add(index, [4294967295], Float32Array.of(1));
          results.push(door.search(index, query, 3, 1));
          door.add(index, [0], Float32Array.of(4));
          results.push(door.search(index, query, 3, 1));
          door.remove(index, 0);
          door.remove(index, 4294967295);
          results.push(door.search(index, query, 3, 1));
          return results;
        }),
      );
    },
    check(both: unknown[]) {
      const expected = [
        { ids: [], distances: [], found: [0] },
        { ids: [4294967295], distances: [2], found: [1] },
        { ids: [0, 4294967295], distances: [1, 2], found: [2] },
        { ids: [], distances: [], found: [0] },
      ];
      expect(both).toEqual([expected, expected]);
    },
  },
  {
    name: 'filters: few, a third, most, none',
    run(door) {
      const [flat, hnsw] = [door.flat('euclidean', D), door.hnsw('euclidean', D, 8, 60)];
      const sets = [
        all.filter((_, i) => i % 50 === 0),
        all.filter((_, i) => i % 3 === 0),
        all.filter((_, i) => i % 7 !== 0),
        [],
        [2, 3, 4], // no such ids
      ];
      const filters = sets.map((ids) => door.filter(ids));
      return using(door, [flat, hnsw, ...filters], () => {
        for (const index of [flat, hnsw]) door.add(index, all, points(5, N));
        const queries = points(6, QUERIES);
        return filters.map((filter) => ({
          exact: door.search(flat, queries, K, 1, filter),
          near: door.search(hnsw, queries, K, 12, filter),
        }));
      });
    },
    check(results: { exact: Found; near: Found }[]) {
      for (const [i, { exact, near }] of results.entries()) {
        expect(near.found).toEqual(exact.found);
        if (i < 3) expect(share(near, exact)).toBeGreaterThanOrEqual(0.95);
        const allowed = [50, 3, 7][i];
        for (const id of near.ids) {
          const at = (id - 1) / 5;
          expect(i === 2 ? at % 7 !== 0 : at % allowed! === 0).toBe(true);
        }
      }
      expect(results[3]!.near.ids).toEqual([]);
      expect(results[4]!.near.ids).toEqual([]);
    },
  },
  {
    name: 'removing, replacing, repairing and renumbering keep answers right',
    run(door) {
      const hnsw = door.hnsw('cosine', D, 8, 60);
      return using(door, [hnsw], () => {
        const vectors = points(7, N);
        door.add(hnsw, all, vectors);
        const gone = all.filter((_, i) => i % 4 === 1);
        for (const id of gone) door.remove(hnsw, id);
        const results = [door.search(hnsw, vectors.subarray(0, 5 * D), K, 50)];
        door.repair(hnsw);
        results.push(door.search(hnsw, vectors.subarray(0, 5 * D), K, 50));
        door.optimize(hnsw);
        results.push(door.search(hnsw, vectors.subarray(0, 5 * D), K, 50));
        for (const id of gone) {
          const at = (id - 1) / 5;
          door.add(hnsw, [id], vectors.subarray(at * D, (at + 1) * D));
        }
        door.add(hnsw, [all[0]!], vectors.subarray(D, 2 * D), true);
        results.push(door.search(hnsw, vectors.subarray(D, 2 * D), 2, 50));
        return { results, ids: door.ids(hnsw).sort((a, b) => a - b), row: door.get(hnsw, 1, D) };
      });
    },
    check({ results, ids, row }: { results: Found[]; ids: number[]; row: number[] }) {
      const gone = new Set(all.filter((_, i) => i % 4 === 1));
      for (const { ids: some } of results.slice(0, 3)) {
        expect(some.some((id) => gone.has(id))).toBe(false);
        expect(some[0]).toBe(1);
      }
      expect(results[2]!.ids).toEqual(results[1]!.ids);
      expect(results[3]!.ids).toEqual(expect.arrayContaining([1, 6]));
      expect(ids).toEqual(all);
      expect(Math.hypot(...row)).toBeCloseTo(1, 6);
    },
  },
  {
    name: 'a repair in steps is the same as one at once',
    run(door) {
      const tokens = [door.hnsw('cosine', D, 8, 60), door.hnsw('cosine', D, 8, 60)];
      return using(door, tokens, () => {
        for (const index of tokens) {
          door.add(index, all, points(7, N));
          for (let i = 0; i < 60; i++) door.remove(index, all[i * 9]!);
        }
        const counts: number[] = [];
        door.repair(tokens[0]);
        do counts.push(door.repairStep(tokens[1], 400));
        while (counts.at(-1)! > 0);
        const [whole, steps] = tokens.map((index) => door.save(index));
        return { counts, whole: Array.from(whole!), steps: Array.from(steps!) };
      });
    },
    check({ counts, whole, steps }: { counts: number[]; whole: number[]; steps: number[] }) {
      expect(counts.length).toBeGreaterThan(5);
      expect(counts.every((left, i) => i === 0 || left < counts[i - 1]!)).toBe(true);
      expect(steps).toEqual(whole);
    },
  },
  {
    name: 'equal vectors are one node, many go at once, and memory is given back',
    run(door) {
      const indexes = [door.hnsw('euclidean', D, 6, 40), door.flat('euclidean', D)];
      return using(door, indexes, () => {
        const some = points(21, 100);
        return indexes.map((index, i) => {
          for (let turn = 0; turn < 3; turn++)
            door.add(
              index,
              Array.from({ length: 100 }, (_, j) => 100 * turn + j),
              some,
            );
          const stats = i === 0 ? [door.stats(index)] : [];
          door.removeMany(
            index,
            Array.from({ length: 240 }, (_, j) => j),
          );
          door.shrink(index);
          if (i === 0) stats.push(door.stats(index));
          const found = door.search(index, some.subarray(50 * D, 51 * D), 3, 20);
          return { stats, found, ids: door.ids(index).sort((a, b) => a - b) };
        });
      });
    },
    check(both: { stats: number[][]; found: Found; ids: number[] }[]) {
      // size, copies, removed, free, levels, unreachable, repairs
      const [before, after] = both[0]!.stats;
      expect(before!.slice(0, 4)).toEqual([300, 200, 0, 0]);
      expect(after!.slice(0, 4)).toEqual([60, 0, 0, 0]);
      expect([before![5], after![5]]).toEqual([0, 0]);
      for (const { found, ids } of both) {
        expect(ids).toEqual(Array.from({ length: 60 }, (_, j) => 240 + j));
        expect(found.ids[0]).toBe(250);
        expect(found.distances[0]).toBe(0);
      }
    },
  },
  {
    name: 'a loaded index answers with the same bits, and so does one that grew after loading',
    run(door) {
      const tokens = [door.flat('poincare', D), door.hnsw('poincare', D, 6, 40)];
      return using(door, tokens, () => {
        const queries = points(9, 5);
        const kinds = ['flat', 'hnsw'] as const;
        return kinds.map((kind, i) => {
          const index = tokens[i];
          door.add(index, all, points(8, N));
          for (let j = 0; j < 40; j++) door.remove(index, all[j * 3]!);
          const bytes = door.save(index);
          const again = door.load(kind, bytes);
          return using(door, [again], () => {
            const answers = [index, again].map((each) => door.search(each, queries, K, 30));
            for (const each of [index, again]) door.add(each, [3], queries.subarray(0, D));
            answers.push(...[index, again].map((each) => door.search(each, queries, K, 30)));
            return { bytes, answers, saved: door.save(again) };
          });
        });
      });
    },
    check(both: { bytes: Uint8Array; answers: Found[] }[]) {
      for (const { bytes, answers } of both) {
        expect([...bytes.subarray(0, 8)]).toEqual([0x89, 0x73, 0x6c, 0x66, 13, 10, 26, 10]);
        expect(answers[1]).toEqual(answers[0]);
        expect(answers[3]).toEqual(answers[2]);
        expect(answers[3]!.ids[0]).toBe(3);
      }
    },
  },
  {
    name: 'refuses damaged files',
    run(door) {
      const hnsw = door.hnsw('euclidean', D, 4, 20);
      return using(door, [hnsw], () => {
        door.add(hnsw, all.slice(0, 50), points(10, 50));
        const bytes = door.save(hnsw);
        const changed = (at: number, value: number) => {
          const copy = bytes.slice();
          copy[at] = value;
          return copy;
        };
        return [
          attempt(() => door.load('hnsw', new Uint8Array(0))),
          attempt(() => door.load('hnsw', bytes.subarray(0, 100))),
          attempt(() => door.load('hnsw', bytes.subarray(0, bytes.length - 1))),
          attempt(() => door.load('hnsw', changed(0, 0x50))),
          attempt(() => door.load('hnsw', changed(8, 2))),
          attempt(() => door.load('hnsw', changed(500, bytes[500]! ^ 1))),
          attempt(() => door.load('flat', bytes)),
        ].map((result) => (result as { refused: string }).refused);
      });
    },
    check: (result: unknown) =>
      expect(result).toEqual([
        'TRUNCATED',
        'TRUNCATED',
        'TRUNCATED',
        'FORMAT',
        'FORMAT',
        'CHECKSUM',
        'FORMAT',
      ]),
  },
  {
    name: 'refuses bad vectors, ids and options, and stays usable',
    run(door) {
      const index = door.hnsw('cosine', 2, 4, 10);
      return using(door, [index], () => {
        const pair = (x: number, y: number) => Float32Array.of(1, 0, x, y);
        const results = [
          attempt(() => door.hnsw('cosine', 0, 4, 10)),
          attempt(() => door.hnsw('cosine', 65537, 4, 10)),
          attempt(() => door.hnsw('cosine', 2, 1, 10)),
          attempt(() => door.hnsw('cosine', 2, 4, 3)),
          attempt(() => door.flat('hamming', 12)),
          attempt(() => door.hnsw('manhattan', 2, 4, 10, 'int8')),
          attempt(() => door.hnsw('dot', 2, 4, 10, 'binary')),
          attempt(() => door.hnsw('hamming', 8, 4, 10, 'sketch')),
          attempt(() => door.add(index, [1, 2], pair(Number.NaN, 1))),
          attempt(() => door.add(index, [3, 4], pair(1, Number.POSITIVE_INFINITY))),
          attempt(() => door.add(index, [5, 6], pair(0, 0))),
          attempt(() => door.add(index, [7, 8], pair(1e17, 0))),
          attempt(() => door.add(index, [9, 9], pair(1, 1))),
          attempt(() => door.remove(index, 77)),
          attempt(() => door.get(index, 77, 2)),
          attempt(() => door.search(index, Float32Array.of(0, 0), 1, 1)),
          attempt(() => door.search(index, Float32Array.of(1, 0), 0, 1)),
          attempt(() => door.search(index, Float32Array.of(1, 0), 1, 0)),
        ];
        return {
          results,
          ids: door.ids(index),
          nearest: door.search(index, Float32Array.of(1, 0), 9, 9),
        };
      });
    },
    check({ results, ids, nearest }: { results: object[]; ids: number[]; nearest: Found }) {
      const [option, vector] = [
        (argument: string) => ({ refused: 'OPTION', argument, at: -1 }),
        'vectors',
      ];
      expect(results).toEqual([
        option('dimension'),
        option('dimension'),
        option('m'),
        option('efConstruction'),
        option('dimension'),
        option('codes'),
        option('codes'),
        option('codes'),
        { refused: 'NOT_FINITE', argument: vector, at: 1 },
        { refused: 'NOT_FINITE', argument: vector, at: 1 },
        { refused: 'RANGE', argument: vector, at: 1 },
        { refused: 'RANGE', argument: vector, at: 1 },
        { refused: 'ARGUMENT', argument: 'ids', at: 1 },
        { refused: 'INDEX', argument: 'id', at: -1 },
        { refused: 'INDEX', argument: 'id', at: -1 },
        { refused: 'RANGE', argument: 'queries', at: 0 },
        { refused: 'ARGUMENT', argument: 'k', at: -1 },
        { refused: 'ARGUMENT', argument: 'ef', at: -1 },
      ]);
      // What came before a refused vector is in.
      expect(ids).toEqual([1, 3, 5, 7, 9]);
      expect(nearest.found).toEqual([5]);
    },
  },
];
