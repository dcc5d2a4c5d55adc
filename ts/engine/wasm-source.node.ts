// How files are read in Node, Deno and Bun: from disk. package.json's "imports" choose between this file,
// wasm-source.browser.ts and wasm-source.workerd.ts.
import { readFile } from 'node:fs/promises';

export type Fetched = Response | BufferSource | WebAssembly.Module;

/** A file of the package. */
export function read(file: URL): Promise<Fetched> {
  return readFile(file);
}

/** What a user's address leads to: a URL, or the path of a file. */
export function fetched(address: string | URL): Promise<Fetched> {
  const text = String(address);
  // One letter before the colon is a drive, not a protocol.
  if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(text)) return fetch(address);
  return readFile(text.startsWith('file:') ? new URL(text) : text);
}

export function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes);
}
