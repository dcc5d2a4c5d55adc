// Full-text search.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { text } from './generated/entry/text.js';
import type { TextRoom } from './rooms/text/text.js';

export * from './rooms/text/text.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('text')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/text';
 *
 * const { TextIndex } = await load();
 * using index = TextIndex.create({ fields: ['title'] });
 * index.add({ id: 7, fields: { title: 'Quiet hotels by the sea' } });
 * console.log(index.search('sea hotel').hits[0]?.id); // 7
 * ```
 */
export function load(options?: EngineOptions): Promise<TextRoom> {
  return loadRoom(text, options);
}
