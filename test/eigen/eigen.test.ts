// Eigenpairs as TypeScript users meet them. What both doors share is in eigen.cases.ts.
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { EigenRoom } from 'sublinear/eigen';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { held } from '../direct/direct.cases.js';
import type { Coo } from '../solver/solver.cases.js';
import { describeCases } from '../support/door.js';
import fixtures from '../vectors/eigen/scipy.json' with { type: 'json' };
import { eigenCases, eigenDoors, gridValues, ring } from './eigen.cases.js';

describeCases(eigenDoors, eigenCases);

describe('eigenpairs', () => {
  let engine: Engine;
  let room: EigenRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('eigen');
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const made = ({ n, rows, columns, values }: Coo) =>
    room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      values: new Float64Array(values ?? []),
    });

  test.each(fixtures)('agrees with scipy: $name', ({ n, rows, columns, values, asked, wanted }) => {
    using matrix = made({ n, rows, columns, values });
    const { which, sigma, k } = asked as { which: 'nearest'; sigma?: number; k: number };
    const found = room.eigenpairs(matrix, { k, which, ...(which === 'nearest' && { sigma }) });
    const scale = Math.max(...wanted.map(Math.abs));
    const sorted = Array.from(found.values).sort((a, b) => a - b);
    sorted.forEach((value, i) => {
      expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9 * scale);
    });
  });

  test.each(fixtures.filter(({ asked }) => asked.which !== 'nearest'))(
    'LOBPCG agrees with scipy: $name',
    ({ n, rows, columns, values, asked, wanted }) => {
      using matrix = made({ n, rows, columns, values });
      const { which, k } = asked as { which: 'smallest'; k: number };
      const found = room.eigenpairs(matrix, { k, which, method: 'lobpcg' });
      const scale = Math.max(...wanted.map(Math.abs));
      const sorted = Array.from(found.values).sort((a, b) => a - b);
      expect([found.outcome, found.method]).toEqual(['converged', 'lobpcg']);
      sorted.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9 * scale);
      });
    },
  );

  test('sigma alone asks for the nearest', () => {
    using matrix = made(held(9, 9, 0));
    const { values, sigma, countBelow } = room.eigenpairs(matrix, { k: 1, sigma: 4.1 });
    expect(values[0]).toBeCloseTo(4, 10);
    expect(sigma).toBeCloseTo(4.1, 12);
    expect(countBelow).toBe(gridValues(9, 9).filter((value) => value < 4.1).length);
  });

  test('the same seed gives the same bits, without counting too', () => {
    using matrix = made(held(15, 14, 0));
    const one = room.eigenpairs(matrix, { seed: 5, verify: false });
    expect(room.eigenpairs(matrix, { seed: 5, verify: false })).toEqual(one);
    expect(one.certified).toBeUndefined();
    expect(one.factorizations).toBe(1);
  });

  test('vectors are orthonormal eigenvectors', () => {
    using matrix = made(held(12, 12, 0));
    const { values, vectors, residuals } = room.eigenpairs(matrix, { k: 5 });
    const column = (j: number) => vectors.subarray(144 * j, 144 * (j + 1));
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j <= i; j++) {
        const dot = column(i).reduce((sum, x, r) => sum + x * column(j)[r]!, 0);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      }
      const image = matrix.multiply(column(i));
      const left = Math.hypot(...image.map((x, r) => x - values[i]! * column(i)[r]!));
      expect(left).toBeLessThanOrEqual(residuals[i]! + 1e-15);
    }
  });

  test('embeds a graph, whole or in parts', () => {
    const { n, from, to } = ring(12);
    using graph = room.Graph.fromEdges({ nodeCount: n, from, to, directed: false });
    const { embedding, values, components, dimensions } = room.spectralEmbedding(graph);
    expect([embedding.length, components, dimensions]).toEqual([24, 1, 2]);
    // A circle: all nodes are as far from its middle.
    const radii = from.map((i) => Math.hypot(embedding[2 * i]!, embedding[2 * i + 1]!));
    for (const radius of radii) expect(radius).toBeCloseTo(radii[0]!, 10);
    for (const value of values) expect(value).toBeCloseTo(1 - Math.cos(Math.PI / 6), 12);
    using parts = room.Graph.fromEdges({ from: [0, 2, 3], to: [1, 3, 4], directed: false });
    expect(room.spectralEmbedding(parts, { normalized: false }).components).toBe(2);
    expect(() => room.spectralEmbedding(parts, { dimensions: 4 })).toThrow(/"k": /);
  });

  test('refuses what is no option', () => {
    using matrix = made(held(3, 3, 0));
    using directed = room.Graph.fromEdges({ from: [0], to: [1] });
    const bad: [object, string][] = [
      [{ k: 1.5 }, 'k'],
      [{ which: 'middle' }, 'which'],
      [{ method: 'qr' }, 'method'],
      [{ sigma: Number.NaN }, 'sigma'],
      [{ which: 'largest', sigma: 1 }, 'sigma'],
      [{ tolerance: -1 }, 'tolerance'],
      [{ maxIterations: 0 }, 'maxIterations'],
      [{ seed: -1 }, 'seed'],
      [{ verify: 1 }, 'verify'],
      [{ mass: {} }, 'mass'],
      [{ initial: [Number.NaN, 1, 1, 1, 1, 1, 1, 1, 1] }, 'initial'],
      [{ maxTimeMs: 0 }, 'maxTimeMs'],
      [{ kk: 1 }, 'kk'],
    ];
    for (const [options, name] of bad)
      expect(() => room.eigenpairs(matrix, any(options)), name).toThrow(name);
    expect(() => room.eigenpairs(any({}))).toThrow(TypeError);
    expect(() => room.fiedler(directed)).toThrow(SublinearError);
    expect(() => room.spectralEmbedding(directed, { dimensions: 0 })).toThrow('dimensions');
  });

  test('asynchronous: the same bits, progress, abort, a budget', async () => {
    using matrix = made(held(60, 60, 0));
    const now = room.eigenpairs(matrix, { k: 4 });
    let told = 0;
    const later = await room.eigenpairsAsync(matrix, { k: 4, onProgress: () => told++ });
    expect(later).toEqual(now);
    expect(told).toBeGreaterThan(0);
    const controller = new AbortController();
    const aborted = room.eigenpairsAsync(matrix, { k: 4, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const short = room.eigenpairs(matrix, { k: 4, maxTimeMs: 1e-3 });
    expect(short.outcome).toBe('timeLimit');
    expect(short.values.length).toBeLessThanOrEqual(4);
    const { n, from, to } = ring(30);
    using graph = room.Graph.fromEdges({ nodeCount: n, from, to, directed: false });
    expect(await room.fiedlerAsync(graph)).toEqual(room.fiedler(graph));
    expect(await room.spectralEmbeddingAsync(graph)).toEqual(room.spectralEmbedding(graph));
  });

  test('in a worker', async () => {
    const worker = await createWorkerEngine({ modules: ['eigen'] });
    try {
      const { eigenpairs, SparseMatrix } = worker.eigen;
      const matrix = await SparseMatrix.fromDiagonal([3, 1, 2]);
      const { values } = await eigenpairs(matrix, { k: 2 });
      expect(Array.from(values, (value) => value.toFixed(9))).toEqual([
        '1.000000000',
        '2.000000000',
      ]);
    } finally {
      await worker.dispose();
    }
  });
});
