// Making matrices from arrays and files: what the modules carry that have the class.

export * from './arrays.js';
export { readers } from './readers.js';
