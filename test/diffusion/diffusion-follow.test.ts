// Batches and updates as TypeScript users meet them: properties on random graphs. What both doors share is in
// diffusion-follow.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { DiffusionRoom, Graph } from 'sublinear/diffusion';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { type Drawn, onRandomGraphs, SIZE } from '../support/random-graphs.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './diffusion-follow.cases.js';

describeCases(doors, cases);

const sum = (values: Iterable<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('batches and updates', () => {
  let engine: Engine;
  let room: DiffusionRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('diffusion');
  });
  afterAll(() => {
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  const holds = (check: (graph: Graph, drawn: Drawn) => void, directed?: boolean) =>
    onRandomGraphs(room.Graph, check, directed);

  test('mass 1 is kept by every form from sources', () => {
    holds((graph, { damping, a, b, exponent }) => {
      const options = { damping, tolerance: 10 ** exponent };
      const batch = room.personalizedPageRankBatch(graph, { ...options, sources: [a, b, a] });
      for (const row of batch) {
        expect(Math.abs(sum(row.scores) - 1)).toBeLessThanOrEqual(row.errorBound + 1e-14);
      }
      expect(batch.rows[2]).toEqual(batch.rows[0]);
      const typed = room.personalizedPageRankBatch(graph, {
        ...options,
        sources: Uint32Array.of(a, b, a),
      });
      expect(typed).toEqual(batch);
      expect(typed.rows[1]).toEqual(room.personalizedPageRank(graph, { ...options, source: b }));
      const method = 'pushPower';
      const power = room.personalizedPageRank(graph, { ...options, source: a, method });
      expect(Math.abs(sum(power.scores) - 1)).toBeLessThanOrEqual(power.errorBound + 1e-14);
    });
  });

  test('less tolerance is more work', () => {
    holds((graph, { damping, a: source }) => {
      let work = 0;
      for (const tolerance of [1e-1, 1e-3, 1e-6, 1e-9]) {
        const options = { source, damping, tolerance, method: 'push' as const };
        const { edgeOperations } = room.personalizedPageRank(graph, options).work;
        expect(edgeOperations).toBeGreaterThanOrEqual(work);
        work = edgeOperations;
      }
    });
  });

  test('an updated ranking and one from nothing agree within both bounds', () => {
    holds((graph, { edges, damping, a, b, c, exponent }) => {
      const options = { source: a, damping, tolerance: 10 ** exponent };
      const tracker = room.trackPageRank(graph, options);
      const first = edges[0];
      using next = graph.edited({
        add: { from: [b], to: [c], weights: [2.5] },
        ...(first && { remove: { from: [first[0]], to: [first[1]] } }),
      });
      const kept = tracker.update(next);
      const fresh = room.personalizedPageRank(next, { ...options, dense: true });
      let apart = 0;
      const seen = new Float64Array(SIZE);
      for (const { node, score } of kept) seen[node] = score;
      for (const [u, score] of fresh.scores.entries()) apart += Math.abs(score - seen[u]!);
      expect(apart).toBeLessThanOrEqual(kept.errorBound + fresh.errorBound);
      expect(Math.abs(sum(seen) - 1)).toBeLessThanOrEqual(kept.errorBound + 1e-14);
    });
  });

  test('results carry the labels of the graph', () => {
    using graph = room.Graph.fromEdgeList('70 80\n80 90', { compactIds: true, directed: false });
    const [row] = room.personalizedPageRankBatch(graph, { sources: [0], tolerance: 1e-6 });
    expect(Array.from(row!, ({ label }) => label)).toEqual([70, 80, 90]);
    using named = room.Graph.fromEdges({ from: ['Ada', 'Bob'], to: ['Bob', 'Cy'] });
    const byName = room.personalizedPageRankBatch(named, { sources: ['Cy', 'Ada'], topK: 1 });
    expect(Array.from(byName, (found) => Array.from(found, ({ label }) => label))).toEqual([
      ['Cy'],
      ['Ada'],
    ]);
    expect(byName.rows).toBe(byName.rows);
    // A typed array is what it holds, whatever its class says.
    class Longer extends Uint32Array {
      override get length() {
        return 9;
      }
    }
    expect(room.personalizedPageRankBatch(named, { sources: new Longer(2) }).outcomes.length).toBe(
      2,
    );
    refused(
      () => room.personalizedPageRankBatch(named, { sources: Float64Array.of(0, 0.5) as never }),
      RangeError,
      'RANGE',
      'personalizedPageRankBatch',
      /source/,
    );
    refused(
      () => room.personalizedPageRankBatch(named, { sources: 'Ada' as never }),
      TypeError,
      'TYPE',
      'personalizedPageRankBatch',
      /"sources" expected array/,
    );
    using less = graph.edited({ remove: { from: [0], to: [1] } });
    expect(less.labelOf(2)).toBe(90);
  });

  test('a tracker survives a failed update and says when its graph is gone', () => {
    using graph = room.Graph.fromEdges({ from: [0, 1], to: [1, 2] });
    using undirected = room.Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
    const tracker = room.trackPageRank(graph, { source: 0 });
    refused(() => tracker.update(undirected), Error, 'UNSUPPORTED', 'PageRankTracker.update', /./);
    const next = graph.edited({ add: { from: [2], to: [0] } });
    expect(tracker.update(next).errorBound).toBeLessThanOrEqual(1e-6);
    next.dispose();
    refused(() => tracker.update(graph), Error, 'DISPOSED', 'PageRankTracker.update', /./);
  });

  test('a tracker that could not be made leaves nothing behind', () => {
    using graph = room.Graph.fromEdges({ from: [0, 1], to: [1, 2] });
    const bytes = () => engine.stats().modules[0]?.bytesInUse;
    const fail = () =>
      refused(
        () => room.trackPageRank(graph, { source: 9 }),
        RangeError,
        'INDEX',
        'trackPageRank',
        /source/,
      );
    fail();
    const before = bytes();
    for (let i = 0; i < 100; i++) fail();
    expect(bytes()).toBe(before);
  });
});
