// Adapters as TypeScript users meet them. What both doors share is in lora.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { LoraRoom, TrainProgress } from 'sublinear/lora';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './lora.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: LoraRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('lora');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

const numbers = (seed: number, n: number) => {
  const draw = random(seed);
  return Float32Array.from({ length: n }, () => 2 * draw() - 1);
};

/** Targets that differ by a matrix of rank one; the mean squared error is 0.154 before anything is learned. */
function rankOne(d: number, n: number) {
  const [vectors, u, v] = [numbers(1, n * d), numbers(2, d), numbers(3, d)];
  const along = Array.from({ length: n }, (_, i) =>
    v.reduce((sum, x, j) => sum + x * vectors[i * d + j]!, 0),
  );
  const parts = vectors.map((_, i) => along[Math.floor(i / d)]! * u[i % d]!);
  const by = Math.sqrt(0.154 / (parts.reduce((sum, x) => sum + x * x, 0) / parts.length));
  return { vectors, targets: vectors.map((x, i) => x + by * parts[i]!) };
}

describe('learning', () => {
  test('a correction of rank one is found, and saved', () => {
    const task = rankOne(32, 256);
    using adapter = room.LoraAdapter.create({ inputs: 32, rank: 4, source: 'a model' });
    const before = adapter.apply(task.vectors);
    expect(before).toEqual(task.vectors);
    const result = adapter.train(task, {
      epochs: 60,
      rate: 0.01,
      decay: 0,
      schedule: 'cosine',
    });
    expect(result).toMatchObject({ outcome: 'converged', epochs: 60, steps: 480 });
    expect(result.losses[0]).toBeLessThan(0.16);
    expect(result.loss).toBeLessThan(1e-5);
    using again = room.LoraAdapter.load(adapter.save());
    expect(again.source).toBe('a model');
    expect(again.apply(task.vectors)).toEqual(adapter.apply(task.vectors));
    expect(again.save()).toEqual(adapter.save());
  });

  test('documents that are clicked move up', () => {
    // Users who ask about a topic want its partner: a turn in the plane of each pair.
    const d = 16;
    const topic = (k: number) => Float32Array.from({ length: d }, (_, j) => Number(j === k));
    const documents = new Float32Array(d * d);
    for (let k = 0; k < d; k++) documents.set(topic(k), k * d);
    const draw = random(4);
    const clicks = Array.from({ length: 200 }, (_, i) => i % d);
    const queries = new Float32Array(clicks.length * d);
    for (const [i, k] of clicks.entries())
      queries.set(
        topic(k).map((x) => x + 0.2 * (draw() - 0.5)),
        i * d,
      );
    const clicked = clicks.map((k) => k ^ 1);
    const rank = (adapted: Float32Array) => {
      let sum = 0;
      for (const [i, wanted] of clicked.entries()) {
        const row = adapted.subarray(i * d, (i + 1) * d);
        sum += row.filter((x) => x > row[wanted]!).length;
      }
      return sum / clicked.length;
    };
    using adapter = room.LoraAdapter.create({ inputs: d, rank: 16 });
    const before = rank(adapter.apply(queries));
    adapter.train(
      { queries, documents, clicked, skipped: clicks.map((k) => [k]) },
      { epochs: 30, rate: 0.01 },
    );
    expect(before).toBeGreaterThan(4);
    expect(rank(adapter.apply(queries))).toBeLessThan(0.1);
  });

  test('a rate that is too large ends as breakdown, and nothing is lost', () => {
    const task = rankOne(8, 32);
    using adapter = room.LoraAdapter.create({ inputs: 8 });
    const before = adapter.parameters();
    const { outcome } = adapter.train(task, {
      optimizer: 'sgd',
      rate: 1e6,
      clip: Number.POSITIVE_INFINITY,
      batch: 1,
      epochs: 50,
    });
    expect(outcome).toBe('breakdown');
    expect(adapter.parameters()).toEqual(before);
  });

  test('a time limit keeps the steps that were made', () => {
    const task = rankOne(64, 512);
    using adapter = room.LoraAdapter.create({ inputs: 64 });
    const { outcome, epochs, losses } = adapter.train(task, { epochs: 1e6, maxTimeMs: 20 });
    expect(outcome).toBe('timeLimit');
    expect(losses).toHaveLength(epochs);
  });

  test('in slices: the same result, progress, an abort', async () => {
    const task = rankOne(64, 512);
    using now = room.LoraAdapter.create({ inputs: 64 });
    using later = room.LoraAdapter.create({ inputs: 64 });
    const seen: TrainProgress[] = [];
    now.train(task, { epochs: 20 });
    await later.trainAsync(task, { epochs: 20, onProgress: (progress) => seen.push(progress) });
    expect(later.parameters()).toEqual(now.parameters());
    for (const { steps } of seen) expect(steps).toBeGreaterThanOrEqual(0);
    expect(await later.applyAsync(task.vectors)).toEqual(now.apply(task.vectors));
    const control = new AbortController();
    const running = later.trainAsync(task, {
      epochs: 1e6,
      signal: control.signal,
      onProgress: () => control.abort(),
    });
    expect(() => later.apply(task.vectors)).toThrow(expect.objectContaining({ code: 'BUSY' }));
    await expect(running).rejects.toThrow(control.signal.reason as Error);
    // What was given up does not stand in the way.
    expect(later.apply(task.vectors)).toHaveLength(512 * 64);
    expect(later.train(task, { epochs: 1 }).outcome).toBe('converged');
  });
});

describe('matrices', () => {
  test('files want their own weights', async () => {
    const weights = numbers(1, 12);
    using adapter = room.LoraAdapter.create({ inputs: 4, outputs: 3, weights });
    expect([adapter.inputs, adapter.outputs, adapter.rank, adapter.alpha]).toEqual([4, 3, 3, 6]);
    expect([adapter.hasWeights, adapter.merged]).toEqual([true, false]);
    expect(adapter.matrix()).toEqual(weights);
    const bytes = adapter.save();
    using again = await room.LoraAdapter.loadAsync(new Blob([bytes]).stream(), { weights });
    expect(again.apply([1, 2, 3, 4])).toEqual(adapter.apply([1, 2, 3, 4]));
    expect(refusalOf(() => room.LoraAdapter.load(bytes)).argument).toBe('weights');
    expect(refusalOf(() => room.LoraAdapter.load(bytes, { weights: numbers(2, 12) })).code).toBe(
      'CHECKSUM',
    );
    for (let at = 0; at < bytes.length; at++)
      expect(refusalOf(() => room.LoraAdapter.load(bytes.subarray(0, at), { weights })).code).toBe(
        'TRUNCATED',
      );
  });

  test('what is wrong is refused by name', () => {
    using adapter = room.LoraAdapter.create({ inputs: 2 });
    const refused = (call: () => unknown) => {
      const { code, argument } = refusalOf(call);
      return `${code} ${argument}`;
    };
    expect(refused(() => adapter.apply([1, 2, 3]))).toBe('RANGE vectors');
    expect(refused(() => adapter.apply([1, Number.NaN]))).toBe('NOT_FINITE vectors');
    expect(refused(() => adapter.backward([1, 2], [1]))).toBe('SHAPE slopes');
    expect(refused(() => adapter.descend([1, 2]))).toBe('SHAPE gradient');
    expect(refused(() => adapter.train({ vectors: [1, 2], targets: [1] }))).toBe('SHAPE targets');
    expect(refused(() => adapter.train({ vectors: [1, 2], labels: [2] }))).toBe('INDEX labels');
    expect(refused(() => adapter.train({ vectors: [], labels: [] }))).toBe('EMPTY vectors');
    expect(() => adapter.train(bad(null))).toThrow(TypeError);
    expect(() => adapter.train({ vectors: [1, 2], labels: [1] }, bad({ epoch: 1 }))).toThrow(
      'not an option',
    );
    const clicks = { queries: [1, 2], documents: [1, 2], clicked: [0] };
    expect(refused(() => adapter.train({ ...clicks, skipped: [[1]] }))).toBe('INDEX negatives');
    expect(refused(() => adapter.train({ ...clicks, skipped: [] }))).toBe('SHAPE skipped');
  });

  test('in a worker', async () => {
    await using worker = await createWorkerEngine();
    const { LoraAdapter } = await worker.use('lora');
    const task = rankOne(16, 64);
    await using adapter = await LoraAdapter.create({ inputs: 16 });
    using here = room.LoraAdapter.create({ inputs: 16 });
    const { losses } = await adapter.train(task, { epochs: 3 });
    expect(losses).toEqual(here.train(task, { epochs: 3 }).losses);
    expect(await adapter.apply(task.vectors)).toEqual(here.apply(task.vectors));
  });
});
