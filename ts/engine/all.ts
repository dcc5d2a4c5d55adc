// Engines that can load every room of the package.
import type { RoomName } from '../generated/bundles.js';
import { type Rooms, rooms } from '../generated/rooms.js';
import * as check from '../runtime/validate.js';
import {
  type CreateEngineOptions,
  Engine,
  type EngineOptions,
  optionKeys,
  sharedEngine,
} from './engine.js';

/**
 * The shared engine; the same one each time, and a new one after `dispose()`. Nothing is fetched yet: `engine.use()` does
 * that. Options count when the engine is made; asking later for different ones throws `STATE`.
 *
 * @example
 * ```ts
 * import { getEngine } from 'sublinear';
 *
 * const engine = await getEngine();
 * console.log(engine === (await getEngine())); // true
 * ```
 */
export async function getEngine(options?: EngineOptions): Promise<Engine> {
  const engine = sharedEngine(options, 'getEngine');
  engine.know(rooms);
  return engine;
}

/**
 * A new engine with its own memory. The `modules` are loaded when the promise resolves and are properties of
 * the engine.
 *
 * @example
 * ```ts
 * import { createEngine } from 'sublinear';
 *
 * const engine = await createEngine({ modules: ['dense'], memory: 'embedded' });
 * using v = engine.dense.Vector.from([1, 2, 3]);
 * console.log(v.dot(v)); // 14
 * engine.dispose();
 * ```
 */
export async function createEngine<M extends RoomName = never>(
  options?: CreateEngineOptions<M>,
): Promise<Engine & Readonly<Pick<Rooms, M>>> {
  const operation = 'createEngine';
  const { modules = [], ...rest } = check.options(operation, options, [...optionKeys, 'modules']);
  if (!Array.isArray(modules))
    throw check.typeError(operation, 'modules', 'array of room names', modules);
  for (const room of modules) check.choice(operation, 'modules', room, rooms);
  const engine = new Engine(rest, operation, rooms);
  await Promise.all(modules.map((room) => engine.use(room)));
  return engine as Engine & Readonly<Pick<Rooms, M>>;
}
