// Tables of Arrow and Parquet become collections, whatever the types of their columns are.
import {
  Bool,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int64,
  List,
  makeBuilder,
  Struct,
  Table,
  tableFromArrays,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { isSublinearError } from 'sublinear';
import { fromArrow } from 'sublinear/import/arrow';
import { fromParquet } from 'sublinear/import/parquet';
import { describe, expect, test } from 'vitest';

async function thrown(call: () => Promise<unknown>) {
  try {
    await call();
  } catch (error) {
    if (!isSublinearError(error)) throw error;
    return error;
  }
  throw new Error('nothing was thrown');
}

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const pairs = (type: Float16 | Float32 | Float64 | Int8) =>
  new FixedSizeList(2, new Field('item', type));
const lists = (type: Float16 | Float32 | Float64 | Int8) => new List(new Field('item', type));

const structs = new Struct([
  new Field('x', new Float64()),
  new Field('names', new List(new Field('item', new Utf8()))),
]);

describe('Arrow', () => {
  const values = [
    [1, 0],
    [0, 1],
    [0.5, 0.25],
  ];
  const table = (embedding: Vector) =>
    new Table({
      id: vectorFromArray(['a', 'b', 'c']),
      title: vectorFromArray(['Near the sea', 'The station', null]),
      year: vectorFromArray([1999n, 2005n, null], new Int64()),
      open: vectorFromArray([true, false, true], new Bool()),
      embedding,
    });

  const types = {
    'FixedSizeList of float32': pairs(new Float32()),
    'FixedSizeList of float16': pairs(new Float16()),
    'FixedSizeList of float64': pairs(new Float64()),
    'List of float32': lists(new Float32()),
    'List of float16': lists(new Float16()),
    'List of float64': lists(new Float64()),
  };
  test.each(Object.entries(types))('%s, as table, file and stream', async (_, type) => {
    const whole = table(vectorFromArray(values, type as never));
    const sources = [
      whole,
      tableToIPC(whole, 'file'),
      new Blob([tableToIPC(whole, 'stream') as Uint8Array<ArrayBuffer>]),
    ];
    for (const source of sources) {
      using found = await fromArrow(source, { metric: 'euclidean', text: ['title'] });
      expect(found.keys).toEqual(['a', 'b', 'c']);
      for (const [i, key] of ['a', 'b', 'c'].entries())
        expect(found.get(key)?.vector).toEqual(Float32Array.from(values[i] as number[]));
      expect(found.get('a')).toMatchObject({
        text: { title: 'Near the sea' },
        metadata: { year: 1999, open: true },
      });
      expect(found.get('c')?.metadata).toEqual({ year: null, open: true });
      expect(found.search({ text: 'sea', vector: [0, 1] })[0]?.parts.text?.rank).toBe(0);
      const where = { year: { gt: 2000 } };
      expect(found.search([1, 0], { where }).map(({ key }) => key)).toEqual(['b']);
    }
  });

  test('several batches, rows without a vector, integers by name, nested values, counted keys', async () => {
    const more = (from: number) =>
      new Table({
        word: vectorFromArray([`w${from}`, `w${from + 1}`]),
        point: vectorFromArray(
          [
            [from, 1],
            [from, 2],
          ],
          lists(new Int8()) as never,
        ),
        parts: vectorFromArray(
          [
            { x: 1, names: ['p', 'q'] },
            { x: 2, names: [] },
          ],
          structs,
        ),
      });
    const whole = more(0).concat(more(2));
    expect(whole.batches.length).toBe(2);
    using found = await fromArrow(tableToIPC(whole), { vector: 'point', metric: 'euclidean' });
    expect(found.keys).toEqual([0, 1, 2, 3]);
    expect([...(found.get(3)?.vector ?? [])]).toEqual([2, 2]);
    expect(found.get(0)?.metadata).toEqual({ word: 'w0', parts: { x: 1, names: ['p', 'q'] } });

    const holes = makeBuilder({ type: pairs(new Float32()), nullValues: [null] });
    for (const value of [null, [1, 0], [0, 1]]) holes.append(value as never);
    const some = table(holes.finish().toVector());
    using texts = await fromArrow(some, { text: ['title'], metadata: ['open'] });
    expect([texts.size, texts.index.size]).toEqual([3, 2]);
    expect(texts.get('b')?.metadata).toEqual({ open: false });
    const error = await thrown(() => fromArrow(some));
    expect([error.code, error.message]).toEqual([
      'FORMAT',
      expect.stringContaining('row 0 has neither'),
    ]);
  });

  test('columns that are not there, several of vectors, none', async () => {
    const vectors = vectorFromArray(values, pairs(new Float32()) as never);
    const two = table(vectors).assign(new Table({ other: vectors }) as never);
    const cases: [Table, object, string, string][] = [
      [two, {}, 'RANGE', 'vector'],
      [two, { vector: 'nothing' }, 'RANGE', 'vector'],
      [two, { vector: 'other', key: 'nothing' }, 'RANGE', 'key'],
      [two, { vector: 'other', text: ['nothing'] }, 'RANGE', 'text'],
      [two, { vector: 'other', metadata: ['nothing'] }, 'RANGE', 'metadata'],
      [two, { vector: 'title' }, 'FORMAT', 'bytes'],
      [two, { vector: 'other', key: 'embedding' }, 'FORMAT', 'bytes'],
      [tableFromArrays({ a: [1, 2] }), {}, 'RANGE', 'vector'],
    ];
    for (const [source, options, code, argument] of cases) {
      const error = await thrown(() => fromArrow(source, options));
      expect([error.code, error.argument], JSON.stringify(options)).toEqual([code, argument]);
    }
    using found = await fromArrow(two, { vector: 'other' });
    expect(Object.keys(found.get('a')?.metadata ?? {})).toEqual(['title', 'year', 'open']);
  });

  test('bytes that were cut or changed give a collection or an error that says so', async () => {
    const whole = table(vectorFromArray(values, pairs(new Float32()) as never));
    const next = random(11);
    const codes = new Set<string>();
    for (const kind of ['file', 'stream'] as const) {
      const file = tableToIPC(whole, kind);
      for (let trial = 0; trial < 250; trial++) {
        const changed = file.slice(0, next() < 0.3 ? Math.floor(next() * file.length) : undefined);
        for (let n = 0; n < next() * 4 && changed.length > 0; n++)
          changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        try {
          (await fromArrow(changed)).dispose();
          codes.add('fine');
        } catch (error) {
          if (!isSublinearError(error)) throw error;
          codes.add(error.code);
        }
      }
    }
    expect(codes).toContain('FORMAT');
    expect(codes).toContain('fine');
    expect([...codes].filter((code) => !['FORMAT', 'fine', 'RANGE'].includes(code))).toEqual([]);
  });
});

describe('Parquet', () => {
  const rows = 5000;
  const next = random(5);
  const vectors = Array.from({ length: rows }, () => [next() + 0.1, next() + 0.1, next() + 0.1]);
  const file = (type: 'FLOAT' | 'DOUBLE', count = rows, rowGroupSize = 2000) =>
    parquetWriteBuffer({
      rowGroupSize,
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
        { name: 'title', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'year', type: 'INT32', repetition_type: 'OPTIONAL' },
        { name: 'price', type: 'DOUBLE', repetition_type: 'REQUIRED' },
        { name: 'embedding', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type, repetition_type: 'REQUIRED' },
      ],
      columnData: [
        { name: 'id', data: Array.from({ length: count }, (_, i) => BigInt(i) * 10n) },
        {
          name: 'title',
          data: Array.from({ length: count }, (_, i) => (i % 7 ? `note ${i}` : null)),
        },
        {
          name: 'year',
          data: Array.from({ length: count }, (_, i) => (i % 5 ? 1900 + (i % 100) : null)),
        },
        {
          name: 'price',
          data: Array.from({ length: count }, (_, i) => (i === 1 ? Number.NaN : i / 4)),
        },
        { name: 'embedding', data: vectors.slice(0, count) },
      ],
    });

  test.each(['FLOAT', 'DOUBLE'] as const)('lists of %s in several groups of rows', async (type) => {
    const bytes = file(type);
    const seen: number[] = [];
    const reads: [number, number | undefined][] = [];
    const parts = {
      byteLength: bytes.byteLength,
      slice: (start: number, end?: number) => {
        reads.push([start, end]);
        return bytes.slice(start, end);
      },
    };
    for (const source of [bytes, new Uint8Array(bytes), parts]) {
      using found = await fromParquet(source, {
        index: 'flat',
        metric: 'euclidean',
        onProgress: ({ added }) => void seen.push(added),
      });
      expect(found.size).toBe(rows);
      for (const i of [0, 1, 1999, 2000, 3999, 4000, 4999])
        expect(found.get(10 * i)?.vector).toEqual(Float32Array.from(vectors[i] as number[]));
      expect(found.get(10)?.metadata).toEqual({ title: 'note 1', year: 1901, price: null });
      expect(found.search(vectors[77] as number[], { k: 1 })[0]).toMatchObject({
        key: 770,
        distance: 0,
      });
    }
    expect(reads.length).toBeGreaterThan(3);
    expect(seen.every((added, i) => i === 0 || added !== seen[i - 1] || added === 0)).toBe(true);
  });

  test('texts and keys by name; what is not there is refused', async () => {
    const bytes = file('FLOAT', 50);
    using found = await fromParquet(bytes, { key: 'price', text: ['title'], metadata: [] }).catch(
      () => fromParquet(bytes, { text: ['title'], metadata: [] }),
    );
    // Row 1 has no price that could be a key.
    expect(found.keys[3]).toBe(30);
    expect(found.search({ text: 'note 13' })[0]?.key).toBe(130);
    const error = await thrown(() => fromParquet(bytes, { key: 'price' }));
    expect([error.code, error.message]).toEqual([
      'FORMAT',
      expect.stringContaining('row 1: "price"'),
    ]);
    expect((await thrown(() => fromParquet(bytes, { vector: 'nothing' }))).code).toBe('RANGE');
    const reason = new Error('enough');
    await expect(fromParquet(bytes, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  // Of the footer: how much of a page there is, hyparquet takes from the page itself.
  test('a file that was cut, or whose footer was changed, gives a collection or an error that says so', async () => {
    const whole = new Uint8Array(file('FLOAT', 40, 40));
    const footer = new DataView(whole.buffer).getUint32(whole.length - 8, true);
    const next = random(21);
    const codes = new Set<string>();
    for (let length = 0; length < whole.length; length += 7)
      expect((await thrown(() => fromParquet(whole.subarray(0, length)))).code).toBe('FORMAT');
    for (let trial = 0; trial < 800; trial++) {
      const changed = whole.slice();
      changed[whole.length - 8 - 1 - Math.floor(next() * footer)] = Math.floor(next() * 256);
      try {
        (await fromParquet(changed)).dispose();
        codes.add('fine');
      } catch (error) {
        if (!isSublinearError(error)) throw error;
        codes.add(error.code);
      }
    }
    expect(codes).toContain('FORMAT');
    expect(codes).toContain('fine');
    expect([...codes].filter((code) => !['FORMAT', 'fine', 'RANGE'].includes(code))).toEqual([]);
  });
});
