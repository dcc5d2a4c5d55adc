// The readers of this module where they are fetched when they are first needed: pages. Making matrices comes with a module
// that has the class.
import { partOf } from '../../runtime/later.js';

export const readers = /* @__PURE__ */ partOf(
  'sparse',
  'reading files of matrices',
  async () => (await import('./reading.js')).reading,
);

export const makers = /* @__PURE__ */ partOf('sparse', 'making matrices');
