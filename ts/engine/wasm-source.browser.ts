// Where the WebAssembly files come from in browsers and bundlers: fetched from their addresses.
import type { ModuleName } from '../generated/bundles.js';
import type { Fetched } from './wasm-source.node.js';
import { wasmUrls } from './wasm-urls.js';

// Where the address leads nowhere: Vite's dev server answers 404, or a page, for files of dependencies.
export { inlined as twin } from './inline.js';

export function packaged(name: ModuleName): Promise<Fetched> {
  return fetched(wasmUrls[name]());
}

export function ships(_name: ModuleName): boolean {
  return true;
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address, { credentials: 'same-origin' });
}
