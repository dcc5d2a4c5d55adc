// The functions of the room, for the methods of its matrices.
import type { Runtime } from '../../runtime/runtime.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
import type { CholeskyDecomposition, LuDecomposition } from './decomposition.js';
import type { Orthogonal } from './orthogonal-types.js';
import type {
  LinearSolution,
  LinearSolveOptions,
  MatrixInput,
  MatrixResult,
  Numbers,
} from './types.js';

/** What {@link LinalgRoom} has of them. */
export interface MatrixFunctions
  extends Pick<
    Orthogonal,
    'qr' | 'leastSquares' | 'leastSquaresAsync' | 'eigenSymmetric' | 'svd' | 'pseudoinverse'
  > {
  lu(matrix: MatrixInput): LuDecomposition;
  cholesky(matrix: MatrixInput): CholeskyDecomposition;
  inverse(matrix: MatrixInput): MatrixResult;
  inverseAsync(matrix: MatrixInput, options?: AsyncOptions<WorkProgress>): Promise<MatrixResult>;
  solve(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: LinearSolveOptions,
  ): LinearSolution;
  solveAsync(
    matrix: MatrixInput,
    b: Numbers | MatrixInput,
    options?: LinearSolveOptions & AsyncOptions<WorkProgress>,
  ): Promise<LinearSolution>;
}

// The functions take matrices, and matrices have methods that call them: files that import each other would be a circle.
const rooms = new WeakMap<Runtime, MatrixFunctions>();

/** Called when the room is made. */
export function giveFunctions(runtime: Runtime, functions: MatrixFunctions): void {
  rooms.set(runtime, functions);
}

export function functionsOf(runtime: Runtime): MatrixFunctions {
  return rooms.get(runtime) as MatrixFunctions;
}
