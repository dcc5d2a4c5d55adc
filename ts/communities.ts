// Communities of graphs. The functions stand in ts/rooms/communities/, each file with its part of the room's interface.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { communities } from './generated/entry/communities.js';
import type { CommunitiesRoom } from './rooms/communities/communities.js';

export * from './rooms/communities/communities.js';

/**
 * The module communities of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/communities';
 *
 * const { Graph, leiden } = await load();
 * using friends = Graph.fromEdges({
 *   from: ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve', 'Fay', 'Cleo'],
 *   to: ['Bob', 'Cleo', 'Ada', 'Eve', 'Fay', 'Dan', 'Dan'],
 *   directed: false,
 * });
 * const { labels } = leiden(friends);
 * console.log(labels[friends.nodeOf('Ada')!] === labels[friends.nodeOf('Bob')!]); // true
 * ```
 */
export function load(options?: EngineOptions): Promise<CommunitiesRoom> {
  return loadRoom(communities, options);
}
