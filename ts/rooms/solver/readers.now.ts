// The same parts where everything is there from the start: Node, workers, edge runtimes.
import { partOf } from '../../runtime/later.js';
import { beginFactoring } from './factoring.js';
import { loadSolverAsync } from './file-coming.js';

export const readers = /* @__PURE__ */ partOf('solver', '', undefined, { loadSolverAsync });

export const factoring = /* @__PURE__ */ partOf('solver', '', undefined, { beginFactoring });
