// Making matrices where everything is there from the start: Node, workers, edge runtimes.
import { partOf } from '../../runtime/later.js';
import { arrays } from './arrays.js';
import { readers } from './readers.js';

export const makers = /* @__PURE__ */ partOf('sparse', 'making matrices', undefined, {
  arrays,
  readers,
});
