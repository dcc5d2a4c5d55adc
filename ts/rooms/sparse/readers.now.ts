// The readers of files of matrices where everything is there from the start: Node, workers, edge runtimes.
import { partOf } from '../../runtime/later.js';
import { reading } from './reading.js';

export const readers = /* @__PURE__ */ partOf(
  'sparse',
  'reading files of matrices',
  async () => reading,
  reading,
);
