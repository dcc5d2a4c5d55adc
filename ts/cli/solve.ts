// sublinear solve A.mtx [b.mtx]
import type { SolveMethod, SolveProgress, SolveResult } from '../rooms/solver/solver.js';
import { assertDirect, type SolveOptions, solveDirect } from './direct.js';
import { engineFor, explain } from './engine.js';
import { assertApart, matrixMarketVector, nameOf, writeFile } from './files.js';
import {
  assertLeastSquares,
  assertSquare,
  leastSquaresMethod,
  solveLeastSquares,
} from './least-squares.js';
import { readMatrix } from './matrix-file.js';
import { outputFormat, print, solutionOutput, solutionRows, solutionSummary } from './output.js';
import {
  CliError,
  count,
  digits,
  duration,
  EXIT,
  interrupt,
  type Progress,
  wayTo,
} from './terminal.js';

export async function solve(
  aFile: string,
  bFile: string | undefined,
  options: SolveOptions,
  progress: Progress,
): Promise<void> {
  if (aFile === '-' && bFile === '-') {
    throw new CliError('only one of A and b can come from standard input');
  }
  const format = outputFormat(options);
  if ((format === 'tsv' || format === 'csv') && options.output !== undefined)
    throw new CliError(`--format ${format}: x goes to --output, in Matrix Market format`);
  await assertApart([aFile, bFile], { '--output': options.output, '--save': options.save });
  const direct = options.method === 'direct';
  if (direct) assertDirect(options);
  const engine = await engineFor(['sparse', direct ? 'direct' : 'solver'], options);
  const read = (file: string) => readMatrix(engine.sparse.SparseMatrix, file, progress);
  const matrix = await read(aFile);
  if (options.save !== undefined) await writeFile(options.save, matrix.saveInPieces());
  const { rows, cols, nnz } = matrix;
  const isLeast = leastSquaresMethod(options.method) !== undefined;
  if (rows !== cols && !isLeast && options.method !== 'auto') {
    throw new CliError(
      `${nameOf(aFile)}: ${rows} x ${cols}, expected a square matrix for --method ${options.method}; lsmr and lsqr take any`,
    );
  }
  const given = { aFile, bFile, rows, nnz };
  if (isLeast || rows !== cols) {
    assertLeastSquares(options);
    const b = await sideOf();
    const room = await engine.use('leastsquares');
    await solveLeastSquares(room, matrix, b, given, options, progress);
    return;
  }
  assertSquare(options, aFile);
  const b = await sideOf();

  if (direct) {
    const { factorizeAsync } = engine.direct;
    await solveDirect(factorizeAsync, matrix, b, given, options, progress);
    return;
  }
  progress.start('solving');
  const started = performance.now();
  const result = await engine.solver
    .solveAsync(matrix, b, {
      method: options.method as SolveMethod,
      tolerance: options.tolerance,
      ...(options.maxIterations !== undefined && { maxIterations: options.maxIterations }),
      ...(options.maxWork !== undefined && { maxWork: options.maxWork }),
      ...(options.maxMemory !== undefined && { maxBytes: options.maxMemory }),
      ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
      history: options.history ?? false,
      output: 'float64',
      signal: interrupt.signal,
      onProgress: ({ iterations, relativeResidual }: SolveProgress) => {
        const detail = `${count(iterations)} iterations, residual ${digits(relativeResidual)}`;
        progress.update(wayTo(relativeResidual, options.tolerance), detail);
      },
    })
    .catch((error) => {
      throw explain(error, { matrix: aFile, b: bFile ?? aFile });
    });
  const ms = performance.now() - started;
  progress.stop();

  const output = solutionOutput(options.output, format);
  if (output !== undefined) {
    const comment = ` A x = b: ${result.outcome}, ||b - A x|| / ||b|| = ${result.relativeResidual}`;
    await writeFile(output, matrixMarketVector(result.solution, comment));
  }
  print(
    {
      about: about(),
      columns: ['row', 'x'],
      rows: solutionRows(result.solution),
      table: null,
      json: asJson,
    },
    // With the solution on standard output what is said goes beside it, not into it.
    options,
    output === '-' ? process.stderr : process.stdout,
  );
  process.exitCode = result.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  async function sideOf(): Promise<Float64Array> {
    return bFile === undefined ? new Float64Array(rows).fill(1) : readSide(bFile);
  }

  async function readSide(file: string): Promise<Float64Array> {
    const side = await read(file);
    if (side.cols !== 1 || side.rows !== rows) {
      throw new CliError(
        `${nameOf(file)}: ${side.rows} x ${side.cols}, expected ${rows} x 1 to go with ${nameOf(aFile)}`,
      );
    }
    const { rowPointers, values } = side.toCsr();
    // Zeros of an array file are not stored; a row has one entry or none.
    return Float64Array.from({ length: rows }, (_, i) => {
      const at = rowPointers[i] as number;
      if (at === rowPointers[i + 1]) return 0;
      return values === undefined ? 1 : (values[at] as number);
    });
  }

  function asJson(): object {
    const { solution, history, ...rest } = result;
    return {
      matrix: nameOf(aFile),
      rows,
      entries: nnz,
      b: bFile === undefined ? 'all ones' : nameOf(bFile),
      tolerance: options.tolerance,
      ...rest,
      ms,
      ...(history && { history: Array.from(history) }),
      ...(output === undefined ? { solution: Array.from(solution) } : { output }),
    };
  }

  function about(): [string, string][] {
    return [
      ['matrix', `${nameOf(aFile)}: ${count(rows)} x ${count(cols)}, ${count(nnz)} entries`],
      ['b', bFile === undefined ? 'all ones (no file given)' : nameOf(bFile)],
      ['outcome', outcomeLine(result, options.tolerance)],
      ['method', `${result.method}, ${count(result.iterations)} iterations, ${duration(ms)}`],
      ['residual', `||b - A x|| / ||b|| = ${digits(result.relativeResidual)}`],
      ['error', errorLine(result)],
      [
        'x',
        output === undefined
          ? solutionSummary(result.solution)
          : `written to ${output === '-' ? 'standard output' : output}`,
      ],
    ];
  }
}

function outcomeLine({ outcome }: SolveResult, tolerance: number): string {
  const meaning: Record<string, string> = {
    converged: `the residual is at most ${tolerance}`,
    iterationLimit: 'not converged: --max-iterations was reached; x is the best iterate',
    workLimit: 'not converged: --max-work was reached; x is the best iterate',
    memoryLimit: 'not converged: no method fits into --max-memory; x is the best iterate',
    timeLimit: 'not converged: --max-time was reached; x is the best iterate',
    stagnated: 'not converged: rounding does not allow the tolerance; x is the best iterate',
    singular: 'not converged: the matrix is singular',
    inconsistent:
      'no x solves this: the matrix is singular and b does not fit; x solves the part that does',
    indefinite: 'not converged: the method needs a definite matrix; try another --method',
    breakdown: 'not converged: the method broke down; try another --method',
  };
  return `${outcome}: ${meaning[outcome] ?? 'not converged'}`;
}

function errorLine({ errorBound, errorBoundNorm }: SolveResult): string {
  if (errorBound === undefined) return 'no bound is known for such a matrix';
  const what =
    errorBoundNorm === 1 ? 'all errors of x together' : 'no entry of x is off by more than';
  return errorBoundNorm === 1
    ? `${what} are at most ${digits(errorBound)} (proved)`
    : `${what} ${digits(errorBound)} (proved)`;
}
