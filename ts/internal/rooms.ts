// The rooms that engine.use() can load. A new room adds one line to each of the two lists.
import type { DenseRoom } from '../dense.js';
import type { Benchmark } from './benchmark.js';
import type { Runtime } from './runtime.js';

/** The namespace object of each room. */
export interface Rooms {
  dense: DenseRoom;
}

export type RoomName = keyof Rooms;

/** What ts/<room>.ts exports for the engine, marked @internal there. */
export interface RoomModule<Namespace> {
  /** Makes the namespace for a loaded module; called once for each. */
  createRoom: (runtime: Runtime) => Namespace;
  /** Cases of engine.benchmark(), named `<room>.<case>`. */
  benchmarks: Readonly<Record<string, Benchmark<Namespace>>>;
}

/** A room's code is imported when the room is asked for, not with the engine. */
export const importRoom: { readonly [R in RoomName]: () => Promise<RoomModule<Rooms[R]>> } = {
  dense: () => import('../dense.js'),
};
