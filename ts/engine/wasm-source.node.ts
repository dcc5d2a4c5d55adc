// Where the WebAssembly files come from in Node, Deno and Bun: beside this file, read from disk.
// package.json's "imports" choose between this file, wasm-source.browser.ts and wasm-source.workerd.ts.
import { readFile } from 'node:fs/promises';
import type { ModuleName } from '../generated/bundles.js';
import { wasmUrls } from './wasm-urls.js';

// Where the file is not there: bundlers for Node leave it behind.
export { inlined as twin } from './inline.js';

export type Fetched = Response | BufferSource | WebAssembly.Module;

/** The module that comes with the package. */
export function packaged(name: ModuleName): Promise<Fetched> {
  return readFile(wasmUrls[name]());
}

/** Whether the package has this module here: all of them. */
export function ships(_name: ModuleName): boolean {
  return true;
}

/** What a user's address leads to: a URL, or the path of a file. */
export function fetched(address: string | URL): Promise<Fetched> {
  const text = String(address);
  // One letter before the colon is a drive, not a protocol.
  if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(text)) return fetch(address);
  return readFile(text.startsWith('file:') ? new URL(text) : text);
}
