// Reading files of graphs, and writing them as text: what a page fetches when it first does so.
import { load, loadAsync } from './file.js';
import { edgesOfJson } from './node-link.js';
import { readAsync } from './read.js';
import {
  fromCsv,
  fromCsvAsync,
  fromEdgeList,
  fromEdgeListAsync,
  fromMatrixMarket,
  fromMatrixMarketAsync,
  fromMetis,
  fromMetisAsync,
} from './text.js';
import { writeGraph } from './writing.js';

/** One value, as a bundler would make a table of getters of all that the module exports. By the names of the class's methods. */
export const reading = {
  load,
  loadAsync,
  readAsync,
  fromCsv,
  fromCsvAsync,
  fromEdgeList,
  fromEdgeListAsync,
  fromMatrixMarket,
  fromMatrixMarketAsync,
  fromMetis,
  fromMetisAsync,
  edgesOfJson,
  writeGraph,
};
