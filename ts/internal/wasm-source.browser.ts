// Where the WebAssembly files come from in browsers and bundlers: each address is written out, because bundlers look
// for exactly this expression and copy the file.
import type { ModuleName } from './bundles.js';
import type { Fetched } from './wasm-source.node.js';

// Where the address leads nowhere: Vite's dev server answers 404, or a page, for files of dependencies.
export { inlined as twin } from './inline.js';

const urls: Record<ModuleName, () => URL> = {
  'solver.scalar': () => new URL('../wasm/solver.scalar.wasm', import.meta.url),
  'solver.simd': () => new URL('../wasm/solver.simd.wasm', import.meta.url),
  'vector.scalar': () => new URL('../wasm/vector.scalar.wasm', import.meta.url),
  'vector.simd': () => new URL('../wasm/vector.simd.wasm', import.meta.url),
  'vector.relaxed': () => new URL('../wasm/vector.relaxed.wasm', import.meta.url),
};

export function packaged(name: ModuleName): Promise<Fetched> {
  return fetched(urls[name]());
}

export function ships(_name: ModuleName): boolean {
  return true;
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address, { credentials: 'same-origin' });
}
