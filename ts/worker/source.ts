// Sources of pieces that are arguments of a call: streams, generators, anything that can be iterated.

import { isMapOrSet } from '../runtime/brand.js';
import { steady } from '../runtime/coming.js';

export type Source = AsyncIterator<unknown>;

/** An iterator over the pieces of a stream or of anything iterable; undefined for everything else. */
export function sourceOf(value: object): Source | undefined {
  const { getReader } = value as Partial<ReadableStream>;
  // Not by async iteration: WebKit's streams have none.
  if (typeof getReader === 'function') {
    const reader = (value as ReadableStream).getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: iterate } = value as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  if (typeof asynchronous === 'function')
    return steady((value as AsyncIterable<unknown>)[Symbol.asyncIterator]());
  if (typeof iterate !== 'function' || isMapOrSet(value)) return undefined;
  return steady((value as Iterable<unknown>)[Symbol.iterator]());
}

/** A source that was left before its end is told so; what it answers concerns nobody any more. */
export function stop(source: Source): void {
  void source.return?.().then(undefined, () => {});
}
