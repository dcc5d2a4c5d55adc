// Solves whose method a chooser chooses.
import { createEngine } from 'sublinear';
import type { LearnedChoice, SolveMethod } from 'sublinear/solver';
import type { SparseMatrix } from 'sublinear/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../support/refused.js';

const open = () => createEngine({ modules: ['sparse', 'solver', 'chooser'] });

describe('solve with a chooser', () => {
  let engine: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  /** -1, 2 + shift, -1; unsymmetric by `skew`. */
  const line = (n: number, shift: number, skew = 0): SparseMatrix => {
    const [rowIndices, columnIndices, values]: [number[], number[], number[]] = [[], [], []];
    for (let i = 0; i < n; i++)
      for (const [j, value] of [
        [i, 2 + shift],
        [i - 1, -1 - skew],
        [i + 1, -1 + skew],
      ] as const) {
        if (j < 0 || j >= n) continue;
        rowIndices.push(i);
        columnIndices.push(j);
        values.push(value);
      }
    return engine.sparse.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices,
      columnIndices,
      values,
    });
  };

  const chooserOf = (methods: SolveMethod[], more: object = {}) =>
    engine.chooser.Chooser.create({
      methods,
      features: ['rows', 'symmetric', 'rowSlack'],
      timeout: 1e9,
      cost: 'work',
      ...more,
    });

  test('features are those facts that the automatic choice reads', () => {
    using matrix = line(50, 1);
    const features = engine.solver.solverFeatures(matrix);
    expect(features).toMatchObject({
      rows: 50,
      entries: 148,
      symmetric: true,
      laplacian: false,
      mMatrix: true,
    });
    expect(features.rowSlack).toBeCloseTo(1 / 3, 12);
    using skew = line(50, 1, 0.5);
    expect(engine.solver.solverFeatures(skew).symmetric).toBe(false);
    for (const value of Object.values(features))
      expect(['number', 'boolean']).toContain(typeof value);
  });

  test('what it costs is learnt, and answers are those of solve', async () => {
    using chooser = chooserOf(['cg', 'gaussSeidel', 'amg']);
    const b = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
    using matrix = line(300, 0.01);
    const wanted = engine.solver.solve(matrix, b, { tolerance: 1e-12 }).solution;
    for (let i = 0; i < 20; i++) {
      const options = { learn: chooser, tolerance: 1e-10 };
      const { solution, outcome } =
        i % 2
          ? engine.solver.solve(matrix, b, options)
          : await engine.solver.solveAsync(matrix, b, options);
      expect(outcome).toBe('converged');
      for (let k = 0; k < 300; k++) expect(solution[k]).toBeCloseTo(wanted[k]!, 6);
    }
    expect(chooser.stats()).toMatchObject({ reports: 20, decisions: 20 });
    // The one whose work is least.
    const work = (method: SolveMethod) =>
      engine.solver.solve(matrix, b, { method, tolerance: 1e-10 }).work.edgeOperations;
    const best = [...(['cg', 'gaussSeidel', 'amg'] as const)].sort((x, y) => work(x) - work(y))[0];
    const features = engine.solver.solverFeatures(matrix);
    expect(chooser.choose(features, { explore: false }).method).toBe(best);
  });

  test('where the method fails auto goes on, and both are reported', () => {
    using chooser = chooserOf(['gaussSeidel', 'auto']);
    // Gauss-Seidel diverges here: far from dominance.
    using matrix = engine.sparse.SparseMatrix.fromCoo({
      rows: 2,
      cols: 2,
      rowIndices: [0, 0, 1, 1],
      columnIndices: [0, 1, 0, 1],
      values: [1, 3, 4, 1],
    });
    const result = engine.solver.solve(matrix, [4, 5], { learn: chooser });
    expect(result.outcome).toBe('converged');
    expect(result.solution[0]).toBeCloseTo(1, 6);
    expect(chooser.stats().reports).toBe(2);
    expect(result.decision.attempts[0]?.method).toBe('gaussSeidel');
  });

  test('methods that do not suit the matrix are not eligible', () => {
    const asked: (readonly string[])[] = [];
    const learn: LearnedChoice = {
      methods: ['cg', 'gmres', 'lu', 'someoneElse'],
      cost: 'work',
      choose(_, { eligible }) {
        asked.push(eligible);
        return { method: eligible[0]!, id: 1 };
      },
      report: () => {},
    };
    using large = line(500, 1, 0.5);
    using small = line(20, 1);
    engine.solver.solve(large, new Float64Array(500).fill(1), { learn });
    engine.solver.solve(small, new Float64Array(20).fill(1), { learn });
    expect(asked).toEqual([['gmres'], ['cg', 'gmres', 'lu']]);
    const refuse = (options: object) =>
      refusalOf(() => engine.solver.solve(large, new Float64Array(500), options));
    expect(refuse({ learn: { ...learn, methods: ['cg'] } })).toMatchObject({
      code: 'RANGE',
      argument: 'learn',
    });
    expect(refuse({ learn: 3 })).toMatchObject({ argument: 'learn' });
    expect(refuse({ learn, method: 'cg' })).toMatchObject({ argument: 'method' });
  });

  test('a limit of the caller is a limit of the run', () => {
    using chooser = chooserOf(['cg', 'auto']);
    using matrix = line(2000, 0);
    const b = Float64Array.from({ length: 2000 }, (_, i) => i % 7);
    const { outcome } = engine.solver.solve(matrix, b, { learn: chooser, maxWork: 20_000 });
    expect(outcome).toBe('workLimit');
    expect(chooser.stats().reports).toBe(1);
  });
});
