// What of this module a page fetches when it is first needed.
import { partOf } from '../../runtime/later.js';

export const readers = /* @__PURE__ */ partOf(
  'solver',
  'reading files of solvers that are coming',
  () => import('./file-coming.js'),
);

export const factoring = /* @__PURE__ */ partOf(
  'solver',
  'solving by a factorisation',
  () => import('./factoring.js'),
);
