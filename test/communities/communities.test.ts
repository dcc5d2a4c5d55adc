// Communities as TypeScript users meet them: names, asynchronous forms, limits, results. What both doors share is in
// communities.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { CommunitiesRoom, Graph } from 'sublinear/communities';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './communities.cases.js';

describeCases(doors, cases);

/** The error of this package that a call must throw. */
describe('communities in TypeScript', () => {
  let engine: Engine;
  let room: CommunitiesRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('communities');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  /** A ring of cliques of eight nodes. */
  const ring = (cliques: number): Graph => {
    const [from, to]: [number[], number[]] = [[], []];
    for (let c = 0; c < cliques; c++) {
      for (let u = 0; u < 8; u++)
        for (let v = 0; v < u; v++) {
          from.push(8 * c + u);
          to.push(8 * c + v);
        }
      from.push(8 * c);
      to.push((8 * c + 9) % (8 * cliques));
    }
    return room.Graph.fromEdges({ from, to, directed: false });
  };

  test('the quality is that of the labels, and levels are within each other', () => {
    using graph = ring(100);
    const { labels, quality, count, hierarchy, outcome } = room.leiden(graph, {
      iterations: Infinity,
      hierarchy: true,
    });
    expect(outcome).toBe('converged');
    expect(quality).toBeCloseTo(room.modularity(graph, labels), 14);
    expect(Math.max(...labels)).toBe(count - 1);
    expect(hierarchy!.at(-1)).toEqual(labels);
    expect(room.leiden(graph)).not.toHaveProperty('hierarchy');
    // The limit of resolution: modularity merges cliques, the constant Potts model does not.
    expect(count).toBeLessThan(100);
    expect(room.leiden(graph, { objective: 'cpm', resolution: 0.5 }).count).toBe(100);
    const alike = room.compareLabels(
      labels,
      Array.from(labels, (label) => 7 * label),
    );
    expect(alike).toEqual({
      nmi: 1,
      adjustedRand: 1,
      variationOfInformation: 0,
      rand: 1,
      counts: [count, count],
    });
  });

  test('a start is not made worse; labels may be any numbers', () => {
    using graph = ring(12);
    const initial = Uint32Array.from({ length: 96 }, (_, u) => 4_000_000_000 + (u >> 3));
    const before = room.modularity(graph, initial);
    for (const find of [room.leiden, room.louvain])
      expect(find(graph, { initial }).quality).toBeGreaterThanOrEqual(before);
    const { labels } = room.labelPropagation(graph, { initial, seed: 3 });
    expect(labels).toEqual(Uint32Array.from({ length: 96 }, (_, u) => u >> 3));
  });

  test('weights count unless they are told not to', () => {
    using graph = room.Graph.fromEdges({
      from: [0, 1, 2, 3],
      to: [1, 2, 3, 0],
      weights: [9, 1, 9, 1],
      directed: false,
    });
    expect(room.leiden(graph).labels).toEqual(Uint32Array.of(0, 0, 1, 1));
    expect(room.modularity(graph, [0, 0, 1, 1])).toBeCloseTo(0.9 - 0.5, 14);
    expect(room.modularity(graph, [0, 0, 1, 1], { weighted: false })).toBe(0);
    expect(room.cpmQuality(graph, [0, 0, 1, 1], { resolution: 2 })).toBe(14);
  });

  test('a layout is stepped, looked at, held, and outlives its graph', async () => {
    const graph = ring(20);
    using drawing = room.layout(graph, { seed: 4 });
    using other = room.layout(graph, { seed: 4 });
    graph.dispose();
    expect([drawing.dimensions, drawing.nodeCount]).toEqual([2, 160]);
    expect(drawing.bytesUsed).toBeGreaterThan(160 * 50);
    expect(drawing.step(30)).toMatchObject({ steps: 30, outcome: 'converged' });
    for (let i = 0; i < 3; i++) await other.stepAsync(10);
    expect(other.positions()).toEqual(drawing.positions());
    expect(drawing.view()).toEqual(drawing.positions());
    const into = new Float32Array(320);
    expect(drawing.positions(into)).toBe(into);
    expect(into).toEqual(drawing.positions());
    drawing.place(3, [100, -50], { fixed: true });
    drawing.step(5);
    expect(drawing.positions().slice(6, 8)).toEqual(Float32Array.of(100, -50));
    drawing.place(3).step();
    expect(drawing.positions()[6]).not.toBe(100);
    const control = new AbortController();
    const running = drawing.stepAsync(1_000_000, { signal: control.signal });
    expect(refusalOf(() => drawing.step()).code).toBe('BUSY');
    control.abort();
    await expect(running).rejects.toThrow();
    // Nodes are moved, too, after that.
    expect(drawing.place(3, [1, 2]).positions().slice(6, 8)).toEqual(Float32Array.of(1, 2));
    expect(drawing.step(1_000_000, { maxTimeMs: 5 }).outcome).toBe('timeLimit');
    for (const x of drawing.view()) expect(Number.isFinite(x)).toBe(true);
  });

  test('cliques lie together in a layout, and their vectors at small angles', () => {
    using graph = ring(12);
    using drawing = room.layout(graph, { dimensions: 3, linLog: true });
    drawing.step(300);
    const at = drawing.positions();
    const { vectors, dimension } = room.fastRP(graph, { dimension: 64 });
    const distance = (u: number, v: number) =>
      Math.hypot(...[0, 1, 2].map((d) => at[3 * u + d]! - at[3 * v + d]!));
    const dot = (u: number, v: number) => {
      let sum = 0;
      for (let d = 0; d < dimension; d++)
        sum += vectors[u * dimension + d]! * vectors[v * dimension + d]!;
      return sum;
    };
    for (let u = 0; u < 96; u += 8) {
      const far = (u + 48) % 96;
      expect(distance(u + 2, u + 3)).toBeLessThan(distance(u + 2, far + 2));
      expect(dot(u + 2, u + 3)).toBeGreaterThan(2 * Math.abs(dot(u + 2, far + 2)));
    }
  });

  test('negative weights are refused where the graph is made, with the edge', () => {
    const error = refusalOf(() =>
      room.Graph.fromEdges({ from: [0, 1], to: [1, 2], weights: [1, -1], directed: false }),
    );
    expect([error.code, error.argument, error.position]).toEqual(['NOT_POSITIVE', 'weights', 1]);
  });

  test('asynchronous forms give the same, and hold the graph meanwhile', async () => {
    using graph = ring(40);
    using large = ring(4000);
    const options = { hierarchy: true, iterations: 3, seed: 5 };
    expect(await room.leidenAsync(graph, options)).toEqual(room.leiden(graph, options));
    expect(await room.louvainAsync(graph)).toEqual(room.louvain(graph));
    expect(await room.labelPropagationAsync(graph)).toEqual(room.labelPropagation(graph));
    const { labels } = room.leiden(graph);
    expect(await room.modularityAsync(graph, labels)).toBe(room.modularity(graph, labels));
    expect(await room.fastRPAsync(graph)).toEqual(room.fastRP(graph));
    expect(await room.cpmQualityAsync(graph, labels)).toBe(room.cpmQuality(graph, labels));
    const control = new AbortController();
    const long = room.leidenAsync(large, { signal: control.signal, iterations: 50 });
    expect(refusalOf(() => room.leiden(large)).code).toBe('BUSY');
    control.abort();
    await expect(long).rejects.toThrow();
    expect(room.louvain(large).count).toBeGreaterThan(10);
  });

  test('an abort between two slices rejects with its reason and leaves the graph usable', async () => {
    using graph = ring(4000);
    const control = new AbortController();
    const reason = new Error('enough');
    const running = room.leidenAsync(graph, {
      signal: control.signal,
      iterations: Infinity,
      onProgress: () => control.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(room.modularity(graph, new Uint32Array(32_000))).toBeCloseTo(0, 12);
  });

  test('a time limit gives what was reached, with its quality', () => {
    using graph = ring(4000);
    const found = room.leiden(graph, { maxTimeMs: 1e-6, iterations: Infinity });
    expect(found.outcome).toBe('timeLimit');
    expect(found.quality).toBe(room.modularity(graph, found.labels));
    expect(room.labelPropagation(graph, { maxTimeMs: 1e-6 }).outcome).toBe('timeLimit');
  });

  test('a memory limit is an error that leaves everything usable', async () => {
    const small = await createEngine({ memory: 8_000_000, modules: ['communities'] });
    using path = small.communities.Graph.fromEdges({
      from: Uint32Array.from({ length: 100_000 }, (_, i) => i),
      to: Uint32Array.from({ length: 100_000 }, (_, i) => i + 1),
      directed: false,
    });
    expect(refusalOf(() => small.communities.leiden(path)).code).toBe('MEMORY');
    expect(small.communities.modularity(path, new Uint32Array(100_001))).toBe(0);
    path.dispose();
    small.dispose();
  });

  test('wrong options are refused by name', () => {
    using graph = ring(3);
    using drawing = room.layout(graph);
    const labels = new Uint32Array(24);
    const wrong: [() => unknown, RegExp][] = [
      [() => room.leiden(graph, { objective: 'cut' as never }), /objective/],
      [() => room.leiden(graph, { resolution: -1 }), /resolution/],
      [() => room.leiden(graph, { resolution: '1' as never }), /resolution/],
      [() => room.leiden(graph, { iterations: 0 }), /iterations/],
      [() => room.leiden(graph, { iterations: Number.NaN }), /iterations/],
      [() => room.leiden(graph, { randomness: -1 }), /randomness/],
      [() => room.leiden(graph, { seed: -1 }), /seed/],
      [() => room.leiden(graph, { initial: [0, 1] }), /initial/],
      [() => room.leiden(graph, { weighted: 1 as never }), /weighted/],
      [() => room.leiden(graph, { hierarchy: 'yes' as never }), /hierarchy/],
      [() => room.leiden(graph, { gamma: 1 } as never), /gamma/],
      [() => room.leiden(graph, { maxTimeMs: 0 }), /maxTimeMs/],
      [() => room.louvain(graph, { randomness: 1 } as never), /randomness/],
      [() => room.labelPropagation(graph, { method: 'fast' as never }), /method/],
      [() => room.labelPropagation(graph, { resolution: 1 } as never), /resolution/],
      [() => room.modularity(graph, [0, 1]), /labels/],
      [() => room.modularity(graph, labels, { resolution: Number.NaN }), /resolution/],
      [() => room.modularity(graph, labels, { maxTimeMs: 1 } as never), /maxTimeMs/],
      [() => room.modularity(graph, 'labels' as never), /labels/],
      [() => room.fastRP(graph, { dimension: 0 }), /dimension/],
      [() => room.fastRP(graph, { iterationWeights: [] }), /iterationWeights/],
      [() => room.fastRP(graph, { iterationWeights: 3 as never }), /iterationWeights/],
      [() => room.fastRP(graph, { normalizationStrength: 9 }), /normalizationStrength/],
      [() => room.layout(graph, { dimensions: 4 as never }), /dimensions/],
      [() => room.layout(graph, { scaling: 0 }), /scaling/],
      [() => room.layout(graph, { gravity: Infinity }), /gravity/],
      [() => room.layout(graph, { linLog: 1 as never }), /linLog/],
      [() => room.layout(graph, { initial: [1, 2] }), /initial/],
      [() => room.layout(graph, { overlap: false } as never), /overlap/],
      [() => room.layout({} as Graph), /graph/],
      [() => drawing.step(0), /count/],
      [() => drawing.step(1, { signal: 1 } as never), /signal/],
      [() => drawing.place(24, [0, 0]), /node/],
      [() => drawing.place(0, [0]), /position/],
      [() => drawing.place(0, [0, Number.NaN]), /position/],
      [() => drawing.positions(new Float32Array(3)), /into/],
      [() => room.compareLabels([0, 1], [0]), /"b"/],
      [() => room.compareLabels([], []), /count|"a"/],
      [() => room.compareLabels([0.5], [0]), /"a/],
      [() => room.leiden({} as Graph), /graph/],
    ];
    for (const [call, name] of wrong) expect(refusalOf(call).message).toMatch(name);
  });
});
