// The WebAssembly as part of the JavaScript, for programs that must not fetch a file.

import { inlined, isModuleName } from './engine/inline.js';
import type { ModuleName } from './generated/bundles.js';
import { SublinearRangeError } from './runtime/errors.js';

/**
 * A source for the `wasm` option that fetches nothing: the modules are JavaScript text (a third larger than the files).
 * Of each only the variant that is used gets imported.
 *
 * @example
 * ```ts
 * import { createEngine } from 'sublinear';
 * import { inline } from 'sublinear/inline';
 *
 * const engine = await createEngine({ modules: ['dense'], wasm: inline });
 * console.log(engine.dense.Vector.from([3, 4]).norm()); // 5
 * ```
 */
export function inline(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const name = file.replace(/\.wasm$/, '');
  if (!isModuleName(name)) {
    const message = `"file" expected the name of a module of this package, got ${JSON.stringify(file)}`;
    throw new SublinearRangeError('RANGE', 'inline', message, { argument: 'file' });
  }
  return inlined(name satisfies ModuleName);
}
