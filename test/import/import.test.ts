// Files of Orama, Vectra, hnswlib and NumPy become collections and indexes that answer as those libraries do.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { create, insert, type Results, save, search } from '@orama/orama';
import { createEngine, isSublinearError } from 'sublinear';
import { fromHnswlib, fromNumpy, fromOrama, fromVectra } from 'sublinear/import';
import { describe, expect, test } from 'vitest';

const here = new URL('../vectors/import/', import.meta.url);
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(name, here)));
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** What a call throws. */
async function thrown(call: () => Promise<unknown>) {
  try {
    await call();
  } catch (error) {
    if (!isSublinearError(error)) throw error;
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('Orama', () => {
  const schema = {
    title: 'string',
    tags: 'string[]',
    year: 'number',
    kind: 'enum',
    inner: { note: 'string', place: 'geopoint' },
    embedding: 'vector[8]',
  } as const;
  const words = ['sea', 'harbour', 'lodge', 'cliff', 'station', 'garden', 'tower', 'river'];

  function database() {
    const db = create({ schema });
    const next = random(7);
    for (let i = 0; i < 60; i++)
      insert(db, {
        id: `d${i}`,
        title: `${words[i % 8]} number${i} ${words[Math.floor(next() * 8)]}`,
        tags: [words[Math.floor(next() * 8)] as string],
        year: 1960 + i,
        kind: i % 3 === 0 ? 'hotel' : 'house',
        inner: { note: `note${i % 5}`, place: { lat: i, lon: -i } },
        embedding: Array.from({ length: 8 }, () => next() - 0.5),
      });
    // A document without a vector, with a field that the schema does not know.
    insert(db, { title: 'The annex', year: 2000, more: { deep: [1, null] } } as never);
    return db;
  }

  test('what its save() gives: vectors are found in the same order with the same scores', async () => {
    const db = database();
    using films = await fromOrama(save(db), { index: 'flat' });
    expect(films.size).toBe(61);
    expect(films.textFields).toEqual(['title', 'tags', 'inner.note']);
    const next = random(99);
    for (let trial = 0; trial < 20; trial++) {
      const value = Array.from({ length: 8 }, () => next() - 0.5);
      const asked = {
        mode: 'vector',
        vector: { value, property: 'embedding' },
        similarity: -1,
      } as const;
      const theirs = (await search(db, { ...asked, limit: 10 })) as Results<unknown>;
      const ours = films.search(value, { k: 10 });
      expect(ours.map(({ key }) => key)).toEqual(theirs.hits.map(({ id }) => id));
      for (const [i, { distance }] of ours.entries())
        expect(1 - distance).toBeCloseTo(theirs.hits[i]?.score as number, 5);
    }
  });

  test('the same as JSON; words find what they find there, and numbers are conditions', async () => {
    const db = database();
    using films = await fromOrama(bytesOf(save(db)));
    for (const word of words) {
      const theirs = await search(db, {
        term: word,
        exact: true,
        properties: ['title'],
        limit: 100,
      });
      const ours = films.search({ text: word, words: { fields: ['title'] }, k: 100 });
      const expected = theirs.hits.map(({ id }) => id);
      expect(expected.length).toBeGreaterThan(5);
      expect(ours.map(({ key }) => String(key)).sort()).toEqual(expected.sort());
    }
    const where = { year: { gt: 1990 }, kind: 'hotel' } as const;
    const theirs = await search(db, {
      term: '',
      where: { year: { gt: 1990 }, kind: { eq: 'hotel' } },
      limit: 100,
    });
    const ours = films.search(new Array(8).fill(1), { where, k: 100, ef: 200 });
    expect(ours.map(({ key }) => String(key)).sort()).toEqual(
      theirs.hits.map(({ id }) => id).sort(),
    );
    const annex = films.search({ text: 'annex' })[0];
    expect(annex?.metadata).toEqual({ year: 2000, more: { deep: [1, null] } });
    expect(films.get('d3')?.metadata).toEqual({
      year: 1963,
      kind: 'hotel',
      inner: { place: { lat: 3, lon: -3 } },
    });
    expect(films.get('d3')?.text).toMatchObject({ 'inner.note': 'note3' });
  });

  test('options: chosen fields of texts, an engine of its own, progress and abort', async () => {
    const data = save(database());
    const engine = await createEngine({ modules: ['hnsw'] });
    const { Collection } = await engine.use('hnsw');
    let seen = { added: -1, total: -1 as number | undefined };
    using films = await fromOrama(data, {
      Collection,
      text: ['title'],
      language: 'none',
      onProgress: (progress) => {
        seen = progress;
      },
    });
    expect(films).toBeInstanceOf(Collection);
    expect(films.textFields).toEqual(['title']);
    expect(films.get('d4')?.metadata).toMatchObject({
      tags: expect.any(Array),
      inner: { note: 'note4' },
    });
    expect(seen.total === 61 || seen.added === -1).toBe(true);
    const reason = new Error('enough');
    await expect(fromOrama(data, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    engine.dispose();
  });

  test('what is no database, and fields that are not there', async () => {
    const data = save(database());
    const cases: [unknown, object | undefined, string, RegExp][] = [
      [bytesOf({}), undefined, 'FORMAT', /no database of Orama/],
      [bytesOf([1]), undefined, 'FORMAT', /no database of Orama/],
      [new TextEncoder().encode('{'), undefined, 'FORMAT', /no JSON/],
      [data, { vector: 'title' }, 'RANGE', /a field of vectors \(embedding\)/],
      [data, { text: ['nothing'] }, 'RANGE', /fields of the schema \(title, /],
      [data, { text: 'title' }, 'TYPE', /array of names/],
      [data, { unknown: 1 }, 'TYPE', /unknown/],
      [{ ...data, internalDocumentIDStore: {} }, undefined, 'FORMAT', /document 1 has no id/],
    ];
    for (const [source, options, code, message] of cases) {
      const error = await thrown(() => fromOrama(source as never, options));
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    }
    // A vector that is shorter than the schema says.
    const short = structuredClone(data);
    const { vectors } = (
      short.index as never as { vectorIndexes: Record<string, { vectors: unknown[] }> }
    ).vectorIndexes.embedding as { vectors: unknown[] };
    vectors[4] = [5, [1, [1, 2]]];
    const error = await thrown(() => fromOrama(short));
    expect(error).toMatchObject({ code: 'FORMAT', position: 4, operation: 'fromOrama' });
  });
});

describe('Vectra', () => {
  const read = (folder: string) => (name: string) => readFile(new URL(`${folder}/${name}`, here));

  test('a folder with metadata in files of their own', async () => {
    using films = await fromVectra(fixture('vectra-items/index.json'), {
      file: read('vectra-items'),
      index: 'flat',
    });
    expect(films.keys).toEqual(['alien', 'amelie', 'aliens']);
    expect(films.get('alien')?.metadata).toEqual({ year: 1979, title: 'Alien' });
    const found = films.search([1, 0.05, 0], { where: { year: { gt: 1980 } } });
    expect(found.map(({ key }) => key)).toEqual(['aliens', 'amelie']);
    const error = await thrown(() => fromVectra(fixture('vectra-items/index.json')));
    expect([error.code, error.argument]).toEqual(['RANGE', 'file']);
  });

  test('the texts of a document index: the parts of a document are its text', async () => {
    using parts = await fromVectra(fixture('vectra-documents/index.json'), {
      file: read('vectra-documents'),
      texts: true,
    });
    const texts = parts.keys.map((key) => parts.get(key)?.text?.text as string);
    expect(texts[0]).toBe('Quiet rooms near the sea.\n\n');
    expect(texts.slice(4).join('')).toBe('A lodge on the cliffs, far from everything.');
    const [best] = parts.search({ text: 'ferry', vector: [3, 4, 3] });
    expect(best?.text?.text).toContain('A ferry leaves at noon.');
  });

  test('names that lead out of the folder are refused before anything is read', async () => {
    const asked: string[] = [];
    const file = (name: string) => {
      asked.push(name);
      return new Uint8Array();
    };
    for (const metadataFile of ['../secret.json', 'a/b', 'a\\b', '..', '', 7, 'C:x', 'a\0b']) {
      const index = { version: 1, items: [{ id: 'a', vector: [1], metadata: {}, metadataFile }] };
      const error = await thrown(() => fromVectra(bytesOf(index), { file }));
      expect([error.code, error.message]).toEqual([
        'FORMAT',
        expect.stringContaining('no name of a file'),
      ]);
    }
    expect(asked).toEqual([]);
  });

  test('what is no index', async () => {
    const item = { id: 'a', vector: [1, 0], metadata: {} };
    const cases: [unknown, RegExp][] = [
      [{}, /no "items"/],
      [{ version: 2, items: [] }, /version 2/],
      [{ version: 1, items: [] }, /without items/],
      [{ version: 1, items: [{ id: 'a' }] }, /item 0 has no vector/],
      [{ version: 1, items: [item, { ...item, vector: ['1', 0] }] }, /item 1 has no vector/],
      [
        { version: 1, items: [item, { ...item, vector: [1] }] },
        /item 1: "vector" expected length 2, got 1/,
      ],
      [{ version: 1, items: [item, { ...item, id: null }] }, /item 1 has no id/],
      [{ version: 1, items: [{ ...item, metadata: [1] }] }, /metadata are no object/],
      [{ version: 1, items: [{ ...item, vector: [0, 0] }] }, /item 0: /],
    ];
    for (const [index, message] of cases) {
      const error = await thrown(() => fromVectra(bytesOf(index)));
      expect([error.code, error.message]).toEqual(['FORMAT', expect.stringMatching(message)]);
    }
  });
});

describe('hnswlib', () => {
  const spaces = ['l2', 'ip', 'cosine'] as const;
  const reference = JSON.parse(readFileSync(new URL('neighbours.json', here), 'utf8'));
  // hnswlib has the square of the distance, and 1 - x.y for the product.
  const theirs = { l2: (d: number) => d * d, ip: (d: number) => 1 + d, cosine: (d: number) => d };

  test.each(spaces)('%s: the neighbours that hnswlib finds', async (space) => {
    using index = await fromHnswlib(fixture(`hnswlib-${space}.bin`), { space });
    expect([index.size, index.dimension]).toEqual([39, 6]);
    expect(index.has(3 * 7 + 5)).toBe(false);
    const { ids, distances } = index.search(reference.query, { k: 5, ef: 64 });
    expect([...ids]).toEqual(reference[space].map(([id]: [number, number]) => id));
    for (const [i, distance] of distances.entries())
      expect(theirs[space](distance)).toBeCloseTo(reference[space][i][1], 5);
  });

  test('a file of BruteforceSearch has the same vectors', async () => {
    using flat = await fromHnswlib(fixture('hnswlib-flat.bin'), { space: 'l2' });
    using graph = await fromHnswlib(fixture('hnswlib-l2.bin'), {
      space: 'l2',
      m: 4,
      codes: 'int8',
    });
    expect(flat.size).toBe(39);
    expect([...flat.ids].sort()).toEqual([...graph.ids].sort());
    using plain = await fromHnswlib(fixture('hnswlib-l2.bin'), { space: 'l2' });
    for (const id of flat.ids) expect(flat.get(id)).toEqual(plain.get(id));
  });

  test('a file that is cut anywhere, is longer, or is something else', async () => {
    for (const name of ['hnswlib-l2.bin', 'hnswlib-flat.bin']) {
      const file = fixture(name);
      for (let length = 0; length < file.length; length += 1 + Math.floor(length / 40)) {
        const error = await thrown(() => fromHnswlib(file.subarray(0, length), { space: 'l2' }));
        expect(error.code, `${name} of ${length}`).toBe('TRUNCATED');
      }
      const longer = new Uint8Array(file.length + 1);
      longer.set(file);
      expect((await thrown(() => fromHnswlib(longer, { space: 'l2' }))).code).toBe('FORMAT');
    }
    const asked = await thrown(() => fromHnswlib(fixture('hnswlib-l2.bin'), {} as never));
    expect(asked.argument).toBe('space');
    const wide = fixture('hnswlib-flat.bin');
    wide[24 + 24 + 4] = 1; // the upper half of the first label
    expect((await thrown(() => fromHnswlib(wide, { space: 'l2' }))).message).toMatch(
      /above 4294967295/,
    );
  });

  test('changed bytes give an index or an error that says so, and nothing else', async () => {
    const next = random(3);
    const file = fixture('hnswlib-l2.bin');
    const codes = new Set<string>();
    for (let trial = 0; trial < 400; trial++) {
      const changed = file.slice();
      // Mostly in the head, where counts and offsets are.
      const most = next() < 0.7 ? 96 : file.length;
      for (let n = 0; n < 1 + next() * 4; n++)
        changed[Math.floor(next() * most)] = next() < 0.3 ? 255 : Math.floor(next() * 256);
      try {
        (await fromHnswlib(changed, { space: 'l2' })).dispose();
        codes.add('fine');
      } catch (error) {
        if (!isSublinearError(error)) throw error;
        codes.add(error.code);
      }
    }
    expect([...codes].sort()).toEqual(['FORMAT', 'TRUNCATED', 'fine']);
  });
});

describe('NumPy', () => {
  const npy = (descr: string, shape: string, data: ArrayBufferView) => {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
    const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0, ...Buffer.from(text)];
    return Buffer.concat([Buffer.from(head), new Uint8Array(data.buffer)]);
  };
  const four = npy('<f4', '(2, 2)', Float32Array.of(1, 0, 0, 2));

  test('rows by number or by key, floats and bits', async () => {
    using plain = await fromNumpy(four, { metric: 'euclidean' });
    expect(plain.search([0, 2])[0]).toEqual({ key: 1, distance: 0 });
    using named = await fromNumpy(new Blob([four]), { keys: ['a', 'b'], index: 'flat' });
    expect(named.keys).toEqual(['a', 'b']);
    using bits = await fromNumpy(npy('|u1', '(2, 1)', Uint8Array.of(255, 1)), {
      metric: 'hamming',
    });
    expect(bits.search(Uint8Array.of(0))[0]).toEqual({ key: 1, distance: 1 });
    using doubles = await fromNumpy(npy('<f8', '(1, 2)', Float64Array.of(3, 4)), { metric: 'dot' });
    expect(doubles.get(0)?.vector).toEqual(Float32Array.of(3, 4));
  });

  test('what are no rows of numbers', async () => {
    const longs = npy('<i8', '(1, 2)', BigInt64Array.of(1n, 2n));
    const cases: [Uint8Array, object | undefined, string, RegExp][] = [
      [npy('<f4', '(4,)', Float32Array.of(1, 0, 0, 2)), undefined, 'FORMAT', /shape \(4,\)/],
      [longs, undefined, 'FORMAT', /astype/],
      [four, { metric: 'hamming' }, 'FORMAT', /packbits/],
      [four, { keys: ['a'] }, 'RANGE', /2 keys/],
      [four, { array: 'a' }, 'RANGE', /"array"/],
      [Uint8Array.of(1, 2, 3), undefined, 'FORMAT', /zip/],
      [new Uint8Array(), undefined, 'FORMAT', /header/],
    ];
    for (const [bytes, options, code, message] of cases) {
      const error = await thrown(() => fromNumpy(bytes, options));
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    }
  });
});
