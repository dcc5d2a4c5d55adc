// The items of a map: one after the other, and how many of them a job gets.

import { isMapOrSet } from '../runtime/brand.js';
import * as check from '../runtime/validate.js';
import type { Items } from './jobs.js';
import { MESSAGE_BYTES } from './outbox.js';
import { sourceOf } from './source.js';

/** Items of a job, at most: so many calls wait for their answers together. */
const MOST_ITEMS = 64;

export function iteratorOf<I>(
  operation: string,
  items: Items<I>,
): Pick<AsyncIterator<I>, 'next' | 'return'> {
  // A source in the sense of calls is what has no better use as a whole; here all that can be iterated is one.
  const given = isMapOrSet(items) ? (items as Iterable<I>)[Symbol.iterator]() : items;
  const iterable = typeof given === 'string' ? [...given] : given;
  const source = typeof iterable === 'object' && iterable !== null && sourceOf(iterable);
  if (!source) throw check.typeError(operation, 'items', 'something to iterate', items);
  return source as Pick<AsyncIterator<I>, 'next' | 'return'>;
}

/**
 * How many items the next job gets. Of items whose number is known a share of what is left (guided self-scheduling:
 * Polychronopoulos, Kuck 1987, doi:10.1109/TC.1987.5009495), so that messages are few and the workers end together; single
 * ones until the first answer, and no more than fit into a message.
 *
 * @param places - jobs that the workers have at once
 * @param bytesSent - tells the bytes of arrays that have gone to workers so far
 */
export function grainOf(items: unknown, places: number, bytesSent: () => number) {
  const counted = Array.isArray(items) || ArrayBuffer.isView(items);
  const { length, size } = items as { length: number; size: number };
  const count = counted ? length : isMapOrSet(items) ? size : undefined;
  if (typeof count !== 'number') return () => 1;
  const before = bytesSent();
  return (taken: number, answered: number): number => {
    if (answered === 0) return 1;
    const share = (count - taken) / (2 * places);
    const fitting = (MESSAGE_BYTES * taken) / Math.max(1, bytesSent() - before);
    return Math.max(1, Math.floor(Math.min(share, fitting, MOST_ITEMS)));
  };
}
