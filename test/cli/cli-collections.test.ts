// `sublinear index --text --vector` and `sublinear search <index> <words> --where`, as a user runs them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'sublinear/hnsw';
import { describe, expect, test } from 'vitest';
import { file, folder, sublinear as run } from '../support/cli.js';
import { random } from '../support/door.js';

const hotels = [
  { id: 'miramar', title: 'Hotel Miramar', body: 'Quiet rooms by the sea', year: 2021, e: [1, 0] },
  { id: 'lodge', title: 'Lodge', body: 'On the cliffs', year: 2023, e: [0.9, 0.1], tags: ['old'] },
  { id: 7, title: 'Station hotel', body: 'Breakfast', year: 2015, e: [0, 1], lang: 'fr' },
  { title: 'No vector: called by its place', year: 2024 },
];
const lines = hotels.map((hotel) => JSON.stringify(hotel)).join('\n');
const build = ['--text', 'title,body', '--vector', 'e', '-o', 'h.slv'];
const keys = (stdout: string) => JSON.parse(stdout).results.map(({ key }: { key: unknown }) => key);

describe('sublinear index --text --vector, and search', () => {
  test('finds by words, by vectors and by conditions', async () => {
    const built = await run(['index', file('h.jsonl', lines), ...build, '--json']);
    expect([built.code, built.stderr]).toEqual([0, '']);
    expect(JSON.parse(built.stdout)).toMatchObject({ size: 4, vectors: 3, dimension: 2 });
    const both = await run(['search', 'h.slv', 'quiet hotel', '--query', '1,0.1', '--json']);
    expect(both.code).toBe(0);
    expect(keys(both.stdout)).toEqual(['miramar', 7, 'lodge']);
    expect(JSON.parse(both.stdout).results[0].parts).toMatchObject({ text: { rank: 0 } });
    const words = async (...more: string[]) =>
      keys((await run(['search', 'h.slv', ...more, '--json'])).stdout);
    expect(
      await words('hotel lodge called', '--where', 'year>2020', '--where', 'year<=2023'),
    ).toEqual(['lodge', 'miramar']);
    expect(await words('hotel', '--where', 'lang=fr')).toEqual([7]);
    expect(await words('hotel lodge', '--where', 'tags*=old')).toEqual(['lodge']);
    expect(await words('hotel', '--where', 'lang^="f"')).toEqual([7]);
    expect(await words('called', '--where', 'lang!=fr')).toEqual([3]);
    expect(await words('hotel', '--like', 'lodge', '--top', '2')).toEqual(['miramar', 7]);
    const table = await run(['search', 'h.slv', 'quiet', '--top', '1']);
    expect(table.stdout).toMatch(/1\s+miramar\s+\S+\s+1\s+-/);
    const near = await run(['search', 'h.slv', '--query', '0,1', '--where', 'year>2020', '--json']);
    expect(JSON.parse(near.stdout).results[0].matches[0].label).toBe('lodge');
    const plain = await run([
      'index',
      'h.jsonl',
      '--text',
      'title',
      '--metadata',
      'year',
      '-o',
      'm.slv',
    ]);
    expect([plain.code, plain.stderr.includes('none')]).toEqual([0, true]);
    expect(
      (await run(['search', 'm.slv', 'hotel', '--where', 'year<2020', '--json'])).stdout,
    ).toContain('7');
  });

  test('--threads and --codes auto: the file that buildShared makes, with the codes that are chosen', async () => {
    const next = random(9);
    const documents = Array.from({ length: 300 }, (_, i) => ({
      id: `d${i}`,
      title: `number ${i} of ${i % 7 === 0 ? 'seven' : 'others'}`,
      year: 1900 + (i % 50),
      ...(i % 10 !== 3 && { e: Array.from({ length: 8 }, () => Math.fround(next() - 0.5)) }),
    }));
    file('many.jsonl', documents.map((each) => JSON.stringify(each)).join('\n'));
    const how = ['--text', 'title', '--vector', 'e', '--codes', 'auto', '-o', 'many.slv'];
    const { Collection, Hnsw } = await load();
    const files: Buffer[] = [];
    for (const threads of ['1', '2']) {
      const told = await run(['index', 'many.jsonl', ...how, '--threads', threads, '--json']);
      expect([told.code, told.stderr]).toEqual([0, '']);
      const said = JSON.parse(told.stdout);
      expect(said).toMatchObject({ size: 300, vectors: 270, threads: Number(threads) });
      expect(said.recommended).toMatchObject({ wanted: 0.95, codes: expect.any(String) });
      const bytes = readFileSync(join(folder, 'many.slv'));
      using loaded = await Collection.loadAsync(bytes);
      // The index of an item's vector is that of the codes: its file is that of one that is made so.
      const { codes, rerank } = said.recommended;
      const vectors = documents.flatMap(({ e = [] }) => e);
      const ids = documents.flatMap(({ e }, i) => (e ? [i] : []));
      const shape = { metric: 'cosine', dimension: 8, codes, rerank } as const;
      const alone = await Hnsw.buildShared(shape, { ids, vectors });
      expect(loaded.index.save()).toEqual(alone.file);
      expect(loaded.get('d13')).toMatchObject({
        text: { title: ['number 13 of others'] },
        metadata: { year: 1913 },
        vector: new Float32Array(0),
      });
      files.push(bytes);
    }
    expect(files[0]!.equals(files[1]!)).toBe(true);
    const found = await run(['search', 'many.slv', 'seven', '--where', 'year<1910', '--json']);
    expect(keys(found.stdout).sort()).toContain('d0');
    file(
      'again.jsonl',
      [documents[0], documents[1], documents[0]].map((e) => JSON.stringify(e)).join('\n'),
    );
    const twice = await run([
      'index',
      'again.jsonl',
      '--text',
      'title',
      '--vector',
      'e',
      '-o',
      'x.slv',
      '--threads',
      '2',
    ]);
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringMatching(/again\.jsonl.*each key once, got "d0"/),
    ]);
    const short = await run(['index', 'again.jsonl', ...how]);
    expect([short.code, short.stderr]).toEqual([2, expect.stringMatching(/at least 100 vectors/)]);
  });

  test('--sparse: sparse vectors alone, and beside texts and vectors', async () => {
    const sparse = [{ indices: [3, 9], values: [1, 2] }, { 9: 3, 40: 0.5 }, null, { 3: -1 }];
    const all = hotels.map((hotel, i) => JSON.stringify({ ...hotel, s: sparse[i] })).join('\n');
    const some = all.split('\n').filter((_, i) => sparse[i] !== null);
    const alone = ['index', file('s.jsonl', some.join('\n')), '--sparse', 's', '-o', 's.slv'];
    const built = await run([...alone, '--json']);
    expect([built.code, built.stderr]).toEqual([0, '']);
    expect(JSON.parse(built.stdout)).toMatchObject({
      size: 3,
      vectors: 0,
      sparse: 3,
      sparseValues: 5,
    });
    const found = async (...more: string[]) => {
      const { code, stderr, stdout } = await run(['search', ...more, '--json']);
      expect([code, stderr]).toEqual([0, '']);
      return keys(stdout);
    };
    expect(await found('s.slv', '--sparse', '9:1, 3:1')).toEqual(['miramar', 'lodge', 2]);
    expect(await found('s.slv', '--sparse', '9:1', '--where', 'year>2022')).toEqual(['lodge']);
    const whole = ['index', file('a.jsonl', all), ...build, '--sparse', 's', '--exact'];
    expect((await run(whole)).code).toBe(0);
    expect(await found('h.slv', 'station', '--sparse', '40:1')).toEqual([7, 'lodge']);
    const table = await run(['search', 'h.slv', '--sparse', '3:2', '--query', '1,0', '--top', '1']);
    expect(table.stdout).toMatch(/1\s+miramar\s+\S+\s+-\s+1\s+1/);
    const said = async (...args: string[]) => {
      const { code, stderr } = await run(args);
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await said('search', 's.slv', '--sparse', '3')).toContain('index:value');
    expect(await said('search', 's.slv', '--sparse', '3:1,3:2')).toContain('--sparse');
    expect(await said('search', 's.slv', '--query', '1')).toContain('--sparse');
    await run(['index', 'a.jsonl', '--text', 'title', '-o', 't.slv']);
    expect(await said('search', 't.slv', '--sparse', '3:1')).toContain('no sparse vectors');
    const bad = file('b.jsonl', '{"s":{"x":1}}');
    expect(await said('index', bad, '--sparse', 's', '-o', 'x.slv')).toContain('b.jsonl:1');
    expect(await said('index', bad, '--sparse', 's', '--keyword', 'a', '-o', 'x.slv')).toContain(
      '--text',
    );
  });

  test('what is wrong is said', async () => {
    await run(['index', file('h.jsonl', lines), ...build]);
    const said = async (...args: string[]) => {
      const { code, stderr } = await run(args);
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await said('search', 'h.slv', 'a', '--where', 'year')).toContain('as in');
    expect(await said('search', 'h.slv', 'a', '--query', '1,2,3')).toContain('--query');
    expect(await said('search', 'h.slv', 'a', '--like', 'nobody')).toContain('no such label');
    expect(await said('search', 'h.slv', '--like', '3')).toContain('has no vector of it');
    await run(['index', 'h.jsonl', '--text', 'title', '--metadata', 'year', '-o', 'm.slv']);
    for (const more of [
      ['--query', '1'],
      ['--like', 'lodge'],
    ])
      expect(await said('search', 'm.slv', ...more)).toContain('search it by words');
    expect(await said('index', 'h.jsonl', '--vector', 'e', '-o', 'x.slv')).toContain(
      'only with --text',
    );
    const none = await said('index', 'h.jsonl', '--text', 'title', '--vector', 'f', '-o', 'x.slv');
    expect(none).toContain('no document');
    const bad = `${lines}\n${JSON.stringify({ id: 'x', title: 'a', e: [1, 2, 3] })}`;
    expect(await said('index', file('bad.jsonl', bad), ...build)).toContain('bad.jsonl');
    expect(await said('index', file('b.jsonl', '{"e":[1,"a"]}'), ...build)).toContain('b.jsonl:1');
    await run(['index', 'h.jsonl', '--text', 'title', '-o', 't.slv']);
    expect(await said('search', 't.slv', 'hotel', '--where', 'year>1')).toContain('no metadata');
    expect(await said('search', 't.slv', 'hotel', '--query', '1')).toContain('--vector');
  });
});
