// Dense vectors in the engine's memory.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { dense } from './generated/entry/dense.js';
import type { DenseRoom } from './rooms/dense/dense.js';

export * from './rooms/dense/dense.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('dense')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/dense';
 *
 * const { Vector } = await load();
 * console.log(Vector.from([3, 4]).norm()); // 5
 * ```
 */
export function load(options?: EngineOptions): Promise<DenseRoom> {
  return loadRoom(dense, options);
}
