// Walks through a graph on a server: the same answers as in memory, what they cost, and what goes wrong.
import { readFileSync } from 'node:fs';
import { createEngine } from 'sublinear';
import { load as loadDiffusion } from 'sublinear/diffusion';
import { load, type RemoteGraph as Remote } from 'sublinear/format';
import { load as loadGraph } from 'sublinear/graph';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { forged } from '../support/forged.js';
import { failure, type RangeServer, serveFile } from '../support/range-server.js';
import { refusalOf } from '../support/refused.js';

const { Bundle, RemoteGraph, RemoteIndex, writeRemoteGraph, writeRemoteGraphAsync } = await load();
const { Graph } = await loadGraph();
const { personalizedPageRank } = await loadDiffusion();

const [GROUPS, SIZE] = [150, 40];

/** Groups of 40 nodes with edges in them and some between them; nodes are called in no order. */
function edges(count: number, seed: number) {
  const next = random(seed);
  const nodes = GROUPS * SIZE;
  const name = Array.from({ length: nodes }, (_, i) => i);
  for (let i = nodes - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [name[i], name[j]] = [name[j]!, name[i]!];
  }
  const from: number[] = [];
  const to: number[] = [];
  for (let e = 0; e < count; e++) {
    const u = Math.floor(next() * nodes);
    const near = Math.floor(u / SIZE) * SIZE + Math.floor(next() * SIZE);
    from.push(name[u]!);
    to.push(name[next() < 0.03 ? Math.floor(next() * nodes) : near]!);
  }
  return { from, to };
}

const { from, to } = edges(40_000, 4);
const graph = Graph.fromEdges({ from, to, directed: false, nodeCount: GROUPS * SIZE });
const words = (list: number[]) => list.map((node) => `wörd ${node}`);
const named = Graph.fromEdges({ from: words(from), to: words(to), directed: false });
const file = writeRemoteGraph(named);

let server: RangeServer;
beforeAll(async () => {
  server = await serveFile(file);
});
afterAll(() => server.close());
beforeEach(() => server.reset());

const open = (options = {}): Promise<Remote> => RemoteGraph.open(server.url, options);
const byName = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);

describe('the same as in memory', () => {
  test('neighbours and weights of every kind of graph', async () => {
    const weights = from.map((_, i) => ((i % 7) + 1) / 3);
    for (const given of [
      graph,
      named,
      Graph.fromEdges({ from, to, weights }),
      Graph.fromEdges({ from, to, weights: weights.map(Math.fround), dtype: 'float32' }),
    ]) {
      using remote = await RemoteGraph.open(writeRemoteGraph(given));
      expect([remote.nodeCount, remote.edgeCount, remote.directed, remote.weighted]).toEqual([
        given.nodeCount,
        given.edgeCount,
        given.directed,
        given.weighted,
      ]);
      for (let node = 0; node < given.nodeCount; node += 397) {
        const { nodes, weights: own, complete } = await remote.neighbors(given.labelOf(node));
        expect(complete).toBe(true);
        const found = new Map(nodes.map((label, i) => [label, own[i]]));
        const labels = given.labelsOf(given.neighbors(node));
        const wanted = new Map(labels.map((label, i) => [label, given.neighborWeights(node)[i]]));
        expect([...found].sort((a, b) => byName(a[0], b[0]))).toEqual(
          [...wanted].sort((a, b) => byName(a[0], b[0])),
        );
      }
    }
  });

  test('PageRank, within the bounds that come with it', async () => {
    for (const given of [named, Graph.fromEdges({ from, to })]) {
      using remote = await RemoteGraph.open(writeRemoteGraph(given));
      for (const options of [{ epsilon: 1e-4 }, { tolerance: 1e-3 }, { damping: 0.5, topK: 7 }]) {
        const source = given.labelOf(11);
        const found = await remote.personalizedPageRank({ source, ...options });
        const damping = options.damping ?? 0.85;
        const { scores } = personalizedPageRank(given, {
          source,
          damping,
          dense: true,
          tolerance: 1e-12,
        });
        expect([found.outcome, found.complete]).toEqual(['converged', true]);
        let off = 0;
        const rest = Float64Array.from(scores);
        for (const [i, label] of found.nodes.entries()) {
          const node = given.nodeOf(label)!;
          const error = Math.abs(found.scores[i]! - scores[node]!);
          expect(error).toBeLessThanOrEqual(found.bounds[i]! + 1e-11);
          off += error;
          rest[node] = 0;
        }
        if (options.topK === undefined)
          expect(off + rest.reduce((sum, x) => sum + x, 0)).toBeLessThanOrEqual(
            found.errorBound + 1e-11,
          );
        else expect(found.nodes).toHaveLength(options.topK);
        if (options.tolerance !== undefined)
          expect(found.errorBound).toBeLessThanOrEqual(options.tolerance);
      }
    }
  });

  test('several sources with weights', async () => {
    using remote = await RemoteGraph.open(writeRemoteGraph(graph));
    const source = { nodes: [5, 900], weights: [3, 1] };
    const found = await remote.personalizedPageRank({ source, tolerance: 1e-4 });
    const { scores } = personalizedPageRank(graph, { source, dense: true, tolerance: 1e-10 });
    for (const [i, node] of found.nodes.entries())
      expect(Math.abs(found.scores[i]! - scores[node as number]!)).toBeLessThanOrEqual(
        found.bounds[i]! + 1e-9,
      );
  });

  test('steps and shortest paths', async () => {
    using remote = await open();
    const level = new Map<number, number>([[3, 0]]);
    for (const node of level.keys())
      for (const next of named.neighbors(node))
        if (!level.has(next)) level.set(next, level.get(node)! + 1);
    const { nodes, distances } = await remote.hops(named.labelOf(3), { hops: 2 });
    expect(nodes).toHaveLength([...level.values()].filter((steps) => steps <= 2).length);
    for (const [i, label] of nodes.entries())
      expect(distances[i]).toBe(level.get(named.nodeOf(label)!));
    for (let node = 0; node < named.nodeCount; node += 611) {
      const path = await remote.path(named.labelOf(3), named.labelOf(node));
      expect(path.hops).toBe(level.get(node) ?? Number.POSITIVE_INFINITY);
      for (let i = 1; i < path.nodes.length; i++)
        expect(named.neighbors(path.nodes[i - 1]!)).toContain(named.nodeOf(path.nodes[i]!));
    }
    const far = await remote.path(named.labelOf(3), named.labelOf(611), { maxHops: 0 });
    expect([far.hops, far.nodes]).toEqual([Number.POSITIVE_INFINITY, []]);
  });

  test('numbers, large numbers and texts as names', async () => {
    const odd = Graph.fromEdges({ from: [7n, 2n ** 60n], to: [2n ** 60n, 9n] });
    using remote = await RemoteGraph.open(await writeRemoteGraphAsync(odd));
    expect((await remote.neighbors(7)).nodes).toEqual([2n ** 60n]);
    expect([await remote.has('7'), await remote.has(9), await remote.has(8)]).toEqual([
      true,
      true,
      false,
    ]);
    const texts = Graph.fromEdges({
      from: ['', '\uffff', '7'],
      to: ['\uffff', '𝄞', 'a'.repeat(9000)],
    });
    using other = await RemoteGraph.open(writeRemoteGraph(texts));
    for (let node = 0; node < texts.nodeCount; node++)
      expect(await other.has(texts.labelOf(node))).toBe(true);
    expect((await other.neighbors(7)).nodes[0]).toHaveLength(9000);
    expect(await other.has('b')).toBe(false);
  });
});

describe('what it costs', () => {
  test('a part of the file, and nothing twice', async () => {
    using remote = await open();
    expect(remote.opening).toEqual({ requests: 1, bytes: 16_384, rounds: 1 });
    server.asked.length = 0;
    const ask = { source: named.labelOf(1), epsilon: 1e-4, topK: 10 };
    const found = await remote.personalizedPageRank(ask);
    expect(found.requests).toBe(server.asked.length);
    expect(found.bytes).toBe(server.asked.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(found.bytes).toBeLessThan(file.length / 5);
    const again = await remote.personalizedPageRank(ask);
    expect([again.requests, again.bytes, again.rounds, again.nodes]).toEqual([
      0,
      0,
      0,
      found.nodes,
    ]);
    expect(remote.cachedBytes).toBeGreaterThan(0);
  });

  test('a budget is kept, and the bound says what it cost', async () => {
    using remote = await open({ cacheBytes: 0 });
    await remote.has(named.labelOf(2));
    const tables = (await remote.personalizedPageRank({ source: named.labelOf(2), maxBytes: 0 }))
      .bytes;
    const limit = tables + 30_000;
    const ask = { source: named.labelOf(2), tolerance: 1e-6, maxBytes: limit };
    const found = await remote.personalizedPageRank(ask);
    expect([found.outcome, found.complete]).toEqual(['byteLimit', false]);
    expect(found.bytes).toBeLessThanOrEqual(limit);
    expect(found.errorBound).toBeGreaterThan(1e-6);
    expect(found.errorBound).toBeLessThanOrEqual(2);
    const hops = await remote.hops(named.labelOf(2), { hops: 5, maxBytes: limit });
    expect(hops.complete).toBe(false);
    expect(hops.bytes).toBeLessThanOrEqual(limit);
    const path = await remote.path(named.labelOf(2), named.labelOf(999), { maxBytes: tables });
    expect([path.hops, path.complete]).toEqual([Number.POSITIVE_INFINITY, false]);
  });

  test('rows of leaves that the budget does not allow count in the bound', async () => {
    // Every node has some followers that lead nowhere.
    const [a, b] = [from.slice(0, 9000), to.slice(0, 9000)];
    for (let i = 0; i < 20_000; i++) {
      a.push(a[i % 9000]!);
      b.push(GROUPS * SIZE + (i % 12_000));
    }
    const given = Graph.fromEdges({ from: a, to: b, nodeCount: GROUPS * SIZE + 12_000 });
    using remote = await RemoteGraph.open(writeRemoteGraph(given), { cacheBytes: 0 });
    const source = a[0]!;
    const { scores } = personalizedPageRank(given, { source, dense: true, tolerance: 1e-12 });
    const ask = { source, epsilon: 1e-5, topK: 3 };
    const tables = (await remote.personalizedPageRank({ ...ask, maxBytes: 0 })).bytes;
    const bounds: number[] = [];
    const outcomes = new Set<string>();
    for (const more of [0, 20_000, 60_000, 120_000, 200_000, Number.POSITIVE_INFINITY]) {
      const found = await remote.personalizedPageRank({
        source,
        epsilon: 1e-5,
        maxBytes: tables + more,
      });
      let off = 0;
      const rest = Float64Array.from(scores);
      for (const [i, node] of found.nodes.entries()) {
        off += Math.abs(found.scores[i]! - scores[node as number]!);
        rest[node as number] = 0;
      }
      if (found.nodes.length === found.touchedNodes)
        expect(off + rest.reduce((sum, x) => sum + x, 0)).toBeLessThanOrEqual(
          found.errorBound + 1e-11,
        );
      bounds.push(found.errorBound);
      outcomes.add(found.outcome);
    }
    expect(bounds).toEqual([...bounds].sort((x, y) => y - x));
    expect([...outcomes].sort()).toEqual(['byteLimit', 'converged']);
  });

  test('nothing is held after it is disposed', async () => {
    const engine = await createEngine({ modules: ['format'] });
    const remote = await engine.format.RemoteGraph.open(server.url);
    await remote.personalizedPageRank({ source: named.labelOf(0) });
    const running = remote.hops(named.labelOf(5), { hops: 3 });
    remote.dispose();
    remote.dispose();
    expect((await failure(running)).code).toBe('DISPOSED');
    expect((await failure(remote.neighbors('x'))).code).toBe('DISPOSED');
    expect(engine.stats().modules.every(({ bytesInUse }) => bytesInUse === 0)).toBe(true);
    engine.dispose();
  });

  test('files of version 1 are read', async () => {
    const old = readFileSync('test/vectors/remote-graph-version-1.slgr');
    const bundle = await Bundle.open(old);
    expect((await bundle.read('graph')).data[0]).toBe(1);
    using remote = await RemoteGraph.open(old);
    // What it was written from: 200 nodes in a ring, with chords.
    const steps = [1, 2, 7, 31];
    const ends = Array.from({ length: 800 }, (_, i) => [i >> 2, (i >> 2) + steps[i % 4]!] as const);
    const all = Graph.fromEdges({
      from: ends.map(([u]) => `n${u}`),
      to: ends.map(([, v]) => `n${v % 200}`),
      weights: ends.map(([u, v]) => 1 + ((u * (v - u)) % 3)),
      directed: false,
    });
    const { nodes, weights } = await remote.neighbors('n5');
    const given = new Map(nodes.map((node, i) => [String(node), weights[i]]));
    for (const [u, v] of ends)
      if (u === 5) expect(given.get(`n${v}`)).toBe(1 + ((5 * (v - u)) % 3));
    expect(nodes.length).toBe(8);
    const { scores } = personalizedPageRank(all, { source: 'n5', dense: true, tolerance: 1e-12 });
    const found = await remote.personalizedPageRank({ source: 'n5', tolerance: 1e-6 });
    expect(found.nodes.length).toBe(200);
    for (const [i, label] of found.nodes.entries()) {
      const error = Math.abs(found.scores[i]! - scores[all.nodeOf(label)!]!);
      expect(error).toBeLessThanOrEqual(found.bounds[i]! + 1e-11);
    }
  });

  test('the file of a graph is one that Bundle opens', async () => {
    const bundle = await Bundle.open(file);
    const rows = await bundle.read('rows');
    expect(rows.data.length).toBeGreaterThan(100_000);
    expect((await bundle.read('graph')).data.slice(0, 3)).toEqual(
      Uint32Array.of(2, 0, named.nodeCount),
    );
    expect(await failure(RemoteIndex.open(file))).toMatchObject({
      code: 'FORMAT',
      message: expect.stringContaining('vectors (RemoteIndex), got a graph (RemoteGraph)'),
    });
  });
});

describe('what goes wrong', () => {
  test('a file that is replaced is opened again; damaged bytes are refused', async () => {
    using remote = await open({ cacheBytes: 0 });
    const before = remote.hash;
    await remote.neighbors(named.labelOf(0));
    const other = Graph.fromEdges({ from: words([0]), to: words([1]) });
    Object.assign(server.behaviour, { bytes: writeRemoteGraph(other), etag: '"two"' });
    expect((await remote.neighbors('wörd 0')).nodes).toEqual(['wörd 1']);
    expect(remote.hash).not.toBe(before);
    const damaged = file.slice();
    for (let i = 16_384; i < damaged.length; i += 50) damaged[i]! ^= 4;
    Object.assign(server.behaviour, { bytes: damaged, etag: '"two"' });
    using broken = await RemoteGraph.open(server.url, { verify: true }).catch(() => ({
      neighbors: () => Promise.reject({ code: 'CHECKSUM' }),
      [Symbol.dispose]: () => {},
    }));
    expect((await failure(broken.neighbors(named.labelOf(0)))).code).toBe('CHECKSUM');
  });

  test('files with right hashes that say what is not so', async () => {
    const small = (edges: [string, string][], directed: boolean) =>
      writeRemoteGraph(
        Graph.fromEdges({ from: edges.map(([u]) => u), to: edges.map(([, v]) => v), directed }),
      );
    const line = small(
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      false,
    );
    expect((await (await RemoteGraph.open(forged(line, () => {}))).path('a', 'c')).hops).toBe(2);
    // The table of names: a length, the name, its place in four bytes.
    using renamed = await RemoteGraph.open(
      forged(line, (segment) => {
        const table = segment('lookup');
        const place = table.slice(2, 6);
        table.copyWithin(2, 8, 12);
        table.set(place, 8);
      }),
    );
    const questions = [
      renamed.neighbors('a'),
      renamed.hops('b'),
      renamed.path('c', 'b'),
      renamed.personalizedPageRank({ source: 'a' }),
    ];
    for (const refused of await Promise.all(questions.map(failure)))
      expect(refused).toMatchObject({
        code: 'FORMAT',
        message: expect.stringMatching('the row of'),
      });
    // Directed edges, called undirected: there is no edge from a to d.
    const oneWay = small(
      [
        ['a', 'b'],
        ['a', 'x'],
        ['a', 'y'],
        ['b', 'a'],
        ['x', 'a'],
        ['y', 'a'],
        ['c', 'd'],
        ['d', 'a'],
      ],
      true,
    );
    using undirected = await RemoteGraph.open(
      forged(oneWay, (segment) => {
        segment('graph')[4] = 0;
      }),
    );
    expect((await failure(undirected.path('a', 'c'))).code).toBe('FORMAT');
    // Degrees: the codes of neighbours say that they have no edges.
    const chain = small(
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      true,
    );
    using ended = await RemoteGraph.open(forged(chain, (segment) => segment('levels').fill(0)));
    expect((await failure(ended.personalizedPageRank({ source: 'a' }))).code).toBe('FORMAT');
  });

  test('aborts, truncated files, servers that fail', async () => {
    using remote = await open();
    const stop = new AbortController();
    server.behaviour.silent = true;
    const running = remote.hops(named.labelOf(0), { hops: 2, signal: stop.signal });
    stop.abort(new Error('no longer wanted'));
    await expect(running).rejects.toThrow('no longer wanted');
    server.behaviour.silent = false;
    server.behaviour.fail = { status: 404, times: 1 };
    expect((await failure(remote.hops(named.labelOf(0)))).code).toBe('NETWORK');
    server.behaviour.bytes = file.subarray(0, 60_000);
    server.behaviour.etag = '"one"';
    expect((await failure(remote.hops(named.labelOf(0), { hops: 4 }))).code).toBe('TRUNCATED');
  });

  test('nodes and options that are wrong', async () => {
    using remote = await RemoteGraph.open(file);
    const source = named.labelOf(0);
    expect((await failure(remote.neighbors('nobody'))).message).toMatch(/"node".*nobody/);
    expect((await failure(remote.neighbors('nobody'))).code).toBe('INDEX');
    expect((await failure(remote.neighbors({} as never))).code).toBe('TYPE');
    expect((await failure(remote.hops(source, { hops: -1 }))).code).toBe('RANGE');
    expect((await failure(remote.hops(source, { steps: 1 } as never))).code).toBe('TYPE');
    expect((await failure(remote.hops(source, { maxBytes: -1 }))).code).toBe('RANGE');
    expect((await failure(remote.hops([]))).code).toBe('EMPTY');
    const rank = (options: object) =>
      failure(remote.personalizedPageRank({ source, ...options } as never));
    expect((await rank({ damping: 1 })).code).toBe('OPTION');
    expect((await rank({ epsilon: 2 })).code).toBe('OPTION');
    expect((await rank({ tolerance: 0 })).code).toBe('RANGE');
    expect((await rank({ topK: 0 })).code).toBe('RANGE');
    expect((await rank({ source: { nodes: [] } })).code).toBe('EMPTY');
    expect((await rank({ source: { nodes: [source], weights: [-1] } })).code).toBe('NOT_POSITIVE');
    expect((await rank({ source: { nodes: [source], weights: [1, 1] } })).code).toBe('SHAPE');
    expect(refusalOf(() => writeRemoteGraph({} as never)).code).toBe('TYPE');
    using plain = await RemoteGraph.open(writeRemoteGraph(graph));
    expect((await failure(plain.neighbors(1.5))).code).toBe('INDEX');
    expect((await failure(plain.neighbors(GROUPS * SIZE))).code).toBe('INDEX');
    expect((await failure(plain.neighbors(Number.NaN))).code).toBe('TYPE');
  });
});
