// `sublinear index` and `sublinear search`, and the NumPy files they read.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load as loadHnsw } from 'sublinear/hnsw';
import { describe, expect, test } from 'vitest';
import { Progress } from '../../dist/cli/terminal.js';
import { openVectors } from '../../dist/cli/vectors.js';
import { readNpyHead } from '../../dist/runtime/npy.js';
import { file, folder, interrupted, refused, start, sublinear } from '../support/cli.js';
import { random } from '../support/door.js';

// Written by NumPy itself: test/vectors/npy/generate.py.
const numpy = JSON.parse(
  readFileSync(new URL('../vectors/npy/files.json', import.meta.url), 'utf8'),
) as Record<string, { file: string; rows?: number[][] }>;
const written = (name: string) => new Uint8Array(Buffer.from(numpy[name]!.file, 'base64'));
const readable = Object.entries(numpy).flatMap(([name, { rows }]) =>
  rows ? [{ name, rows }] : [],
);

/** A .npy file with any head. */
function npy(dictionary: string, body: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(dictionary.length);
  else length.writeUInt32LE(dictionary.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.of(version, 0),
    length,
    Buffer.from(dictionary, 'latin1'),
    body,
  ]);
}
const floats = (descr: string, shape: string, numbers: number[]) =>
  npy(
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`,
    new Uint8Array(Float32Array.from(numbers).buffer),
  );

/** Reads a file as the verbs do. */
async function rowsOf(name: string, dimension?: number, bits = false): Promise<number[][]> {
  const options = {
    dimension,
    from: '--dimension',
    bits,
    progress: new Progress(),
    label: '',
  };
  const source = await openVectors(join(folder, name), options);
  const rows: number[][] = [];
  for await (const { first, count, values } of source.batches) {
    expect(first).toBe(rows.length);
    const width = values.length / count;
    for (let i = 0; i < count; i++) rows.push([...values.subarray(i * width, (i + 1) * width)]);
  }
  if (source.count !== undefined) expect(rows).toHaveLength(source.count);
  return rows;
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

describe('NumPy files', () => {
  test.each(readable)('$name are read as NumPy wrote them', async ({ name, rows }) => {
    expect(await rowsOf(file('a.npy', written(name)))).toEqual(rows);
  });

  test('packed bits stay bytes', async () => {
    const rows = await rowsOf(file('a.npy', written('of type |u1')), undefined, true);
    expect(rows).toEqual(numpy['of type |u1']!.rows);
  });

  test.each([
    ['of one axis', /shape \(3,\).*reshape/],
    ['of no axis', /shape \(\)/],
    ['of three axes', /shape \(2, 2, 3\).*reshape/],
    ['of no rows', /shape \(0, 3\) has no vectors/],
    ['of empty rows', /0 numbers in a vector/],
    ['of complex numbers', /'<c8'.*astype/],
    ['of texts', /'<U1'.*astype/],
    ['of records', /structured.*array\['name'\]/],
  ])('an array %s is refused with the remedy', async (name, expected) => {
    file('a.npy', written(name));
    await expect(rowsOf('a.npy')).rejects.toThrow(expected);
  });

  test('a file cut at any byte is refused', async () => {
    for (const name of ['of type <f4', 'of version 2.0', 'of version 3.0']) {
      const whole = written(name);
      for (let length = 0; length < whole.length; length++) {
        file('cut.npy', whole.subarray(0, length));
        await expect(rowsOf('cut.npy'), `${name}, ${length} bytes`).rejects.toThrow(
          /cut\.npy: (is empty|ends)/,
        );
      }
    }
  });

  test('a file with any byte of its head changed is read or refused, never misread in size', async () => {
    const whole = written('of type <f4');
    const head = readNpyHead(whole, (message) => new Error(message))!.offset;
    for (let at = 0; at < head; at++) {
      for (const bit of [0x01, 0x10, 0x80]) {
        const changed = whole.slice();
        changed[at]! ^= bit;
        file('flip.npy', changed);
        const rows = await rowsOf('flip.npy').catch((error) => message(error));
        if (typeof rows === 'string') expect(rows).toMatch(/^\S*flip\.npy: /);
        else expect(rows.flat().length * 4, `byte ${at}`).toBe(whole.length - head);
      }
    }
  });

  test.each([
    ['more numbers than the shape says', '(3, 2)', 8, /goes on after its last number.*\(3, 2\)/],
    ['fewer', '(3, 4)', 8, /ends too early.*\(3, 4\)/],
    ['2^80 vectors', '(1208925819614629174706176, 4)', 8, /ends too early/],
    ['2^31 vectors', '(2147483648, 2147)', 8, /ends too early/],
    ['vectors of 2^40 numbers', '(1, 1099511627776)', 8, /1099511627776 numbers in a vector/],
    ['a negative shape', '(-2, 4)', 8, /damaged/],
    ['a shape with nothing between commas', '(2,,4)', 8, /damaged.*shape/],
    ['a shape that is a word', '(two, 4)', 8, /damaged/],
  ])('a head that promises %s is refused', async (_, shape, numbers, expected) => {
    file('a.npy', floats('<f4', shape, Array(numbers).fill(1)));
    await expect(rowsOf('a.npy')).rejects.toThrow(expected);
  });

  test.each([
    ['no dictionary', 'descr'],
    ['no shape', "{'descr': '<f4', 'fortran_order': False}"],
    ['no order', "{'descr': '<f4', 'shape': (2, 2)}"],
    ['no type', "{'fortran_order': False, 'shape': (2, 2)}"],
    ['a field twice', "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}"],
    ['a field too many', "{'a': '', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}"],
    ['code', "{'descr': open('x'), 'fortran_order': False, 'shape': (2, 2)}"],
    ['fields that run together', "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 2)}"],
  ])('a head with %s is damaged', async (_, dictionary) => {
    file('a.npy', npy(dictionary, new Uint8Array(16)));
    await expect(rowsOf('a.npy')).rejects.toThrow(/damaged NumPy header/);
  });

  test('a header of 4 GB is refused before it is read', async () => {
    const head = npy('', new Uint8Array(8), 2);
    head.fill(0xff, 8, 12);
    await expect(rowsOf(file('a.npy', head))).rejects.toThrow(/header of 4294967295 bytes/);
  });

  test('other spacing and order of the fields are read', async () => {
    const body = new Uint8Array(Float32Array.of(1, 2).buffer);
    file('a.npy', npy("{ 'shape':(1,2) ,'fortran_order' : False,'descr':'<f4'}  \n", body));
    expect(await rowsOf('a.npy')).toEqual([[1, 2]]);
  });

  test('vectors larger than a piece of the file are put together', async () => {
    const width = 65_536;
    const numbers = Float32Array.from({ length: 3 * width }, (_, i) => i);
    file('wide.f32', new Uint8Array(numbers.buffer));
    const rows = await rowsOf('wide.f32', width);
    expect(rows.map((row) => [row.length, row[0], row.at(-1)])).toEqual(
      [0, 1, 2].map((i) => [width, i * width, (i + 1) * width - 1]),
    );
  });
});

describe('files without a head', () => {
  test('are refused where the bytes say that they are something else', async () => {
    const numbers = [1, 2, 3].flatMap((i) => [...new Uint8Array(Float32Array.of(i, i).buffer)]);
    const length = [2, 0, 0, 0];
    const [a, b] = [numbers.slice(0, 8), numbers.slice(8, 16)];
    file('a.bin', Uint8Array.from([...length, ...a, ...length, ...b]));
    await expect(rowsOf('a.bin', 2)).rejects.toThrow(/length 2 in front of each vector.*numpy/);
    file('a.bin', new TextEncoder().encode('0.5,0.25\n0.125,1\n'));
    await expect(rowsOf('a.bin', 2)).rejects.toThrow(/is text/);
    file('a.bin', Uint8Array.from(numbers));
    expect(await rowsOf('a.bin', 2)).toEqual([1, 2, 3].map((i) => [i, i]));
  });
});

// 400 seeded vectors of 12 numbers, and their names.
const [many, dimension] = [400, 12];
const next = random(5);
const vectors = Float32Array.from({ length: many * dimension }, () => next() - 0.5);
const row = (i: number) => [...vectors.subarray(i * dimension, (i + 1) * dimension)];
const all = floats('<f4', `(${many}, ${dimension})`, [...vectors]);
const labels = Array.from({ length: many }, (_, i) => `word ${i}`);

interface Answer {
  size: number;
  kind: string;
  metric: string;
  results: {
    query: number | string;
    matches: { id?: number; label?: string; distance: number }[];
  }[];
}
async function answer(args: string[], input?: Uint8Array): Promise<Answer> {
  const { code, stdout, stderr } = await sublinear(['search', ...args, '--json'], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}
async function build(...args: string[]) {
  const { code, stdout, stderr } = await sublinear(['index', ...args]);
  const json = args.includes('--json');
  // What there is to say goes beside the answer, which is a file.
  expect([code, json ? stderr : stdout]).toEqual([0, '']);
  return json ? stdout : stderr;
}

/** Ids by distance, from the definition. */
function truth(query: number[], metric: 'cosine' | 'euclidean' | 'dot', k: number): number[] {
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const distance = (x: number[]) =>
    metric === 'dot'
      ? -dot(x, query)
      : metric === 'cosine'
        ? 1 - dot(x, query) / Math.sqrt(dot(x, x) * dot(query, query))
        : Math.hypot(...x.map((value, i) => value - query[i]!));
  return Array.from({ length: many }, (_, i) => ({ i, d: distance(row(i)) }))
    .sort((a, b) => a.d - b.d)
    .slice(0, k)
    .map(({ i }) => i);
}

describe('index and search', () => {
  test('a NumPy file becomes an index that finds the nearest', async () => {
    file('all.npy', all);
    const text = await build('all.npy', '-o', 'all.slv');
    expect(text).toMatch(/400 of 12 numbers/);
    expect(text).toMatch(/sublinear search all\.slv --like 0/);
    const { results, ...rest } = await answer([
      'all.slv',
      '--like',
      '7',
      '--top',
      '5',
      '--ef',
      '400',
    ]);
    expect(rest).toMatchObject({ size: many, kind: 'hnsw', metric: 'cosine' });
    expect(results[0]!.query).toBe('7');
    // Itself is the nearest, and is not counted.
    expect(results[0]!.matches.map(({ id }) => id)).toEqual(truth(row(7), 'cosine', 6).slice(1));
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a compressed index is searched and published as it is', async () => {
    const plain = file('few.f32', new Uint8Array(Float32Array.of(1, 0, 0, 1, 1, 1).buffer));
    const labels = file('few.txt', '\ufeffone\r\ntwo\r\nthree');
    const built = ['index', plain, '--dimension', '2', '--labels', labels, '-o', 'few.slv'];
    expect((await sublinear(built)).code).toBe(0);
    const zipped = file('few.slv.gz', gzipSync(readFileSync(join(folder, 'few.slv'))));
    const asked = ['--like', 'one', '--format', 'csv', '--quiet'];
    const wanted = await sublinear(['search', 'few.slv', ...asked]);
    expect(wanted.stdout).toMatch(/^place.*\n1,three,/);
    expect(await sublinear(['search', zipped, ...asked])).toEqual(wanted);
    for (const from of ['few.slv', zipped])
      expect((await sublinear(['publish', from, '-o', `${from}.slvr`])).code).toBe(0);
    const published = (name: string) => readFileSync(join(folder, `${name}.slvr`));
    expect(published(zipped).equals(published('few.slv'))).toBe(true);
    const { code, stderr } = await sublinear(['segments', '.']);
    expect([code, stderr]).toEqual([2, 'sublinear: .: is a folder, expected a file\n']);
  });

  test('the file is what save() gives and load() takes', async () => {
    file('all.npy', all);
    await build('all.npy', '-o', 'all.slv', '--metric', 'euclidean', '--m', '8', '--seed', '3');
    const { Hnsw } = await loadHnsw();
    using ours = Hnsw.create({ metric: 'euclidean', dimension, m: 8, seed: 3, capacity: many });
    ours.addBatch({ ids: Uint32Array.from({ length: many }, (_, i) => i), vectors });
    expect(Buffer.compare(readFileSync(join(folder, 'all.slv')), ours.save())).toBe(0);
  });

  test('threads build the same file, however many there are', async () => {
    file('all.npy', all);
    const { Hnsw } = await loadHnsw();
    const ids = Uint32Array.from({ length: many }, (_, i) => i);
    const options = { metric: 'euclidean', dimension, m: 8, codes: 'int8' } as const;
    const { file: expected } = await Hnsw.buildShared(options, { ids, vectors });
    for (const threads of ['1', '3']) {
      const how = ['--metric', 'euclidean', '--m', '8', '--codes', 'int8', '--threads', threads];
      const text = await build('all.npy', '-o', 'threads.slv', ...how);
      expect(text).toMatch(/400 of 12 numbers/);
      expect(Buffer.compare(readFileSync(join(folder, 'threads.slv')), expected!)).toBe(0);
    }
    const asked = ['index', 'all.npy', '-o', 'never.slv', '--threads', '2'];
    file('few.txt', 'a\nb\n');
    for (const wrong of [['--exact'], ['--text', 'title'], ['--sparse', 's']])
      expect(await refused([...asked, ...wrong])).toMatch(/--threads/);
    expect(await refused([...asked, '--labels', 'few.txt'])).toMatch(/2 labels for 400 vectors/);
    file('twice.txt', `${labels.join('\n')}\n`.replace('word 7\n', 'word 6\n'));
    expect(await refused([...asked, '--labels', 'twice.txt'])).toMatch(/twice\.txt:8: "word 6"/);
    expect(await refused([...asked, '--m', '1'])).toMatch(/--m/);
    file('nan.npy', floats('<f4', '(2, 2)', [1, 2, Number.NaN, 4]));
    const broken = ['index', 'nan.npy', '-o', 'never.slv', '--threads', '2'];
    expect(await refused(broken)).toMatch(/nan\.npy: vector 1: /);
    expect(readdirSync(folder).filter((name) => name.startsWith('never.slv'))).toEqual([]);
  });

  test('threads build a collection of labelled vectors', async () => {
    file('all.npy', all);
    file('labels.txt', `${labels.join('\n')}\n`);
    const { Collection } = await loadHnsw();
    const items = labels.map((key, i) => ({ key, vector: row(i) }));
    const shared = await Collection.buildShared({ metric: 'cosine', dimension }, items);
    using expected = await Collection.openShared(shared);
    for (const threads of ['1', '2']) {
      await build('all.npy', '-o', 'named.slv', '--labels', 'labels.txt', '--threads', threads);
      expect(Buffer.compare(readFileSync(join(folder, 'named.slv')), expected.save())).toBe(0);
    }
    const { results } = await answer(['named.slv', '--query', row(3).join(','), '--top', '3']);
    expect(results[0]!.matches.map(({ label }) => label)).toEqual(
      truth(row(3), 'cosine', 3).map((i) => labels[i]),
    );
  });

  test('--codes auto takes what recommendCodes says, and tells why', async () => {
    const wide = 64;
    const more = Float32Array.from({ length: 600 * wide }, () => next() - 0.5);
    file('wide.npy', floats('<f4', `(600, ${wide})`, [...more]));
    const { Hnsw, recommendCodes } = await loadHnsw();
    const wanted = { metric: 'cosine', dimension: wide, vectors: more } as const;
    for (const recall of [0.95, 0.5]) {
      const { codes, rerank, reached, trials } = await recommendCodes({ ...wanted, recall });
      const how = ['--codes', 'auto', '--recall', String(recall)];
      const said = JSON.parse(await build('wide.npy', '-o', 'auto.slv', ...how, '--json'));
      expect(said).toMatchObject({
        codes,
        recommended: { wanted: recall, codes, rerank, reached },
      });
      expect(said.recommended.trials).toEqual(trials);
      using index = Hnsw.create({ metric: 'cosine', dimension: wide, codes, rerank });
      index.addBatch({ ids: Uint32Array.from({ length: 600 }, (_, i) => i), vectors: more });
      expect(Buffer.compare(readFileSync(join(folder, 'auto.slv')), index.save())).toBe(0);
      expect(await build('wide.npy', '-o', 'auto.slv', ...how, '--threads', '2')).toMatch(
        new RegExp(`codes +${codes}.*${reached ? 'fewest bytes' : 'find most'}.*bytes a vector`),
      );
    }
    const asked = ['index', 'wide.npy', '-o', 'never.slv'];
    expect(await refused([...asked, '--recall', '0.9'])).toMatch(/--codes auto/);
    expect(await refused([...asked, '--codes', 'auto', '--rerank', 'none'])).toMatch(/--rerank/);
    expect(await refused([...asked, '--codes', 'auto', '--exact'])).toMatch(/--codes|--exact/);
    expect(await refused([...asked, '--codes', 'auto', '--metric', 'manhattan'])).toMatch(
      /--metric manhattan/,
    );
    expect(await refused([...asked, '--codes', 'auto', '--recall', '1.5'])).toMatch(/0 and 1/);
    file('few.npy', floats('<f4', '(3, 2)', [1, 2, 3, 4, 5, 6]));
    expect(await refused(['index', 'few.npy', '-o', 'never.slv', '--codes', 'auto'])).toMatch(
      /at least 100 vectors, got 3/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('never.slv'))).toEqual([]);
  });

  test('labels name the vectors', async () => {
    file('all.npy', all);
    file('labels.txt', `${labels.join('\r\n')}\r\n`);
    await build(
      'all.npy',
      '-o',
      'named.slv',
      '--labels',
      'labels.txt',
      '--metric',
      'dot',
      '--exact',
    );
    const { kind, results } = await answer([
      'named.slv',
      '--query',
      row(3).join(', '),
      '--top',
      '4',
    ]);
    expect(kind).toBe('flat');
    const wanted = truth(row(3), 'dot', 4).map((i) => labels[i]);
    expect(results[0]!.matches.map(({ label }) => label)).toEqual(wanted);
    // What was written piece by piece is what save() gives, and is read piece by piece.
    const { Collection } = await loadHnsw();
    const saved = readFileSync(join(folder, 'named.slv'));
    using again = Collection.load(saved);
    expect(again.keys).toEqual(labels);
    expect(Buffer.from(again.save())).toEqual(saved);
    const text = await sublinear(['search', 'named.slv', '--like', 'word 3', '--top', '2']);
    expect(text.stdout.split('\n').filter((line) => /^ *[12] {2}word \d+/.test(line))).toHaveLength(
      2,
    );
  });

  test('many queries from a file are each answered', async () => {
    file('all.npy', all);
    await build('all.npy', '-o', 'flat.slv', '--exact', '--metric', 'euclidean');
    file('few.npy', floats('<f4', `(3, ${dimension})`, [...row(1), ...row(5), ...row(9)]));
    const { results } = await answer(['flat.slv', '--queries', 'few.npy', '--top', '3']);
    expect(results.map(({ query }) => query)).toEqual([0, 1, 2]);
    expect(results.map(({ matches }) => matches.map(({ id }) => id))).toEqual(
      [1, 5, 9].map((i) => truth(row(i), 'euclidean', 3)),
    );
    file('one.npy', floats('<f4', `(${dimension},)`, row(5)));
    const one = await answer(['flat.slv', '--queries', 'one.npy', '--top', '1']);
    expect(one.results).toMatchObject([{ query: 0, matches: [{ id: 5, distance: 0 }] }]);
  });

  test('plain numbers, standard input and standard output', async () => {
    const bytes = new Uint8Array(vectors.buffer);
    file('all.npy', all);
    await build(file('all.f32', bytes), '--dimension', '12', '-o', 'plain.slv');
    await build('all.npy', '-o', 'numpy.slv');
    const same = (a: string, b: string) =>
      Buffer.compare(readFileSync(join(folder, a)), readFileSync(join(folder, b)));
    expect(same('plain.slv', 'numpy.slv')).toBe(0);
    const piped = await sublinear(['index', '-', '-o', 'piped.slv'], all);
    expect(piped.code).toBe(0);
    expect(same('piped.slv', 'numpy.slv')).toBe(0);
    const query = Buffer.from(bytes.subarray(0, 48));
    const { results } = await answer(['numpy.slv', '--queries', '-', '--top', '1'], query);
    expect(results[0]!.matches[0]!.id).toBe(0);
    const child = start(['index', 'all.npy', '-o', '-']);
    const parts: Buffer[] = [];
    child.stdout!.on('data', (part) => parts.push(part));
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(Buffer.compare(Buffer.concat(parts), readFileSync(join(folder, 'numpy.slv')))).toBe(0);
  });

  test('codes make a smaller index that still finds', async () => {
    file('all.npy', all);
    for (const [codes, rerank] of [
      ['int8', 'float16'],
      ['rabitq4', 'float32'],
    ] as const) {
      await build('all.npy', '-o', 'coded.slv', '--codes', codes, '--rerank', rerank);
      const { results } = await answer(['coded.slv', '--like', '7', '--top', '3', '--ef', '400']);
      expect(results[0]!.matches.map(({ id }) => id)).toEqual(truth(row(7), 'cosine', 4).slice(1));
    }
  });

  test('codes of the exact index rule vectors out', async () => {
    file('all.npy', all);
    for (const codes of ['pq', 'int8', 'rabitq4'] as const) {
      const how = ['--exact', '--codes', codes, '--rerank', 'float32'];
      const made = JSON.parse(await build('all.npy', '-o', 'flat.slv', ...how, '--json'));
      expect(made).toMatchObject({ index: 'flat', codes, rerank: 'float32' });
      const { results } = await answer(['flat.slv', '--like', '7', '--top', '3']);
      expect(results[0]!.matches.map(({ id }) => id)).toEqual(truth(row(7), 'cosine', 4).slice(1));
    }
    const said = await build('all.npy', '-o', 'flat.slv', '--exact', '--codes', 'pq');
    expect(said).toContain('exact, cosine, codes: pq, ranked again: float16');
  });

  test('a prefix walks the graph, and all numbers rank', async () => {
    file('all.npy', all);
    const made = JSON.parse(await build('all.npy', '-o', 'cut.slv', '--prefix', '3', '--json'));
    expect(made).toMatchObject({ codes: 'none', prefix: 3, rerank: 'float16' });
    const { results } = await answer(['cut.slv', '--like', '7', '--top', '3', '--ef', '400']);
    expect(results[0]!.matches.map(({ id }) => id)).toEqual(truth(row(7), 'cosine', 4).slice(1));
    const said = await build('all.npy', '-o', 'cut.slv', '--prefix', '3', '--rerank', 'float32');
    expect(said).toContain('prefix: 3, ranked again: float32');
    const refusals: [string[], RegExp][] = [
      [['--prefix', '3', '--codes', 'int8'], /--prefix 3: not with --codes int8/],
      [['--prefix', '3', '--rerank', 'none'], /--rerank|rerank/],
      [['--prefix', '9999'], /--prefix|prefix/],
      [['--prefix', '3', '--exact'], /--exact.*--prefix/],
    ];
    for (const [how, text] of refusals)
      expect(await refused(['index', 'all.npy', '-o', 'never.slv', ...how])).toMatch(text);
  });

  test('what vectors are compared by needs vectors', async () => {
    file('words.jsonl', '{"id":1,"title":"a","s":{"indices":[1],"values":[1]}}\n');
    for (const kind of [
      ['--text', 'title'],
      ['--sparse', 's'],
    ])
      for (const [option, value] of [
        ['--codes', 'int8'],
        ['--rerank', 'float32'],
        ['--prefix', '2'],
      ] as const) {
        const asked = ['index', 'words.jsonl', '-o', 'never.slv', ...kind, option, value];
        expect(await refused(asked)).toContain(`${option} ${value}: only for vectors`);
      }
  });

  test('sketches take more and answer the same', async () => {
    file('all.npy', all);
    const built = async (...args: string[]) =>
      JSON.parse(await build('all.npy', '--json', ...args));
    const plain = await built('-o', 'plain.slv');
    const sketched = await built('-o', 'sketch.slv', '--codes', 'sketch');
    expect(sketched).toMatchObject({ codes: 'sketch' });
    expect(sketched).not.toHaveProperty('rerank');
    expect(sketched.bytesUsed).toBeGreaterThan(plain.bytesUsed);
    const [of, ofPlain] = [
      await answer(['sketch.slv', '--like', '7']),
      await answer(['plain.slv', '--like', '7']),
    ];
    expect(of.results[0]!.matches).toEqual(ofPlain.results[0]!.matches);
  });

  test('bits under hamming', async () => {
    const bits = Uint8Array.of(0b1111_0000, 0b1111_0001, 0b0000_1111, 0b1000_0000);
    file('bits.npy', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 1)}", bits));
    await build('bits.npy', '-o', 'bits.slv', '--metric', 'hamming');
    const { results } = await answer(['bits.slv', '--query', '0 0 0 0 1 1 1 1', '--top', '3']);
    expect(results[0]!.matches).toEqual([
      { id: 0, distance: 0 },
      { id: 1, distance: 1 },
      { id: 3, distance: 3 },
    ]);
  });

  test('an index of another program of this package is searched, metadata and number keys included', async () => {
    const { Collection } = await loadHnsw();
    using films = Collection.create({ metric: 'euclidean', dimension: 2 });
    films.add({ key: 'alien', vector: [0, 0], metadata: { year: 1979 } });
    films.add({ key: 7, vector: [3, 4] });
    writeFileSync(join(folder, 'films.slv'), films.save());
    const { results } = await answer(['films.slv', '--like', '7']);
    expect(results[0]!.matches).toEqual([{ label: 'alien', distance: 5 }]);
  });

  test.each([
    ['a file that is not there', ['missing.npy'], /missing\.npy: no such file/],
    ['a folder', ['.'], /folder/],
    ['an empty file', ['empty.npy'], /empty\.npy: is empty/],
    ['plain numbers without their dimension', ['all.f32'], /all\.f32: .*--dimension/],
    [
      'plain numbers of another dimension',
      ['all.f32', '--dimension', '7'],
      /all\.f32: .*whole number/,
    ],
    ['.npy that is none', ['none.npy'], /none\.npy: not a NumPy file/],
    [
      '--dimension that the file contradicts',
      ['all.npy', '--dimension', '13'],
      /vectors of 12 numbers, but --dimension has 13/,
    ],
    ['too few labels', ['all.npy', '--labels', 'few.txt'], /few\.txt: 2 labels for 400 vectors/],
    ['a label twice', ['all.npy', '--labels', 'twice.txt'], /twice\.txt:3: "a" stands in line 1/],
    ['an empty label', ['all.npy', '--labels', 'gap.txt'], /gap\.txt:2: empty/],
    ['NaN', ['nan.npy'], /nan\.npy: vector 1: .*finite/],
    ['a zero vector under cosine', ['zero.npy'], /zero\.npy: vector 1: .*not zero/],
    [
      'a zero vector that has a label',
      ['zero.npy', '--labels', 'few.txt'],
      /zero\.npy: vector 1: /,
    ],
    ['hamming of floats', ['all.npy', '--metric', 'hamming'], /packbits/],
    ['an unknown metric', ['all.npy', '--metric', 'chess'], /--metric/],
    [
      'int8 codes under manhattan',
      ['all.npy', '--metric', 'manhattan', '--codes', 'int8'],
      /--codes/,
    ],
    ['a graph and none', ['all.npy', '--exact', '--m', '8'], /--exact.*--m/],
    ['codes of the exact index for a graph', ['all.npy', '--codes', 'pq'], /--codes pq.*--exact/],
    [
      'codes of graphs for none',
      ['all.npy', '--exact', '--codes', 'binary'],
      /--codes binary.*--exact/,
    ],
    ['a rerank without codes', ['all.npy', '--rerank', 'float32'], /--rerank float32: only with/],
    ['ef below m', ['all.npy', '--ef-construction', '8'], /--ef-construction/],
    ['m of 1', ['all.npy', '--m', '1'], /--m/],
    ['two standard inputs', ['-', '--labels', '-'], /standard input/],
  ])('index refuses %s', async (_, args, expected) => {
    file('all.npy', all);
    file('all.f32', new Uint8Array(vectors.buffer));
    file('empty.npy', '');
    file('none.npy', 'something else');
    file('few.txt', 'a\nb\n');
    file('twice.txt', 'a\nb\na\n');
    file('gap.txt', 'a\n\nb\n');
    file('nan.npy', floats('<f4', '(2, 2)', [1, 2, Number.NaN, 4]));
    file('zero.npy', floats('<f4', '(2, 2)', [1, 2, 0, 0]));
    expect(await refused(['index', ...args, '-o', 'never.slv'])).toMatch(expected);
    expect(readdirSync(folder).filter((name) => name.startsWith('never.slv'))).toEqual([]);
  });

  test('index needs to know where to write', async () => {
    expect(await refused(['index', file('all.npy', all)])).toMatch(/--output/);
  });

  test.each([
    ['no query', [], /--query, --queries and --like/],
    ['two queries', ['--like', '1', '--query', '1,2'], /--query, --queries and --like/],
    ['a query of another dimension', ['--query', '1,2'], /--query: 2 numbers.*12/],
    ['words', ['--query', 'a b'], /--query/],
    ['a query of zeros', ['--query', '0 '.repeat(12).trim()], /not zero/],
    ['an unknown vector', ['--like', '400'], /--like 400/],
    ['a label where there are none', ['--like', 'coffee'], /no labels/],
    [
      'queries of another dimension',
      ['--queries', 'two.npy'],
      /two\.npy: vectors of 2 numbers, but cosine\.slv has 12/,
    ],
    ['--top 0', ['--like', '1', '--top', '0'], /--top/],
    ['--ef 0', ['--like', '1', '--ef', '0'], /--ef/],
  ])('search refuses %s', async (_, args, expected) => {
    if (!existsSync(join(folder, 'cosine.slv')))
      await build(file('all.npy', all), '-o', 'cosine.slv');
    file('two.npy', floats('<f4', '(1, 2)', [1, 2]));
    expect(await refused(['search', 'cosine.slv', ...args])).toMatch(expected);
  });

  test.each([
    ['is empty', (_: Uint8Array) => new Uint8Array(0), /is empty/],
    ['is something else', (_: Uint8Array) => all, /format/],
    ['is cut', (bytes: Uint8Array) => bytes.subarray(0, 200), /too early/],
    ['is damaged', (bytes: Uint8Array) => bytes.map((b, i) => (i === 900 ? b ^ 1 : b)), /checksum/],
  ])('search refuses an index that %s', async (_, change, expected) => {
    await build(file('all.npy', all), '-o', 'whole.slv');
    file('bad.slv', change(readFileSync(join(folder, 'whole.slv'))));
    expect(await refused(['search', 'bad.slv', '--like', '1'])).toMatch(/bad\.slv: /);
    expect(await refused(['search', 'bad.slv', '--like', '1'])).toMatch(expected);
  });

  test('too little memory is exit 3, said before anything is built', async () => {
    const { code, stderr } = await sublinear([
      ...['index', file('all.npy', all), '-o', 'never.slv', '--memory', '20KB'],
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/memory/);
    expect(existsSync(join(folder, 'never.slv'))).toBe(false);
  });

  test('a place that cannot be written is exit 3', async () => {
    const { code, stderr } = await sublinear([
      'index',
      file('all.npy', all),
      '-o',
      'no/such/x.slv',
    ]);
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/no\/such\/x\.slv/),
    });
  });

  test.each([[['--labels', 'slow.txt']], [[]]])(
    'Ctrl-C in the middle of a build, %j',
    async (extra) => {
      const [rows, width] = [30_000, 256];
      const draw = random(1);
      const numbers = Float32Array.from({ length: rows * width }, () => draw() - 0.5);
      file('slow.f32', new Uint8Array(numbers.buffer));
      file('slow.txt', Array.from({ length: rows }, (_, i) => i).join('\n'));
      file('kept.slv', 'what was there before');
      const build = ['index', 'slow.f32', '--dimension', String(width), '-o', 'kept.slv'];
      const { code, signal, stderr } = await interrupted([...build, ...extra], 1500);
      expect({ code, signal }).toEqual({ code: 130, signal: null });
      expect(stderr).toMatch(/interrupted/);
      expect(readFileSync(join(folder, 'kept.slv'), 'utf8')).toBe('what was there before');
      expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    },
  );
});
