// Property graphs that are asked in openCypher.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { property } from './generated/entry/property.js';
import type { PropertyRoom } from './rooms/property/property.js';

export * from './rooms/property/property.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('property')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/property';
 *
 * const { PropertyGraph } = await load();
 * using graph = PropertyGraph.create();
 * graph.query("CREATE (:Person {name: 'Ada'})-[:KNOWS]->(:Person {name: 'Charles'})");
 * console.log(graph.query('MATCH (:Person)-[:KNOWS]->(b) RETURN b.name AS name').rows); // [ { name: 'Charles' } ]
 * ```
 */
export function load(options?: EngineOptions): Promise<PropertyRoom> {
  return loadRoom(property, options);
}
