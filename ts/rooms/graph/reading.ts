// Reading files of graphs: what a page fetches when it first reads one.

export { loadGraph, loadGraphAsync } from './file.js';
export { edgesOfJson } from './node-link.js';
export { readGraphFile } from './read.js';
export {
  readEdges,
  readEdgesAsync,
  readMatrixMarket,
  readMatrixMarketAsync,
  readMetis,
  readMetisAsync,
} from './text.js';
