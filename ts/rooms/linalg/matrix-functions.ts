// The functions of the room, for the methods of its matrices.
import type { Runtime } from '../../runtime/runtime.js';
import type { Orthogonal } from './orthogonal-types.js';
import type { Systems } from './systems-types.js';

/** What {@link LinalgRoom} has of them. */
export type MatrixFunctions = Systems & Orthogonal;

// The functions take matrices, and matrices have methods that call them: files that import each other would be a circle.
const rooms = new WeakMap<Runtime, MatrixFunctions>();

/** Called when the room is made. */
export function giveFunctions(runtime: Runtime, functions: MatrixFunctions): void {
  rooms.set(runtime, functions);
}

export function functionsOf(runtime: Runtime): MatrixFunctions {
  return rooms.get(runtime) as MatrixFunctions;
}
