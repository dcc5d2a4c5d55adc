// What attention is asked.
import type { RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';

/** What queries see, and what their scores are. */
export interface AskOptions {
  /** Query heads: a multiple of the heads of keys, each of which serves `heads / kvHeads` of them. */
  heads: number;
  /** `true`: no query sees a key after its own position. */
  causal?: boolean;
  /**
   * Keys fewer than this many positions back are seen, the own one included; without `causal` those ahead as well. All by
   * default.
   */
  window?: number;
  /** With a window: the first so many positions see everything and are seen by all. 0 by default. */
  global?: number;
  /** 1 where a query sees a key: queries x keys, or batch x queries x keys. In addition to `causal` and `window`. */
  mask?: Uint8Array;
  /** Added to the scaled scores: queries x keys, heads x queries x keys, or batch x heads x queries x keys. */
  bias?: RealArray;
  /** Scores q k are multiplied by it: 1 / sqrt(size) by default. */
  scale?: number;
  /** Where the result goes: an array as long as the queries. Not through a worker. */
  into?: Float32Array;
}

export interface CacheOptions {
  /** Elements of a head. */
  size: number;
  /** Heads of keys and values: as many as of queries by default (1 in a cache). */
  kvHeads?: number;
  /** Sequences side by side: 1 by default. */
  batch?: number;
  /** Keys that are looked at together, a multiple of 8 up to 256: 64 by default. Results differ by less than 1e-6. */
  block?: number;
}

export interface AttentionOptions extends AskOptions, CacheOptions {}
export interface AttentionAsyncOptions extends AttentionOptions, AsyncOptions<WorkProgress> {}

export interface KvCacheOptions extends CacheOptions {
  /** Keys are forgotten when no query with this window sees them any more. By default all are kept. */
  window?: number;
}

export interface AttendAsyncOptions extends AskOptions, AsyncOptions<WorkProgress> {}

/** What attention was asked, without masks and biases. */
export interface GradientOptions
  extends Pick<
    AttentionOptions,
    'heads' | 'kvHeads' | 'size' | 'batch' | 'causal' | 'window' | 'scale'
  > {}
export interface GradientAsyncOptions extends GradientOptions, AsyncOptions<WorkProgress> {}

/** Derivatives, each as long as what it belongs to. */
export interface AttentionGradients {
  queries: Float32Array;
  keys: Float32Array;
  values: Float32Array;
}
