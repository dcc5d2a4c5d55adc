// sublinear solve --method direct
import type { DirectRoom, SparseMatrix } from '../rooms/direct/direct.js';
import { type CommonOptions, explain } from './engine.js';
import { matrixMarketVector, nameOf, writeFile } from './files.js';
import { outputFormat, print, solutionOutput, solutionRows, solutionSummary } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

/** Options of `sublinear solve`. */
export interface SolveOptions extends CommonOptions {
  output?: string;
  save?: string;
  method: string;
  tolerance: number;
  maxIterations?: number;
  maxTime?: number;
  maxWork?: number;
  maxMemory?: number;
  history?: boolean;
  damping?: number;
  columnScaling?: boolean;
  dropTolerance?: number;
  fill?: number;
}

/** What was read. */
export interface Given {
  aFile: string;
  bFile: string | undefined;
  rows: number;
  nnz: number;
}

/** Refuses options that would do nothing. */
export function assertUnused(method: string, options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new CliError(`${name} does not go with ${method}`);
  }
}

/** Options of the iterative methods would do nothing here. */
export function assertDirect(options: SolveOptions): void {
  assertUnused('--method direct', {
    '--max-iterations': options.maxIterations,
    '--max-work': options.maxWork,
    '--max-memory': options.maxMemory,
    '--max-time': options.maxTime,
    '--history': options.history,
  });
}

/** Factorises, solves, and reports. --tolerance is that of the backward error here. */
export async function solveDirect(
  factorizeAsync: DirectRoom['factorizeAsync'],
  matrix: SparseMatrix,
  b: Float64Array,
  { aFile, bFile, rows, nnz }: Given,
  options: SolveOptions,
  progress: Progress,
): Promise<void> {
  const { signal } = interrupt;
  const { tolerance } = options;
  const output = solutionOutput(options.output, outputFormat(options));
  progress.start('factorising');
  const started = performance.now();
  const failed = (error: unknown) => {
    throw explain(error, { matrix: aFile, b: bFile ?? aFile });
  };
  const factor = await factorizeAsync(matrix, {
    signal,
    onProgress({ edgeOperations, expectedOperations = 0 }) {
      const way = expectedOperations > 0 ? edgeOperations / expectedOperations : 0;
      progress.update(Math.min(1, way), `${count(edgeOperations)} operations`);
    },
  }).catch(failed);
  const factorMs = performance.now() - started;
  const { solution, outcome, ...rest } = await factor
    .solveAsync(b, { signal, tolerance })
    .catch(failed);
  const ms = performance.now() - started;
  progress.stop();
  const { method, fill, flops, bytesUsed, replacedPivots, inertia } = factor;
  const { backwardErrors: _, ...answer } = rest;
  const condition = await factor.conditionEstimateAsync({ signal });
  factor.dispose();

  if (output !== undefined) {
    const comment = ` A x = b: ${outcome}, componentwise backward error ${answer.backwardError}`;
    await writeFile(output, matrixMarketVector(Float64Array.from(solution), comment));
  }
  const x = Float64Array.from(solution);
  print(
    {
      about: [
        ['matrix', `${nameOf(aFile)}: ${count(rows)} x ${count(rows)}, ${count(nnz)} entries`],
        ['b', bFile === undefined ? 'all ones (no file given)' : nameOf(bFile)],
        [
          'outcome',
          outcome === 'converged'
            ? `converged: the backward error is at most ${tolerance}`
            : `${outcome}: the backward error is above ${tolerance}`,
        ],
        ['method', `${method}, ${count(fill)} entries in the factor, ${duration(ms)}`],
        [
          'residual',
          `backward error ${digits(answer.backwardError)} in each entry of A and b, ${answer.refinements} corrections`,
        ],
        ['condition', `about ${digits(condition)}, of 1-norms`],
        [
          'error',
          answer.errorBound === undefined
            ? 'no bound is known for such a matrix'
            : `no entry of x is off by more than ${digits(answer.errorBound)} (proved)`,
        ],
        [
          'x',
          output === undefined
            ? solutionSummary(x)
            : `written to ${output === '-' ? 'standard output' : output}`,
        ],
      ],
      columns: ['row', 'x'],
      rows: solutionRows(x),
      table: null,
      json: () => ({
        matrix: nameOf(aFile),
        rows,
        entries: nnz,
        b: bFile === undefined ? 'all ones' : nameOf(bFile),
        tolerance,
        outcome,
        method,
        ...answer,
        condition,
        fill,
        flops,
        bytesUsed,
        replacedPivots,
        ...(inertia && { inertia }),
        factorMs,
        ms,
        ...(output === undefined ? { solution: Array.from(solution) } : { output }),
      }),
    },
    options,
    output === '-' ? process.stderr : process.stdout,
  );
  process.exitCode = outcome === 'converged' ? EXIT.done : EXIT.notConverged;
}
