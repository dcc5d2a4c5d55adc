// The same modules as JavaScript text, for places where a file beside the code cannot be fetched (Vite's dev server, a
// page without a server). Each is imported only when it is asked for.
import type { ModuleName } from '../generated/bundles.js';

const twins: Record<ModuleName, () => Promise<{ default: string }>> = {
  'solver.scalar': () => import('../inline/solver.scalar.js'),
  'solver.simd': () => import('../inline/solver.simd.js'),
  'vector.scalar': () => import('../inline/vector.scalar.js'),
  'vector.simd': () => import('../inline/vector.simd.js'),
  'vector.relaxed': () => import('../inline/vector.relaxed.js'),
};

/** The bytes of a module that comes with the package. */
export async function inlined(name: ModuleName): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob((await twins[name]()).default);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function isModuleName(name: string): name is ModuleName {
  return Object.hasOwn(twins, name);
}
