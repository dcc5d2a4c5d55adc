// The smallest module: its size, its answers beside those of the bundle, and what it refuses.
import { load } from 'sublinear/hnsw';
import { describe, expect, test } from 'vitest';
import { distFile, random } from '../support/door.js';

const bytes = await distFile('raw/hnsw-micro.raw.wasm');
type Call = (...numbers: number[]) => number;

async function open() {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { memory, _initialize, ...call } = instance.exports as unknown as Record<string, Call> & {
    memory: WebAssembly.Memory;
  };
  _initialize!();
  const f32 = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  const u32 = (at: number, length: number) => new Uint32Array(memory.buffer, at, length);
  const put = (numbers: Float32Array) => {
    const at = call.sl_abi_alloc!(numbers.byteLength);
    f32(at, numbers.length).set(numbers);
    return at;
  };
  const text = (at: number) => {
    const view = new Uint8Array(memory.buffer);
    return String.fromCharCode(...view.subarray(at, view.indexOf(0, at)));
  };
  const add = (index: number, vectors: Float32Array, count: number) => {
    const [at, added] = [put(vectors), call.sl_abi_alloc!(4)];
    const status = call.sl_abi_micro_add!(index, at, count, added);
    const result = { status, added: u32(added, 1)[0]! };
    call.sl_abi_free!(at);
    call.sl_abi_free!(added);
    return result;
  };
  const search = (index: number, queries: Float32Array, count: number, k: number, ef: number) => {
    const at = put(queries);
    const [ids, distances, found] = [4 * count * k, 4 * count * k, 4 * count].map((n) =>
      call.sl_abi_alloc!(n),
    ) as [number, number, number];
    const status = call.sl_abi_micro_search!(index, at, count, k, ef, ids, distances, found);
    const result = {
      status,
      ids: u32(ids, count * k).slice(),
      distances: f32(distances, count * k).slice(),
      found: u32(found, count).slice(),
    };
    for (const block of [at, ids, distances, found]) call.sl_abi_free!(block);
    return result;
  };
  return { call, text, add, search };
}

const [count, queryCount, k] = [3000, 100, 10];
function draw(rows: number, dimension: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: rows * dimension }, () => next() - 0.5);
}

describe('hnsw-micro.raw.wasm', () => {
  test('is at most 11,800 bytes, imports nothing and has SIMD', async () => {
    expect(bytes.length).toBeLessThanOrEqual(11_800);
    const module = await WebAssembly.compile(bytes);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const { call } = await open();
    expect([call.sl_abi_version!(), call.sl_abi_capabilities!()]).toEqual([1, 1]);
  });

  test.each([
    ['cosine', 0, 24],
    ['dot', 1, 17],
    ['euclidean', 2, 100],
  ] as const)(
    '%s: the same bits as the bundle, and the recall of the exact index',
    async (metric, code, dimension) => {
      const { Flat, Hnsw } = await load();
      const { call, add, search } = await open();
      const [vectors, queries] = [draw(count, dimension, 3), draw(queryCount, dimension, 4)];
      const ids = Uint32Array.from({ length: count }, (_, i) => i);
      using flat = Flat.create({ metric, dimension });
      flat.addBatch({ ids, vectors });
      using large = Hnsw.create({ metric, dimension, m: 12, efConstruction: 100, seed: 9 });
      large.addBatch({ ids, vectors });
      const index = call.sl_abi_micro_create!(code, dimension, 12, 100, 0, 9);
      expect(add(index, vectors, count)).toEqual({ status: 0, added: count });
      for (const ef of [1, 10, 100]) {
        const mine = search(index, queries, queryCount, k, ef);
        const theirs = large.searchBatch(queries, { k, ef });
        expect(mine.status).toBe(0);
        for (const key of ['ids', 'distances', 'found'] as const)
          expect(mine[key]).toEqual(theirs[key]);
      }
      const truth = flat.searchBatch(queries, { k }).ids;
      const { ids: found } = search(index, queries, queryCount, k, 300);
      let hits = 0;
      for (let q = 0; q < queryCount; q++) {
        const right = new Set(truth.subarray(q * k, q * k + k));
        for (const id of found.subarray(q * k, q * k + k)) hits += right.has(id) ? 1 : 0;
      }
      expect(hits / truth.length).toBeGreaterThan(0.95);
      expect(call.sl_abi_micro_destroy!(index)).toBe(0);
      expect(call.sl_abi_bytes_in_use!()).toBe(0);
    },
  );

  test('grows beyond its first memory, and several indexes live side by side', async () => {
    const { call, add, search } = await open();
    const [wide, narrow] = [
      call.sl_abi_micro_create!(2, 1000, 16, 50, 0, 1),
      call.sl_abi_micro_create!(2, 1, 4, 8, 0, 1),
    ];
    const vectors = draw(1000, 1000, 5); // 4 MB, the module begins with 1 MB
    expect(add(wide, vectors, 1000).added).toBe(1000);
    expect(add(narrow, Float32Array.of(7, 8, 9), 3).added).toBe(3);
    const self = search(wide, vectors.subarray(5000, 6000), 1, 1, 1000);
    expect([self.ids[0], self.distances[0]]).toEqual([5, 0]);
    const most = search(narrow, Float32Array.of(8.2), 1, 9, 1);
    expect([...most.ids.subarray(0, 3), most.found[0]]).toEqual([1, 2, 0, 3]);
    expect(call.sl_abi_handle_count!()).toBe(2);
  });

  test.each([
    ['metric', [3, 4, 16, 200, 0, 1]],
    ['dimension', [0, 0, 16, 200, 0, 1]],
    ['dimension', [0, 65_537, 16, 200, 0, 1]],
    ['m', [0, 4, 1, 200, 0, 1]],
    ['ef_construction', [0, 4, 16, 15, 0, 1]],
  ] as const)('refuses %s: %j', async (argument, numbers) => {
    const { call, text } = await open();
    expect(call.sl_abi_micro_create!(...numbers)).toBe(0);
    expect(call.sl_abi_last_error_status!()).toBe(-7);
    expect(text(call.sl_abi_last_error_argument!())).toBe(argument);
  });

  test('refuses bad vectors, bad numbers and dead handles, and stays usable', async () => {
    const { call, add, search } = await open();
    const index = call.sl_abi_micro_create!(0, 2, 4, 8, 0, 1);
    expect(add(index, Float32Array.of(1, 0, 0, 0, 0, 1), 3)).toEqual({ status: -2, added: 1 });
    expect(call.sl_abi_last_error_position!()).toBe(1);
    expect(add(index, Float32Array.of(1, Number.NaN), 1)).toEqual({ status: -4, added: 0 });
    expect(search(index, Float32Array.of(1, 1), 1, 0, 9).status).toBe(-1);
    expect(search(index, Float32Array.of(1, 1), 1, 1, 0).status).toBe(-1);
    expect(search(index, Float32Array.of(Infinity, 1), 1, 1, 9).status).toBe(-4);
    expect(search(index, Float32Array.of(1, 1), 1, 1, 9)).toMatchObject({
      status: 0,
      found: Uint32Array.of(1),
    });
    const held = call.sl_abi_bytes_in_use!();
    call.sl_abi_set_memory_limit!(held + 20_000);
    expect(add(index, draw(2000, 2, 1), 2000).status).toBe(-20);
    call.sl_abi_set_memory_limit!(-1);
    expect(call.sl_abi_micro_destroy!(index)).toBe(0);
    for (const handle of [0, index, index + 1])
      expect(call.sl_abi_micro_destroy!(handle)).toBe(-21);
  });
});
