// The readers of this module where everything is there from the start: Node, workers, edge runtimes.
import { partOf } from '../../runtime/later.js';
import { reading } from './reading.js';

export const readers = /* @__PURE__ */ partOf(
  'graph',
  'reading files of graphs',
  async () => reading,
  reading,
);
