// What threads share: a frozen index, and one that they build together.
import type { IndexArray } from '../../runtime/scratch.js';
import type { AsyncOptions } from '../../runtime/steps.js';
import type { AddProgress, VectorArray } from './types.js';

/**
 * What `share()` of an index or a collection gives: to be passed to `openShared()` as it is, in this thread or through
 * `pool.replicate()`. The addresses in it are believed.
 */
export interface SharedIndex {
  readonly kind: 'hnsw' | 'flat' | 'collection';
  /** Of the package that made it, and that must read it. */
  readonly version: string;
  /** Bytes of the index, which is there once where there is a `place`. */
  readonly bytes: number;
  /** Where the index stands in memory that threads share. */
  readonly place?: {
    /** A `WebAssembly.Memory`: the types of Node.js know none. */
    readonly memory: { readonly buffer: ArrayBufferLike; grow(pages: number): number };
    readonly regions: number;
    readonly index: number;
  };
  /** The file of the index, where they share none. */
  readonly file?: Uint8Array;
  /** Of a collection: keys, metadata and texts. */
  readonly front?: Uint8Array;
}

/** What {@link Hnsw.buildShared} puts into an index. */
export interface BuildBatch {
  /** One for each vector, each once: whole numbers from 0 to 2^32 - 1. */
  ids: IndexArray;
  /** The vectors, one after another: `ids.length * dimension` numbers. They are copied in slices: leave them as they are. */
  vectors: VectorArray;
}

/** Who builds an index, and what is told meanwhile. */
export interface BuildOptions extends AsyncOptions<AddProgress> {
  /** A pool of `sublinear/worker`, whose workers have the module `hnsw`. Without it this thread builds, in slices. */
  pool?: BuildPool;
}

/** What {@link Hnsw.buildShared} needs of a pool. */
export interface BuildPool {
  readonly size: number;
  /** Runs the job when a worker is free, with the engine there. An abort takes it out of the queue. */
  readonly run: <T>(
    job: (engine: BuildEngine) => T | PromiseLike<T>,
    options?: { signal?: AbortSignal; retries?: number },
  ) => Promise<T>;
}

/** What it needs of an engine in a worker. */
export interface BuildEngine {
  readonly hnsw: { readonly Hnsw: { joinBuild(place: BuildPlace): PromiseLike<number> } };
}

/** A build that is under way in shared memory. The addresses in it are believed. */
export interface BuildPlace {
  readonly version: string;
  readonly memory: { readonly buffer: ArrayBufferLike; grow(pages: number): number };
  readonly regions: number;
  readonly build: number;
  readonly board: number;
}
