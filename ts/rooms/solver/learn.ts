// Solves whose method a chooser of the module `chooser` chooses, and what it is told of a matrix. Nothing here needs that module:
// a chooser is whatever can choose and be reported to.
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { methodNames, type SolveMethod } from './methods.js';
import type { LearnedChoice, SolveOptions, SolveResult, SolverFeatures } from './types.js';

/** Rows up to which the dense factorisations work. */
const MOST_DENSE = 400;
const DENSE: readonly string[] = ['lu', 'cholesky'];
/** Methods that need a symmetric matrix without zeros on its diagonal. */
const SYMMETRIC: readonly string[] = [
  'cg',
  'amg',
  'approximateCholesky',
  'symmetricGaussSeidel',
  'incompleteCholesky',
  'cholesky',
];

export function featuresOf(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
): SolverFeatures {
  const raw = rawOf(runtime, operation, 'matrix', matrix, SparseMatrix);
  runtime.check(operation, raw.facts(runtime.out));
  // In the order of csrc/sparse/csr.h.
  const fact = (i: number) => runtime.outF64(i);
  const { rows, nnz } = raw;
  const perRow = nnz / Math.max(rows, 1);
  return {
    rows,
    entries: nnz,
    entriesPerRow: perRow,
    longestRow: fact(13) / Math.max(perRow, 1e-300),
    symmetric: fact(1) === 1,
    positiveDiagonal: fact(2) === 1,
    zeroDiagonal: fact(3) >= 0,
    nonpositiveOffDiagonal: fact(4) === 1,
    laplacian: fact(5) === 1,
    mMatrix: fact(6) === 1,
    rowSlack: fact(9),
    columnSlack: fact(10),
    normRatio: fact(11) / Math.max(fact(12), 1e-300),
    cycles: ((nnz - rows) / 2 - rows) / Math.max(rows, 1),
  };
}

/** The methods of a chooser that can be asked to solve a system of these features. */
function eligibleFor(
  operation: string,
  learn: LearnedChoice,
  { rows, symmetric, zeroDiagonal }: SolverFeatures,
): string[] {
  const isChooser =
    typeof learn === 'object' &&
    learn !== null &&
    typeof learn.choose === 'function' &&
    typeof learn.report === 'function' &&
    Array.isArray(learn.methods);
  if (!isChooser) throw check.typeError(operation, 'learn', 'a chooser', learn);
  const eligible = learn.methods.filter((name) => {
    if (!(methodNames as readonly string[]).includes(name)) return false;
    if (DENSE.includes(name) && rows > MOST_DENSE) return false;
    if (SYMMETRIC.includes(name) && (!symmetric || (zeroDiagonal && name !== 'cholesky')))
      return false;
    return !(name === 'gaussSeidel' && zeroDiagonal);
  });
  if (eligible.length === 0)
    throw check.rangeError(
      operation,
      'learn',
      'a chooser with a method that suits the matrix',
      learn,
    );
  return eligible;
}

/** One solve by one method. */
type Run = (options: SolveOptions) => SolveResult<unknown> | Promise<SolveResult<unknown>>;

/** Outcomes after which another method is tried: nothing that the caller has set has stopped it. */
const FAILED: readonly string[] = [
  'stagnated',
  'breakdown',
  'indefinite',
  'singular',
  'iterationLimit',
];

interface Plan {
  operation: string;
  learn: LearnedChoice;
  features: SolverFeatures;
  eligible: string[];
  options: SolveOptions;
}

/**
 * The steps of a solve that learns, each of them one solve: the method chosen, and `'auto'` where that has failed. Whoever runs
 * them sends back what came out.
 */
function* steps({
  learn,
  features,
  eligible,
  options,
}: Plan): Generator<
  SolveOptions,
  SolveResult<unknown>,
  { result: SolveResult<unknown>; time: number }
> {
  const { id, method } = learn.choose(features, { eligible });
  const report = (name: string, result: SolveResult<unknown>, time: number) => {
    const { outcome, work } = result;
    const cost = learn.cost === 'work' ? work.edgeOperations : time;
    const limited = outcome === 'timeLimit' || outcome === 'workLimit';
    const solved = outcome === 'converged';
    if (learn.methods.includes(name)) learn.report(id, name, { cost, solved, censored: limited });
  };
  const first = yield { ...options, method: method as SolveMethod };
  report(method, first.result, first.time);
  const isOver =
    method === 'auto' ||
    !FAILED.includes(first.result.outcome) ||
    options.maxIterations !== undefined;
  if (isOver) return first.result;
  const rest: SolveOptions = { ...options, method: 'auto' };
  if (rest.maxTimeMs !== undefined) rest.maxTimeMs = Math.max(1, rest.maxTimeMs - first.time);
  if (rest.maxWork !== undefined)
    rest.maxWork = Math.max(1, rest.maxWork - first.result.work.edgeOperations);
  const second = yield rest;
  report('auto', second.result, second.time);
  const { result } = second;
  const attempts = [...first.result.decision.attempts, ...result.decision.attempts];
  return {
    ...result,
    iterations: first.result.iterations + result.iterations,
    work: {
      ...result.work,
      edgeOperations: first.result.work.edgeOperations + result.work.edgeOperations,
    },
    decision: { attempts },
  };
}

function plan(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  { learn, ...options }: SolveOptions,
): Plan {
  if (options.method !== undefined)
    throw check.typeError(operation, 'method', 'nothing beside learn', options.method);
  const features = featuresOf(runtime, operation, matrix);
  const eligible = eligibleFor(operation, learn as LearnedChoice, features);
  return { operation, learn: learn as LearnedChoice, features, eligible, options };
}

/** Solves with a chooser. */
export function solveLearned(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  options: SolveOptions,
  run: (options: SolveOptions) => SolveResult<unknown>,
): SolveResult<unknown> {
  const all = steps(plan(runtime, operation, matrix, options));
  let step = all.next();
  while (!step.done) {
    const start = performance.now();
    const result = run(step.value);
    step = all.next({ result, time: performance.now() - start });
  }
  return step.value;
}

/** The same in slices. */
export async function solveLearnedLater(
  runtime: Runtime,
  operation: string,
  matrix: SparseMatrix,
  options: SolveOptions,
  run: Run,
): Promise<SolveResult<unknown>> {
  const all = steps(plan(runtime, operation, matrix, options));
  let step = all.next();
  while (!step.done) {
    const start = performance.now();
    const result = await run(step.value);
    step = all.next({ result, time: performance.now() - start });
  }
  return step.value;
}
