import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  adjacency,
  barabasiAlbert,
  type Csr,
  gridLaplacian,
  random,
  randomNodes,
  randomVector,
  rmat,
  rowDominant,
} from '../../bench/support/generators.js';
import { Bench, type BenchResult, median, quantile } from '../../bench/support/harness.js';
import {
  conjugateGradient,
  gaussSeidel,
  incoming,
  nearest,
  oneNode,
  powerIteration,
  precisionAt,
  relativeResidual,
} from '../../bench/support/plain.js';
import { report } from '../../bench/support/report.js';

const folder = mkdtempSync(join(tmpdir(), 'sublinear-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the harness', () => {
  test('median and quantile interpolate and keep the order of their input', () => {
    const values = [4, 1, 3, 2];
    expect(median(values)).toBe(2.5);
    expect(quantile(values, 0)).toBe(1);
    expect(quantile(values, 1)).toBe(4);
    expect(quantile([7], 0.99)).toBe(7);
    expect(median([])).toBe(Number.NaN);
    expect(values).toEqual([4, 1, 3, 2]);
  });

  test('puts what was measured again in the place of what was there', () => {
    const results = join(folder, 'merge');
    const table = (only: string | undefined, id: string, value: number) => {
      const bench = new Bench('merge', 'Merge', { only, update: true, results });
      for (const each of ['a', 'b', 'c'])
        if (only !== undefined || each !== 'c')
          bench.table({ id: each, title: each, columns: ['x'], rows: [[each === id ? value : 0]] });
      bench.claim({ id, text: id, value, limit: 1, relation: '<=' });
      bench.close();
      return JSON.parse(readFileSync(join(results, 'merge.json'), 'utf8')) as BenchResult;
    };
    const values = ({ sections }: BenchResult) =>
      sections.map((section) =>
        section.kind === 'table' ? [section.id, section.rows[0]![0]] : [],
      );
    expect(values(table(undefined, 'a', 1))).toEqual([['a', 1], ['b', 0]]); // biome-ignore format: pairs
    expect(values(table('b', 'b', 2))).toEqual([['a', 1], ['b', 2]]); // biome-ignore format: pairs
    const last = table('c', 'c', 3);
    expect(values(last)).toEqual([['a', 1], ['b', 2], ['c', 3]]); // biome-ignore format: pairs
    expect(last.claims.map(({ id, holds }) => [id, holds])).toEqual([['a', true], ['b', false], ['c', false]]); // biome-ignore format: pairs
  });

  test('does not replace results in which more contestants ran, unless it is forced to', async () => {
    const results = join(folder, 'fewer');
    const measure = async (skip: boolean, options: { force?: boolean; only?: string } = {}) => {
      const bench = new Bench('fewer', 'Fewer', {
        smoke: true,
        results,
        ...(options.only !== undefined && { update: true }),
        ...options,
      });
      const of = (name: string) => ({ name, run: () => 1, accuracy: () => 0, calls: 1 });
      const peer = skip ? { ...of('peer'), skip: 'not installed' } : of('peer');
      for (const id of ['a', 'b'])
        await bench.compare({ id, title: id, accuracy: 'x', contestants: [of('ours'), peer] });
      bench.close();
    };
    const ran = () => {
      const text = readFileSync(join(results, 'fewer.json'), 'utf8');
      return text.match(/"medianMs"/g)?.length;
    };
    await measure(false);
    expect(ran()).toBe(4);
    await expect(measure(true)).rejects.toThrow(/holds 4 contestants that ran, this run has 2/);
    await expect(measure(true, { only: 'b' })).rejects.toThrow(/holds 4 .* this run has 3/);
    expect(ran()).toBe(4);
    await measure(false, { only: 'b' });
    expect(ran()).toBe(4);
    await measure(true, { force: true });
    expect(ran()).toBe(2);
    await measure(false);
    expect(ran()).toBe(4);
  });

  test('says of each section when it was measured, and keeps that of what it did not measure again', () => {
    const results = join(folder, 'dated');
    const measure = (only?: string) => {
      const bench = new Bench('dated', 'Dated', {
        results,
        ...(only !== undefined && { only, update: true }),
      });
      for (const id of ['a', 'b', 'c'])
        bench.table({ id, title: `Table ${id}`, columns: ['x'], rows: [[1]] });
      bench.close();
      const file = join(results, 'dated.json');
      return { file, result: JSON.parse(readFileSync(file, 'utf8')) as BenchResult };
    };
    const { file, result } = measure();
    for (const { measured } of result.sections) {
      expect(measured!.date).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(measured!.commit).toMatch(/^([0-9a-f]{10,}|unknown)\+?$/);
    }
    const old = { date: '2001-02-03', commit: 'abcdef0123' };
    for (const section of result.sections) section.measured = old;
    writeFileSync(file, JSON.stringify(result));
    const after = measure('b').result.sections.map(({ measured }) => measured);
    expect([after[0], after[2]]).toEqual([old, old]);
    expect(after[1]).not.toEqual(old);
    const { page } = report(results)!;
    expect(page.match(/Measured at abcdef0123, 2001-02-03\./g)).toHaveLength(1);
    expect(page).toContain(`### Table b\n\nMeasured at ${after[1]!.commit}, ${after[1]!.date}.`);
  });

  test('a goal that is missed is no failure while the limit holds', () => {
    const results = join(folder, 'goals');
    const bench = new Bench('goals', 'Goals', { results });
    for (const [text, value] of [['good', 1], ['fair', 3], ['bad', 5]] as const) // biome-ignore format: pairs
      bench.claim({ id: text, text, value, limit: 4, goal: 2, relation: '<=' });
    bench.close();
    const { page } = report(results)!;
    expect(page).toContain('| good | 1 | at most 4 (goal 2) | yes |');
    expect(page).toContain('| fair | 3 | at most 4 (goal 2) | yes, goal not yet |');
    expect(page).toContain('| bad | 5 | at most 4 (goal 2) | **no** |');
  });

  test('refuses a time without an accuracy', async () => {
    const bench = new Bench('test', 'Test', { smoke: true });
    const contestants = [{ name: 'a', run: () => 1 }];
    await expect(
      bench.compare({ id: 'x', title: 'x', accuracy: 'x', contestants }),
    ).rejects.toThrow(/accuracy/);
  });

  test('takes ratios within slices, skips with a reason, and believes a peer about its own time', async () => {
    const bench = new Bench('test', 'Test', { smoke: true });
    const of = (name: string, ms: number) => ({
      name,
      run: () => ms,
      elapsed: (r: number) => r,
      accuracy: () => 0,
    });
    const result = await bench.compare({
      id: 'x',
      title: 'x',
      accuracy: 'x',
      contestants: [of('two', 2), of('six', 6), { name: 'none', run: () => 0, skip: 'absent' }],
    });
    expect(
      result!.rows.map(({ medianMs, ratio, skipped }) => ({ medianMs, ratio, skipped })),
    ).toEqual([
      { medianMs: 2, ratio: 1, skipped: undefined },
      { medianMs: 6, ratio: 3, skipped: undefined },
      { medianMs: undefined, ratio: undefined, skipped: 'absent' },
    ]);
  });
});

describe('the data', () => {
  const rowSum = ({ rowPointers, values }: Csr, i: number) =>
    values.subarray(rowPointers[i], rowPointers[i + 1]).reduce((sum, value) => sum + value, 0);

  test('is the same for the same seed', () => {
    expect(randomVector(5, 1)).toEqual(randomVector(5, 1));
    expect(randomVector(5, 1)).not.toEqual(randomVector(5, 2));
    expect(barabasiAlbert(50, 3, 42)).toEqual(barabasiAlbert(50, 3, 42));
  });

  test('random numbers are uniform', () => {
    const next = random(3);
    const bins = new Uint32Array(10);
    for (let k = 0; k < 100_000; k++) bins[Math.floor(10 * next())]!++;
    // Chi-squared with 9 degrees of freedom: above 27.9 once in a thousand seeds.
    const chi = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(27.9);
  });

  test('the grid Laplacian is symmetric and its rows sum to the shift', () => {
    const a = gridLaplacian(4, 3, 0.25);
    expect(a.columns).toHaveLength(12 + 2 * (3 * 3 + 4 * 2));
    for (let i = 0; i < a.rows; i++) expect(rowSum(a, i)).toBeCloseTo(0.25, 12);
    expect(gridLaplacian(1, 1, 2)).toMatchObject({ rows: 1, values: Float64Array.of(2) });
  });

  test('the row-dominant matrix has the slack and the entries it promises', () => {
    const { rows, rowPointers, columns, values } = rowDominant(200, 10, 0.1, 42);
    for (let i = 0; i < rows; i++) {
      let diagonal = 0;
      let others = 0;
      for (let k = rowPointers[i]!; k < rowPointers[i + 1]!; k++) {
        if (columns[k] === i) diagonal = values[k]!;
        else others += Math.abs(values[k]!);
        if (k > rowPointers[i]!) expect(columns[k]).toBeGreaterThan(columns[k - 1]!);
      }
      expect(rowPointers[i + 1]! - rowPointers[i]!).toBe(10);
      expect((diagonal - others) / diagonal).toBeCloseTo(0.1, 12);
    }
  });

  test('Barabasi-Albert gives every node m edges and no edge twice', () => {
    const edges = barabasiAlbert(300, 4, 1);
    expect(edges.from).toHaveLength(4 + (300 - 5) * 4);
    const graph = adjacency(edges);
    expect(graph.columns).toHaveLength(2 * edges.from.length);
    for (let u = 1; u < 300; u++) {
      expect(graph.rowPointers[u + 1]! - graph.rowPointers[u]!).toBeGreaterThanOrEqual(
        u <= 4 ? 1 : 4,
      );
    }
  });

  test('R-MAT stays in range and prefers small nodes', () => {
    const { from, to, nodeCount } = rmat(8, 5000, 9);
    expect(nodeCount).toBe(256);
    expect(Math.max(...from, ...to)).toBeLessThan(256);
    const low = from.filter((u) => u < 128).length / from.length;
    expect(low).toBeGreaterThan(0.7);
    expect(low).toBeLessThan(0.82);
  });

  test('sources are different nodes', () => {
    expect(new Set(randomNodes(10, 10, 1)).size).toBe(10);
  });
});

describe('plain JavaScript', () => {
  test('solves what it is given', () => {
    const a = gridLaplacian(9, 7, 0.1);
    const b = randomVector(a.rows, 1);
    expect(relativeResidual(a, conjugateGradient(a, b, 1e-10), b)).toBeLessThan(1e-9);
    const c = rowDominant(80, 10, 0.1, 2);
    const d = randomVector(80, 2);
    expect(relativeResidual(c, gaussSeidel(c, d, 1e-10), d)).toBeLessThan(1e-9);
    expect(relativeResidual(a, new Float64Array(a.rows), b)).toBe(1);
  });

  test('ranks a path and a dangling node as the closed form says', () => {
    // 0 -> 1 -> 2, restart at 0 and from 2: p0 = 0.15 + 0.85 p2, p1 = 0.85 p0, p2 = 0.85 p1.
    const graph = adjacency({
      nodeCount: 3,
      from: Uint32Array.of(0, 1),
      to: Uint32Array.of(1, 2),
      directed: true,
    });
    const p = powerIteration(incoming(graph), oneNode(3, 0), 0.85, 1e-14);
    const p0 = 0.15 / (1 - 0.85 ** 3);
    [p0, 0.85 * p0, 0.85 ** 2 * p0].forEach((exact, i) => {
      expect(p[i]).toBeCloseTo(exact, 12);
    });
  });

  test('finds what is nearest by its inner product, of equal ones the earlier', () => {
    const vectors = Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0, 0, 1, 1, 0, 0);
    const queries = Float32Array.of(1, 0, 0, 0, 1, 2);
    expect([...nearest(vectors, queries, { dimension: 3, k: 2 })]).toEqual([0, 3, 2, 1]);
    const some = nearest(vectors, queries, { dimension: 3, k: 3, every: 2 });
    expect([...some]).toEqual([0, 2, 0xffff_ffff, 2, 0, 0xffff_ffff]);
  });

  test('precision counts ties as right', () => {
    const scores = [5, 4, 3, 3, 1];
    expect(precisionAt([0, 1, 3], scores, 3)).toBe(1);
    expect(precisionAt([0, 4, 3], scores, 3)).toBeCloseTo(2 / 3, 12);
  });
});
