// Dense linear algebra against ml-matrix: decompositions and a whole solve, and what they are off by.
//
//   sh bench/peers/linalg.sh && npm run bench -- linalg [--smoke] [--only TEXT]
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createEngine } from 'sublinear';
import { benchmarks, denseMatrix } from '../ts/benchmarks/linalg.js';
import type { LinalgRoom } from '../ts/rooms/linalg/linalg.js';
import { openBench } from './support/harness.js';

const folder = new URL('../build/linalg-peers/', import.meta.url);
const require = createRequire(folder);
const PEER = 'ml-matrix';
// biome-ignore lint/suspicious/noExplicitAny: a peer that may not be there has no types
const ml: any = existsSync(new URL(`node_modules/${PEER}/package.json`, folder))
  ? require(PEER)
  : undefined;

const bench = openBench('linalg', 'Dense linear algebra');
const engine = await createEngine();
// The table of cases is written for the classes of ts/, of which the package has the built ones.
const room = (await engine.use('linalg')) as unknown as LinalgRoom;

/** The largest |A x - b|, b being sin(i). */
function residual({ data, rows }: ReturnType<typeof denseMatrix>, x: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < rows; i++) {
    let sum = -Math.sin(i);
    for (let j = 0; j < rows; j++) sum += (data[i * rows + j] as number) * (x[j] as number);
    most = Math.max(most, Math.abs(sum));
  }
  return most;
}

for (const size of bench.smoke ? [32] : [128, 512, 1024]) {
  const matrix = denseMatrix(size, false);
  const mine = benchmarks.solve.prepare(room, size);
  const dense = ml?.Matrix.from1DArray(size, size, matrix.data);
  const side = ml?.Matrix.columnVector(Array.from({ length: size }, (_, i) => Math.sin(i)));
  const off = (x: unknown) => residual(matrix, x as ArrayLike<number>);
  const result = await bench.compare({
    id: `solve-${size}`,
    title: `A x = b, ${size} unknowns`,
    note: 'Decomposed and solved, from an array of numbers each; sublinear corrects its answer by a residual in twice the precision.',
    accuracy: 'largest |A x - b|',
    contestants: [
      { name: 'sublinear', run: () => mine.run(), accuracy: off },
      ml
        ? { name: 'ml-matrix', run: () => ml.solve(dense, side).to1DArray(), accuracy: off }
        : { name: 'ml-matrix', run: () => 0, skip: 'sh bench/peers/linalg.sh' },
    ],
    maxSeconds: 20,
  });
  const [own, other] = result?.rows ?? [];
  if (!bench.smoke && size === 512 && own?.medianMs !== undefined && other?.medianMs !== undefined)
    bench.claim({
      id: 'solve',
      text: 'times as fast as ml-matrix in solving a dense system with 512 unknowns',
      value: other.medianMs / own.medianMs,
      limit: 5,
      goal: 10,
      relation: '>=',
      unit: 'x',
    });
  mine.dispose();
}
for (const size of bench.smoke ? [32] : [512]) {
  const [narrow, wide] = [benchmarks.product32, benchmarks.product64].map((each) =>
    each.prepare(room, size),
  );
  // Element (0, 0), computed once more.
  const { data } = denseMatrix(size, false);
  let first = 0;
  for (let k = 0; k < size; k++) first += (data[k] as number) * (data[k * size] as number);
  const off = (value: unknown) => Math.abs((value as number) - first);
  await bench.compare({
    id: `product-${size}`,
    title: `product of two matrices of ${size} rows and columns`,
    note: 'Of matrices that lie in memory, into one that is there: float32 beside float64.',
    accuracy: 'difference of an element from its sum in float64',
    contestants: [
      { name: 'sublinear float32', run: () => narrow?.run(), accuracy: off },
      { name: 'sublinear float64', run: () => wide?.run(), accuracy: off },
    ],
    maxSeconds: 20,
  });
  narrow?.dispose();
  wide?.dispose();
}
for (const size of bench.smoke ? [24] : [128, 512]) {
  const matrix = denseMatrix(size, true);
  const dense = ml?.Matrix.from1DArray(size, size, matrix.data);
  const trace = matrix.data.reduce((sum, x, at) => sum + (at % (size + 1) === 0 ? x : 0), 0);
  const off = (values: unknown) =>
    Math.abs((values as number[]).reduce((sum, x) => sum + x, 0) - trace) / trace;
  const missing = { name: 'ml-matrix', run: () => 0, skip: 'sh bench/peers/linalg.sh' };
  await bench.compare({
    id: `eigen-${size}`,
    title: `eigenvalues and vectors of a symmetric matrix, ${size} rows`,
    accuracy: 'difference of the sum of the values from the trace, as a part of it',
    contestants: [
      {
        name: 'sublinear',
        run: () => Array.from(room.eigenSymmetric(matrix).values),
        accuracy: off,
      },
      ml
        ? { name: 'ml-matrix', run: () => new ml.EVD(dense).realEigenvalues, accuracy: off }
        : missing,
    ],
    maxSeconds: 20,
  });
  await bench.compare({
    id: `svd-${size}`,
    title: `singular values and vectors, ${size} rows and columns`,
    note: 'Of the same definite matrix, whose singular values are its eigenvalues.',
    accuracy: 'difference of the sum of the values from the trace, as a part of it',
    contestants: [
      { name: 'sublinear', run: () => Array.from(room.svd(matrix).values), accuracy: off },
      ml ? { name: 'ml-matrix', run: () => new ml.SVD(dense).diagonal, accuracy: off } : missing,
    ],
    maxSeconds: 30,
  });
}
engine.dispose();
bench.close();
