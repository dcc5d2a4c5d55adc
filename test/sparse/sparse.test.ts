// SparseMatrix as TypeScript users meet it. What both doors share is in sparse.cases.ts.
import { createEngine, type Engine, isSublinearError, SublinearError } from 'sublinear';
import { load, type SparseRoom, SparseMatrix as Unbound } from 'sublinear/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './sparse.cases.js';

describeCases(doors, cases);

const banner = '%%MatrixMarket matrix coordinate real general\n';
// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown) => value as any;

describe('SparseMatrix', () => {
  let engine: Engine;
  let SparseMatrix: SparseRoom['SparseMatrix'];
  beforeAll(async () => {
    engine = await createEngine();
    ({ SparseMatrix } = await engine.use('sparse'));
  });
  afterAll(() => {
    expect(engine.stats().modules[0]?.bytesInUse).toBe(0);
    engine.dispose();
  });

  test('takes every kind of array and keeps or chooses the precision', async () => {
    const { Vector } = await engine.use('dense');
    const coo = { rows: 2, cols: 2, rowIndices: [0, 1], columnIndices: new Uint32Array([1, 0]) };
    using vector = Vector.from([0.1, 2], { dtype: 'float64' });
    const sources = [[0.1, 2], new Float64Array([0.1, 2]), new Float32Array([0.1, 2]), vector];
    for (const values of sources) {
      using own = SparseMatrix.fromCoo({ ...coo, values });
      expect(own.dtype).toBe(values instanceof Float32Array ? 'float32' : 'float64');
      using narrow = SparseMatrix.fromCoo({ ...coo, values, dtype: 'float32' });
      expect(narrow.toCsr().values).toEqual(new Float32Array([0.1, 2]));
      using wide = SparseMatrix.fromCoo({ ...coo, values, dtype: 'float64' });
      expect(wide.toCsr().values).toBeInstanceOf(Float64Array);
    }
    using pattern = SparseMatrix.fromCoo(coo);
    expect(pattern.dtype).toBe('pattern');
    expect(pattern.toCsr().values).toBeUndefined();
  });

  test('dense, diagonal and identity', () => {
    using a = SparseMatrix.fromDense({
      rows: 2,
      cols: 3,
      values: new Float32Array([0, 1, 0, 2, 0, -3]),
    });
    expect([a.rows, a.cols, a.nnz, a.dtype]).toEqual([2, 3, 3, 'float32']);
    expect(a.toCsr()).toEqual({
      rows: 2,
      cols: 3,
      rowPointers: new Uint32Array([0, 1, 3]),
      columns: new Uint32Array([1, 0, 2]),
      values: new Float32Array([1, 2, -3]),
    });
    using d = SparseMatrix.fromDiagonal([1, 0, -2]);
    expect(d.nnz).toBe(3);
    expect(d.classify().zeroDiagonalRow).toBe(1);
    using one = SparseMatrix.identity(4);
    expect(one.multiply([1, 2, 3, 4])).toEqual(new Float64Array([1, 2, 3, 4]));
    expect(one.classify()).toMatchObject({ mMatrix: true, laplacian: false, maxRowEntries: 1 });
    expect(one.multiply([1, 2, 3, 0.1], { output: 'float32' })).toEqual(
      new Float32Array([1, 2, 3, 0.1]),
    );
    // Into an array that was there, which may be the one that is multiplied.
    const y = Float64Array.of(1, 2, 3);
    expect([d.multiply(y, { into: y }) === y, ...y]).toEqual([true, 1, 0, -6]);
    expect(d.multiplyTranspose([1, 1, 1], { into: y })).toBe(y);
    expect([...y]).toEqual([1, 0, -2]);
    const operation = 'SparseMatrix.multiply';
    const short = { into: new Float64Array(2) };
    refused(
      () => d.multiply(y, short),
      RangeError,
      'SHAPE',
      operation,
      /^"into" expected length 3/,
    );
    refused(
      () => d.multiply(y, { into: new Float32Array(3) }),
      TypeError,
      'TYPE',
      operation,
      /^"into" expected Float64Array/,
    );
  });

  test('a written matrix reads back as the same bits', () => {
    const values = [0.1, -0, 5e-324, 1.7976931348623157e308, -1 / 3, 123456789012345680000];
    const n = values.length;
    for (const dtype of ['float64', 'float32'] as const) {
      const kept = dtype === 'float32' ? values.map((v) => (Math.abs(v) < 1e38 ? v : 1)) : values;
      using a = SparseMatrix.fromCoo({
        rows: n,
        cols: n + 1,
        rowIndices: kept.map((_, i) => i),
        columnIndices: kept.map((_, i) => n - i),
        values: kept,
        dtype,
      });
      using b = SparseMatrix.fromMatrixMarket(a.toMatrixMarket(), { dtype });
      expect(b.toCsr()).toEqual(a.toCsr());
      expect(Object.is(b.get(1, n - 1), -0)).toBe(true);
    }
    using pattern = SparseMatrix.fromCoo({ rows: 2, cols: 2, rowIndices: [1], columnIndices: [0] });
    using again = SparseMatrix.fromMatrixMarket(pattern.toMatrixMarket());
    expect([again.dtype, again.nnz]).toEqual(['pattern', 1]);
  });

  test('pieces of a large file add up to it', () => {
    using a = SparseMatrix.identity(10_000);
    const pieces = [...a.matrixMarketPieces()];
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(a.toMatrixMarket());
    using b = SparseMatrix.fromMatrixMarket(pieces);
    expect(b.nnz).toBe(10_000);
  });

  test('every kind of source gives the same matrix', async () => {
    // Longer than the buffer that text goes through, and with characters of several bytes at its seams.
    const comment = `%${'ä€😀'.repeat(30_000)}\n`;
    const text = `${banner}${comment}2 2 1\n2 1 0.25\n`;
    const bytes = new TextEncoder().encode(text);
    const halves = [bytes.subarray(0, 100_001), bytes.subarray(100_001)];
    async function* coming() {
      for (const half of halves) {
        await Promise.resolve();
        yield half;
      }
    }
    const made = [
      SparseMatrix.fromMatrixMarket(text),
      SparseMatrix.fromMatrixMarket(bytes),
      SparseMatrix.fromMatrixMarket(halves),
      SparseMatrix.fromMatrixMarket(new Set([text])),
      await SparseMatrix.fromMatrixMarketAsync(text),
      await SparseMatrix.fromMatrixMarketAsync(halves),
      await SparseMatrix.fromMatrixMarketAsync(coming()),
      await SparseMatrix.fromMatrixMarketAsync(new Blob([text]).stream()),
      await SparseMatrix.fromMatrixMarketAsync(new Response(text).body!),
    ];
    for (const a of made) {
      expect(a.get(1, 0)).toBe(0.25);
      a.dispose();
    }
  });

  test('errors name the line, what was expected and what was there', () => {
    const error = refused(
      () => SparseMatrix.fromMatrixMarket(`${banner}2 2 1\n1 x 1\n`),
      SublinearError,
      'PARSE',
      'SparseMatrix.fromMatrixMarket',
      /^line 3: expected a column from 1 to the number of columns, got "x"$/,
    );
    expect(error).toMatchObject({ line: 3, expected: 'a column from 1 to the number of columns' });
    refused(
      () => SparseMatrix.fromMatrixMarket(`${banner}2 2 1\n1 1`),
      SublinearError,
      'TRUNCATED',
      'SparseMatrix.fromMatrixMarket',
      /^line 3: expected "row column value", got end of input$/,
    );
    refused(
      () => SparseMatrix.fromMatrixMarket('%%MatrixMarket matrix coordinate complex general\n'),
      SublinearError,
      'FORMAT',
      'SparseMatrix.fromMatrixMarket',
      /^line 1: expected real, integer or pattern, got "complex"$/,
    );
  });

  test('wrong types are TypeErrors that name the argument', () => {
    const call = (run: () => unknown, operation: string, message: RegExp) =>
      refused(run, TypeError, 'TYPE', operation, message);
    call(() => SparseMatrix.fromMatrixMarket(any(5)), 'SparseMatrix.fromMatrixMarket', /^"source"/);
    call(
      () => SparseMatrix.fromMatrixMarket(any([5])),
      'SparseMatrix.fromMatrixMarket',
      /^"source"/,
    );
    call(
      () => SparseMatrix.fromMatrixMarket('', any({ dtyp: 1 })),
      'SparseMatrix.fromMatrixMarket',
      /^"dtyp"/,
    );
    call(() => SparseMatrix.fromCoo(any({ rows: '2' })), 'SparseMatrix.fromCoo', /^"rows"/);
    call(
      () => SparseMatrix.fromCoo(any({ rows: 1, cols: 1 })),
      'SparseMatrix.fromCoo',
      /^"rowIndices"/,
    );
    call(
      () =>
        SparseMatrix.fromCsr({
          rows: 1,
          cols: 1,
          rowPointers: [0, 1],
          columns: [0],
          values: any(['x']),
        }),
      'SparseMatrix.fromCsr',
      /^"values\[0\]"/,
    );
    using a = SparseMatrix.identity(2);
    call(() => a.get(any('0'), 0), 'SparseMatrix.get', /^"row"/);
    call(() => a.multiply(any('x')), 'SparseMatrix.multiply', /^"x"/);
  });

  test('values that cannot be are RangeErrors that name the argument', () => {
    const coo = { rows: 2, cols: 2, rowIndices: [0, 1], columnIndices: [0, 1] };
    const call = (run: () => unknown, code: string, operation: string, message: RegExp) =>
      refused(run, RangeError, code, operation, message);
    call(
      () => SparseMatrix.fromCoo({ ...coo, rows: -1 }),
      'RANGE',
      'SparseMatrix.fromCoo',
      /^"rows"/,
    );
    call(
      () => SparseMatrix.fromCoo({ ...coo, cols: 1.5 }),
      'RANGE',
      'SparseMatrix.fromCoo',
      /^"cols"/,
    );
    call(
      () => SparseMatrix.fromCoo({ ...coo, rowIndices: [0, -1] }),
      'RANGE',
      'SparseMatrix.fromCoo',
      /^"rowIndices\[1\]"/,
    );
    call(
      () => SparseMatrix.fromCoo({ ...coo, columnIndices: [0] }),
      'SHAPE',
      'SparseMatrix.fromCoo',
      /^"columnIndices"/,
    );
    call(
      () => SparseMatrix.fromCoo({ ...coo, values: [1] }),
      'SHAPE',
      'SparseMatrix.fromCoo',
      /^"values"/,
    );
    call(
      () => SparseMatrix.fromDense({ rows: 1, cols: 2, values: [1] }),
      'SHAPE',
      'SparseMatrix.fromDense',
      /^"values"/,
    );
    call(
      () => SparseMatrix.fromDense({ rows: 1, cols: 2, values: [0, Number.NaN] }),
      'NOT_FINITE',
      'SparseMatrix.fromDense',
      /^"values" at position 1/,
    );
    call(() => SparseMatrix.identity(0), 'EMPTY', 'SparseMatrix.identity', /^"rows"/);
    using a = SparseMatrix.identity(2);
    call(() => a.multiply([1]), 'SHAPE', 'SparseMatrix.multiply', /^"x"/);
    call(() => a.get(0, 2), 'INDEX', 'SparseMatrix.get', /^"column"/);
    call(
      () => a.multiply([1, 1], { output: any('f32') }),
      'RANGE',
      'SparseMatrix.multiply',
      /^"output"/,
    );
  });

  test('use after dispose, another engine, and the class that belongs to none', async () => {
    const a = SparseMatrix.identity(2);
    a.dispose();
    refused(() => a.nnz, SublinearError, 'DISPOSED', 'SparseMatrix.nnz', /disposed/);
    refused(
      () => a.multiply([1, 1]),
      SublinearError,
      'DISPOSED',
      'SparseMatrix.multiply',
      /disposed/,
    );
    refused(
      () => Unbound.identity(2),
      SublinearError,
      'NOT_LOADED',
      'SparseMatrix.identity',
      /await load\(\)/,
    );
    const room = await load();
    expect(room.SparseMatrix).toBe((await load()).SparseMatrix);
  });

  test('the memory limit in the middle of a build is an error that loses nothing', async () => {
    const small = await createEngine({ memory: 300_000 });
    const { SparseMatrix: Small } = await small.use('sparse');
    using kept = Small.identity(100);
    const before = small.stats().modules[0]!.bytesInUse;
    const n = 20_000;
    using large = SparseMatrix.identity(n);
    const text = large.toMatrixMarket();
    const attempts = [() => Small.identity(n), () => Small.fromMatrixMarket(text)];
    for (const attempt of attempts) {
      for (let k = 0; k < 50; k++) {
        const error = refused(
          attempt,
          SublinearError,
          'MEMORY',
          expect.any(String) as never,
          /memory limit/,
        );
        expect(error.bytesWanted).toBeGreaterThan(0);
      }
      expect(small.stats().modules[0]!.bytesInUse).toBe(before);
    }
    expect(kept.multiply(new Float64Array(100).fill(2))[99]).toBe(2);
    kept.dispose();
    expect(small.stats().modules[0]!.bytesInUse).toBe(0);
    small.dispose();
  });

  test('bytesUsed is what estimateBytes said', () => {
    using a = SparseMatrix.identity(1000);
    expect(SparseMatrix.estimateBytes({ rows: 1000, nnz: 1000 })).toBe(a.bytesUsed);
    expect(SparseMatrix.estimateBytes({ rows: 1000, nnz: 1000, dtype: 'pattern' })).toBe(
      a.bytesUsed - 8000,
    );
  });

  describe('reading what is still coming', () => {
    test('an abort while waiting rejects with the reason, cancels the source and frees everything', async () => {
      // An engine of its own: what other tests forgot may be collected in the meantime.
      const own = await createEngine();
      const { SparseMatrix } = await own.use('sparse');
      const before = own.stats().modules[0]!.bytesInUse;
      let cancelled = false;
      const stalled = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode(banner)),
        cancel: () => {
          cancelled = true;
        },
      });
      const controller = new AbortController();
      const reason = new Error('enough');
      const promise = SparseMatrix.fromMatrixMarketAsync(stalled, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      await expect(promise).rejects.toBe(reason);
      expect(cancelled).toBe(true);
      expect(own.stats().modules[0]!.bytesInUse).toBe(before);
      await expect(
        SparseMatrix.fromMatrixMarketAsync(banner, { signal: controller.signal }),
      ).rejects.toBe(reason);
      own.dispose();
    });

    test('an abort in the middle of one large piece stops before the next', async () => {
      const n = 400_000;
      const text = `${banner}1 1 ${n}\n${'1 1 0.1234567890123456\n'.repeat(n)}`;
      const controller = new AbortController();
      let read = 0;
      const promise = SparseMatrix.fromMatrixMarketAsync(text, {
        signal: controller.signal,
        onProgress: ({ bytesRead }) => {
          expect(controller.signal.aborted).toBe(false);
          read = bytesRead;
          if (bytesRead > 200_000) controller.abort();
        },
      });
      await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
      expect(read).toBeLessThan(text.length);
    });

    test('progress counts bytes, and an error of the source or of the text comes out', async () => {
      const seen: number[] = [];
      const text = `${banner}1 1 1\n1 1 5\n`;
      const pieces = [text.slice(0, 20), text.slice(20)];
      using a = await SparseMatrix.fromMatrixMarketAsync(pieces, {
        onProgress: (p) => seen.push(p.bytesRead),
      });
      expect(a.get(0, 0)).toBe(5);
      expect(seen.at(-1)).toBe(text.length);
      async function* broken() {
        yield banner;
        throw new Error('connection lost');
      }
      await expect(SparseMatrix.fromMatrixMarketAsync(broken())).rejects.toThrow('connection lost');
      const error = await SparseMatrix.fromMatrixMarketAsync(`${banner}?`).catch(
        (thrown: unknown) => thrown,
      );
      expect(isSublinearError(error) && [error.code, error.line]).toEqual(['PARSE', 2]);
      await expect(SparseMatrix.fromMatrixMarketAsync(any(7))).rejects.toThrow(TypeError);
    });
  });
});
