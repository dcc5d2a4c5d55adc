// The rooms that engine.use() can load. A new room adds one line to each of the two lists.
import type { DenseRoom } from '../dense.js';
import type { DiffusionRoom } from '../diffusion.js';
import type { GraphRoom } from '../graph.js';
import type { HnswRoom } from '../hnsw.js';
import type { HyperbolicRoom } from '../hyperbolic.js';
import type { QuantRoom } from '../quant.js';
import type { SolverRoom } from '../solver.js';
import type { SparseRoom } from '../sparse.js';
import type { Benchmark } from './benchmark.js';
import type { Runtime } from './runtime.js';

/** The namespace object of each room. */
export interface Rooms {
  dense: DenseRoom;
  sparse: SparseRoom;
  graph: GraphRoom;
  solver: SolverRoom;
  diffusion: DiffusionRoom;
  quant: QuantRoom;
  hnsw: HnswRoom;
  hyperbolic: HyperbolicRoom;
}

export type RoomName = keyof Rooms;

/** What ts/<room>.ts exports for the engine; hidden from users by its TSDoc tag. */
export interface RoomModule<Namespace> {
  /** Makes the namespace for a loaded module; called once for each. */
  createRoom: (runtime: Runtime) => Namespace;
  /** Cases of engine.benchmark(), named `<room>.<case>`. */
  benchmarks: Readonly<Record<string, Benchmark<Namespace>>>;
}

/** A room's code is imported when the room is asked for, not with the engine. */
export const importRoom: { readonly [R in RoomName]: () => Promise<RoomModule<Rooms[R]>> } = {
  dense: () => import('../dense.js'),
  sparse: () => import('../sparse.js'),
  graph: () => import('../graph.js'),
  solver: () => import('../solver.js'),
  diffusion: () => import('../diffusion.js'),
  quant: () => import('../quant.js'),
  hnsw: () => import('../hnsw.js'),
  hyperbolic: () => import('../hyperbolic.js'),
};
