// sublinear eigen A.mtx -k 10 --which smallest
import type { EigenMethod, EigenWhich } from '../rooms/eigen/eigen.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, matrixMarketColumns, nameOf, writeFile } from './files.js';
import { readMatrix } from './matrix-file.js';
import { outputFormat, print } from './output.js';
import { CliError, count, digits, duration, EXIT, interrupt, type Progress } from './terminal.js';

export interface EigenCommandOptions extends CommonOptions {
  k: number;
  which?: EigenWhich;
  sigma?: number;
  mass?: string;
  method: EigenMethod;
  tolerance: number;
  maxIterations?: number;
  maxTime?: number;
  seed: number;
  skipNull?: boolean;
  output?: string;
}

export async function eigen(
  file: string,
  options: EigenCommandOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const { sigma, which = sigma === undefined ? 'smallest' : 'nearest' } = options;
  if ((which === 'nearest') !== (sigma !== undefined))
    throw new CliError('--which nearest and --sigma go together');
  if (file === '-' && options.mass === '-')
    throw new CliError('only one of A and --mass can come from standard input');
  await assertApart([file, options.mass], { '--output': options.output });
  const engine = await engineFor(['sparse', 'eigen'], options);
  const read = (from: string) => readMatrix(engine.sparse.SparseMatrix, from, progress);
  const matrix = await read(file);
  const mass = options.mass === undefined ? undefined : await read(options.mass);
  const { rows, nnz } = matrix;
  progress.start('looking for eigenvalues');
  const started = performance.now();
  const found = await engine.eigen
    .eigenpairsAsync(matrix, {
      k: options.k,
      which,
      method: options.method,
      tolerance: options.tolerance,
      seed: options.seed,
      ...(sigma !== undefined && { sigma }),
      ...(mass !== undefined && { mass }),
      ...(options.skipNull && { skipNull: true }),
      ...(options.maxIterations !== undefined && { maxIterations: options.maxIterations }),
      ...(options.maxTime !== undefined && { maxTimeMs: 1000 * options.maxTime }),
      signal: interrupt.signal,
      onProgress: ({ edgeOperations }) => progress.update(0, `${count(edgeOperations)} operations`),
    })
    .catch((error) => {
      throw explain(error, { matrix: file, mass: options.mass ?? file });
    });
  const ms = performance.now() - started;
  progress.stop();
  const { values, vectors, residuals, errorBounds, angleBounds, ...rest } = found;
  if (options.output !== undefined) {
    const comment = ` eigenvectors of ${values.length} eigenvalues: ${rest.outcome}`;
    await writeFile(options.output, matrixMarketColumns(vectors, rows, values.length, comment));
  }
  const finite = (value: number | undefined) => (Number.isFinite(value) ? value : null);
  const table = Array.from(values, (value, i) => [
    i + 1,
    value,
    errorBounds[i] as number,
    residuals[i] as number,
  ]);
  print(
    {
      about: [
        ['matrix', `${nameOf(file)}: ${count(rows)} x ${count(rows)}, ${count(nnz)} entries`],
        ['wanted', `${count(options.k)} ${which}${sigma === undefined ? '' : ` to ${sigma}`}`],
        ['outcome', `${rest.outcome}, ${count(values.length)} pairs, ${duration(ms)}`],
        ['method', `${rest.method}, ${count(rest.iterations)} applications of the operator`],
        ['counted', counted(rest.certified)],
        ...(rest.components === undefined
          ? []
          : [['null space', `of dimension ${count(rest.components)}`] as [string, string]]),
      ],
      columns: ['number', 'value', 'errorBound', 'residual'],
      rows: table as number[][],
      table: table.map(([i, value, bound, residual]) => [
        i as number,
        String(value),
        digits(bound as number),
        digits(residual as number),
      ]),
      json: () => ({
        matrix: nameOf(file),
        rows,
        entries: nnz,
        which,
        ...rest,
        ms,
        pairs: Array.from(values, (value, i) => ({
          value,
          // JSON has no infinity.
          errorBound: finite(errorBounds[i]),
          residual: finite(residuals[i]),
          angleBound: angleBounds[i],
        })),
        ...(options.output !== undefined && { output: options.output }),
      }),
    },
    options,
    options.output === '-' ? process.stderr : process.stdout,
  );
  process.exitCode = rest.outcome === 'converged' ? EXIT.done : EXIT.notConverged;
}

function counted(certified: number | undefined): string {
  return certified === undefined
    ? 'not checked for missing values'
    : `by inertia: none is missing among the first ${count(certified)}`;
}
