// The code of this module with everything: service workers import nothing later.
import type { Runtime } from '../../runtime/runtime.js';
import { beginFactoring, beginFurther } from './factoring.js';
import { loadSolverAsync } from './file-coming.js';
import { factoring, readers } from './readers.js';
import { createRoom as create, type SolverRoom } from './solver.js';

/** @internal */
export function createRoom(runtime: Runtime): SolverRoom {
  readers.give({ loadSolverAsync });
  factoring.give({ beginFactoring, beginFurther });
  return create(runtime);
}
