// Making matrices in pages: it comes with a module that has the class. What names no readers here has none to fetch either: a
// bundler makes a file of all that could be fetched, and of what that shares with the page.
import { partOf } from '../../runtime/later.js';

export const makers = /* @__PURE__ */ partOf('sparse', 'making matrices');
