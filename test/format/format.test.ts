// Files of tensors and of vectors in this thread: what is read again, what is refused.
import { load } from 'sublinear/format';
import { load as loadHnsw } from 'sublinear/hnsw';
import { expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './format.cases.js';

describeCases(doors, cases);

const room = await load();
const { Bundle, RemoteIndex, writeBundle, writeRemoteIndex, writeSafetensors } = room;

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing',
    (error: { code?: string }) => error.code,
  );

test('tensors of every type are read as they were written', async () => {
  const tensors = {
    a: Uint8Array.of(1, 255),
    b: Int8Array.of(-1, 2),
    c: Uint16Array.of(65535),
    d: Int16Array.of(-3),
    e: Uint32Array.of(2 ** 32 - 1),
    f: Int32Array.of(-4),
    g: BigUint64Array.of(2n ** 64n - 1n),
    h: BigInt64Array.of(-5n),
    i: Float32Array.of(0.5, Number.NaN),
    j: Float64Array.of(Math.PI),
    k: { data: Uint16Array.of(0x3c00), type: 'float16' as const },
    l: { data: Uint16Array.of(0x3f80), type: 'bfloat16' as const },
    m: { data: Uint8Array.of(0, 1), type: 'bool' as const },
    n: 'größer',
    o: { data: new Float32Array(24), shape: [2, 3, 4] },
    p: new Float32Array(0),
  };
  const bundle = await Bundle.open(writeBundle(tensors));
  for (const [name, given] of Object.entries(tensors)) {
    const { data } = await bundle.read(name);
    expect(data).toEqual(
      typeof given === 'string' || ArrayBuffer.isView(given) ? given : given.data,
    );
  }
  expect((await bundle.read('o')).shape).toEqual([2, 3, 4]);
  expect((await bundle.read('k')).type).toBe('float16');
  expect(bundle.segments).toHaveLength(16);
  expect([bundle.has('a'), bundle.has('z')]).toEqual([true, false]);
});

test('of a large tensor only the blocks that are wanted are read, and each is checked', async () => {
  const data = Float32Array.from({ length: 400_000 }, (_, i) => i);
  const file = writeBundle({ other: new Uint8Array(300_000), data: { data, shape: [4000, 100] } });
  const read: number[] = [];
  const bytes = file.slice();
  const source = {
    read: async (offset: number, length: number) => {
      read.push(length);
      return bytes.subarray(offset, offset + length);
    },
  };
  const bundle = await Bundle.open(source);
  const some = await bundle.read('data', { from: 1000, to: 1002 });
  expect(some.shape).toEqual([2, 100]);
  expect(some.data).toEqual(data.subarray(100_000, 100_200));
  expect(read.slice(1).every((length) => length <= 2 * 65_536)).toBe(true);
  bytes[bytes.length - 1]! ^= 1;
  await bundle.read('data', { from: 0, to: 1 });
  expect(await code(bundle.read('data', { from: 3999 }))).toBe('CHECKSUM');
  expect(await code(bundle.read('data'))).toBe('CHECKSUM');
  const trusting = await Bundle.open(source, { verify: false });
  expect((await trusting.read('data')).data).toHaveLength(400_000);
});

test('a file of vectors is a bundle as well', async () => {
  const file = writeRemoteIndex([1, 0, 0, 1, 1, 1], { dimension: 2, metadata: [{ a: 1 }, {}, {}] });
  const bundle = await Bundle.open(file);
  for (const { name } of bundle.segments) await bundle.read(name);
  expect((await bundle.read('centroids')).shape).toEqual([3, 2]);
  expect((await bundle.read('columns')).data).toBe('["a"]');
});

test('refuses names, types, shapes and rows that are wrong', async () => {
  const wrong = (tensors: object) => refusalOf(() => writeBundle(tensors as never)).code;
  expect(wrong({ 'A b': new Uint8Array(1) })).toBe('RANGE');
  expect(wrong({ a: { data: new Uint8Array(4), type: 'float32' } })).toBe('RANGE');
  expect(wrong({ a: { data: new Uint8Array(4), shape: [3] } })).toBe('SHAPE');
  expect(wrong({ a: { data: new Uint8Array(4), shape: [1, 1, 1, 2, 2] } })).toBe('TYPE');
  expect(wrong({ a: 5 })).toBe('TYPE');
  expect(wrong([1])).toBe('TYPE');
  const bundle = await Bundle.open(writeBundle({ a: new Uint8Array(4), t: 'text' }));
  expect(await code(bundle.read('b'))).toBe('RANGE');
  expect(await code(bundle.read('a', { from: 5 }))).toBe('RANGE');
  expect(await code(bundle.read('t', { from: 1 }))).toBe('RANGE');
  expect(await code(Bundle.open(5 as never))).toBe('TYPE');
  expect(await code(Bundle.open(new Uint8Array(0)))).toBe('TRUNCATED');
  expect(await code(Bundle.open(new Uint8Array(500)))).toBe('FORMAT');
  const { hash } = bundle;
  const file = writeBundle({ a: new Uint8Array(4), t: 'text' });
  expect((await Bundle.open(file, { hash })).hash).toBe(hash);
  expect(await code(Bundle.open(file, { hash: '00' }))).toBe('CHECKSUM');
  expect(await code(RemoteIndex.open(file))).toBe('FORMAT');
  expect(await code(Bundle.open(file.subarray(0, file.length - 1)))).toBe('TRUNCATED');
});

test('safetensors have a header that JSON readers read, and aligned arrays', () => {
  const file = writeSafetensors({
    w: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
    d: Float64Array.of(5),
    note: 'two rows',
  });
  const view = new DataView(file.buffer);
  const length = Number(view.getBigUint64(0, true));
  const head = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  expect(head).toEqual({
    d: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
    w: { dtype: 'F32', shape: [2, 2], data_offsets: [8, 24] },
    __metadata__: { note: 'two rows' },
  });
  expect(length % 8).toBe(0);
  expect(view.getFloat64(8 + length, true)).toBe(5);
  expect(view.getFloat32(16 + length + 8, true)).toBe(3);
  expect(file.length).toBe(8 + length + 24);
});

test('an index and a collection bring their vectors, ids, keys and metadata', async () => {
  const { Collection, Flat } = await loadHnsw();
  using flat = Flat.create({ metric: 'euclidean', dimension: 2 });
  flat.add(70, [0, 0]).add(80, [3, 4]);
  using fromFlat = await RemoteIndex.open(writeRemoteIndex(flat));
  expect(fromFlat.metric).toBe('euclidean');
  expect((await fromFlat.search([3, 3], { k: 1 })).keys).toEqual([80]);
  using films = Collection.create({ metric: 'cosine', dimension: 2, index: 'flat' });
  films.addAll([
    {
      key: 'alien',
      vector: [1, 0],
      metadata: { year: 1979, tags: ['space'], by: { name: 'Scott' } },
    },
    { key: 'aliens', vector: [1, 0.1], metadata: { year: 1986, tags: ['space', 'war'] } },
    { key: 'up', vector: [0, 1] },
  ]);
  using remote = await RemoteIndex.open(new Blob([writeRemoteIndex(films)]));
  const ask = async (where: object) =>
    (await remote.search([1, 0], { where: where as never })).keys;
  expect(await ask({ year: { gt: 1980 } })).toEqual(['aliens']);
  expect(await ask({ tags: { contains: 'space' } })).toEqual(['alien', 'aliens']);
  expect(await ask({ 'by.name': 'Scott' })).toEqual(['alien']);
  expect(await ask({ year: { exists: false } })).toEqual(['up']);
  expect(await ask({ not: { tags: { contains: 'war' } } })).toEqual(['alien', 'up']);
  expect(await ask({ nothing: 3 })).toEqual([]);
  const all = await remote.search([1, 0], { metadata: true });
  expect(all.metadata).toEqual([
    { year: 1979, tags: ['space'], by: { name: 'Scott' } },
    { year: 1986, tags: ['space', 'war'] },
    {},
  ]);
});

test('keys, metadata and vectors that do not fit are refused by their names', () => {
  const refuse = (vectors: unknown, options: object) => {
    const { code: what, argument } = refusalOf(() =>
      writeRemoteIndex(vectors as never, options as never),
    );
    return [what, argument];
  };
  expect(refuse([1, 2, 3], { dimension: 2 })).toEqual(['SHAPE', 'vectors']);
  expect(refuse([], { dimension: 2 })).toEqual(['SHAPE', 'vectors']);
  expect(refuse([1, 2], {})).toEqual(['TYPE', 'dimension']);
  expect(refuse([1, 2], { dimension: 2, keys: [] })).toEqual(['SHAPE', 'keys']);
  expect(refuse([1, 2], { dimension: 2, keys: [{}] })).toEqual(['TYPE', 'keys[0]']);
  expect(refuse([1, 2], { dimension: 2, keys: ['x'.repeat(70_000)] })).toEqual(['RANGE', 'keys']);
  expect(refuse([1, 2], { dimension: 2, metadata: [{}, {}] })).toEqual(['SHAPE', 'metadata']);
  expect(refuse([1, 2], { dimension: 2, metric: 'hamming' })).toEqual(['RANGE', 'metric']);
  expect(refuse('x', { dimension: 2 })).toEqual(['TYPE', 'vectors']);
  const long = new Float32Array(600_000).fill(1);
  long[599_999] = Number.NaN;
  const { position } = refusalOf(() => writeRemoteIndex(long, { dimension: 300 }));
  expect(position).toBe(1999);
});

test('writing in slices gives the same bytes, stops on abort and leaves nothing', async () => {
  const next = random(2);
  const vectors = Float32Array.from({ length: 3000 * 16 }, () => next() - 0.5);
  const now = writeRemoteIndex(vectors, { dimension: 16, seed: 3 });
  let calls = 0;
  const later = await room.writeRemoteIndexAsync(vectors, {
    dimension: 16,
    seed: 3,
    onProgress: () => calls++,
  });
  expect(Buffer.from(later).equals(Buffer.from(now))).toBe(true);
  expect(calls).toBeGreaterThan(1);
  const stop = new AbortController();
  const stopped = room.writeRemoteIndexAsync(vectors, {
    dimension: 16,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
});
