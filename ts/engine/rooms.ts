// The rooms that engine.use() can load. A new room adds one line to each of the two lists.
import type { DenseRoom } from '../rooms/dense/dense.js';
import type { DiffusionRoom } from '../rooms/diffusion/diffusion.js';
import type { GraphRoom } from '../rooms/graph/graph.js';
import type { HnswRoom } from '../rooms/hnsw/hnsw.js';
import type { HyperbolicRoom } from '../rooms/hyperbolic/hyperbolic.js';
import type { QuantRoom } from '../rooms/quant/quant.js';
import type { SolverRoom } from '../rooms/solver/solver.js';
import type { SparseRoom } from '../rooms/sparse/sparse.js';
import type { Benchmark } from '../runtime/benchmark.js';
import type { Runtime } from '../runtime/runtime.js';

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
  dense: () => import('../rooms/dense/dense.js'),
  sparse: () => import('../rooms/sparse/sparse.js'),
  graph: () => import('../rooms/graph/graph.js'),
  solver: () => import('../rooms/solver/solver.js'),
  diffusion: () => import('../rooms/diffusion/diffusion.js'),
  quant: () => import('../rooms/quant/quant.js'),
  hnsw: () => import('../rooms/hnsw/hnsw.js'),
  hyperbolic: () => import('../rooms/hyperbolic/hyperbolic.js'),
};
