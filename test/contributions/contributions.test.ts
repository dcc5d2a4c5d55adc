// Contributions and pairs as TypeScript users meet them: properties on random graphs. What both doors share is in
// contributions.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { ContributionsRoom, Graph } from 'sublinear/contributions';
import type { DiffusionRoom } from 'sublinear/diffusion';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { type Drawn, onRandomGraphs, SIZE } from '../support/random-graphs.js';
import { cases, doors } from './contributions.cases.js';

describeCases(doors, cases);

describe('scores seen from a target', () => {
  let engine: Engine;
  let room: ContributionsRoom;
  let ranks: DiffusionRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('contributions');
    ranks = await engine.use('diffusion');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const holds = (check: (graph: Graph, drawn: Drawn) => void, directed?: boolean) =>
    onRandomGraphs(room.Graph, check, directed);

  test('a pair, a target and a source say the same of one score', () => {
    holds((graph, { damping, a: source, b: target, exponent }) => {
      const tolerance = 10 ** exponent;
      const pair = room.pairPageRank(graph, { source, target, damping, tolerance });
      const to = room.contributions(graph, { target, damping, tolerance });
      const from = ranks.personalizedPageRank(graph, { source, damping, tolerance, dense: true });
      const listed = Array.from(to).find(({ node }) => node === source)?.score ?? 0;
      expect([pair.outcome, to.outcome]).toEqual(['converged', 'converged']);
      expect(Math.abs(pair.score - listed)).toBeLessThanOrEqual(pair.errorBound + to.errorBound);
      expect(Math.abs(pair.score - from.scores[target]!)).toBeLessThanOrEqual(
        pair.errorBound + from.errorBound,
      );
    });
  });

  test('the contributions of one source to all targets sum to 1', () => {
    holds((graph, { damping, a: source }) => {
      let [total, bound] = [0, 1e-14];
      for (let target = 0; target < SIZE; target++) {
        const found = room.contributions(graph, { target, damping, tolerance: 1e-8 });
        total += Array.from(found).find(({ node }) => node === source)?.score ?? 0;
        bound += found.errorBound;
      }
      expect(Math.abs(total - 1)).toBeLessThanOrEqual(bound);
    });
  });

  test('less tolerance is a smaller bound', () => {
    holds((graph, { damping, a: source, b: target }) => {
      let last = Infinity;
      for (const tolerance of [1e-1, 1e-3, 1e-6, 1e-9]) {
        const found = room.contributions(graph, { target, damping, tolerance });
        const pair = room.pairPageRank(graph, { source, target, damping, tolerance });
        expect(found.errorBound).toBeLessThanOrEqual(Math.min(last, tolerance));
        expect(pair.errorBound).toBeLessThanOrEqual(tolerance);
        last = found.errorBound;
      }
    });
  });

  test('results carry the labels of the graph', () => {
    using graph = room.Graph.fromEdgeList('70 80\n80 90', { compactIds: true, directed: false });
    const [first] = room.contributions(graph, { target: 1, topK: 1 });
    expect(first).toMatchObject({ node: 1, label: 80 });
  });
});
