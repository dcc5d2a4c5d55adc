// Reading what is added to a collection, one item after another.
import { isSublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import { type AsyncOptions, orAborted, runAsync, yieldToOthers } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Key } from './collection-items.js';
import type { Beside } from './collection-parts.js';
import { withoutSparse, withoutTexts } from './hybrid.js';
import type { ItemTexts, ReadText } from './item-texts.js';
import { copyMetadata, type Metadata } from './metadata.js';
import { type OwnSparse, readSparse } from './sparse-arrays.js';
import type { SparseIndex } from './sparse-index.js';
import type { SparseVector } from './sparse-types.js';
import type { Item, ItemText, VectorArray } from './types.js';

/** An item that was read and checked, but for its vector: the index looks at that. */
export interface ReadItem {
  key: Key;
  vector: VectorArray | undefined;
  words: ReadText | undefined;
  few: OwnSparse | undefined;
  metadata: Metadata | undefined;
}

/** Reads an item once: what that runs has run when it is back. */
export function readItem(operation: string, item: Item<object>, beside: Beside): ReadItem {
  if (typeof item !== 'object' || item === null)
    throw check.typeError(operation, 'item', 'object', item);
  const { key, vector, sparse, text, metadata } = item;
  if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
    throw check.typeError(operation, 'key', 'string or finite number', key);
  const { texts, sparse: index } = beside;
  const read: ReadItem = {
    key,
    metadata: copyMetadata(operation, metadata),
    vector: ownNumbers(operation, vector),
    words: readTexts(operation, text, texts),
    few: readFew(operation, sparse, index),
  };
  const isPlain = texts === undefined && index === undefined;
  if (!isPlain && [read.vector, read.words, read.few].every((part) => part === undefined))
    throw check.typeError(operation, 'item', 'a vector, a sparse vector or texts', item);
  return read;
}

export function readTexts(
  operation: string,
  text: ItemText | undefined,
  texts: ItemTexts | undefined,
): ReadText | undefined {
  if (text === undefined) return undefined;
  if (texts === undefined) throw withoutTexts(operation, text);
  return texts.read(operation, text);
}

export function readFew(
  operation: string,
  vector: SparseVector | undefined,
  index: SparseIndex | undefined,
): OwnSparse | undefined {
  if (vector === undefined) return undefined;
  if (index === undefined) throw withoutSparse(operation, vector);
  return readSparse(operation, 'sparse', vector);
}

/** A list of numbers is read at once: what it runs meanwhile may change the collection. */
export function ownNumbers(
  operation: string,
  vector: VectorArray | undefined,
): VectorArray | undefined {
  return Array.isArray(vector) ? realArray(operation, 'vector', vector) : vector;
}

export function iterable<T>(operation: string, items: Iterable<T>): Iterable<T> {
  if (typeof items?.[Symbol.iterator] !== 'function' || ArrayBuffer.isView(items))
    throw check.typeError(operation, 'items', 'iterable of items', items);
  return items;
}

/** Where a slice has got to. */
interface Added {
  added: number;
  total: number | undefined;
}

/** Who adds items, and how. */
export interface Adding<T> {
  runtime: Runtime;
  operation: string;
  how: AsyncOptions<Added>;
  /** May throw; `position` items have been added before. */
  add(item: T, position: number): void;
}

/** Adds items in slices of about 8 ms, also those that come later. */
export async function addItems<T>(
  adding: Adding<T>,
  items: Iterable<T> | AsyncIterable<T>,
): Promise<void> {
  if (typeof (items as Partial<AsyncIterable<T>>)?.[Symbol.asyncIterator] === 'function')
    return addLater(adding, items as AsyncIterable<T>);
  const total = Array.isArray(items) ? items.length : undefined;
  return addSliced(adding, iterable(adding.operation, items as Iterable<T>), 0, total);
}

/** Items that come one after another go in by the hundred. */
async function addLater<T>(adding: Adding<T>, items: AsyncIterable<T>): Promise<void> {
  const { signal = new AbortController().signal } = adding.how;
  const iterator = items[Symbol.asyncIterator]();
  let [added, ended] = [0, false];
  try {
    while (!ended) {
      const batch: T[] = [];
      while (!ended && batch.length < 100) {
        const { done, value } = await orAborted(signal, () => iterator.next());
        ended = done === true;
        if (!ended) batch.push(value as T);
      }
      await addSliced(adding, batch, added, undefined);
      added += batch.length;
      await yieldToOthers();
    }
  } finally {
    if (!ended) void iterator.return?.().then(undefined, () => {});
  }
}

/** `before` items were added already. */
async function addSliced<T>(
  { runtime, operation, how, add }: Adding<T>,
  items: Iterable<T>,
  before: number,
  total: number | undefined,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let [added, ended] = [before, false];
  const step = (work: number) => {
    // An insertion is some thousand operations.
    for (let left = Math.ceil(work / 1000); left > 0; left--) {
      const { done, value } = iterator.next();
      ended = done === true;
      if (ended) return true;
      add(value as T, added);
      added++;
    }
    return false;
  };
  try {
    const progress = () => ({ added, total });
    await runAsync({ runtime, operation, step, progress }, [], how);
  } finally {
    if (!ended) iterator.return?.();
  }
}

/** Tells which item it was, and how many are in. */
export function withPosition(error: unknown, position: number): unknown {
  if (!isSublinearError(error)) return error;
  error.message += `; ${position} items were added`;
  return Object.assign(error, { position });
}
