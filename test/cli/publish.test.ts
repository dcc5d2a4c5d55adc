// `sublinear publish`, and `sublinear search` in what it wrote: a file here, and one on a server.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'sublinear/hnsw';
import { expect, test } from 'vitest';
import { file, folder, sublinear } from '../support/cli.js';
import { serveFile } from '../support/range-server.js';

const rows = Float32Array.from({ length: 60 * 3 }, (_, i) => Math.sin(i * 7 + (i % 3)));
const bytes = new Uint8Array(rows.buffer);
const query = Array.from(rows.subarray(30, 33)).join(',');

const failing = async (...args: string[]) => {
  const { code, stderr } = await sublinear(args);
  return `${code} ${stderr}`;
};

test('plain vectors with labels: the row itself comes first, here and over HTTP', async () => {
  file('rows.f32', bytes);
  file('names.txt', `${Array.from({ length: 60 }, (_, i) => `row ${i}`).join('\n')}\n`);
  const made = await sublinear(
    'publish rows.f32 --dimension 3 --labels names.txt --metric euclidean -o rows.slvr --json'.split(
      ' ',
    ),
  );
  expect(JSON.parse(made.stdout)).toMatchObject({ size: 60, dimension: 3, metric: 'euclidean' });
  const written = new Uint8Array(readFileSync(join(folder, 'rows.slvr')));
  const server = await serveFile(written);
  try {
    for (const where of ['rows.slvr', server.url]) {
      const { stdout, code } = await sublinear([
        'search',
        where,
        '--query',
        query,
        '--top',
        '2',
        '--json',
      ]);
      expect(code).toBe(0);
      const { results, kind } = JSON.parse(stdout);
      expect([kind, results[0].matches[0].label, results[0].matches.length]).toEqual([
        'remote',
        'row 10',
        2,
      ]);
    }
  } finally {
    await server.close();
  }
  const many = await sublinear(['search', 'rows.slvr', '--queries', 'rows.f32', '--top', '1']);
  expect(many.stdout.split('\n')[1]).toMatch(/0\s+1\s+row 0/);
});

test('with the vectors themselves distances are exact', async () => {
  file('exact.f32', bytes);
  const how = '--dimension 3 --metric euclidean --cells 4';
  for (const [name, more] of [
    ['codes.slvr', ''],
    ['exact.slvr', ' --exact'],
  ])
    await sublinear(`publish exact.f32 ${how}${more} -o ${name}`.split(' '));
  const asked = ['--query', query, '--top', '2', '--json'];
  const [codes, exact] = await Promise.all(
    ['codes.slvr', 'exact.slvr'].map(async (name) => {
      const { stdout } = await sublinear(['search', name as string, ...asked]);
      return JSON.parse(stdout).results[0].matches;
    }),
  );
  expect(exact[0]).toEqual({ id: 10, distance: 0 });
  const second = exact[1];
  const other = rows.subarray(3 * second.id, 3 * second.id + 3);
  const distance = Math.hypot(...other.map((x, i) => x - (rows[30 + i] as number)));
  expect(second.distance).toBeCloseTo(distance, 6);
  expect(codes[0].id).toBe(10);
  expect(codes[1].distance).not.toBe(second.distance);
});

test('an index and a collection of this package', async () => {
  const { Collection, Flat } = await load();
  using flat = Flat.create({ metric: 'cosine', dimension: 3 });
  flat.addBatch({ ids: Uint32Array.from({ length: 60 }, (_, i) => i), vectors: rows });
  using named = Collection.create({ metric: 'dot', dimension: 3 });
  named.add({ key: 'only', vector: [1, 2, 3] });
  for (const [name, index, size] of [
    ['flat.slv', flat, 60],
    ['named.slv', named, 1],
  ] as const) {
    file(name, index.save());
    const made = await sublinear(['publish', name, '-o', `${name}r`, '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({ size });
  }
});

test('what is wrong is said in a line', async () => {
  file('one.f32', new Uint8Array(12));
  file('two.f32', bytes.subarray(0, 24));
  expect(await failing('publish', 'one.f32', '--dimension', '3', '-o', 'x')).toMatch(
    /^2 .*no zero vector under cosine/,
  );
  expect(
    await failing('publish', 'two.f32', '--dimension', '3', '-o', 'x', '--cells', '9'),
  ).toMatch(/^2 .*cells/);
  expect(await failing('search', 'http://127.0.0.1:9/x.slvr', '--query', '1')).toMatch(
    /could not be read/,
  );
  await sublinear('publish two.f32 --dimension 3 -o two.slvr'.split(' '));
  expect(await failing('search', 'two.slvr', '--like', '1')).toMatch(/^2 .*--like/);
  expect(await failing('search', 'two.slvr', '--query', '1')).toMatch(/^2 .*1 numbers/);
  expect(await failing('search', 'two.slvr')).toMatch(/^2 .*--query and --queries/);
});

test('a graph: saved or as text, ranked here and over HTTP', async () => {
  const ring = Array.from({ length: 50 }, (_, i) => `p${i},p${(i + 1) % 50}`).join('\n');
  file('ring.csv', `from,to\n${ring}\n`);
  const made = await sublinear(
    'publish ring.csv --graph --undirected -o ring.slgr --json'.split(' '),
  );
  expect(JSON.parse(made.stdout)).toMatchObject({ nodeCount: 50, edgeCount: 50, directed: false });
  const server = await serveFile(new Uint8Array(readFileSync(join(folder, 'ring.slgr'))));
  try {
    for (const where of ['ring.slgr', server.url]) {
      const { stdout, code } = await sublinear([
        'rank',
        where,
        '--source',
        'p7',
        '--top',
        '3',
        '--tolerance',
        '1e-6',
        '--json',
      ]);
      expect(code).toBe(0);
      const { ranking, errorBound } = JSON.parse(stdout);
      expect(ranking[0].node).toBe('p7');
      expect(errorBound).toBeLessThan(1e-6);
    }
  } finally {
    await server.close();
  }
  await sublinear('rank ring.csv --undirected --source p7 --save ring.slg'.split(' '));
  const again = await sublinear('publish ring.slg -o again.slgr --json'.split(' '));
  expect(JSON.parse(again.stdout).nodeCount).toBe(50);
  const nobody = await sublinear('rank ring.slgr --source p7,nobody'.split(' '));
  expect([nobody.code !== 0, nobody.stderr]).toEqual([true, expect.stringMatching(/nobody/)]);
  const whole = await sublinear('rank ring.slgr'.split(' '));
  expect(whole.stderr).toMatch(/--source/);
  const mixed = await sublinear('publish ring.slg --cells 3 -o x.slgr'.split(' '));
  expect(mixed.stderr).toMatch(/--cells is for vectors/);
  // An ending that only graphs have says what it is; and each verb names the one that the file is for.
  const named = await sublinear('publish ring.csv -o named.slgr --json'.split(' '));
  expect(JSON.parse(named.stdout).nodeCount).toBe(50);
  for (const graph of ['ring.slgr', 'ring.slg'])
    expect(await failing('search', graph, 'words')).toMatch(/^2 .*is a graph: sublinear rank/);
  file('notes.jsonl', '{"id":"a","body":"the sea"}\n');
  await sublinear('index notes.jsonl --text body -o notes.slv'.split(' '));
  const texts = await sublinear('publish notes.slv -o notes.sltx --json'.split(' '));
  const { bytesToOpen, bytesWritten } = JSON.parse(texts.stdout);
  expect(bytesToOpen).toBeGreaterThan(64);
  expect(bytesWritten).toBeGreaterThan(64);
  expect(await failing('rank', 'notes.sltx')).toMatch(
    /^2 .*is an index, not a graph: sublinear search/,
  );
});

test('any other saved file: its segments, here and over HTTP, and the file again', async () => {
  file('A.mtx', '%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 2\n1 2 0.5\n2 2 3\n');
  await sublinear('solve A.mtx --save A.slv --quiet'.split(' '));
  const made = await sublinear('publish A.slv -o A.slr --json'.split(' '));
  expect(JSON.parse(made.stdout)).toMatchObject({ kind: 'MTRX', segments: 6 });
  const saved = readFileSync(join(folder, 'A.slv'));
  const server = await serveFile(new Uint8Array(readFileSync(join(folder, 'A.slr'))));
  try {
    for (const where of ['A.slv', 'A.slr', server.url]) {
      const { stdout } = await sublinear(['segments', where, '--json']);
      const { segments } = JSON.parse(stdout);
      expect(segments.at(-1)).toMatchObject({ name: 'vals', type: 'float64', shape: [3] });
      const part = ['segments', where, 'vals', '--from', '1', '--to', '3', '-o', 'part.f64'];
      expect((await sublinear(part)).code).toBe(0);
      const numbers = readFileSync(join(folder, 'part.f64'));
      expect([numbers.readDoubleLE(0), numbers.readDoubleLE(8)]).toEqual([0.5, 3]);
      await sublinear(['segments', where, '--saved', '-o', 'again.slv']);
      expect(readFileSync(join(folder, 'again.slv')).equals(saved)).toBe(true);
    }
  } finally {
    await server.close();
  }
  expect(await failing('segments', 'A.slv', 'vals')).toMatch(/expected -o/);
  expect(await failing('segments', 'A.slv', 'none', '-o', 'x')).toMatch(/one of csr, rowp/);
  expect(await failing('segments', 'A.mtx')).toMatch(/A\.mtx: .*file of this package/);
  expect(await failing('segments', 'nowhere.slv')).toMatch(/nowhere\.slv: /);
  expect(await failing('publish', 'A.mtx', '--sections', '-o', 'x')).toMatch(/save\(\)/);
  expect(await failing('publish', 'A.slv', '--cells', '3', '-o', 'x')).toMatch(/--cells/);
});

test('a collection: conditions on its metadata, and its own sections', async () => {
  const { Collection } = await load();
  using places = Collection.create({ metric: 'cosine', dimension: 2 });
  places.add({ key: 'east', vector: [1, 0], metadata: { sea: true } });
  places.add({ key: 'north-east', vector: [1, 1], metadata: { sea: false } });
  file('places.slv', places.save());
  await sublinear('publish places.slv -o places.slvr'.split(' '));
  const search = ['search', 'places.slvr', '--query', '1,0.1', '--where', 'sea=false', '--json'];
  const { results } = JSON.parse((await sublinear(search)).stdout);
  expect(results[0].matches.map(({ label }: { label: string }) => label)).toEqual(['north-east']);
  const made = await sublinear('publish places.slv --sections -o places.slr --json'.split(' '));
  expect(JSON.parse(made.stdout).kind).toBe('COLL');
  const { stdout } = await sublinear('segments places.slr items -o - --quiet'.split(' '));
  expect(JSON.parse(stdout).items[0][1]).toBe('east');
});

test('texts: published, and searched in a file here', async () => {
  const lines = [
    { id: 'a', title: 'Tides', body: 'The sea rises and falls' },
    { id: 'b', title: 'Stations', body: 'Trains rise early' },
    { id: 3, title: 'The sea', body: 'Salt, wind and waves' },
  ].map((each) => JSON.stringify(each));
  file('docs.jsonl', lines.join('\n'));
  await sublinear(['index', 'docs.jsonl', '--text', 'title,body', '-o', 'docs.slv']);
  const made = await sublinear(['publish', 'docs.slv', '-o', 'docs.sltx', '--json']);
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(JSON.parse(made.stdout)).toMatchObject({
    ...{ documents: 'docs.slv', size: 3, fields: ['title', 'body'] },
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const question = ['rising sea -"salt wind"', '--json'];
  const [here, there] = await Promise.all(
    ['docs.slv', 'docs.sltx'].map((name) => sublinear(['search', name, ...question])),
  );
  const [whole, remote] = [JSON.parse(here!.stdout), JSON.parse(there!.stdout)];
  expect(remote.results).toEqual(whole.results);
  expect(remote).toMatchObject({ count: whole.count, requests: expect.any(Number) });
  expect(whole.results.map(({ id }: { id: unknown }) => id)).toEqual(['a', 'b']);
  const shown = await sublinear(['search', 'docs.sltx', 'salt']);
  expect(shown.stdout + shown.stderr).toMatch(/read .*requests/);
  expect(await failing('search', 'docs.sltx', 'sea', '--where', 'year>2020')).toMatch(/--where/);
  expect(await failing('publish', 'docs.slv', '-o', 'x', '--cells', '3')).toMatch(/--cells.*texts/);
  // By its sections where that is asked for.
  const parts = await sublinear(['publish', 'docs.slv', '-o', 'docs.slr', '--sections', '--json']);
  expect(JSON.parse(parts.stdout)).toMatchObject({ kind: 'TEXT' });
});
