// Where the WebAssembly files come from in workerd (Cloudflare) and edge runtimes: they refuse to compile bytes, so the
// module is imported, compiled, when the program is deployed. SIMD is always there: the other variants stay out.
import solverSimd from '../wasm/solver.simd.wasm';
import vectorSimd from '../wasm/vector.simd.wasm';
import type { Bundle, ModuleName } from './bundles.js';
import type { Fetched } from './wasm-source.node.js';

const modules: Record<`${Bundle}.simd`, WebAssembly.Module> = {
  'solver.simd': solverSimd,
  'vector.simd': vectorSimd,
};

export async function packaged(name: ModuleName): Promise<Fetched> {
  const module = (modules as Partial<Record<ModuleName, WebAssembly.Module>>)[name];
  if (module === undefined)
    throw new Error(`${name} is not part of this runtime's build, only the simd variants are`);
  return module;
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address);
}
