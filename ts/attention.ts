// Attention over whole sequences and token by token, with caches of keys and values.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { attention } from './generated/entry/attention.js';
import type { AttentionRoom } from './rooms/attention/attention.js';

export * from './rooms/attention/attention.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('attention')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/attention';
 *
 * const { attention } = await load();
 * console.log(attention([1, 0], [1, 0], [3, 4], { heads: 1, size: 2 })); // Float32Array(2) [ 3, 4 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<AttentionRoom> {
  return loadRoom(attention, options);
}
