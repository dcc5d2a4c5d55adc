// What a collection says of its changes, so that a log can make them again.
import type { Items, Key } from './collection-items.js';
import type { Metadata } from './metadata.js';
import type { SparseVector } from './sparse-types.js';

/** One change as it was made: what the user gave, checked, and the id that it got. */
export type Change =
  | ({ kind: 'add'; id: number } & ChangedItem)
  | ({ kind: 'update' } & ChangedItem)
  | { kind: 'remove'; key: Key }
  | { kind: 'removeAll'; keys: readonly Key[] }
  | { kind: 'optimize' };

interface ChangedItem {
  key: Key;
  vector?: ArrayLike<number> | undefined;
  sparse?: SparseVector | undefined;
  /** Texts by field. */
  text?: Readonly<Record<string, string | string[]>> | undefined;
  metadata?: Metadata | undefined;
}

/**
 * Is told of each change of a collection: `stage` before it is made, where it may be refused, and `commit` when it is made.
 * What was staged and not committed has failed.
 */
export interface Journal {
  stage(operation: string, change: Change): void;
  commit(): void;
  /** A change that was refused has left the index in another state than one that never was, with the same items. */
  undone(): void;
}

/** What of a collection makes changes again. */
interface Replayed {
  has(key: Key): boolean;
  add(item: object): unknown;
  update(key: Key, change: object): unknown;
  remove(key: Key): boolean;
  removeKeys(operation: string, keys: readonly Key[]): void;
  optimize?(): unknown;
}

/**
 * Makes a change again, with the ids of the first time: ids decide between equal distances. False for one that does not fit
 * what is there; what the collection refuses throws as always.
 */
export function replay(collection: Replayed, items: Items, change: Change): boolean {
  switch (change.kind) {
    case 'add': {
      const { kind: _, id, ...item } = change;
      if (!items.resume(id, change.key)) return false;
      collection.add(item);
      items.settle();
      return true;
    }
    case 'update': {
      const { kind: _, key, ...rest } = change;
      if (!collection.has(key)) return false;
      collection.update(key, rest);
      return true;
    }
    case 'remove':
      return collection.remove(change.key);
    case 'removeAll':
      if (new Set(change.keys).size < change.keys.length) return false;
      if (!change.keys.every((key) => collection.has(key))) return false;
      collection.removeKeys('Collection.removeWhere', change.keys);
      return true;
    case 'optimize':
      collection.optimize?.();
      return true;
  }
}
