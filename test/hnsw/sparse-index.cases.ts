// One table of cases for SparseIndex through both doors. Truth is a loop over all vectors, in float64 and in ascending order of
// indices.
import type { Filter, SparseIndex } from 'sublinear/hnsw';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

export interface Vector {
  indices: number[];
  values: number[];
}

interface Found {
  ids: number[];
  scores: number[];
  found: number[];
}

export interface SparseDoor {
  create: () => unknown;
  filter: (ids: number[]) => unknown;
  add: (index: unknown, ids: number[], vectors: Vector[], replace?: boolean) => void;
  remove: (index: unknown, ids: number[]) => void;
  rename: (index: unknown, id: number, to: number) => void;
  shrink: (index: unknown) => void;
  search: (index: unknown, queries: Vector[], k: number, filter?: unknown) => Found;
  get: (index: unknown, id: number) => Vector;
  has: (index: unknown, id: number) => boolean;
  ids: (index: unknown) => number[];
  facts: (index: unknown) => number[];
  estimate: (count: number, values: number, dimensions: number) => number;
  save: (index: unknown) => Uint8Array;
  load: (bytes: Uint8Array) => unknown;
  free: (token: unknown) => void;
}

function rows(vectors: Vector[]) {
  const starts = new Uint32Array(vectors.length + 1);
  vectors.forEach(({ indices }, i) => {
    starts[i + 1] = starts[i]! + indices.length;
  });
  return {
    starts,
    indices: Uint32Array.from(vectors.flatMap(({ indices }) => indices)),
    values: Float32Array.from(vectors.flatMap(({ values }) => values)),
  };
}

const of = (token: unknown) => token as SparseIndex;

export const doors: RoomDoors<'hnsw', SparseDoor> = {
  room: 'hnsw',
  bundle: 'vector',
  table: 'sparse-index',
  variants: ['scalar', 'simd', 'relaxed'],
  embind: (room) => ({
    create: () => room.SparseIndex.create(),
    filter: (ids) => room.Filter.from(ids),
    add: (index, ids, vectors, replace) =>
      void of(index).addBatch({
        ids,
        vectors: rows(vectors),
        duplicates: replace ? 'replace' : 'error',
      }),
    remove: (index, ids) => void of(index).removeMany(ids),
    rename: (index, id, to) =>
      (of(index) as unknown as { rename(operation: string, id: number, to: number): void }).rename(
        'a case',
        id,
        to,
      ),
    shrink: (index) => void of(index).shrink(),
    search(index, queries, k, filter) {
      const options = { k, ...(filter !== undefined && { filter: filter as Filter }) };
      const { ids, scores, found } = of(index).searchBatch(queries, options);
      return { ids: [...ids], scores: [...scores], found: [...found] };
    },
    get(index, id) {
      const { indices, values } = of(index).get(id);
      return { indices: [...indices], values: [...values] };
    },
    has: (index, id) => of(index).has(id),
    ids: (index) => [...of(index).ids],
    facts: (index) => Object.values(of(index).stats()),
    estimate: (count, values, dimensions) =>
      room.SparseIndex.estimateBytes({ count, values, dimensions }),
    save: (index) => of(index).save(),
    load: (bytes) => room.SparseIndex.load(bytes),
    free: (token) => of(token).dispose(),
  }),
  raw: rawSparse,
};

function rawSparse(module: RawModule): SparseDoor {
  const { call } = module;
  interface Token {
    handle: number;
    set: boolean;
  }
  const at = (token: unknown) => (token as Token).handle;
  const token = (handle: number, set = false): Token => ({ handle: module.made(handle), set });
  const facts = (index: unknown) =>
    module.with([new Float64Array(6)], (out) => {
      module.check(call.sl_abi_inverted_facts!(at(index), out!, 0));
      return [...module.f64(out!, 6)];
    });
  return {
    create: () => token(call.sl_abi_inverted_create!()),
    filter: (ids) =>
      module.with([Uint32Array.from(ids)], (list) =>
        token(call.sl_abi_filter_create!(list!, ids.length), true),
      ),
    add(index, ids, vectors, replace) {
      const { starts, indices, values } = rows(vectors);
      const arrays = [Uint32Array.from(ids), starts, indices, values, new Uint32Array(1)];
      module.with(arrays, (list, from, keys, numbers, added) =>
        module.check(
          call.sl_abi_inverted_add!(
            at(index),
            list!,
            ids.length,
            from!,
            keys!,
            numbers!,
            indices.length,
            replace ? 1 : 0,
            added!,
          ),
        ),
      );
    },
    remove: (index, ids) =>
      module.with([Uint32Array.from(ids), new Uint32Array(1)], (list, removed) =>
        module.check(call.sl_abi_inverted_remove!(at(index), list!, ids.length, removed!)),
      ),
    rename: (index, id, to) => module.check(call.sl_abi_inverted_rename!(at(index), id, to)),
    shrink: (index) => module.check(call.sl_abi_inverted_shrink!(at(index))),
    search(index, queries, k, filter) {
      const { starts, indices, values } = rows(queries);
      const count = queries.length;
      const results = [
        new Uint32Array(count * k),
        new Float64Array(count * k),
        new Uint32Array(count),
      ];
      return module.with(
        [starts, indices, values, ...results],
        (from, keys, numbers, ids, scores, found) => {
          module.check(
            call.sl_abi_inverted_search!(
              at(index),
              from!,
              keys!,
              numbers!,
              indices.length,
              count,
              k,
              filter === undefined ? 0 : at(filter),
              ids!,
              scores!,
              found!,
            ),
          );
          return {
            ids: [...module.u32(ids!, count * k)],
            scores: [...module.f64(scores!, count * k)],
            found: [...module.u32(found!, count)],
          };
        },
      );
    },
    get(index, id) {
      const length = module.with([new Uint32Array(1)], (out) => {
        module.check(call.sl_abi_inverted_length!(at(index), id, out!));
        return module.u32(out!, 1)[0]!;
      });
      return module.with([new Uint32Array(length), new Float32Array(length)], (indices, values) => {
        module.check(call.sl_abi_inverted_get!(at(index), id, indices!, values!));
        return {
          indices: [...module.u32(indices!, length)],
          values: [...module.f32(values!, length)],
        };
      });
    },
    has: (index, id) =>
      module.with([new Uint32Array(1)], (out) => {
        module.check(call.sl_abi_inverted_has!(at(index), id, out!));
        return module.u32(out!, 1)[0] === 1;
      }),
    ids(index) {
      const [count] = facts(index);
      return module.with([new Uint32Array(count!)], (out) => {
        module.check(call.sl_abi_inverted_ids!(at(index), out!));
        return [...module.u32(out!, count!)];
      });
    },
    facts,
    estimate: (count, values, dimensions) =>
      Math.ceil(call.sl_abi_inverted_estimate_bytes!(count, values, dimensions)),
    save(index) {
      const writer = module.made(call.sl_abi_inverted_save!(at(index)));
      const size = module.with([new Float64Array(1)], (out) => {
        module.check(call.sl_abi_writer_size!(writer, out!));
        return module.f64(out!, 1)[0]!;
      });
      const bytes = module.with([new Uint8Array(size), new Uint32Array(1)], (buffer, written) => {
        module.check(call.sl_abi_writer_next!(writer, buffer!, size, written!));
        return new Uint8Array(module.u32(buffer!, Math.ceil(size / 4)).buffer.slice(0, size));
      });
      module.check(call.sl_abi_writer_destroy!(writer));
      return bytes;
    },
    load(bytes) {
      const kind = [...'SPIX'].reduce((sum, c, i) => sum + c.charCodeAt(0) * 256 ** i, 0);
      const reader = module.made(call.sl_abi_reader_create!(kind, bytes.length));
      try {
        module.with([bytes], (address) =>
          module.check(call.sl_abi_reader_feed!(reader, address!, bytes.length)),
        );
        return token(call.sl_abi_inverted_load!(reader));
      } finally {
        module.check(call.sl_abi_reader_destroy!(reader));
      }
    },
    free: (token) =>
      module.check(
        (token as Token).set
          ? call.sl_abi_filter_destroy!(at(token))
          : call.sl_abi_inverted_destroy!(at(token)),
      ),
  };
}

/** Scores of all vectors that have an index in common with the query, the best first. */
export function truth(
  vectors: ReadonlyMap<number, Vector>,
  query: Vector,
  k: number,
  allowed: (id: number) => boolean = () => true,
): { id: number; score: number }[] {
  const numbers = ({ indices, values }: Vector) =>
    new Map(
      indices
        .map((index, i) => [index, Math.fround(values[i]!)] as const)
        .filter(([, value]) => value !== 0)
        .sort(([a], [b]) => a - b),
    );
  const asked = numbers(query);
  const hits: { id: number; score: number }[] = [];
  for (const [id, vector] of vectors) {
    if (!allowed(id)) continue;
    const own = numbers(vector);
    let [score, common] = [0, false];
    for (const [index, value] of asked) {
      const other = own.get(index);
      if (other === undefined) continue;
      score += value * other;
      common = true;
    }
    if (common) hits.push({ id, score });
  }
  return hits.sort((a, b) => b.score - a.score || a.id - b.id).slice(0, k);
}

/** Vectors of few frequent and many rare indices. */
export function drawn(count: number, seed: number, sign = false): Vector[] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const keys = new Set(
      Array.from({ length: Math.floor(12 * next()) }, () => Math.floor(300 * next() ** 3)),
    );
    const indices = [...keys];
    return { indices, values: indices.map(() => 3 * next() - (sign ? 1.5 : 0)) };
  });
}

/** Asks and compares. */
function ask(door: SparseDoor, signed: boolean): unknown {
  const vectors = new Map(drawn(1500, 1, signed).map((vector, id) => [id * 7, vector]));
  const index = door.create();
  door.add(index, [...vectors.keys()], [...vectors.values()]);
  for (const [i, vector] of drawn(200, 2, signed).entries()) {
    door.add(index, [i * 21], [vector], true);
    vectors.set(i * 21, vector);
  }
  const gone = [...vectors.keys()].filter((id) => id % 5 === 0);
  door.remove(index, gone);
  for (const id of gone) vectors.delete(id);
  const queries = drawn(30, 3, signed);
  const filter = door.filter([...vectors.keys()].filter((id) => id % 3 === 0));
  const answers = [door.search(index, queries, 8), door.search(index, queries, 8, filter)];
  door.shrink(index);
  answers.push(door.search(index, queries, 8));
  const again = door.load(door.save(index));
  answers.push(door.search(again, queries, 8));
  const facts = [door.facts(index), door.ids(again).length];
  for (const token of [index, again, filter]) door.free(token);
  const whole = { answers, facts };
  for (const [at, { ids, scores, found }] of answers.entries())
    for (const [q, query] of queries.entries()) {
      const expected = truth(vectors, query, 8, at === 1 ? (id) => id % 3 === 0 : undefined);
      expect(found[q]).toBe(expected.length);
      expect(ids.slice(8 * q, 8 * q + found[q]!)).toEqual(expected.map(({ id }) => id));
      expect(scores.slice(8 * q, 8 * q + found[q]!)).toEqual(expected.map(({ score }) => score));
    }
  return whole;
}

export const cases: Case<SparseDoor>[] = [
  { name: 'positive values: a loop over all vectors', run: (door) => ask(door, false) },
  { name: 'values of either sign: a loop over all vectors', run: (door) => ask(door, true) },
  {
    name: 'equal scores: the smallest id first',
    run(door) {
      const index = door.create();
      const one = { indices: [4, 9], values: [1, 2] };
      door.add(index, [9, 3, 4294967294, 5], [one, one, one, { indices: [9], values: [2] }]);
      const found = door.search(index, [{ indices: [9], values: [1] }], 3);
      door.rename(index, 3, 100);
      const renamed = door.search(index, [{ indices: [9], values: [1] }], 3);
      door.free(index);
      return { found, renamed };
    },
    check({ found, renamed }: { found: Found; renamed: Found }) {
      expect([found.ids, found.scores]).toEqual([
        [3, 5, 9],
        [2, 2, 2],
      ]);
      expect(renamed.ids).toEqual([5, 9, 100]);
    },
  },
  {
    name: 'zeros are left out, and the empty vector is found by nothing',
    run(door) {
      const index = door.create();
      door.add(
        index,
        [1, 2, 3],
        [
          { indices: [], values: [] },
          { indices: [7, 2], values: [0, -0] },
          { indices: [8, 2, 7], values: [1e-45, 3.4e38, -3.4e38] },
        ],
      );
      const queries = [
        { indices: [7], values: [1] },
        { indices: [2, 7], values: [3e38, 3e38] },
        { indices: [], values: [] },
        { indices: [8], values: [1e-45] },
      ];
      const result = [door.get(index, 1), door.get(index, 2), door.get(index, 3)];
      const found = door.search(index, queries, 2);
      door.free(index);
      return { result, found };
    },
    check({ result, found }: { result: Vector[]; found: Found }) {
      expect(result.map(({ indices }) => indices)).toEqual([[], [], [2, 7, 8]]);
      expect(found.found).toEqual([1, 1, 0, 1]);
      expect(found.scores[2]).toBe(0);
      expect(found.scores[6]).toBe(Math.fround(1e-45) ** 2);
    },
  },
  {
    name: 'what is wrong is refused by its place, and changes nothing',
    run(door) {
      const index = door.create();
      const one = { indices: [1], values: [1] };
      door.add(index, [1], [one]);
      const refused = [
        attempt(() => door.add(index, [2, 1], [one, one])),
        attempt(() => door.add(index, [3, 4], [one, { indices: [5, 2, 5], values: [1, 1, 1] }])),
        attempt(() => door.add(index, [5, 1], [one, { indices: [2], values: [Number.NaN] }], true)),
        attempt(() => door.add(index, [6], [{ indices: [2], values: [1e39] }])),
        attempt(() => door.remove(index, [2, 77])),
        attempt(() => door.rename(index, 77, 1)),
        attempt(() => door.get(index, 77)),
        attempt(() => door.search(index, [one], 0)),
        attempt(() => door.search(index, [one, { indices: [2, 2], values: [1, 1] }], 1)),
      ];
      const ids = door.ids(index);
      door.free(index);
      return { refused, ids };
    },
    check({ refused, ids }: { refused: { refused: string; at: number }[]; ids: number[] }) {
      expect(refused.map((each) => each.refused)).toEqual([
        'ARGUMENT',
        'ARGUMENT',
        'NOT_FINITE',
        'NOT_FINITE',
        'INDEX',
        'INDEX',
        'INDEX',
        'ARGUMENT',
        'ARGUMENT',
      ]);
      expect(refused.map(({ at }) => at)).toEqual([1, 1, 1, 0, 1, -1, -1, -1, 1]);
      expect(ids).toEqual([1, 3, 5]);
    },
  },
  {
    name: 'what it would weigh',
    run: (door) => [door.estimate(1000, 50_000, 500), door.estimate(0, 0, 0)],
  },
];
