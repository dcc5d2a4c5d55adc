// The code of this module without the parts that are fetched when they are first needed.
import type { Runtime } from '../../runtime/runtime.js';
import { factoring, readers } from './readers.js';
import { createRoom as create, type SolverRoom } from './solver.js';

/** @internal */
export function createRoom(runtime: Runtime): SolverRoom {
  readers.from(() => import('./file-coming.js'));
  factoring.from(() => import('./factoring.js'));
  return create(runtime);
}
