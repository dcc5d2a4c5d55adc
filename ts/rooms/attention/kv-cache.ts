// Caches of keys and values.

import type { KvCache as RawKvCache } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { RealArray } from '../../runtime/scratch.js';
import { task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { ask, askKeys, tokensOf } from './ask.js';
import type { AskOptions, AttendAsyncOptions, KvCacheOptions } from './types.js';

export const cacheKeys = ['size', 'kvHeads', 'batch', 'block'] as const;

/** Options of a cache with what is left out, checked. */
export function shapeOf(operation: string, given: KvCacheOptions, kvHeads: number) {
  const { size, batch = 1, block = 64, window = 0 } = given;
  const all = { size, kvHeads: given.kvHeads ?? kvHeads, batch, block, window };
  check.integer(operation, 'size', all.size, 1);
  check.integer(operation, 'kvHeads', all.kvHeads, 1);
  check.integer(operation, 'batch', all.batch, 1);
  check.integer(operation, 'block', all.block, 8);
  check.integer(operation, 'window', all.window, given.window === undefined ? 0 : 1);
  return all;
}

/**
 * Keys and values of the tokens so far, for models that produce one token after another: each is appended once, and attention
 * of the new tokens looks at all of them. The numbers are those of attention over the whole sequence, to the bit.
 * Made by {@link KvCache.create}.
 */
export class KvCache extends WasmObject<RawKvCache> {
  #shape: ReturnType<typeof shapeOf> | undefined;

  /** @internal */
  protected override facts() {
    return { length: this.length };
  }

  /** Tokens so far. */
  get length(): number {
    return this.use('KvCache.length').length();
  }
  /** Position of the first token whose key is held: above 0 in a cache with a window. */
  get firstPosition(): number {
    return this.use('KvCache.firstPosition').first();
  }
  /** Bytes that it holds: 8 for each element of a key, and up to a block for each head more. */
  get bytesUsed(): number {
    return this.use('KvCache.bytesUsed').bytes();
  }

  /**
   * An empty cache.
   *
   * @throws RangeError `OPTION` for a block that is no multiple of 8 up to 256
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 2 });
   * cache.append([1, 0, 0, 1], [10, 0, 0, 10]); // keys and values of two tokens
   * const [first, second] = cache.attend([100, 0], { heads: 1 });
   * console.log(cache.length, first, second?.toFixed(3)); // 2 10 0.000
   * ```
   */
  static create(options: KvCacheOptions): KvCache {
    const operation = 'KvCache.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...cacheKeys, 'window']);
    const shape = shapeOf(operation, given, 1);
    const { batch, kvHeads, size, block, window } = shape;
    const raw = runtime.raw.KvCache.create(batch, kvHeads, size, block, window);
    const cache = adopt(runtime, operation, KvCache, raw);
    cache.#shape = shape;
    return cache;
  }

  /**
   * Adds tokens at the end: batch x tokens x kvHeads x size keys, and as many values. Returns the cache. O(elements).
   *
   * @throws RangeError `SHAPE`
   * @throws SublinearError `MEMORY`; the cache is as it was
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 1, kvHeads: 2 });
   * console.log(cache.append([1, 2, 3, 4], [5, 6, 7, 8]).length); // 2
   * ```
   */
  append(keys: RealArray, values: RealArray): this {
    const operation = 'KvCache.append';
    const { runtime } = this;
    this.use(operation);
    const { batch, kvHeads, size } = this.#known(operation);
    runtime.scratch(operation, (scratch) => {
      const [k, v] = [scratch.floats('keys', keys), scratch.floats('values', values)];
      const tokens = tokensOf(operation, 'keys', k.length, batch * kvHeads * size);
      if (v.length !== k.length) throw check.shapeError(operation, 'values', k.length, v.length);
      runtime.check(operation, this.use(operation).append(k.address, v.address, k.length, tokens));
    });
    return this;
  }

  /**
   * Forgets all tokens from position `length` on. Returns the cache.
   *
   * @throws RangeError `RANGE` when there are fewer
   * @throws SublinearError `STATE` when keys that the window reaches from there have been forgotten
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 1 });
   * console.log(cache.append([1, 2, 3], [1, 2, 3]).truncate(1).length); // 1
   * ```
   */
  truncate(length: number): this {
    const operation = 'KvCache.truncate';
    const raw = this.use(operation);
    check.integer(operation, 'length', length);
    this.runtime.check(operation, raw.truncate(length));
    return this;
  }

  /**
   * A copy that goes on by itself: another continuation of the same beginning. O(bytes).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 1 }).append([1], [1]);
   * using other = cache.fork();
   * other.append([2], [2]);
   * console.log(cache.length, other.length); // 1 2
   * ```
   */
  fork(): KvCache {
    const operation = 'KvCache.fork';
    const shape = this.#known(operation);
    const raw = this.runtime.raw.KvCache.fork(this.use(operation));
    const copy = adopt(this.runtime, operation, KvCache, raw);
    copy.#shape = shape;
    return copy;
  }

  /**
   * Attention of the last tokens to all that are held: batch x tokens x heads x size queries, the last of which stands at the
   * last key. A query that sees nothing gives zeros. O(heads tokens keys size).
   *
   * @throws RangeError `SHAPE`, `OPTION`, `RANGE` when there are more queries than tokens
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 1 }).append([0, 0], [2, 4]);
   * console.log(cache.attend([1, 1], { heads: 1, causal: true })); // Float32Array(2) [ 2, 3 ]
   * ```
   */
  attend(queries: RealArray, options: AskOptions): Float32Array {
    return this.#task('KvCache.attend', queries).now('KvCache.attend', this, options);
  }

  /**
   * The same in slices of 8 ms. The cache is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/attention';
   *
   * const { KvCache } = await load();
   * using cache = KvCache.create({ size: 1 }).append([0, 0], [2, 4]);
   * console.log(await cache.attendAsync([1], { heads: 1 })); // Float32Array(1) [ 3 ]
   * ```
   */
  async attendAsync(queries: RealArray, options: AttendAsyncOptions): Promise<Float32Array> {
    return this.#task('KvCache.attendAsync', queries).later('KvCache.attendAsync', this, options);
  }

  #task(operation: string, queries: RealArray) {
    this.use(operation);
    const shape = this.#known(operation);
    return task<KvCache, AskOptions & { maxTimeMs?: never }, WorkProgress, Float32Array>(
      this.runtime,
      askKeys,
      (call) => ask(call, queries, shape, () => this.use(call.operation), [this]),
    );
  }

  #known(operation: string): ReturnType<typeof shapeOf> {
    this.use(operation);
    return this.#shape as ReturnType<typeof shapeOf>;
  }
}
