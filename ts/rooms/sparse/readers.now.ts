// The readers of this module, and making matrices, where everything is there from the start: Node, workers, edge runtimes.
import { partOf } from '../../runtime/later.js';
import { arrays } from './arrays.js';
import { reading } from './reading.js';

export const readers = /* @__PURE__ */ partOf(
  'sparse',
  'reading files of matrices',
  async () => reading,
  reading,
);

export const makers = /* @__PURE__ */ partOf('sparse', 'making matrices', undefined, {
  arrays,
  readers,
});
