// What a pool and its replicas say to each other about jobs.

import type { RoomName } from '../generated/bundles.js';
import type { CallOptions } from './connection.js';
import type { WorkerEngineWith } from './engine.js';

/** Options of a job. */
export interface JobOptions extends CallOptions {
  /** As in `PoolOptions`, for this job. A job that must not run twice says 0. */
  retries?: number;
}

/** Options of a batch that is cut into parts. */
export interface MapOptions extends JobOptions {
  /** Rows that one job gets. By default each worker gets four jobs. */
  rowsPerJob?: number;
}

/** Things that can be iterated, now or later. */
export type Items<I> = Iterable<I> | AsyncIterable<I>;
export type Maybe<T> = T | PromiseLike<T>;

/** A worker and what it has to do. */
export interface Slot<M extends RoomName> {
  engine: WorkerEngineWith<M>;
  jobs: number;
  /** The job that it has is to have no other beside it. */
  alone: boolean;
}

export interface GivenOptions {
  call: CallOptions;
  retries: number;
  rowsPerJob: number | undefined;
}

/** What the items of a job have in common, made in the job: the function that is called for each of them. */
export type Prepare<M extends RoomName, I, T> = (
  slot: Slot<M>,
  call: CallOptions,
) => Maybe<(item: I, index: number) => Maybe<T>>;
