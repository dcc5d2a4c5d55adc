// How files are read in browsers and bundlers: fetched from their addresses.
import type { Fetched } from './wasm-source.node.js';

/** A file of the package. */
export function read(file: URL): Promise<Fetched> {
  return fetched(file);
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address, { credentials: 'same-origin' });
}

export function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes);
}
