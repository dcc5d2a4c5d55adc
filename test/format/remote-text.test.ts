// Full-text search by ranges: the hits and scores of the index in memory, by counted requests and bytes.
import { createHash } from 'node:crypto';
import { open as openFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import { load, type RemoteText } from 'sublinear/format';
import { load as loadText, type SearchTextOptions, type TextIndex } from 'sublinear/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';

const { Bundle, RemoteText: Remote, writeRemoteText } = await load();
const { TextIndex: Index, TextFilter } = await loadText();

const syllables = ['ka', 'lo', 'mi', 'ra', 'tu', 'shen', 'vor', 'pel', 'ing', 'ed', 'est', 'qui'];

/** Words of which some are in most documents and most in few. */
function wordOf(next: () => number): string {
  let rank = Math.floor(1500 * next() ** 3);
  let word = '';
  do {
    word += syllables[rank % 12];
    rank = Math.floor(rank / 12);
  } while (rank > 0);
  return word;
}

function made(count: number, options: Parameters<typeof Index.create>[0], seed = 1): TextIndex {
  const next = random(seed);
  const index = Index.create(options);
  const text = (words: number) => Array.from({ length: words }, () => wordOf(next)).join(' ');
  for (let i = 0; i < count; i++)
    index.add({
      id: i % 3 === 0 ? i : `doc ${i}`,
      fields: {
        title: i % 7 === 0 ? undefined : text(1 + (i % 5)),
        body: text(3 + Math.floor(30 * next())),
        kind: ['red', 'green', 'Dark blue'][i % 3],
      },
    });
  for (let i = 0; i < count; i += 11) index.remove(i % 3 === 0 ? i : `doc ${i}`);
  return index;
}

const fields = { title: { boost: 2 }, body: {}, kind: { keyword: true } };
const whole = made(4000, { fields });
const file = writeRemoteText(whole);
afterAll(() => whole.dispose());

const questions: [string, SearchTextOptions?][] = [
  ['kalo'],
  ['lo mi ra'],
  ['lo mi ra', { k: 100, offset: 7, count: true }],
  ['+lo +mi -ra'],
  ['lo -"mi ra"'],
  ['"lo mi"'],
  ['"lo mi ra" tu'],
  ['title:lo body:mi^3'],
  ['kind:red lo'],
  ['kind:"Dark blue" shenlo'],
  ['shen*'],
  ['sh*', { operator: 'and', k: 30 }],
  ['shenl~1 kolo~2', { count: true }],
  ['lo mi', { scorer: 'bm25f', k1: 2, b: 0.4, boosts: { body: 5 } }],
  ['lo mi ra tu shen vor pel', { operator: 'and', count: true }],
  ['ka', { fields: ['title'], filter: [0, 'doc 1', 3, 'doc 4', 'doc 40', 'not there'] }],
  ['nothingofthekind'],
  ['-lo'],
  [''],
];

/** A source that counts. */
function counted(bytes: Uint8Array) {
  const seen = { requests: 0, bytes: 0 };
  const read = async (offset: number, length: number) => {
    seen.requests++;
    const part = bytes.slice(offset, offset + length);
    seen.bytes += part.length;
    return part;
  };
  return { seen, source: { size: bytes.length, read } };
}

describe('answers', () => {
  test.each(questions)('%s: as in memory', async (query, options) => {
    const { source } = counted(file);
    using remote = await Remote.open(source);
    expect([remote.size, remote.fields]).toEqual([whole.size, whole.fields]);
    const { requests, bytes, rounds, ...found } = await remote.search(query, options);
    expect(found).toEqual(whole.search(query, options));
    expect(rounds).toBeLessThanOrEqual(1);
    expect(bytes).toBeLessThan(file.length);
    expect(requests === 0).toBe(bytes === 0);
    // What is there is not read again.
    const again = await remote.search(query, options);
    expect([again.requests, again.bytes]).toEqual([0, 0]);
    expect(again.hits).toEqual(found.hits);
  });

  test('of one object, in any order, with any room for lists', async () => {
    for (const cacheBytes of [0, 3000, 2 ** 24]) {
      using remote = await Remote.open(file, { cacheBytes });
      const next = random(cacheBytes + 1);
      for (let round = 0; round < 60; round++) {
        const [query, options] = questions[Math.floor(next() * questions.length)]!;
        const { hits } = await remote.search(query, options);
        expect(hits).toEqual(whole.search(query, options).hits);
        expect(remote.cachedBytes).toBeLessThanOrEqual(cacheBytes);
      }
      // At once: each lets go of what others need.
      const all = await Promise.all(questions.map((each) => remote.search(...each)));
      for (const [i, { hits }] of all.entries())
        expect(hits).toEqual(whole.search(...questions[i]!).hits);
    }
  });

  test('no positions, no stemming, a stemmer of the user, one field, no document', async () => {
    const stem = (word: string) => word.slice(0, 3);
    for (const options of [
      { fields, positions: false },
      { fields, language: 'none' as const, stopWords: ['lo'] },
      { fields, language: 'none' as const, stem },
    ]) {
      using index = made(700, options, 5);
      const own = 'stem' in options ? { stem } : {};
      using remote = await Remote.open(writeRemoteText(index), own);
      for (const query of ['lo mi ra', 'shen* tu', 'kalo'])
        expect((await remote.search(query, { k: 50 })).hits).toEqual(
          index.search(query, { k: 50 }).hits,
        );
    }
    using index = Index.create({ fields: ['text'] });
    using empty = await Remote.open(writeRemoteText(index));
    expect(await empty.search('lo')).toEqual({ hits: [], requests: 0, bytes: 0, rounds: 0 });
    index.add({ id: 7, fields: { text: 'one document' } });
    using one = await Remote.open(writeRemoteText(index));
    expect((await one.search('documents')).hits[0]?.id).toBe(7);
  });

  test('a filter that was made before', async () => {
    using filter = TextFilter.from(Array.from({ length: 1000 }, (_, i) => 3 * i));
    using remote = await Remote.open(file);
    const how = { filter, k: 40, count: true };
    const { hits, count } = await remote.search('lo mi', how);
    expect({ hits, count }).toEqual(whole.search('lo mi', how));
  });
});

test('requests and bytes: a list is read alone, and neighbours together', async () => {
  const { seen, source } = counted(file);
  using remote = await Remote.open(source);
  expect(remote.opening.requests).toBe(seen.requests);
  expect(seen.requests).toBeLessThanOrEqual(2);
  expect(remote.opening.bytes).toBe(seen.bytes);
  const opened = { ...seen };
  const { requests, bytes } = await remote.search('kalo shenvor');
  expect([requests, bytes]).toEqual([seen.requests - opened.requests, seen.bytes - opened.bytes]);
  expect(requests).toBeLessThanOrEqual(2);
  // Rare words: not more than their blocks.
  expect(bytes).toBeLessThanOrEqual(4 * 4096);
  // Two searches for one word at a time may both read it; afterwards it is there once.
  await Promise.all([remote.search('mira'), remote.search('mira')]);
  const before = seen.requests;
  await remote.search('mira');
  expect(seen.requests).toBe(before);
});

test('the module of texts is fetched where it is not there', async () => {
  const engine = await createEngine();
  const { RemoteText: Own } = await engine.use('format');
  const hasText = () => engine.stats().modules.some(({ rooms }) => rooms.includes('text'));
  expect(hasText()).toBe(false);
  using remote = await Own.open(file);
  expect(hasText()).toBe(true);
  expect((await remote.search('lo mi')).hits).toEqual(whole.search('lo mi').hits);
  engine.dispose();
  await expect(remote.search('lo mi')).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('open files, blobs, HTTP ranges, and a hash that is expected', async () => {
  const path = join(tmpdir(), `sublinear-remote-text-${process.pid}.sltx`);
  await writeFile(path, file);
  const handle = await openFile(path);
  const expected = whole.search('lo mi').hits;
  try {
    for (const source of [handle, new Blob([file]), file.buffer]) {
      using remote = await Remote.open(source);
      expect((await remote.search('lo mi')).hits).toEqual(expected);
    }
  } finally {
    await handle.close();
    await rm(path);
  }
  const fetch = (async (_: unknown, init?: RequestInit) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '')!;
    const part = file.slice(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${file.length}`;
    return new Response(part, { status: 206, headers: { 'content-range': range, etag: '"a"' } });
  }) as typeof globalThis.fetch;
  const hash = createHash('sha256');
  using remote = await Remote.open('https://example.org/docs.sltx', { fetch });
  expect((await remote.search('lo mi')).hits).toEqual(expected);
  expect(remote.hash).toMatch(/^[0-9a-f]{64}$/);
  using same = await Remote.open(file, { hash: remote.hash });
  expect(same.size).toBe(whole.size);
  await expect(Remote.open(file, { hash: hash.update('x').digest('hex') })).rejects.toMatchObject({
    code: 'CHECKSUM',
  });
  expect((await Bundle.open(file)).kind).toBe('RTXT');
});

describe('what is wrong', () => {
  let remote: RemoteText;
  beforeAll(async () => {
    remote = await Remote.open(file);
  });
  afterAll(() => remote.dispose());

  test('options, queries and objects of other kinds', async () => {
    const operation = 'RemoteText.search';
    await expect(remote.search(7 as never)).rejects.toMatchObject({ code: 'TYPE', operation });
    await expect(remote.search('lo', { k: 0 })).rejects.toMatchObject({ code: 'RANGE', operation });
    await expect(remote.search('lo', { facets: ['kind'] } as never)).rejects.toThrow(/facets/);
    await expect(remote.search('lo', { k1: -1 })).rejects.toMatchObject({ argument: 'k1' });
    await expect(remote.search('lo', { signal: 7 as never })).rejects.toMatchObject({
      code: 'TYPE',
    });
    await expect(
      remote.search('lo', { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
    expect(() => writeRemoteText({} as never)).toThrow(/TextIndex/);
    await expect(Remote.open(whole.save())).rejects.toMatchObject({ code: 'FORMAT' });
    using gone = await Remote.open(file);
    gone.dispose();
    await expect(gone.search('lo')).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('a phrase where no positions are kept', async () => {
    using index = Index.create({ fields: ['text'], positions: false });
    index.add({ id: 1, fields: { text: 'red wine' } });
    using own = await Remote.open(writeRemoteText(index));
    await expect(own.search('"red wine"')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('every byte counts: what is changed is refused, or not read', async () => {
    using small = Index.create({ fields: ['text'] });
    const next = random(4);
    for (let id = 0; id < 300; id++)
      small.add({
        id,
        fields: { text: Array.from({ length: 12 }, () => wordOf(next)).join(' ') },
      });
    const good = writeRemoteText(small);
    const expected = small.search('lo mi ra').hits;
    let refused = 0;
    for (let at = 0; at < good.length; at += 13) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ (1 << (at % 8));
      try {
        using own = await Remote.open(bad);
        expect((await own.search('lo mi ra')).hits).toEqual(expected);
      } catch (error) {
        expect(['CHECKSUM', 'FORMAT', 'TRUNCATED']).toContain((error as { code?: string }).code);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(good.length / 13 / 3);
    for (const length of [0, 10, 63, 64, 500, good.length - 1])
      await expect(Remote.open(good.slice(0, length))).rejects.toMatchObject({
        code: expect.stringMatching(/FORMAT|TRUNCATED/),
      });
  });

  test('hashes that nobody compares: lists of anything are refused, or give some answer', async () => {
    const codes = new Set<string>();
    const next = random(8);
    for (let round = 0; round < 300; round++) {
      const bad = file.slice();
      for (let i = 0; i < 40; i++)
        bad[Math.floor(bad.length * (0.4 + 0.6 * next()))] = Math.floor(256 * next());
      try {
        using own = await Remote.open(bad, { verify: false });
        const { hits } = await own.search('lo mi ra shen*', { k: 30 });
        for (const { score } of hits) expect(score).toBeGreaterThan(0);
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    }
    for (const code of codes) expect(['FORMAT', 'CHECKSUM', 'MEMORY']).toContain(code);
  });
});
