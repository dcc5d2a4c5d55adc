// Reading files of matrices: what a page fetches when it first reads one.
import { load, loadAsync } from './file.js';
import { fromMatrixMarket, fromMatrixMarketAsync } from './market.js';
import { fromNpzAsync } from './npz.js';

/** One value, as a bundler would make a table of getters of all that the module exports. By the names of the class's methods. */
export const reading = {
  load,
  loadAsync,
  fromMatrixMarket,
  fromMatrixMarketAsync,
  fromNpzAsync,
};
