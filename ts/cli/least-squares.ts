// sublinear solve with a matrix that is not square, or --method lsmr, lsqr, minres, cgIct, gmresIlut, qr
import type {
  LeastSquaresColumn,
  LeastSquaresMethod,
  LeastsquaresRoom,
  SparseMatrix,
} from '../rooms/leastsquares/leastsquares.js';
import { assertUnused, type Given, type SolveOptions } from './direct.js';
import { explain } from './engine.js';
import { matrixMarketVector, nameOf, writeFile } from './files.js';
import { outputFormat, print, solutionOutput, solutionRows, solutionSummary } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

const methods = ['lsmr', 'lsqr', 'minres', 'cgIct', 'gmresIlut', 'qr'] as const;

/** The method that was asked for, where it is one of least squares. */
export const leastSquaresMethod = (name: string): LeastSquaresMethod | undefined =>
  methods.find((method) => method === name);

/** Options of the other methods would do nothing here. */
export function assertLeastSquares(options: SolveOptions): void {
  assertUnused('least squares', {
    '--max-work': options.maxWork,
    '--max-memory': options.maxMemory,
    '--history': options.history,
  });
}

/** Options of least squares would do nothing elsewhere. */
export function assertSquare(options: SolveOptions, file: string): void {
  const { damping, columnScaling, dropTolerance, fill } = options;
  const dropped =
    dropTolerance !== undefined ? '--drop-tolerance' : fill !== undefined ? '--fill' : undefined;
  if (dropped !== undefined)
    throw new CliError(`${dropped}: expected --method cgIct or gmresIlut with it`);
  const given =
    damping !== undefined ? '--damping' : columnScaling ? '--column-scaling' : undefined;
  if (given !== undefined)
    throw new CliError(
      `${given}: ${nameOf(file)} is square; expected --method lsmr or lsqr with it`,
    );
}

function incompleteOf({ method, dropTolerance, fill }: SolveOptions): {
  dropTolerance?: number;
  fill?: number;
} {
  const has = method === 'cgIct' || method === 'gmresIlut';
  if (!has && (dropTolerance !== undefined || fill !== undefined))
    throw new CliError('--drop-tolerance and --fill go with --method cgIct or gmresIlut');
  return {
    ...(dropTolerance !== undefined && { dropTolerance }),
    ...(fill !== undefined && { fill }),
  };
}

/** Solves and reports. --tolerance is that of the backward error here. */
export async function solveLeastSquares(
  { solveLeastSquaresAsync }: LeastsquaresRoom,
  matrix: SparseMatrix,
  b: Float64Array,
  { aFile, bFile, rows, nnz }: Given,
  options: SolveOptions,
  progress: Progress,
): Promise<void> {
  const { tolerance, damping = 0 } = options;
  const { cols } = matrix;
  const output = solutionOutput(options.output, outputFormat(options));
  progress.start('solving');
  const started = performance.now();
  const { solution, columns, ...result } = await solveLeastSquaresAsync(matrix, b, {
    method: leastSquaresMethod(options.method) ?? 'lsmr',
    tolerance,
    damping,
    columnScaling: options.columnScaling ?? false,
    ...incompleteOf(options),
    ...(options.maxIterations !== undefined && { maxIterations: options.maxIterations }),
    ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
    signal: interrupt.signal,
    onProgress: ({ edgeOperations }) => progress.update(0, `${count(edgeOperations)} operations`),
  }).catch((error) => {
    throw explain(error, { matrix: aFile, b: bFile ?? aFile });
  });
  const ms = performance.now() - started;
  progress.stop();
  if (output !== undefined) {
    const comment = ` least squares: ${result.outcome}, ||b - A x|| <= ${result.residualNorm}`;
    await writeFile(output, matrixMarketVector(solution, comment));
  }
  print(
    {
      about: [
        ['matrix', `${nameOf(aFile)}: ${count(rows)} x ${count(cols)}, ${count(nnz)} entries`],
        ['b', bFile === undefined ? 'all ones (no file given)' : nameOf(bFile)],
        ['outcome', outcomeLine(result, tolerance)],
        ['method', `${result.method}, ${count(result.iterations)} iterations, ${duration(ms)}`],
        [
          'residual',
          `||b - A x|| <= ${digits(result.residualNorm)} (proved)${result.consistent ? ': A x = b but for the tolerance' : ''}`,
        ],
        [
          'error',
          `exact for a matrix that differs by at most ${digits(result.backwardError)} of its norm (proved)`,
        ],
        ['condition', `about ${digits(result.conditionEstimate)} or more`],
        [
          'x',
          output === undefined
            ? solutionSummary(solution)
            : `written to ${output === '-' ? 'standard output' : output}`,
        ],
      ],
      columns: ['row', 'x'],
      rows: solutionRows(solution),
      table: null,
      json: () => ({
        matrix: nameOf(aFile),
        rows,
        cols,
        entries: nnz,
        b: bFile === undefined ? 'all ones' : nameOf(bFile),
        tolerance,
        damping,
        ...result,
        ms,
        ...(output === undefined ? { solution: Array.from(solution) } : { output }),
      }),
    },
    options,
    output === '-' ? process.stderr : process.stdout,
  );
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;
}

function outcomeLine({ outcome }: LeastSquaresColumn, tolerance: number): string {
  const meaning: Record<string, string> = {
    converged: `the backward error is at most ${tolerance}`,
    iterationLimit: 'not converged: the limit of iterations was reached; x is the best answer',
    timeLimit: 'not converged: --max-time was reached; x is the best answer',
    stagnated: 'not converged: rounding does not allow the tolerance; x is the best answer',
  };
  return `${outcome}: ${meaning[outcome] ?? 'not converged'}`;
}
