// How soon an abort is heard in the thread that works: within 50 ms.
import { load as loadSolver } from 'sublinear/solver';
import { load as loadSparse } from 'sublinear/sparse';
import { expect, test } from 'vitest';
import { gridLaplacian } from '../../bench/support/generators.js';
import { leastMs } from '../support/clock.js';

/** Milliseconds from the abort, which is made in the first progress report that `when` accepts, to the rejection. */
async function latency<P>(
  begin: (options: { signal: AbortSignal; onProgress: (at: P) => void }) => Promise<unknown>,
  when: (at: P) => boolean = () => true,
): Promise<number> {
  const controller = new AbortController();
  let aborted = 0;
  const onProgress = (at: P) => {
    if (aborted > 0 || !when(at)) return;
    aborted = performance.now();
    controller.abort();
  };
  await expect(begin({ signal: controller.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  });
  return performance.now() - aborted;
}

test('reading one large piece', async () => {
  const { SparseMatrix } = await loadSparse();
  const n = 400_000;
  const text = `%%MatrixMarket matrix coordinate real general\n1 1 ${n}\n${'1 1 0.1234567890123456\n'.repeat(n)}`;
  const once = () =>
    latency<{ bytesRead: number }>(
      (how) => SparseMatrix.fromMatrixMarketAsync(text, how),
      ({ bytesRead }) => bytesRead > 200_000,
    );
  expect(await leastMs(50, once)).toBeLessThan(50);
});

test('solving', async () => {
  const { SparseMatrix, solveAsync } = await loadSolver();
  const { rows, rowPointers, columns, values } = gridLaplacian(300, 300, 1e-7);
  const matrix = SparseMatrix.fromCsr({ rows, cols: rows, rowPointers, columns, values });
  const b = Float64Array.from({ length: rows }, (_, i) => Math.cos(i * i));
  const once = () => latency((how) => solveAsync(matrix, b, { ...how, tolerance: 1e-12 }));
  expect(await leastMs(50, once)).toBeLessThan(50);
  matrix.dispose();
});
