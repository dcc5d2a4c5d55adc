// Indexes that are loaded while their bytes come: Flat.loadAsync and Hnsw.loadAsync.
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { Flat, Hnsw, HnswRoom } from 'sublinear/hnsw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distFile, random } from '../support/door.js';
import { headBytes, loadRaw } from '../support/files.js';
import { RawModule } from '../support/raw.js';

const D = 8;
const COUNT = 2000;
const numbers = (count: number, seed: number) => {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => 0.5 * (next() - 0.5));
};

describe('indexes from streams', () => {
  let engine: Engine;
  let room: HnswRoom;
  const held = () => engine.stats().modules[0]!.bytesInUse;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('hnsw');
  });
  afterAll(() => {
    expect(held()).toBe(0);
    engine.dispose();
  });

  const bad = (value: unknown) => value as never;
  const filled = <T extends Flat | Hnsw>(index: T): T => {
    index.addBatch({ ids: Uint32Array.from({ length: COUNT }, (_, i) => 3 * i), vectors });
    for (let i = 0; i < 50; i++) index.remove(30 * i); // places of all three states
    return index;
  };
  const vectors = numbers(COUNT * D, 1);
  const queries = numbers(20 * D, 2);
  function* cut(bytes: Uint8Array, next: () => number) {
    for (let at = 0; at < bytes.length; ) {
      const length = next();
      yield bytes.slice(at, at + length);
      at += length;
    }
  }

  test('any pieces give the index that load gives', async () => {
    const indexes = [
      filled(room.Flat.create({ metric: 'cosine', dimension: D })),
      filled(room.Hnsw.create({ metric: 'poincare', dimension: D, m: 6, efConstruction: 30 })),
      filled(
        room.Hnsw.create({
          metric: 'cosine',
          dimension: D,
          m: 6,
          efConstruction: 30,
          codes: 'int8',
        }),
      ),
      filled(
        room.Hnsw.create({
          metric: 'dot',
          dimension: D,
          m: 6,
          efConstruction: 30,
          codes: 'sketch',
        }),
      ),
      room.Hnsw.create({ metric: 'hamming', dimension: D }),
    ];
    for (const index of indexes) {
      const kind = index instanceof room.Flat ? room.Flat : room.Hnsw;
      const bytes = index.save();
      using whole = kind.load(bytes);
      const next = random(3);
      async function* coming() {
        yield* cut(bytes, () => Math.floor(next() * 5000)); // of no length too
      }
      const sources = [
        () => bytes,
        // Byte by byte through head, table and first section, then in pieces that end anywhere.
        () => {
          let pieces = 0;
          return cut(bytes, () => (pieces++ < 400 ? 1 : 4093));
        },
        coming,
        () => new Blob([bytes]).stream(),
      ];
      for (const source of sources) {
        using again = await kind.loadAsync(source());
        expect(again.save()).toEqual(whole.save());
        expect(again.bytesUsed).toBe(whole.bytesUsed);
        if (index.metric === 'hamming') continue;
        const how = { k: 10, ef: 30 };
        expect(again.searchBatch(queries, how)).toEqual(index.searchBatch(queries, how));
      }
      index.dispose();
    }
  });

  test.each(['scalar', 'simd'])('the raw ABI takes pieces too: %s', async (variant) => {
    const module = await RawModule.open(await distFile(`raw/vector.${variant}.wasm`));
    const { call } = module;
    using flat = filled(room.Flat.create({ metric: 'euclidean', dimension: D }));
    using hnsw = filled(room.Hnsw.create({ metric: 'euclidean', dimension: D, m: 6 }));
    const search = { flat: [0], hnsw: [50, 0] }; // ef, then no filter
    for (const [kind, index] of Object.entries({ flat, hnsw })) {
      const bytes = index.save();
      const wanted = index.searchBatch(queries, { k: 10, ef: 50 });
      const tag = kind.toUpperCase();
      const handle = loadRaw(module, tag, bytes, false, 777, (reader) =>
        module.made(call[`sl_abi_${kind}_read`]!(reader)),
      );
      const outs = [new Uint32Array(200), new Float32Array(200), new Uint32Array(20)];
      module.with([queries, ...outs], (at, ids, distances, found) => {
        const rest = [...search[kind as 'flat' | 'hnsw'], ids!, distances!, found!];
        module.check(call[`sl_abi_${kind}_search`]!(handle, at!, 20, 10, ...rest));
        expect(module.u32(ids!, 200)).toEqual(wanted.ids);
        expect(module.f32(distances!, 200)).toEqual(wanted.distances);
      });
      module.check(call[`sl_abi_${kind}_destroy`]!(handle));
      const cut = () =>
        loadRaw(module, tag, bytes.subarray(0, bytes.length - 1), false, 777, (reader) =>
          module.made(call[`sl_abi_${kind}_read`]!(reader)),
        );
      expect(cut).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
    }
    expect(call.sl_abi_bytes_in_use!()).toBe(0);
  });

  test('damage is found, wherever it is, and leaves nothing behind', async () => {
    using index = filled(room.Hnsw.create({ metric: 'euclidean', dimension: D, m: 6 }));
    const bytes = index.save();
    const before = held();
    const codes = new Map<string, number>();
    const refused = async (what: string, changed: Uint8Array) => {
      const loading = room.Hnsw.loadAsync(cut(changed, () => 1 << 14));
      const error = await loading.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(SublinearError);
      expect(error).toMatchObject({ argument: 'bytes', operation: 'Hnsw.loadAsync' });
      const key = `${what}: ${(error as SublinearError).code}`;
      codes.set(key, (codes.get(key) ?? 0) + 1);
    };
    const head = headBytes(bytes);
    for (let length = 0; length < bytes.length; length += length < head ? 1 : 4999)
      await refused('cut', bytes.subarray(0, length));
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    await refused('longer', longer);
    const next = random(4);
    for (let i = 0; i < 500; i++) {
      const at = i < head ? i : Math.floor(next() * bytes.length);
      const changed = bytes.slice();
      changed[at]! ^= 1 << Math.floor(next() * 8);
      await refused(at < head ? 'head' : 'body', changed);
    }
    expect([...codes.keys()].filter((key) => key.startsWith('cut'))).toEqual(['cut: TRUNCATED']);
    expect(codes.get('longer: FORMAT')).toBe(1);
    expect(codes.get('body: CHECKSUM')).toBeGreaterThan(200);
    expect(held()).toBe(before);
    using other = room.Flat.create({ metric: 'euclidean', dimension: 2 });
    await expect(room.Hnsw.loadAsync(other.save())).rejects.toThrow(/expected Flat\.load\(\)/);
    await expect(room.Hnsw.loadAsync(bad('text'))).rejects.toThrow(/"bytes" expected Uint8Array/);
    await expect(room.Flat.loadAsync(bad([1, 2]))).rejects.toThrow(/"bytes" expected Uint8Array/);
    await expect(room.Flat.loadAsync(bytes, bad({ verify: false }))).rejects.toThrow(/verify/);
  });

  test('tells how far it is, and stops at an abort', async () => {
    using index = filled(room.Hnsw.create({ metric: 'euclidean', dimension: D, m: 6 }));
    const bytes = index.save();
    const seen: number[] = [];
    using again = await room.Hnsw.loadAsync(
      cut(bytes, () => 50_000),
      { onProgress: ({ bytesRead }) => void seen.push(bytesRead) },
    );
    expect(again.size).toBe(COUNT - 50);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toBe(bytes.length);
    const before = held();
    const controller = new AbortController();
    let cancelled: unknown;
    const stream = new ReadableStream<Uint8Array>({
      start(sink) {
        sink.enqueue(bytes.subarray(0, 60_000));
      },
      pull: () => new Promise(() => {}), // it never comes
      cancel: (reason) => {
        cancelled = reason ?? 'cancelled';
      },
    });
    const loading = room.Hnsw.loadAsync(stream, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(loading).rejects.toThrow('enough');
    await new Promise((resolve) => setTimeout(resolve));
    expect(cancelled).toBe('cancelled');
    expect(held()).toBe(before);
  });

  test('takes no more memory than it says', async () => {
    const small = await createEngine({ modules: ['hnsw'] });
    const { Hnsw } = small.hnsw;
    const [dimension, count] = [64, 8000];
    const index = Hnsw.create({ metric: 'euclidean', dimension, m: 4, efConstruction: 10 });
    const ids = Uint32Array.from({ length: count }, (_, i) => i);
    index.addBatch({ ids, vectors: numbers(count * dimension, 6) });
    const bytes = index.save();
    const kept = index.bytesUsed;
    index.dispose();
    const now = () => small.stats().modules[0]!.bytesInUse;
    let most = 0; // in proportion to what has come; 64 KiB stand for buffers and first blocks
    let come = 0;
    async function* coming() {
      for (const piece of cut(bytes, () => 10_000)) {
        most = Math.max(most, (now() - 3 * 65_536) / Math.max(come, 1));
        come += piece.length;
        yield piece;
      }
    }
    using again = await Hnsw.loadAsync(coming());
    expect(most).toBeLessThanOrEqual(2);
    expect(most).toBeGreaterThan(0.5);
    expect(now()).toBeLessThan(kept * 1.1);
    expect(again.size).toBe(count);
    // A head that promises more than comes costs nothing.
    const lying = bytes.slice(0, 100_000);
    await expect(Hnsw.loadAsync([lying])).rejects.toMatchObject({ code: 'TRUNCATED' });
    again.dispose();
    small.dispose();
  });
});
