// Matrices are made by programs that have a module with the class; others only get the matrix of a graph.
import { partOf } from '../../runtime/later.js';
import type * as making from './making.js';

export const makers = /* @__PURE__ */ partOf<typeof making>('sparse', 'making matrices');
