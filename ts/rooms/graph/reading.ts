// Reading files of graphs, and writing them as text: what a page fetches when it first does so.
import { loadGraph, loadGraphAsync } from './file.js';
import { edgesOfJson } from './node-link.js';
import { readGraphFile } from './read.js';
import {
  readEdges,
  readEdgesAsync,
  readMatrixMarket,
  readMatrixMarketAsync,
  readMetis,
  readMetisAsync,
} from './text.js';
import { writeGraph } from './writing.js';

/** One value, as a bundler would make a table of getters of all that the module exports. */
export const reading = {
  loadGraph,
  loadGraphAsync,
  edgesOfJson,
  readGraphFile,
  readEdges,
  readEdgesAsync,
  readMatrixMarket,
  readMatrixMarketAsync,
  readMetis,
  readMetisAsync,
  writeGraph,
};
