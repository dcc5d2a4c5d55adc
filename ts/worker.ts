// The engine in a worker, and a pool of workers: `import { createWorkerEngine } from 'sublinear/worker'`.
export * from './runtime/errors.js';
export type { CallOptions } from './worker/connection.js';
export {
  createWorkerEngine,
  type RemoteRooms,
  type WorkerEngine,
  type WorkerEngineOptions,
  type WorkerEngineWith,
  type WorkerLike,
} from './worker/engine.js';
export type { JobOptions, MapOptions } from './worker/jobs.js';
export { createPool, type Pool, type PoolOptions, type PoolStats } from './worker/pool.js';
export type { Replica } from './worker/replica.js';
export type {
  Remote,
  RemoteArgument,
  RemoteClass,
  RemoteFunction,
  RemoteHandle,
  RemoteRoom,
  RemoteValue,
} from './worker/types.js';
