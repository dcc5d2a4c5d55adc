// The functions of orthogonal decompositions.
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { matmul } from '../gemm/product.js';
import { readMatrix } from './input.js';
import type { Orthogonal } from './orthogonal-types.js';
import { LEFT, partOf, QrDecomposition, RESIDUALS, RIGHT, toleranceOf, VALUES } from './qr.js';
import type {
  MatrixInput,
  QrOptions,
  RankOptions,
  SingularValues,
  SymmetricEigen,
  VectorsOptions,
} from './types.js';

/** Values of sl_orthogonal_kind. */
const QR = 0;
const EIGEN = 1;
const SVD = 2;

type Control = AsyncOptions<WorkProgress>;

export const controlOf = ({ signal, onProgress }: Control): Control => ({
  ...(signal && { signal }),
  ...(onProgress && { onProgress }),
});

export function createOrthogonal(runtime: Runtime): Orthogonal {
  // Whatever its kind, the C object is held by one class while it is read.
  function make(operation: string, matrix: MatrixInput, kind: number, option: boolean) {
    runtime.assertAlive(operation);
    const { data, rows, columns } = readMatrix(operation, 'matrix', matrix);
    const made = runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.doubles('matrix', data);
      const create = runtime.raw.Orthogonal.create;
      const raw = create(address, length, rows, columns, kind, Number(option));
      return adopt(runtime, operation, QrDecomposition, raw);
    });
    return Object.assign(made, { rows, columns, pivoted: option });
  }
  function now(operation: string, matrix: MatrixInput, kind: number, option: boolean) {
    const made = make(operation, matrix, kind, option);
    return runMade(made, () => runNow(runtime, operation, {}, () => begunMaking(made, operation)));
  }
  async function later(
    operation: string,
    matrix: MatrixInput,
    kind: number,
    option: boolean,
    control: Control,
  ) {
    const made = make(operation, matrix, kind, option);
    return runMadeAsync(made, () =>
      runLater(runtime, operation, controlOf(control), () => begunMaking(made, operation)),
    );
  }
  function read<Result>(made: QrDecomposition, ask: (made: QrDecomposition) => Result): Result {
    try {
      return ask(made);
    } finally {
      made.dispose();
    }
  }
  const pairs = (operation: string, vectors: boolean) => (made: QrDecomposition) => {
    const n = made.rows;
    const found: SymmetricEigen = { values: partOf(made, operation, VALUES, 1, n).data };
    if (!vectors) return found;
    const residuals = partOf(made, operation, RESIDUALS, 1, n).data;
    return { ...found, vectors: partOf(made, operation, LEFT, n, n), residuals };
  };
  const singular = (operation: string, vectors: boolean) => (made: QrDecomposition) => {
    const { rows, columns } = made;
    const k = Math.min(rows, columns);
    const { data } = partOf(made, operation, VALUES, 1, k);
    const found: SingularValues = { values: data, rank: made.rank() };
    if (!vectors) return found;
    const left = partOf(made, operation, LEFT, rows, k);
    return { ...found, left, right: partOf(made, operation, RIGHT, columns, k) };
  };
  const wanted = (operation: string, { vectors = true }: VectorsOptions) =>
    check.boolean(operation, 'vectors', vectors);
  const withControl = ['vectors', ...asyncKeys] as const;

  return {
    qr(matrix, options) {
      const { pivoted = false } = check.options<QrOptions>('qr', options, ['pivoted']);
      return now('qr', matrix, QR, check.boolean('qr', 'pivoted', pivoted));
    },
    async qrAsync(matrix, options) {
      const operation = 'qrAsync';
      const keys = ['pivoted', ...asyncKeys] as const;
      const { pivoted = false, ...control } = check.options<QrOptions & Control>(
        operation,
        options,
        keys,
      );
      check.boolean(operation, 'pivoted', pivoted);
      return later(operation, matrix, QR, pivoted, control);
    },
    leastSquares(matrix, b, options) {
      const operation = 'leastSquares';
      const given: RankOptions & { maxTimeMs?: never } = check.options<RankOptions>(
        operation,
        options,
        ['tolerance'],
      );
      return read(now(operation, matrix, QR, true), (made) =>
        runNow(runtime, operation, given, (call) => made.beginSolve(call, b)),
      );
    },
    async leastSquaresAsync(matrix, b, options) {
      const operation = 'leastSquaresAsync';
      const given: RankOptions & Control & { maxTimeMs?: never } = check.options<
        RankOptions & Control
      >(operation, options, ['tolerance', ...asyncKeys]);
      const made = await later(operation, matrix, QR, true, given);
      try {
        return await runLater(runtime, operation, given, (call) => made.beginSolve(call, b));
      } finally {
        made.dispose();
      }
    },
    eigenSymmetric(matrix, options) {
      const operation = 'eigenSymmetric';
      const given = check.options<VectorsOptions>(operation, options, ['vectors']);
      const vectors = wanted(operation, given);
      return read(now(operation, matrix, EIGEN, vectors), pairs(operation, vectors));
    },
    async eigenSymmetricAsync(matrix, options) {
      const operation = 'eigenSymmetricAsync';
      const given = check.options<VectorsOptions & Control>(operation, options, withControl);
      const vectors = wanted(operation, given);
      const made = await later(operation, matrix, EIGEN, vectors, given);
      return read(made, pairs(operation, vectors));
    },
    svd(matrix, options) {
      const operation = 'svd';
      const given = check.options<VectorsOptions>(operation, options, ['vectors']);
      const vectors = wanted(operation, given);
      return read(now(operation, matrix, SVD, vectors), singular(operation, vectors));
    },
    async svdAsync(matrix, options) {
      const operation = 'svdAsync';
      const given = check.options<VectorsOptions & Control>(operation, options, withControl);
      const vectors = wanted(operation, given);
      const made = await later(operation, matrix, SVD, vectors, given);
      return read(made, singular(operation, vectors));
    },
    pseudoinverse(matrix, options) {
      const operation = 'pseudoinverse';
      const { tolerance } = check.options<RankOptions>(operation, options, ['tolerance']);
      const limit = toleranceOf(operation, tolerance);
      const made = now(operation, matrix, SVD, true);
      return read(made, () => {
        const { rows, columns } = made;
        const { values, left, right } = singular(operation, true)(made);
        const k = values.length;
        const rank = made.rank(limit < 0 ? {} : { tolerance: limit });
        if (left === undefined || right === undefined || rank === 0)
          return { data: new Float64Array(rows * columns), rows: columns, columns: rows };
        // V diag(1 / values) U^T, of the values that count.
        const scaled = right.data.map((x, i) => (i % k < rank ? x / (values[i % k] as number) : 0));
        const data = matmul(
          runtime,
          { data: scaled, rows: columns, columns: k },
          { data: left.data, rows: k, columns: rows, transposed: true },
          undefined,
        ) as Float64Array<ArrayBuffer>;
        return { data, rows: columns, columns: rows };
      });
    },
    rank(matrix, options) {
      const operation = 'rank';
      const given = check.options<RankOptions>(operation, options, ['tolerance']);
      toleranceOf(operation, given.tolerance);
      return read(now(operation, matrix, SVD, false), (made) => made.rank(given));
    },
    conditionNumber(matrix) {
      const operation = 'conditionNumber';
      const { values } = read(now(operation, matrix, SVD, false), singular(operation, false));
      const [largest = 0] = values;
      return values.length === 0 ? 0 : largest / (values.at(-1) as number) || Infinity;
    },
  };
}
