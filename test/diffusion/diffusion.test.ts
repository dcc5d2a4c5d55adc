// PageRank as TypeScript users meet it. What both doors share is in diffusion.cases.ts.
import * as fc from 'fast-check';
import { createEngine, type Engine } from 'sublinear';
import type {
  DenseScores,
  DiffusionRoom,
  Graph,
  PageRankOptions,
  SparseScores,
} from 'sublinear/diffusion';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './diffusion.cases.js';

describeCases(doors, cases);

const sum = (values: Iterable<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('PageRank', () => {
  let engine: Engine;
  let room: DiffusionRoom;
  let graph: Graph;

  /** Barabasi-Albert: each new node links to `links` others, drawn by degree. */
  function scaleFree(nodeCount: number, links: number, seed = 42): Graph {
    const next = random(seed);
    const ends: number[] = [];
    const [from, to]: [number[], number[]] = [[], []];
    for (let node = links; node < nodeCount; node++) {
      const chosen = new Set<number>();
      while (chosen.size < links) {
        const first = node === links;
        chosen.add(first ? chosen.size : ends[Math.floor(next() * ends.length)]!);
      }
      for (const other of chosen) {
        from.push(node);
        to.push(other);
        ends.push(node, other);
      }
    }
    return room.Graph.fromEdges({ from, to, nodeCount, directed: false });
  }

  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('diffusion');
    graph = scaleFree(5000, 5);
  });
  afterAll(() => {
    graph.dispose();
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  test('results have the shape that the options ask for', () => {
    const sparse = room.personalizedPageRank(graph, { source: 3, tolerance: 1e-3 });
    expectTypeOf(sparse).toEqualTypeOf<SparseScores>();
    expect(sparse.nodes.length).toBe(sparse.scores.length);
    expect(Array.from(sparse.nodes)).toEqual(Array.from(sparse.nodes).sort((a, b) => a - b));
    const dense = room.personalizedPageRank(graph, { source: 3, tolerance: 1e-3, dense: true });
    expectTypeOf(dense).toEqualTypeOf<DenseScores>();
    expect(dense.scores.length).toBe(5000);
    for (const { node, score } of sparse) expect(dense.scores[node]).toBe(score);
    const top = room.personalizedPageRank(graph, { source: 3, topK: 10, tolerance: 1e-3 });
    expect(Array.from(top, ({ node }) => node)).toEqual(Array.from(top.nodes));
    expect(Array.from(top.scores)).toEqual(Array.from(top.scores).sort((a, b) => b - a));
    const global = room.pageRank(graph);
    expectTypeOf(global).toEqualTypeOf<DenseScores>();
    expect(Array.from(global, ({ node }) => node)).toEqual([...Array(5000).keys()]);
    const best = room.pageRank(graph, { topK: 3 });
    expectTypeOf(best).toEqualTypeOf<SparseScores>();
    expect(best.scores[0]).toBe(Math.max(...global.scores));
    const open: PageRankOptions = {};
    expectTypeOf(room.pageRank(graph, open)).toEqualTypeOf<
      | SparseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>
      | DenseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>
    >();
  });

  test('float32 scores include their rounding in the bound', () => {
    const exact = room.pageRank(graph, { tolerance: 1e-13 });
    const rounded = room.pageRank(graph, { tolerance: 1e-13, output: 'float32' });
    expectTypeOf(rounded).toEqualTypeOf<DenseScores<Float32Array<ArrayBuffer>>>();
    expect(rounded.scores).toBeInstanceOf(Float32Array);
    const error = sum(rounded.scores.map((score, node) => Math.abs(score - exact.scores[node]!)));
    expect(error).toBeLessThanOrEqual(rounded.errorBound);
    expect(rounded.errorBound).toBeLessThan(1e-7);
    expect(rounded.errorBound).toBeGreaterThan(exact.errorBound);
  });

  test('scores go where they are asked to', async () => {
    const scores = new Float64Array(graph.nodeCount);
    const narrow = new Float32Array(graph.nodeCount);
    const wanted = { source: 3, dense: true, tolerance: 1e-3 } as const;
    expect(room.pageRank(graph, { into: scores }).scores).toBe(scores);
    expect(scores).toEqual(room.pageRank(graph).scores);
    expect((await room.personalizedPageRankAsync(graph, { ...wanted, into: scores })).scores).toBe(
      scores,
    );
    expect(scores).toEqual(room.personalizedPageRank(graph, wanted).scores);
    const heat = { source: 3, time: 2, dense: true, output: 'float32' } as const;
    expect(room.heatKernel(graph, { ...heat, into: narrow }).scores).toBe(narrow);
    expect(narrow).toEqual(room.heatKernel(graph, heat).scores);
    const operation = 'pageRank';
    const into = scores.subarray(1);
    refused(() => room.pageRank(graph, { into }), RangeError, 'SHAPE', operation, /^"into"/);
    refused(() => room.pageRank(graph, { into: narrow }), TypeError, 'TYPE', operation, /^"into"/);
    refused(
      () => room.pageRank(graph, { topK: 3, into: scores }),
      TypeError,
      'TYPE',
      operation,
      /^"into" expected no array for a list of nodes/,
    );
  });

  test('every kind of source means the same', () => {
    const one = room.personalizedPageRank(graph, { source: 11 });
    const list = room.personalizedPageRank(graph, { source: { nodes: [11] } });
    const weighted = { nodes: Uint32Array.of(11, 4, 11), weights: Float32Array.of(2, 0, 5) };
    expect(list).toEqual(one);
    expect(room.personalizedPageRank(graph, { source: weighted })).toEqual(one);
  });

  test('a fine tolerance on a graph without far places changes the method, a coarse one does not', () => {
    const far = room.personalizedPageRank(graph, { source: 1, tolerance: 1e-10 });
    expect(far.method).toBe('conjugateGradient');
    const near = room.personalizedPageRank(graph, { source: 1, tolerance: 0.7 });
    expect(near.method).toBe('push');
    expect(near.work.touchedNodes).toBeLessThan(2500);
  });

  test('the unproved top 50 is nearly always right and costs little', () => {
    using large = scaleFree(20_000, 10);
    const next = random(5);
    let right = 0;
    let work = 0;
    let powerWork = 0;
    for (let trial = 0; trial < 10; trial++) {
      const source = Math.floor(next() * large.nodeCount);
      const power = { source, topK: 50, tolerance: 1e-12, method: 'power' } as const;
      const exact = room.personalizedPageRank(large, power);
      const fast = room.personalizedPageRank(large, { source, topK: 50 });
      expect(exact.outcome).toBe('converged');
      expect(fast.provedPlaces).toBe(0);
      const expected = new Set(exact.nodes);
      right += Array.from(fast.nodes).filter((node) => expected.has(node)).length;
      work += fast.work.edgeOperations;
      powerWork += exact.work.edgeOperations;
    }
    expect(right).toBeGreaterThanOrEqual(490);
    expect(powerWork).toBeGreaterThan(100 * work);
  });

  test('mass is kept, the bound holds and methods agree on random graphs', () => {
    const size = 12;
    const arbitrary = fc.record({
      edges: fc.array(
        fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.integer({ min: 1, max: 9 })),
        {
          maxLength: 40,
        },
      ),
      directed: fc.boolean(),
      damping: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      source: fc.nat(size - 1),
      exponent: fc.integer({ min: -10, max: 0 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ edges, directed, damping, source, exponent }) => {
        using random = room.Graph.fromEdges({
          nodeCount: size,
          from: edges.map(([u]) => u),
          to: edges.map(([, v]) => v),
          weights: edges.map(([, , w]) => w),
          directed,
        });
        const tolerance = 10 ** exponent;
        const exact = room.personalizedPageRank(random, {
          source,
          damping,
          tolerance: 1e-12,
          method: 'gaussSeidel',
          dense: true,
        });
        for (const method of ['push', 'power', 'auto'] as const) {
          const found = room.personalizedPageRank(random, {
            source,
            damping,
            tolerance,
            method,
            dense: true,
          });
          const { scores, errorBound, outcome } = found;
          expect(outcome).toBe('converged');
          expect(errorBound).toBeLessThanOrEqual(tolerance);
          expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
          expect(Math.abs(sum(scores) - 1)).toBeLessThanOrEqual(errorBound + 1e-14);
          const error = sum(scores.map((score, node) => Math.abs(score - exact.scores[node]!)));
          expect(error).toBeLessThanOrEqual(errorBound + exact.errorBound);
        }
      }),
      { numRuns: 300, seed: 17 },
    );
  });

  test('more work never loosens the bound of push', () => {
    let last = Infinity;
    for (const maxWork of [10, 100, 1000, 10_000, 100_000]) {
      const options = { source: 8, method: 'push', tolerance: 1e-9, maxWork } as const;
      const { errorBound, outcome } = room.personalizedPageRank(graph, options);
      expect(outcome).toBe('workLimit');
      expect(errorBound).toBeLessThanOrEqual(last);
      last = errorBound;
    }
  });

  test('wrong types and values are refused by name', () => {
    const ask = (options: object) => () =>
      room.personalizedPageRank(graph, { source: 0, ...options } as never);
    const operation = 'personalizedPageRank';
    refused(ask({ source: true }), TypeError, 'TYPE', operation, /^"source" expected node or/);
    refused(ask({ source: 'Ada' }), RangeError, 'INDEX', operation, /^"source".*no names/);
    refused(ask({ source: undefined }), TypeError, 'TYPE', operation, /^"source"/);
    refused(ask({ source: -1 }), RangeError, 'RANGE', operation, /^"source" expected integer/);
    refused(ask({ source: 1.5 }), RangeError, 'RANGE', operation, /^"source" expected integer/);
    refused(ask({ source: 5000 }), RangeError, 'INDEX', operation, /^"source" at position 0/);
    const uneven = { nodes: [1, 2], weights: [1] };
    refused(ask({ source: uneven }), RangeError, 'SHAPE', operation, /^"source.weights"/);
    refused(ask({ damping: '0.5' }), TypeError, 'TYPE', operation, /^"damping" expected number/);
    refused(ask({ damping: 1 }), RangeError, 'OPTION', operation, /^"damping"/);
    refused(ask({ method: 'cg' }), RangeError, 'RANGE', operation, /^"method" expected/);
    refused(ask({ topK: 0 }), RangeError, 'RANGE', operation, /^"topK" expected integer/);
    refused(ask({ topK: 5, dense: true }), RangeError, 'RANGE', operation, /^"dense"/);
    refused(ask({ maxWork: 0 }), RangeError, 'RANGE', operation, /^"maxWork"/);
    refused(ask({ maxIterations: 0 }), RangeError, 'RANGE', operation, /^"maxIterations"/);
    refused(ask({ maxTimeMs: 0 }), RangeError, 'RANGE', operation, /^"maxTimeMs"/);
    refused(ask({ output: 'int' }), RangeError, 'RANGE', operation, /^"output"/);
    refused(ask({ dampening: 0.5 }), TypeError, 'TYPE', operation, /^"dampening" is not an option/);
    refused(
      () => room.pageRank(graph, { source: 1 } as never),
      TypeError,
      'TYPE',
      'pageRank',
      /^"source" is not an option/,
    );
    refused(() => room.pageRank({} as Graph), TypeError, 'TYPE', 'pageRank', /^"graph" expected/);
    expect(room.personalizedPageRank(graph, { source: 0 }).outcome).toBe('converged');
  });

  test('a heat kernel and PageRank find clusters around a node, and sweepCut takes every source of scores', async () => {
    // Communities of 20 nodes in a ring, dense inside, one edge to the next.
    const [from, to]: [number[], number[]] = [[], []];
    for (let block = 0; block < 30; block++) {
      from.push(20 * block);
      to.push(20 * ((block + 1) % 30) + 1);
      for (let u = 0; u < 20; u++)
        for (let v = 0; v < u; v++) {
          from.push(20 * block + u);
          to.push(20 * block + v);
        }
    }
    using ring = room.Graph.fromEdges({ from, to, directed: false });
    const heat = await room.heatKernelAsync(ring, { source: 207, time: 8, tolerance: 1e-3 });
    expectTypeOf(heat).toEqualTypeOf<SparseScores>();
    expect(heat).toEqual(room.heatKernel(ring, { source: 207, time: 8, tolerance: 1e-3 }));
    const rank = room.personalizedPageRank(ring, { source: 207, tolerance: 0.05, method: 'push' });
    const mine = { nodes: Array.from(rank.nodes), scores: Float32Array.from(rank.scores) };
    for (const scores of [heat, rank, mine]) {
      const { nodes, conductance, cut, volume } = room.sweepCut(ring, scores);
      // Whole communities, one after the other around the ring: two edges leave them.
      const communities = new Set(Array.from(nodes, (node) => Math.floor(node / 20)));
      expect(communities.has(10)).toBe(true);
      expect(nodes.length).toBe(20 * communities.size);
      expect([cut, volume]).toEqual([2, 382 * communities.size]);
      expect(conductance).toBe(cut / Math.min(volume, 30 * 382 - volume));
    }
    const operation = 'sweepCut';
    const uneven = { nodes: [1], scores: [1, 2] };
    refused(() => room.sweepCut(ring, uneven), RangeError, 'SHAPE', operation, /^"scores"/);
    const limited = (maxNodes: number) => () => room.sweepCut(ring, rank, { maxNodes });
    refused(limited(0), RangeError, 'RANGE', operation, /^"maxNodes"/);
    refused(
      () => room.sweepCut(ring, rank, { most: 3 } as never),
      TypeError,
      'TYPE',
      operation,
      /^"most" is not an option/,
    );
    refused(
      () => room.sweepCut(ring, undefined as never),
      TypeError,
      'TYPE',
      operation,
      /^"scores"/,
    );
    refused(
      () => room.heatKernel(ring, { source: 0, time: '1' } as never),
      TypeError,
      'TYPE',
      'heatKernel',
      /^"time" expected number/,
    );
    refused(
      () => room.heatKernel(ring, { source: 0, time: 1, damping: 0.5 } as never),
      TypeError,
      'TYPE',
      'heatKernel',
      /^"damping" is not an option/,
    );
  });

  test('use after dispose is refused, and the workspace goes with the graph', () => {
    const before = engine.stats().modules[0]!.bytesInUse;
    const short = scaleFree(200, 2);
    room.personalizedPageRank(short, { source: 0 });
    short.dispose();
    refused(() => room.pageRank(short), Error, 'DISPOSED', 'pageRank', /disposed/);
    expect(engine.stats().modules[0]!.bytesInUse).toBe(before);
  });

  test('the asynchronous form gives the same answer, reports progress and holds the graph', async () => {
    using large = scaleFree(20_000, 10);
    const options = { source: 3, tolerance: 1e-11, method: 'gaussSeidel' } as const;
    const seen: number[] = [];
    const later = await room.personalizedPageRankAsync(large, {
      ...options,
      onProgress({ edgeOperations, error }) {
        seen.push(edgeOperations);
        expect(error).toBeGreaterThan(0);
        refused(() => large.dispose(), Error, 'BUSY', 'dispose', /in use/);
        refused(() => room.pageRank(large), Error, 'BUSY', 'pageRank', /in use/);
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(room.personalizedPageRank(large, options)).toEqual(later);
    expect(await room.pageRankAsync(large)).toEqual(room.pageRank(large));
  });

  test('aborting rejects with the reason and leaves the graph usable', async () => {
    using large = scaleFree(20_000, 10);
    const abort = new AbortController();
    const running = room.personalizedPageRankAsync(large, {
      source: 0,
      tolerance: 1e-12,
      method: 'power',
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(
      room.pageRankAsync(large, { signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
    await expect(room.pageRankAsync(large, { damping: 2 })).rejects.toMatchObject({
      code: 'OPTION',
      operation: 'pageRankAsync',
    });
    expect(room.personalizedPageRank(large, { source: 0, tolerance: 0.5 }).outcome).toBe(
      'converged',
    );
  });

  test('a time limit is an outcome and its bound holds', () => {
    using large = scaleFree(20_000, 10);
    const options = { tolerance: 1e-12, method: 'gaussSeidel' } as const;
    const { outcome, errorBound, scores } = room.pageRank(large, { ...options, maxTimeMs: 0.01 });
    expect(outcome).toBe('timeLimit');
    const exact = room.pageRank(large, options);
    const error = sum(scores.map((score, node) => Math.abs(score - exact.scores[node]!)));
    expect(error).toBeLessThanOrEqual(errorBound + exact.errorBound);
  });
});
