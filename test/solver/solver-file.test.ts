// Files of prepared solvers: what is in them, every damage found, and answers that are the same bits after loading.
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { PrepareOptions, SolverRoom, SparseMatrix } from 'sublinear/solver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { damage, headBytes } from '../support/files.js';
import { refused } from '../support/refused.js';
import { piecesOf } from '../support/text.js';
import { type Coo, grid, rowDominant } from './solver.cases.js';

describe.each(['scalar', 'simd'] as const)('saved solvers, %s', (variant) => {
  let engine: Engine;
  let room: SolverRoom;
  beforeAll(async () => {
    engine = await createEngine({ variant });
    room = await engine.use('solver');
  });
  afterAll(() => {
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const made = ({ n, rows, columns, values }: Coo): SparseMatrix =>
    room.SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: rows,
      columnIndices: columns,
      ...(values && { values }),
    });
  const side = (n: number, seed: number) => {
    const next = random(seed);
    return Float64Array.from({ length: n }, () => 2 * next() - 1);
  };
  const symmetric = grid(18, 0.01);
  const dominant = rowDominant(300, 7);
  // Rows of a triangular matrix in reverse: what an order by dependencies is for.
  const triangular = {
    n: 200,
    rows: [] as number[],
    columns: [] as number[],
    values: [] as number[],
  };
  for (let i = 0; i < 200; i++) {
    triangular.rows.push(i, ...(i < 199 ? [i] : []));
    triangular.columns.push(i, ...(i < 199 ? [i + 1] : []));
    triangular.values.push(2, ...(i < 199 ? [-1] : []));
  }

  const rows: [string, Coo, PrepareOptions][] = [
    ['auto, symmetric', symmetric, {}],
    ['auto, not symmetric', dominant, {}],
    ['cg with history', symmetric, { method: 'cg', history: true }],
    ['gaussSeidel', dominant, { method: 'gaussSeidel' }],
    ['gaussSeidel topological', triangular, { method: 'gaussSeidel', ordering: 'topological' }],
    ['bicgstab', dominant, { method: 'bicgstab' }],
    ['bicgstabIlu', dominant, { method: 'bicgstabIlu' }],
    ['gmres', dominant, { method: 'gmres' }],
    ['lu', dominant, { method: 'lu' }],
    ['cholesky', symmetric, { method: 'cholesky' }],
    ['amg', symmetric, { method: 'amg', tolerance: 1e-12 }],
    ['amg reordered', symmetric, { method: 'amg', ordering: 'reverseCuthillMckee' }],
    ['symmetricGaussSeidel', symmetric, { method: 'symmetricGaussSeidel', ordering: 'natural' }],
    ['incompleteCholesky', symmetric, { method: 'incompleteCholesky' }],
    ['approximateCholesky', symmetric, { method: 'approximateCholesky' }],
    ['float32', symmetric, { output: 'float32' }],
    ['few iterations', symmetric, { method: 'cg', maxIterations: 3 }],
    ['little work', symmetric, { method: 'cg', maxWork: 5000 }],
  ];

  test.each(rows)('%s: the same bits after loading', async (_name, coo, options) => {
    using matrix = made(coo);
    using prepared = room.prepare<PrepareOptions>(matrix, options);
    const [b, c] = [side(coo.n, 3), side(coo.n, 4)];
    const bytes = prepared.save();
    const before = [prepared.solve(b), prepared.solve(c)];
    expect(prepared.save()).toEqual(bytes); // what the method built is not in it
    for (const source of [bytes, piecesOf(bytes, 7), prepared.saveInPieces()]) {
      using again = room.PreparedSolver.load(source);
      expect([again.solve(b), again.solve(c)]).toEqual(before);
      expect(again.save()).toEqual(bytes);
    }
    using streamed = await room.PreparedSolver.loadAsync(new Blob([bytes]).stream());
    expect([await streamed.solveAsync(b), streamed.solve(c)]).toEqual(before);
  });

  test('a file is what docs/format.md says', () => {
    using matrix = made({ n: 2, rows: [0, 1], columns: [0, 1], values: [4, 8] });
    const options = { method: 'lu', tolerance: 0.25, maxIterations: 7, maxWork: 2 ** 40 } as const;
    using prepared = room.prepare(matrix, { ...options, history: true, output: 'float32' });
    const bytes = prepared.save();
    const view = new DataView(bytes.buffer);
    const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    expect([view.getUint32(8, true), text(12), view.getUint32(16, true)]).toEqual([1, 'SOLV', 5]);
    expect(Number(view.getBigUint64(24, true))).toBe(bytes.length);
    const tags = [0, 1, 2, 3, 4].map((i) => text(32 + 16 * i));
    expect(tags).toEqual(['META', 'CSR ', 'ROWP', 'COLS', 'VALS']);
    const meta = new DataView(bytes.buffer, headBytes(bytes), 48);
    expect([0, 4, 16, 20, 32].map((at) => meta.getUint32(at, true))).toEqual([4, 0, 7, 1, 1]);
    expect(meta.getFloat64(8, true)).toBe(0.25);
    expect(meta.getBigUint64(24, true)).toBe(2n ** 40n);
    // From the first section on, the matrix is what its own file has.
    const own = matrix.save();
    expect(bytes.subarray(176)).toEqual(own.subarray(96));
  });

  test('finds every damage', () => {
    using matrix = made(grid(6, 0.5));
    using prepared = room.prepare(matrix);
    const bytes = prepared.save();
    const load = (changed: Uint8Array) => room.PreparedSolver.load(changed).dispose();
    const found = damage(bytes, 2_000, load);
    expect(Object.keys(found).filter((key) => key.endsWith('nothing'))).toEqual([]);
    const cuts = Object.keys(found).filter((key) => key.startsWith('cut'));
    expect(cuts).toEqual(['cut: TRUNCATED']);
    const flips = Object.entries(found).filter(([key]) => key.startsWith('body'));
    expect(flips.reduce((sum, [, count]) => sum + count, 0)).toBe(2_000);
    for (let cut = 0; cut < bytes.length; cut += cut < 300 ? 1 : 13) {
      const short = piecesOf(bytes.subarray(0, cut), 50);
      refused(() => room.PreparedSolver.load(short), SublinearError, 'TRUNCATED', load_, /bytes/);
    }
  });
  const load_ = 'PreparedSolver.load';

  test('tells what is wrong, and where', () => {
    using matrix = made(grid(6, 0.5));
    using prepared = room.prepare(matrix);
    const bytes = prepared.save();
    const wrong = (changed: Uint8Array, code: string, message: RegExp) =>
      refused(() => room.PreparedSolver.load(changed), SublinearError, code, load_, message);
    const at = (position: number) => new RegExp(`^"bytes" at position ${position}: `);
    wrong(matrix.save(), 'FORMAT', /expected SparseMatrix\.load\(\) instead$/);
    refused(
      () => room.SparseMatrix.load(bytes),
      SublinearError,
      'FORMAT',
      'SparseMatrix.load',
      /expected PreparedSolver\.load\(\) instead$/,
    );
    const newer = bytes.slice();
    newer[8] = 2;
    wrong(newer, 'FORMAT', /newer sublinear/);
    const meta = bytes.slice();
    meta[112]! ^= 1;
    wrong(meta, 'CHECKSUM', at(112));
    // The section of the matrix's shape begins behind the options, at 176.
    const shape = bytes.slice();
    shape[176]! ^= 1;
    wrong(shape, 'CHECKSUM', at(176));
    const longer = new Uint8Array(bytes.length + 3);
    longer.set(bytes);
    wrong(longer, 'FORMAT', at(bytes.length));
    for (const value of ['text', [1], null, 5, undefined]) {
      const call = () => room.PreparedSolver.load(any(value));
      refused(call, TypeError, 'TYPE', load_, /^"bytes" expected Uint8Array/);
    }
  });

  // Files that somebody made on purpose: every sum is right.
  test('believes no option', () => {
    using matrix = made(dominant);
    using prepared = room.prepare(matrix);
    const bytes = prepared.save();
    const wrong = (change: (meta: DataView) => void, position = 112) => {
      const changed = bytes.slice();
      const meta = new DataView(changed.buffer, 112, 48);
      change(meta);
      new DataView(changed.buffer).setUint32(160, crc32c(changed.subarray(112, 160)), true);
      const at = new RegExp(`^"bytes" at position ${position}: .*, expected options that`);
      return refused(() => room.PreparedSolver.load(changed), SublinearError, 'FORMAT', load_, at);
    };
    wrong((meta) => meta.setUint32(0, 12, true));
    wrong((meta) => meta.setUint32(4, 4, true));
    for (const tolerance of [0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY])
      wrong((meta) => meta.setFloat64(8, tolerance, true));
    wrong((meta) => meta.setUint32(20, 2, true));
    wrong((meta) => meta.setBigUint64(24, 2n ** 53n, true));
    wrong((meta) => meta.setUint32(32, 2, true));
    wrong((meta) => meta.setUint8(47, 1));
    // Right by themselves, but not for this matrix.
    const cause = wrong((meta) => meta.setUint32(0, 1, true)).cause;
    expect(any(cause).code).toBe('NOT_SYMMETRIC');
    wrong((meta) => meta.setUint32(4, 3, true));
  });

  test('has its own matrix, and frees it', async () => {
    const matrix = made(symmetric);
    const prepared = room.prepare(matrix);
    const pieces = prepared.saveInPieces();
    const bytes = prepared.save();
    prepared.dispose();
    refused(() => pieces.next(), SublinearError, 'DISPOSED', 'PreparedSolver.saveInPieces', /./);
    refused(() => prepared.save(), SublinearError, 'DISPOSED', 'PreparedSolver.save', /disposed/);
    expect(matrix.rows).toBe(324); // it was the caller's
    matrix.dispose();
    const before = engine.stats().modules[0]?.bytesInUse as number;
    const again = room.PreparedSolver.load(bytes);
    const pending = again.solveAsync(side(324, 1));
    expect(() => again.dispose()).toThrow(/in use/);
    expect(() => again.save()).toThrow(/in use/);
    expect((await pending).outcome).toBe('converged');
    expect(again.size).toBe(324);
    again.dispose();
    again.dispose();
    expect(engine.stats().modules[0]?.bytesInUse).toBe(before);
    const gone = made(symmetric);
    using orphan = room.prepare(gone);
    gone.dispose();
    refused(() => orphan.save(), SublinearError, 'DISPOSED', 'PreparedSolver.save', /disposed/);
  });

  test('streams: progress counts the bytes of the file, an abort is not waited for', async () => {
    using matrix = made(grid(100, 0.01));
    using prepared = room.prepare(matrix);
    const bytes = prepared.save();
    const seen: number[] = [];
    const totals: unknown[] = [];
    const onProgress = ({ bytesRead, bytesTotal }: { bytesRead: number; bytesTotal?: number }) => {
      seen.push(bytesRead);
      totals.push(bytesTotal);
    };
    using again = await room.PreparedSolver.loadAsync(piecesOf(bytes, 10_001), { onProgress });
    expect([again.size, seen.at(-1)]).toEqual([10_000, bytes.length]);
    expect(totals.every((total) => total === undefined)).toBe(true);
    totals.length = 0;
    using whole = await room.PreparedSolver.loadAsync(new Blob([bytes]), { onProgress });
    expect([whole.size, seen.at(-1), ...new Set(totals)]).toEqual([
      10_000,
      bytes.length,
      bytes.length,
    ]);
    for (const first of [10, 1000]) {
      const controller = new AbortController();
      let cancelled = false;
      const stream = new ReadableStream<Uint8Array>({
        start: (queue) => queue.enqueue(bytes.subarray(0, first)),
        cancel: () => {
          cancelled = true;
        },
      });
      const loading = room.PreparedSolver.loadAsync(stream, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 5);
      await expect(loading).rejects.toThrow('enough');
      expect(cancelled).toBe(true);
    }
    for (const cut of [0, 50, 150, 400]) {
      const short = room.PreparedSolver.loadAsync(new Blob([bytes.subarray(0, cut)]).stream());
      await expect(short).rejects.toMatchObject({ code: 'TRUNCATED', argument: 'bytes' });
    }
    await expect(room.PreparedSolver.loadAsync(any(7))).rejects.toMatchObject({ code: 'TYPE' });
  });
});

/** CRC-32C by its definition: division of the bits, reversed, by the Castagnoli polynomial. */
function crc32c(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const out = (sum ^ (bytes[bit >> 3]! >> (bit & 7))) & 1;
    sum = (sum >>> 1) ^ (out ? 0x82f6_3b78 : 0);
  }
  return (sum ^ 0xffff_ffff) >>> 0;
}
