// The parts of this module that a page which names modules when it runs fetches when they are first needed (split.ts). Whoever
// imports the entry of the module has them from the start (whole.ts).
import { partOf } from '../../runtime/later.js';
import type * as code from './factoring.js';
import type * as reading from './file-coming.js';

export const readers = /* @__PURE__ */ partOf<typeof reading>(
  'solver',
  'reading files of solvers that are coming',
);

/** Wanted where the module that makes factorisations is loaded too. */
export const factoring = /* @__PURE__ */ partOf<typeof code>(
  'solver',
  'solving by a factorisation',
);
