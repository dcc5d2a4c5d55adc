// Files that are read by ranges: vectors that are searched where they lie, and bundles of named tensors.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { format } from './generated/entry/format.js';
import type { FormatRoom } from './rooms/format/format.js';

export * from './rooms/format/format.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('format')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/format';
 *
 * const { RemoteIndex, writeRemoteIndex } = await load();
 * using index = await RemoteIndex.open(writeRemoteIndex([1, 0, 0, 1], { dimension: 2 }));
 * console.log((await index.search([2, 0.1], { k: 1 })).ids); // Uint32Array(1) [ 0 ]
 * ```
 */
export function load(options?: EngineOptions): Promise<FormatRoom> {
  return loadRoom(format, options);
}
