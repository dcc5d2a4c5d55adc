// PageRank seen from a target: contributions of all sources, and the score of one pair.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { contributions } from './generated/entry/contributions.js';
import type { ContributionsRoom } from './rooms/contributions/contributions.js';

export * from './rooms/contributions/contributions.js';

/**
 * The module contributions of the shared engine, loaded by the first call.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/contributions';
 *
 * const { Graph, contributions } = await load();
 * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
 * console.log(contributions(graph, { target: 1 }).scores[0]?.toFixed(4)); // 0.4595
 * ```
 */
export function load(options?: EngineOptions): Promise<ContributionsRoom> {
  return loadRoom(contributions, options);
}
