// Resistances and potentials as TypeScript users meet them: properties on random graphs. What both doors share is in
// resistance.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { Graph, ResistanceRoom } from 'sublinear/resistance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { type Drawn, drawnGraph, onRandomGraphs, SIZE } from '../support/random-graphs.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './resistance.cases.js';

describeCases(doors, cases);

const sum = (values: Iterable<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('a graph as a network', () => {
  let engine: Engine;
  let room: ResistanceRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('resistance');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const holds = (check: (graph: Graph, drawn: Drawn) => void) =>
    onRandomGraphs(room.Graph, check, false);
  const resistance = (graph: Graph, source: number, target: number, tolerance = 1e-10) =>
    room.effectiveResistance(graph, { source, target, tolerance });

  test('resistance is symmetric and keeps the triangle inequality', () => {
    holds((graph, { a, b, c }) => {
      const [ab, ba] = [resistance(graph, a, b), resistance(graph, b, a)];
      if (ab.resistance === Infinity) return expect(ba.resistance).toBe(Infinity);
      const bound = ab.errorBound + ba.errorBound;
      expect(Math.abs(ab.resistance - ba.resistance)).toBeLessThanOrEqual(bound);
      const [ac, cb] = [resistance(graph, a, c), resistance(graph, c, b)];
      const room = ab.errorBound + ac.errorBound + cb.errorBound;
      expect(ab.resistance).toBeLessThanOrEqual(ac.resistance + cb.resistance + room);
    });
  });

  test('more conductance never raises a resistance (Rayleigh)', () => {
    holds((graph, { edges, a, b, c }) => {
      using more = drawnGraph(room.Graph, [...edges, [b, c, 3]], false);
      const [before, after] = [resistance(graph, a, b), resistance(more, a, b)];
      expect(after.resistance).toBeLessThanOrEqual(
        before.resistance + before.errorBound + after.errorBound,
      );
    });
  });

  test('weight times resistance of all edges sums to nodes minus components (Foster)', () => {
    holds((graph) => {
      const { from, to, weights } = graph.toEdges();
      const { resistances, errorBounds } = room.effectiveResistances(graph, {
        from,
        to,
        tolerance: 1e-9,
      });
      const total = sum(resistances.map((r, i) => r * weights![i]!));
      const bound = sum(errorBounds.map((e, i) => e * weights![i]!)) + 1e-12;
      expect(Math.abs(total - (SIZE - graph.components().count))).toBeLessThanOrEqual(bound);
    });
  });

  test('potentials lie between those of the boundary, and fixing none of them moves none', () => {
    holds((graph, { a, b }) => {
      const nodes = a === b ? [a] : [a, b];
      const boundary = { nodes, values: nodes.map((u) => u - 3) };
      const found = room.harmonicPotentials(graph, { boundary, tolerance: 1e-9 });
      const { labels } = graph.components();
      let undetermined = 0;
      for (const { node, score } of found) {
        const reached = nodes.some((u) => labels[u] === labels[node]);
        expect(Number.isNaN(score)).toBe(!reached);
        undetermined += reached ? 0 : 1;
        if (!reached) continue;
        expect(score).toBeGreaterThanOrEqual(Math.min(...boundary.values));
        expect(score).toBeLessThanOrEqual(Math.max(...boundary.values));
      }
      expect(found.undeterminedNodes).toBe(undetermined);
      expect(found.outcome).toBe(undetermined > 0 ? 'singular' : 'converged');
    });
  });

  test('resistances of all edges say how much work there is in all', async () => {
    const width = 20;
    const [from, to]: [number[], number[]] = [[], []];
    for (let u = 0; u < width * width; u++) {
      const before = [...(u % width > 0 ? [u - 1] : []), ...(u >= width ? [u - width] : [])];
      from.push(...before);
      to.push(...before.map(() => u));
    }
    using grid = room.Graph.fromEdges({ from, to, directed: false });
    const seen: { edgeOperations: number; expectedOperations?: number }[] = [];
    const { work, solves } = await room.edgeResistancesAsync(grid, {
      onProgress: (progress) => seen.push(progress),
    });
    // A slice does at most four times what the one before did, so that there are some on any machine.
    const known = seen.filter(({ expectedOperations }) => expectedOperations !== undefined);
    expect(known.length).toBeGreaterThan(2);
    // Left out until two of the systems are solved.
    const first = (6 * work.edgeOperations) / solves;
    for (const { edgeOperations, expectedOperations } of seen) {
      if (expectedOperations === undefined) expect(edgeOperations).toBeLessThan(first);
      else expect(Math.abs(expectedOperations / work.edgeOperations - 1)).toBeLessThan(0.3);
    }
  });

  test('potentials carry the labels of the graph', () => {
    using graph = room.Graph.fromEdgeList('70 80\n80 90', { compactIds: true, directed: false });
    const boundary = { nodes: [0, 2], values: [0, 1] };
    expect(Array.from(room.harmonicPotentials(graph, { boundary }), ({ label }) => label)).toEqual([
      70, 80, 90,
    ]);
  });

  test('a sketch that would take too many solves names epsilon', () => {
    using pair = room.Graph.fromEdges({ from: [0], to: [1], directed: false });
    const ask = () => room.edgeResistances(pair, { epsilon: 1e-9 });
    refused(
      ask,
      RangeError,
      'RANGE',
      'edgeResistances',
      /"epsilon" expected a relative error that/,
    );
  });
});
