// The readers of files of matrices where they are fetched when they are first needed: pages.
import { partOf } from '../../runtime/later.js';

export const readers = /* @__PURE__ */ partOf(
  'sparse',
  'reading files of matrices',
  async () => (await import('./reading.js')).reading,
);
