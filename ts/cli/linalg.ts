// sublinear linalg solve A.npy b.npy
import { readNpyAsync } from '../npy.js';
import type { LinalgRoom, MatrixResult } from '../rooms/linalg/linalg.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { nameOf, opened } from './files.js';
import type { linalgActions } from './options.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export type LinalgAction = (typeof linalgActions)[number];

export interface LinalgOptions extends CommonOptions {
  definite?: boolean;
}

/** How those are done that are not done by LU or Cholesky. */
const methods: Partial<Record<LinalgAction, string>> = {
  'least-squares': 'QR with pivoting',
  eigen: 'QL',
  svd: 'Jacobi rotations',
};

/** What is printed: lines for people, and rows. */
interface Said {
  about: [string, string][];
  columns: string[];
  rows: number[][];
  json: object;
}

export async function linalg(
  action: LinalgAction,
  file: string,
  bFile: string | undefined,
  options: LinalgOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const sided = action === 'solve' || action === 'least-squares';
  if (sided !== (bFile !== undefined))
    throw new CliError(`b.npy and the action ${action}: expected solve or least-squares with it`);
  const method = methods[action] ?? (options.definite ? 'Cholesky' : 'LU');
  if (options.definite && methods[action] !== undefined)
    throw new CliError(`--definite: ${action} is done by ${method}`);
  if (file === '-' && bFile === '-')
    throw new CliError('only one of A and b can come from standard input');
  const engine = await engineFor(['linalg'], options);
  try {
    const matrix = await readDense(file, progress);
    const b = bFile === undefined ? undefined : await readDense(bFile, progress);
    const started = performance.now();
    progress.start('decomposing');
    const said = await answer(engine.linalg, action, matrix, b, options);
    progress.stop();
    const ms = performance.now() - started;
    const { rows, columns } = matrix;
    print(
      {
        about: [
          ['matrix', `${nameOf(file)}: ${count(rows)} x ${count(columns)}`],
          ['method', `${method}, ${duration(ms)}`],
          ...said.about,
        ],
        columns: said.columns,
        rows: said.rows,
        json: () => ({ matrix: nameOf(file), rows, columns, ...said.json, ms }),
      },
      options,
    );
  } catch (error) {
    throw explain(error, { matrix: file, b: bFile ?? file });
  } finally {
    engine.dispose();
  }
}

async function answer(
  room: LinalgRoom,
  action: LinalgAction,
  matrix: MatrixResult,
  b: MatrixResult | undefined,
  { definite }: LinalgOptions,
): Promise<Said> {
  const { signal } = interrupt;
  switch (action) {
    case 'least-squares': {
      const sides = b ?? matrix;
      const { solution, rank, residualNorms } = await room.leastSquaresAsync(matrix, sides, {
        signal,
      });
      const most = residualNorms.reduce((largest, norm) => Math.max(largest, norm), 0);
      return {
        about: [
          ['rank', count(rank)],
          ['residual', `||b - A x|| = ${digits(most)}`],
        ],
        columns: names('x', sides.columns),
        rows: numbered({ data: solution, rows: matrix.columns, columns: sides.columns }),
        json: {
          rank,
          residualNorms: Array.from(residualNorms),
          solution: Array.from(solution),
        },
      };
    }
    case 'eigen': {
      const { values, residuals } = await room.eigenSymmetricAsync(matrix, { signal });
      const bounds = residuals ?? values;
      return {
        about: [],
        columns: ['eigenvalue', 'residual'],
        rows: Array.from(values, (value, i) => [value, bounds[i] as number]),
        json: { values: Array.from(values), residuals: Array.from(bounds) },
      };
    }
    case 'svd': {
      const { values, rank } = await room.svdAsync(matrix, { signal, vectors: false });
      return {
        about: [['rank', count(rank)]],
        columns: ['singular value'],
        rows: Array.from(values, (value) => [value]),
        json: { values: Array.from(values), rank },
      };
    }
  }
  const made = await (definite
    ? room.choleskyAsync(matrix, { signal })
    : room.luAsync(matrix, { signal }));
  switch (action) {
    case 'solve': {
      const sides = b ?? matrix;
      const { solution, backwardError, columns, refinements } = await made.solveAsync(sides, {
        signal,
      });
      return {
        about: [['backward error', `${digits(backwardError)}, ${refinements} corrections`]],
        columns: names('x', sides.columns),
        rows: numbered({ data: solution, rows: made.size, columns: sides.columns }),
        json: { backwardError, columns, solution: Array.from(solution) },
      };
    }
    case 'determinant': {
      const { sign, logarithm } = made.logDeterminant();
      const determinant = made.determinant();
      return {
        about: [],
        columns: ['determinant', 'sign', 'logarithm'],
        rows: [[determinant, sign, logarithm]],
        json: { determinant, sign, logarithm },
      };
    }
    case 'inverse': {
      const inverse = await made.inverseAsync({ signal });
      return {
        about: [],
        columns: names('', inverse.columns),
        rows: numbered(inverse),
        json: { inverse: Array.from(inverse.data) },
      };
    }
    case 'condition': {
      const condition = await made.conditionEstimateAsync({ signal });
      if (!(condition < 2 ** 52)) process.exitCode = EXIT.notConverged;
      return {
        about: [['singular', condition < 2 ** 52 ? 'no' : 'but for rounding']],
        columns: ['condition'],
        rows: [[condition]],
        json: { condition, singular: made.singular },
      };
    }
  }
}

const names = (name: string, columns: number) => [
  'row',
  ...Array.from({ length: columns }, (_, j) => (columns === 1 ? name || '0' : `${name}${j}`)),
];

/** Rows of a matrix, each with its number before it. */
const numbered = ({ data, rows, columns }: MatrixResult) =>
  Array.from({ length: rows }, (_, i) => [i, ...data.subarray(i * columns, (i + 1) * columns)]);

/** A NumPy array of two axes; of one axis it is a column. */
async function readDense(file: string, progress: Progress): Promise<MatrixResult> {
  try {
    const { bytes } = await opened(file, progress);
    const { shape, data } = await readNpyAsync(bytes);
    const [rows = 1, columns = 1, more] = shape;
    if (shape.length === 0 || more !== undefined)
      throw new CliError(`${nameOf(file)}: an array of ${shape.length} axes, expected one or two`);
    const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
    return { data: values, rows, columns };
  } catch (error) {
    throw explain(error, {}, file);
  }
}
