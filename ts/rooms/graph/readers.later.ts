// The readers of this module where they are fetched when they are first needed: pages.
import { partOf } from '../../runtime/later.js';

export const readers = /* @__PURE__ */ partOf(
  'graph',
  'reading files of graphs',
  async () => (await import('./reading.js')).reading,
);
