// The minimum cut of a graph that changes and weighted matchings, as TypeScript users meet them.
import { createEngine, type Engine } from 'sublinear';
import type { CutsRoom } from 'sublinear/cuts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './changes.cases.js';

describeCases(doors, cases);

describe('graphs that change, in TypeScript', () => {
  let engine: Engine;
  let room: CutsRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('cuts');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  /** A ring of so many nodes, each joined to the next two. */
  const ring = (n: number) => {
    const nodes = Array.from({ length: n }, (_, u) => u);
    return room.Graph.fromEdges({
      from: [...nodes, ...nodes],
      to: [...nodes.map((u) => (u + 1) % n), ...nodes.map((u) => (u + 2) % n)],
      directed: false,
    });
  };

  test('single changes are those of a list, and the graph may be gone', () => {
    const graph = ring(9);
    using single = room.dynamicMinimumCut(graph);
    using list = room.dynamicMinimumCut(graph);
    graph.dispose();
    expect(single.value).toBe(4);
    const values = [single.remove(0, 1), single.remove(0, 2), single.insert(0, 5, 7)];
    const changes = { from: [0, 2, 5], to: [1, 0, 0], changes: [-1, -Infinity, 7] };
    expect(Array.from(list.apply(changes).values)).toEqual(values);
    expect(values).toEqual([3, 2, 3]);
    expect(single.cut()).toEqual(list.cut());
    expect([single.edgeCount, single.totalWeight, single.weight(5, 0)]).toEqual([17, 23, 7]);
    expect(single.searches).toBeGreaterThan(0);
    expect(list.apply({ from: [], to: [] })).toMatchObject({ values: new Float64Array(0) });
    expect(single.bytesUsed).toBeGreaterThan(0);
    expect(single.disposed).toBe(false);
  });

  test('what is wrong is refused by name, and the changes before it stay', () => {
    using graph = ring(9);
    using kept = room.dynamicMinimumCut(graph);
    const wrong: [() => unknown, RegExp][] = [
      [() => kept.insert(0, 9), /to/],
      [() => kept.insert(-1, 3), /from/],
      [() => kept.insert(2, 2), /to/],
      [() => kept.insert(0, 1, 0.5), /weight/],
      [() => kept.insert(0, 1, Number.POSITIVE_INFINITY), /weight/],
      [() => kept.insert(0, 1, '1' as never), /weight/],
      [() => kept.remove(0, 1, -1), /weight/],
      [() => kept.remove(0, 4), /changes/],
      [() => kept.remove(0, 1, 2), /changes/],
      [() => kept.weight(0, 11), /to/],
      [() => kept.apply({ from: [0, 1], to: [1] }), /to/],
      [() => kept.apply({ from: [0], to: [1], changes: [1, 2] }), /changes/],
      [() => kept.apply(3 as never), /edges/],
      [() => kept.apply({ from: [0], to: [1], weights: [1] } as never), /weights/],
      [() => room.dynamicMinimumCut({} as never), /graph/],
      [
        () => room.weightedMatching(graph, { maximumCardinality: 1 as never }),
        /maximumCardinality/,
      ],
      [() => new (room.DynamicMinimumCut as unknown as new () => unknown)(), /DynamicMinimumCut/],
    ];
    for (const [call, name] of wrong) expect(refusalOf(call).message).toMatch(name);
    expect(kept.value).toBe(4);
    const changes = { from: [0, 0, 0], to: [1, 4, 2], changes: [-1, -1, -1] };
    expect(refusalOf(() => kept.apply(changes)).code).toBe('ARGUMENT');
    expect([kept.value, kept.weight(0, 1), kept.weight(0, 2)]).toEqual([3, 0, 1]);
  });

  test('asynchronous forms give the same; an abort leaves what was done', async () => {
    using graph = ring(3000);
    using kept = await room.dynamicMinimumCutAsync(graph);
    using other = room.dynamicMinimumCut(graph);
    const from = Uint32Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3000);
    const changes = {
      from,
      to: from.map((u) => (u + 1) % 3000),
      changes: Array.from(from, () => 1),
    };
    expect(await kept.applyAsync(changes)).toEqual(other.apply(changes));
    const control = new AbortController();
    const reason = new Error('enough');
    const taken = { ...changes, changes: Array.from(from, () => Number.NEGATIVE_INFINITY) };
    const long = kept.applyAsync(taken, {
      signal: control.signal,
      onProgress: () => control.abort(reason),
    });
    expect(refusalOf(() => kept.value).code).toBe('BUSY');
    await expect(long).rejects.toBe(reason);
    const { value, cut } = kept.cut();
    expect(kept.value).toBe(value);
    expect(cut.weights.reduce((a, b) => a + b, 0)).toBe(value);
    const last = { maximumCardinality: true };
    expect(await room.weightedMatchingAsync(graph, last)).toEqual(
      room.weightedMatching(graph, last),
    );
  });
});
