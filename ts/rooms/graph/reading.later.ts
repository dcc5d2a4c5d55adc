// Reading files of graphs in a page that has the class. It is named here as well so that a bundler puts it where it puts what
// both share: of two files the page would carry more.
export { Graph } from './class.js';
export { reading } from './reading.js';
