// Routers: which route a vector belongs to, which model should answer it.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { router } from './generated/entry/router.js';
import type { RouterRoom } from './rooms/router/router.js';

export * from './rooms/router/router.js';

/**
 * The module router of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/router';
 *
 * const { SemanticRouter } = await load();
 * using router = SemanticRouter.fit([
 *   { name: 'billing', vectors: [[1, 0.1], [0.9, 0.2]] },
 *   { name: 'support', vectors: [[0.1, 1], [0.3, 0.8]] },
 * ]);
 * console.log(router.route([1, 0.3]).route); // billing
 * ```
 */
export function load(options?: EngineOptions): Promise<RouterRoom> {
  return loadRoom(router, options);
}
