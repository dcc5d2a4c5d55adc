// Learning on graphs as TypeScript users meet it: asynchronous forms, limits, results, refusals. What both doors share is in
// gnn.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { GnnRoom, Graph, GraphLayer } from 'sublinear/gnn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './gnn.cases.js';

describeCases(doors, cases);

describe('learning on graphs in TypeScript', () => {
  let engine: Engine;
  let room: GnnRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('gnn');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  const ring = (count: number): Graph => {
    const from = Uint32Array.from({ length: count }, (_, i) => i);
    return room.Graph.fromEdges({ from, to: from.map((i) => (i + 1) % count), directed: false });
  };
  const layer: GraphLayer = { type: 'gcn', inputs: 1, outputs: 2, weights: [1, -1] };

  test('both forms give the same', async () => {
    using graph = ring(50);
    const features = Float32Array.from({ length: 100 }, (_, i) => (i * 7) % 11);
    expect(await room.smoothFeaturesAsync(graph, features)).toEqual(
      room.smoothFeatures(graph, features),
    );
    const known = { classes: 2, nodes: [0, 25], labels: [0, 1] };
    const spread = room.labelSpread(graph, known);
    expect(await room.labelSpreadAsync(graph, known)).toEqual(spread);
    expect(await room.correctAndSmoothAsync(graph, spread.scores, known)).toEqual(
      room.correctAndSmooth(graph, spread.scores, known),
    );
    const labels = Uint32Array.from({ length: 50 }, (_, i) => Number(i > 24));
    using fit = room.LogisticRegression.fit(features, labels);
    using later = await room.LogisticRegression.fitAsync(features, labels);
    expect(later.parameters()).toEqual(fit.parameters());
    const training = { nodes: [0, 10, 30, 40], labels: [0, 0, 1, 1] };
    const options = { training, epochs: 5, seed: 2 };
    using trained = room.GraphNetwork.train(graph, features, options);
    using trainedLater = await room.GraphNetwork.trainAsync(graph, features, options);
    expect(trainedLater.layers()).toEqual(trained.layers());
    expect(trained.history).toHaveLength(5);
    expect(trained.history[0]!.validationLoss).toBeNaN();
    expect(await trained.predictAsync(graph, features, { nodes: [3] })).toEqual(
      trained.predict(graph, features, { nodes: [3] }),
    );
  });

  test('a few nodes of a large graph read a few rows', () => {
    using graph = ring(100_000);
    using network = room.GraphNetwork.fromLayers([
      layer,
      { ...layer, inputs: 2, weights: [1, 0, 0, 1] },
    ]);
    const features = new Float32Array(100_000).fill(1);
    const { readNodes, readEdges, labels, outputs } = network.predict(graph, features, {
      nodes: [500, 9],
    });
    expect([readNodes, readEdges]).toEqual([10, 12]);
    expect(labels).toEqual(Uint32Array.of(0, 0));
    expect(outputs[0]).toBeCloseTo(1, 6);
  });

  test('powers have no limit to be near to; rounds without end have', () => {
    using graph = ring(10);
    const features = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(room.smoothFeatures(graph, features, { alpha: 0, steps: 2 }).errorBound).toBe(Infinity);
    const { errorBound, columns, columnsDone } = room.smoothFeatures(graph, features, {
      alpha: 0.5,
      steps: 60,
    });
    expect(errorBound).toBeLessThan(1e-6);
    expect([columns, columnsDone]).toEqual([1, 1]);
  });

  test('saved models answer as before, whole or in pieces', async () => {
    using graph = ring(6);
    using network = room.GraphNetwork.fromLayers([layer]);
    const features = [1, 2, 3, 4, 5, 6];
    const bytes = network.save();
    using again = await room.GraphNetwork.loadAsync(new Blob([bytes]).stream());
    expect(again.predict(graph, features)).toEqual(network.predict(graph, features));
    expect(again.history).toEqual([]);
    using model = room.LogisticRegression.fit([0, 1, 2, 3], [0, 0, 1, 1]);
    using loaded = room.LogisticRegression.load(model.saveInPieces());
    expect(loaded.predict([1.4])).toEqual(model.predict([1.4]));
    expect([loaded.loss, loaded.gradient, loaded.iterations, loaded.outcome]).toEqual([
      model.loss,
      model.gradient,
      model.iterations,
      model.outcome,
    ]);
    for (const [load, whole] of [
      [(part: Uint8Array<ArrayBuffer>) => room.GraphNetwork.load(part), bytes],
      [(part: Uint8Array<ArrayBuffer>) => room.LogisticRegression.load(part), model.save()],
    ] as const)
      for (let length = 0; length < whole.length; length += 5)
        expect(refusalOf(() => load(whole.slice(0, length))).code).toMatch(/TRUNCATED|FORMAT/);
  });

  test('aborted work ends with the reason, and its objects are free', async () => {
    using graph = ring(20_000);
    const features = new Float32Array(20_000 * 16).fill(0.5);
    const stop = () => {
      const controller = new AbortController();
      return { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    };
    await expect(
      room.smoothFeaturesAsync(graph, features, { steps: 100_000, ...stop() }),
    ).rejects.toThrow('enough');
    const training = { nodes: [0, 1], labels: [0, 1] };
    const validation = {
      nodes: Array.from(features.subarray(0, 10_000), (_, i) => i),
      labels: new Uint32Array(10_000),
    };
    const options = { training, validation, epochs: 1e6, patience: 1e6, ...stop() };
    await expect(room.GraphNetwork.trainAsync(graph, features, options)).rejects.toThrow('enough');
    const labels = Uint32Array.from({ length: 20_000 }, (_, i) => i % 2);
    const rows = features.map((_, i) => ((i * 7919) % 1000) / 1000);
    await expect(
      room.LogisticRegression.fitAsync(rows, labels, { l2: 0, tolerance: 1e-300, ...stop() }),
    ).rejects.toThrow('enough');
    graph.dispose();
  });

  test('time limits end in an outcome', () => {
    using graph = ring(20_000);
    const features = new Float32Array(20_000 * 4).fill(1);
    const smoothed = room.smoothFeatures(graph, features, { steps: 1e6, maxTimeMs: 5 });
    expect([smoothed.outcome, smoothed.errorBound]).toEqual(['timeLimit', Infinity]);
    const training = { nodes: [0, 1], labels: [0, 1] };
    using network = room.GraphNetwork.train(graph, features, {
      training,
      epochs: 1e6,
      maxTimeMs: 5,
    });
    expect(network.outcome).toBe('timeLimit');
    expect(network.predict(graph, features, { nodes: [7] }).outputs).toHaveLength(2);
  });

  test('what is wrong is refused, and the message says what would be right', () => {
    using graph = ring(4);
    const { GraphNetwork, LogisticRegression } = room;
    const refused = (call: () => unknown) => {
      const { code, message } = refusalOf(call);
      return `${code} ${message}`;
    };
    expect(refused(() => room.smoothFeatures(graph, [1, 2, 3]))).toMatch(/^SHAPE .*features/);
    expect(refused(() => room.smoothFeatures(graph, [1, 2, 3, 4], { alpha: 2 }))).toMatch(
      /alpha.*0 to 1/,
    );
    expect(refused(() => room.smoothFeatures(graph, [1, 2, 3, 4], { steps: 0 }))).toMatch(/steps/);
    expect(refused(() => room.labelSpread(graph, { classes: 2, nodes: [9], labels: [0] }))).toMatch(
      /^INDEX .*nodes/,
    );
    expect(refused(() => room.labelSpread(graph, { classes: 2, nodes: [0], labels: [2] }))).toMatch(
      /^INDEX .*labels/,
    );
    expect(refused(() => room.labelSpread(graph, { classes: 2, nodes: [0], labels: [] }))).toMatch(
      /^SHAPE .*labels/,
    );
    expect(refused(() => LogisticRegression.fit([1, 2, 3], [0, 1]))).toMatch(/^SHAPE .*features/);
    expect(refused(() => LogisticRegression.fit([1, 2], [0, 1], { l2: -1 }))).toMatch(/l2/);
    expect(refused(() => GraphNetwork.fromLayers([]))).toMatch(/layers/);
    expect(refused(() => GraphNetwork.fromLayers([{ ...layer, weights: [1] }]))).toMatch(
      /^SHAPE .*layers\[0\]\.weights/,
    );
    expect(refused(() => GraphNetwork.fromLayers([layer, layer]))).toMatch(/^OPTION .*layers/);
    expect(
      refused(() => GraphNetwork.fromLayers([{ ...layer, selfWeights: [1] } as never])),
    ).toMatch(/selfWeights/);
    const training = { nodes: [0, 0], labels: [0, 1] };
    expect(refused(() => GraphNetwork.train(graph, [1, 2, 3, 4], { training }))).toMatch(
      /^ARGUMENT .*nodes/,
    );
    using network = GraphNetwork.fromLayers([layer]);
    expect(refused(() => network.predict(graph, [1, 2, 3]))).toMatch(/^SHAPE .*features/);
    network.dispose();
    expect(refused(() => network.predict(graph, [1, 2, 3, 4]))).toMatch(/^DISPOSED/);
  });
});
