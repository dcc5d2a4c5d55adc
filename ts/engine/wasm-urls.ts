// The address of each WebAssembly file. Every one is written out, because bundlers look for exactly this expression and
// copy the file.
import type { ModuleName } from '../generated/bundles.js';

export const wasmUrls: Record<ModuleName, () => URL> = {
  'solver.scalar': () => new URL('../wasm/solver.scalar.wasm', import.meta.url),
  'solver.simd': () => new URL('../wasm/solver.simd.wasm', import.meta.url),
  'vector.scalar': () => new URL('../wasm/vector.scalar.wasm', import.meta.url),
  'vector.simd': () => new URL('../wasm/vector.simd.wasm', import.meta.url),
  'vector.relaxed': () => new URL('../wasm/vector.relaxed.wasm', import.meta.url),
};
