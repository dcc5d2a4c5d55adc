// Decompositions of dense matrices: linear systems, determinants, inverses.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { linalg } from './generated/entry/linalg.js';
import type { LinalgRoom } from './rooms/linalg/linalg.js';

export * from './rooms/linalg/linalg.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('linalg')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/linalg';
 *
 * const { solve } = await load();
 * console.log(solve([[2, 1], [1, 3]], [3, 4]).solution); // Float64Array(2) [ 1, 1 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<LinalgRoom> {
  return loadRoom(linalg, options);
}
