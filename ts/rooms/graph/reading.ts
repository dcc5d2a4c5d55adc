// Reading files of graphs, and writing them as text: what a page fetches when it first does so.

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
export { writeGraph } from './writing.js';
