// Reading files of matrices: what a page fetches when it first reads one.

export { loadMatrix, loadMatrixAsync } from './file.js';
export { readMatrixMarket, readMatrixMarketAsync } from './market.js';
export { npzMatrix } from './npz.js';
