// Searches over HTTP: how many requests, bytes and rounds; and everything that servers do wrong.
import { createEngine } from 'sublinear';
import { type RemoteIndex as Index, load } from 'sublinear/format';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { failure, type RangeServer, serveFile } from '../support/range-server.js';

const { Bundle, RemoteGraph, RemoteIndex, RemoteText, writeRemoteIndex } = await load();

const [COUNT, DIMENSION, QUERIES] = [6000, 32, 20];

/** Points around seeded centres; the last ones are the queries. */
function points(): Float32Array {
  const next = random(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const centres = Float32Array.from({ length: 60 * DIMENSION }, normal);
  const all = new Float32Array((COUNT + QUERIES) * DIMENSION);
  for (let i = 0; i < COUNT + QUERIES; i++) {
    const centre = Math.floor(next() * 60) * DIMENSION;
    for (let j = 0; j < DIMENSION; j++)
      all[i * DIMENSION + j] = centres[centre + j]! + 1.5 * normal();
  }
  return all;
}

const all = points();
const vectors = all.subarray(0, COUNT * DIMENSION);
const queryAt = (q: number) => all.subarray((COUNT + q) * DIMENSION, (COUNT + q + 1) * DIMENSION);

function nearest(query: Float32Array, k: number, allowed = (_: number) => true): number[] {
  const distances = Array.from({ length: COUNT }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < DIMENSION; j++) sum += (query[j]! - vectors[i * DIMENSION + j]!) ** 2;
    return { i, sum };
  });
  return distances
    .filter(({ i }) => allowed(i))
    .sort((a, b) => a.sum - b.sum)
    .slice(0, k)
    .map(({ i }) => i);
}

const truths = Array.from({ length: QUERIES }, (_, q) => new Set(nearest(queryAt(q), 10)));
const keys = Array.from({ length: COUNT }, (_, i) => `point ${i}`);
const metadata = Array.from({ length: COUNT }, (_, i) => ({ part: i % 7, name: `n${i % 3}` }));
const file = writeRemoteIndex(vectors, {
  dimension: DIMENSION,
  metric: 'euclidean',
  keys,
  metadata,
});

let server: RangeServer;
beforeAll(async () => {
  server = await serveFile(file);
});
afterAll(() => server.close());
beforeEach(() => server.reset());

const open = (options = {}): Promise<Index> => RemoteIndex.open(server.url, options);

describe('what a search costs and finds', () => {
  test('opening takes one request, a search two rounds and few ranges', async () => {
    using index = await open();
    expect(server.asked).toHaveLength(1);
    expect(index.opening).toEqual({ requests: 1, bytes: 98_304, rounds: 1 });
    expect([index.size, index.dimension, index.metric, index.fileBytes]).toEqual([
      COUNT,
      DIMENSION,
      'euclidean',
      file.length,
    ]);
    let found = 0;
    for (let q = 0; q < QUERIES; q++) {
      server.asked.length = 0;
      using fresh = await open();
      server.asked.length = 0;
      const result = await fresh.search(queryAt(q), { probes: 10 });
      expect(result.requests).toBe(server.asked.length);
      expect(result.bytes).toBe(server.asked.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(result.rounds).toBe(2);
      expect(result.requests).toBeLessThanOrEqual(16);
      expect(result.bytes).toBeLessThan(file.length / 3);
      expect(result.complete).toBe(true);
      expect(result.keys).toEqual(Array.from(result.ids, (id) => `point ${id}`));
      found += [...result.ids].filter((id) => truths[q]!.has(id)).length;
    }
    expect(found / (10 * QUERIES)).toBeGreaterThan(0.9);
  });

  test('more cells find more, up to nearly all; auto reads as many as the recall asks for', async () => {
    using index = await open();
    const recall = async (options: object) => {
      let [found, expected, cells] = [0, 0, 0];
      for (let q = 0; q < QUERIES; q++) {
        const result = await index.search(queryAt(q), options);
        found += [...result.ids].filter((id) => truths[q]!.has(id)).length / 10 / QUERIES;
        expected = result.expectedRecall!;
        cells = result.cells;
      }
      return { found, expected, cells };
    };
    const few = await recall({ probes: 1 });
    const auto = await recall({});
    const every = await recall({ probes: index.cells });
    expect(few.found).toBeLessThan(auto.found);
    expect(auto.expected).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(auto.found - auto.expected)).toBeLessThan(0.08);
    expect(every.found).toBeGreaterThan(0.97);
    expect((await recall({ recall: 0.5 })).cells).toBeLessThan(auto.cells);
  });

  test('what was read is not read again, within the bytes of the cache', async () => {
    using index = await open();
    const first = await index.search(queryAt(0));
    const again = await index.search(queryAt(0));
    expect([again.requests, again.bytes, again.rounds]).toEqual([0, 0, 0]);
    expect(again.ids).toEqual(first.ids);
    expect(index.cachedBytes).toBeGreaterThan(0);
    using small = await open({ cacheBytes: 0 });
    await small.search(queryAt(0));
    expect(small.cachedBytes).toBe(0);
    expect((await small.search(queryAt(0))).requests).toBeGreaterThan(0);
  });

  test('a budget is kept, and what it left out is said', async () => {
    using index = await open({ cacheBytes: 0 });
    const whole = await index.search(queryAt(1), { probes: 12 });
    for (const share of [0, 0.05, 0.2, 0.5]) {
      const maxBytes = Math.floor(share * whole.bytes);
      const result = await index.search(queryAt(1), { probes: 12, maxBytes });
      expect(result.bytes).toBeLessThanOrEqual(maxBytes);
      expect(result.complete).toBe(false);
      if (maxBytes === 0) expect(result.ids).toHaveLength(0);
    }
    const enough = await index.search(queryAt(1), { probes: 12, maxBytes: 3 * whole.bytes });
    expect([enough.complete, enough.ids]).toEqual([true, whole.ids]);
  });

  test('conditions read the columns that they name, and only in the cells', async () => {
    using index = await open();
    const result = await index.search(queryAt(2), { where: { part: 3 }, probes: index.cells });
    expect([...result.ids].every((id) => id % 7 === 3)).toBe(true);
    const truth = new Set(nearest(queryAt(2), 10, (i) => i % 7 === 3));
    expect([...result.ids].filter((id) => truth.has(id)).length).toBeGreaterThanOrEqual(9);
    expect(result.expectedRecall).toBeUndefined();
    const both = await index.search(queryAt(2), {
      where: { and: [{ part: { gte: 5 } }, { name: 'n1' }] },
      metadata: true,
    });
    expect(both.metadata!.every(({ part, name }) => (part as number) >= 5 && name === 'n1')).toBe(
      true,
    );
    expect(both.metadata).toEqual(Array.from(both.ids, (id) => metadata[id]));
  });

  test('many searches at the same time', async () => {
    using index = await open();
    const results = await Promise.all(
      Array.from({ length: QUERIES }, (_, q) => index.search(queryAt(q))),
    );
    for (const [q, { ids }] of results.entries())
      expect(ids).toEqual((await index.search(queryAt(q))).ids);
  });

  test('nothing is held after it is disposed', async () => {
    const engine = await createEngine({ modules: ['format'] });
    const index = await engine.format.RemoteIndex.open(server.url);
    await index.search(queryAt(0));
    const running = index.search(queryAt(1));
    index.dispose();
    index.dispose();
    expect(index.disposed).toBe(true);
    expect((await failure(running)).code).toBe('DISPOSED');
    expect((await failure(index.search(queryAt(0)))).code).toBe('DISPOSED');
    expect(engine.stats().modules.every(({ bytesInUse }) => bytesInUse === 0)).toBe(true);
    engine.dispose();
  });
});

describe('what servers do', () => {
  test('the whole file instead of ranges: taken when it is small', async () => {
    server.behaviour.noRanges = true;
    using index = await open();
    expect(server.asked).toHaveLength(1);
    const result = await index.search(queryAt(0));
    expect([result.requests, result.ids.length]).toEqual([0, 10]);
    server.behaviour.chunked = true;
    using chunked = await open();
    expect(chunked.size).toBe(COUNT);
  });

  test('the whole file instead of ranges: refused when it is large', async () => {
    const large = new Uint8Array(17_000_000);
    large.set(file);
    Object.assign(server.behaviour, { noRanges: true, bytes: large });
    const error = await failure(open());
    expect([error.code, error.message]).toEqual(['NETWORK', expect.stringMatching(/Range/)]);
    server.behaviour.chunked = true;
    expect((await failure(open())).code).toBe('NETWORK');
  });

  test('compressed ranges are refused with the remedy', async () => {
    server.behaviour.gzip = true;
    const error = await failure(open());
    expect([error.code, error.message]).toEqual([
      'NETWORK',
      expect.stringMatching(/Content-Encoding: gzip.*as it is/),
    ]);
  });

  test('failures that pass are asked again, others are not', async () => {
    server.behaviour.fail = { status: 503, times: 2 };
    using index = await open();
    expect(index.opening.requests).toBe(3);
    server.behaviour.fail = { status: 503, times: 3 };
    expect((await failure(index.search(queryAt(3), { probes: 1 }))).message).toMatch(/503/);
    server.asked.length = 0;
    server.behaviour.fail = { status: 404, times: 1 };
    expect((await failure(open())).message).toMatch(/404/);
    expect(server.asked).toHaveLength(1);
  });

  test('answers that break off, or are of another place, are asked for again', async () => {
    using index = await open({ cacheBytes: 0 });
    const { ids } = await index.search(queryAt(4));
    server.behaviour.breakOff = { after: 100, times: 2 };
    expect((await index.search(queryAt(4))).ids).toEqual(ids);
    Object.assign(server.behaviour, { chunked: true, breakOff: { after: 100, times: 2 } });
    expect((await index.search(queryAt(4))).ids).toEqual(ids);
    server.behaviour.shift = 2;
    expect((await index.search(queryAt(4))).ids).toEqual(ids);
    server.behaviour.breakOff = { after: 100, times: 1000 };
    expect((await failure(index.search(queryAt(4)))).code).toBe('NETWORK');
  });

  test('no answer: the limit of time, and an abort', async () => {
    using index = await open({ timeoutMs: 50 });
    server.behaviour.silent = true;
    const error = await failure(index.search(queryAt(5), { probes: 1 }));
    expect([error.code, error.message]).toEqual(['NETWORK', expect.stringMatching(/in time/)]);
    const stop = new AbortController();
    using patient = await (async () => {
      server.behaviour.silent = false;
      const made = await open();
      server.behaviour.silent = true;
      return made;
    })();
    const running = patient.search(queryAt(5), { signal: stop.signal });
    stop.abort(new Error('no longer wanted'));
    await expect(running).rejects.toThrow('no longer wanted');
    await expect(patient.search(queryAt(5), { signal: stop.signal })).rejects.toThrow('no longer');
    await expect(open({ signal: stop.signal })).rejects.toThrow('no longer');
  });

  test('a start page in place of the file', async () => {
    const page = await serveFile(new TextEncoder().encode('<!DOCTYPE html><html></html>'));
    page.behaviour.noRanges = true;
    try {
      for (const Remote of [RemoteIndex, RemoteGraph, RemoteText, Bundle]) {
        const { code, message } = await failure(Remote.open(page.url));
        expect(code).toBe('FORMAT');
        expect(message).toBe(`${page.url} is an HTML page: does the server have the file?`);
      }
    } finally {
      await page.close();
    }
  });

  test('nobody there', async () => {
    const gone = await serveFile(file);
    await gone.close();
    expect((await failure(RemoteIndex.open(gone.url))).code).toBe('NETWORK');
  });

  test('a file that is replaced is opened again, once', async () => {
    const other = writeRemoteIndex(vectors, {
      dimension: DIMENSION,
      metric: 'euclidean',
      cells: 40,
      keys: keys.map((key) => `new ${key}`),
    });
    for (const etag of ['"two"', undefined]) {
      if (etag === undefined) server.behaviour.etag = undefined;
      Object.assign(server.behaviour, { bytes: file });
      if (etag !== undefined) server.behaviour.etag = '"one"';
      using index = await open({ cacheBytes: 0 });
      const before = index.hash;
      await index.search(queryAt(0));
      Object.assign(server.behaviour, { bytes: other, etag });
      const both = await Promise.all([index.search(queryAt(0)), index.search(queryAt(1))]);
      for (const { keys: found } of both) expect(found![0]).toMatch(/^new point/);
      expect(index.hash).not.toBe(before);
      expect(index.cells).toBe(40);
    }
  });

  test('the same file under another name goes on; damaged bytes do not', async () => {
    using index = await open({ cacheBytes: 0 });
    const { ids } = await index.search(queryAt(6));
    server.behaviour.etag = '"moved"';
    expect((await index.search(queryAt(6))).ids).toEqual(ids);
    const damaged = file.slice();
    for (let i = index.opening.bytes; i < damaged.length; i += 50) damaged[i]! ^= 4;
    server.behaviour.bytes = damaged;
    expect((await failure(index.search(queryAt(6)))).code).toBe('CHECKSUM');
    server.behaviour.bytes = file.subarray(0, 150_000);
    expect((await failure(index.search(queryAt(6), { probes: 60 }))).code).toBe('TRUNCATED');
  });

  test('If-Range is sent with a strong ETag, and not with a weak one', async () => {
    using index = await open();
    await index.search(queryAt(0), { probes: 1 });
    expect(server.asked.at(-1)!.ifRange).toBe('"one"');
    server.behaviour.etag = 'W/"weak"';
    using weak = await open();
    await weak.search(queryAt(0), { probes: 1 });
    expect(server.asked.at(-1)!.ifRange).toBeUndefined();
  });

  test('a fetch of the caller, a Blob, bytes, a reader', async () => {
    let calls = 0;
    const fetch: typeof globalThis.fetch = (input, init) => {
      calls++;
      return globalThis.fetch(input, init);
    };
    using index = await open({ fetch });
    const { ids } = await index.search(queryAt(7));
    expect(calls).toBe(server.asked.length);
    const reader = {
      read: async (offset: number, length: number) => file.slice(offset, offset + length).buffer,
    };
    for (const source of [new Blob([file]), file, file.buffer, reader, new URL(server.url)]) {
      using other = await RemoteIndex.open(source);
      expect((await other.search(queryAt(7))).ids).toEqual(ids);
    }
    const broken = { read: () => Promise.reject(new Error('disk')) };
    expect((await failure(RemoteIndex.open(broken))).message).toMatch(/disk/);
  });
});

test('options and queries that are wrong', async () => {
  using index = await RemoteIndex.open(file);
  const wrong = async (query: unknown, options: object = {}) =>
    (await failure(index.search(query as never, options as never))).code;
  expect(await wrong([1, 2])).toBe('SHAPE');
  expect(await wrong('x')).toBe('TYPE');
  expect(await wrong(new Float32Array(DIMENSION).fill(Number.NaN))).toBe('NOT_FINITE');
  expect(await wrong(queryAt(0), { k: 0 })).toBe('RANGE');
  expect(await wrong(queryAt(0), { probes: 0 })).toBe('RANGE');
  expect(await wrong(queryAt(0), { recall: 2 })).toBe('RANGE');
  expect(await wrong(queryAt(0), { maxBytes: -1 })).toBe('RANGE');
  expect(await wrong(queryAt(0), { where: 3 })).toBe('TYPE');
  expect(await wrong(queryAt(0), { probe: 3 })).toBe('TYPE');
  expect((await failure(RemoteIndex.open(file, { cacheBytes: -1 }))).code).toBe('RANGE');
  expect((await failure(RemoteIndex.open(file, { timeoutMs: 0 }))).code).toBe('RANGE');
  expect((await failure(RemoteIndex.open(file, { fetch: 5 } as never))).code).toBe('TYPE');
});
