// The WebAssembly as part of the JavaScript, for programs that must not fetch a file.
import { INLINE } from './runtime/source.js';

/**
 * A source for the `wasm` option that fetches nothing: the bundles are JavaScript text (a third larger than the files).
 * Each is imported when one of its modules is loaded, and only the variant that runs.
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
export const inline: typeof INLINE = INLINE;
