// Where the WebAssembly files come from in workerd (Cloudflare) and edge runtimes: they refuse to compile bytes, so the
// module is imported, compiled, when the program is deployed. SIMD is always there: the other variants stay out.

import type { Bundle, ModuleName } from '../generated/bundles.js';
import solverSimd from '../wasm/solver.simd.wasm';
import vectorSimd from '../wasm/vector.simd.wasm';
import type { Fetched } from './wasm-source.node.js';

const shipped: Record<`${Bundle}.simd`, WebAssembly.Module> = {
  'solver.simd': solverSimd,
  'vector.simd': vectorSimd,
};
const modules: Partial<Record<ModuleName, WebAssembly.Module>> = shipped;

/** Bytes would not help: there is no second way. */
export const twin: ((name: ModuleName) => Promise<BufferSource>) | undefined = undefined;

export async function packaged(name: ModuleName): Promise<Fetched> {
  const module = modules[name];
  if (module !== undefined) return module;
  throw new Error(
    'this runtime compiles nothing and comes with the simd variants alone; leave the option "variant" out',
  );
}

export function ships(name: ModuleName): boolean {
  return name in modules;
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address);
}
