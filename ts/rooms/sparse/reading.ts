// Reading files of matrices: what a page fetches when it first reads one.
import { loadMatrix, loadMatrixAsync } from './file.js';
import { readMatrixMarket, readMatrixMarketAsync } from './market.js';
import { npzMatrix } from './npz.js';

/** One value, as a bundler would make a table of getters of all that the module exports. */
export const reading = {
  loadMatrix,
  loadMatrixAsync,
  readMatrixMarket,
  readMatrixMarketAsync,
  npzMatrix,
};
