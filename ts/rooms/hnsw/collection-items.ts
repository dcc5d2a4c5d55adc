// What a collection knows of its items: keys, metadata, and which of them satisfy conditions.
import { SublinearRangeError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { SavedItem } from './collection-file.js';
import { Columns, type Places } from './columns.js';
import { Filter } from './filter.js';
import type { Metadata, ShownText } from './metadata.js';
import { type Conditions, Masks, maskOf, readWhere, type Where, wordsOf } from './where.js';

/** What names a vector of a collection. A number and its text are different keys. */
export type Key = string | number;

/** Texts that are shown, by id. */
interface Shown {
  shownOf(id: number): ShownText | undefined;
}

/** A set that is kept. */
interface Kept {
  readonly disposed: boolean;
  dispose(): void;
}

/** Sets of conditions that are kept until the next change: so many, and of so many ids in all. */
const MOST_FILTERS = 16;
const MOST_FILTERED = 2 ** 21;

/**
 * Each item has a place, and the index knows it by an id, which is its place, too, wherever that is possible: only files may
 * have ids that are not, since an id of 4,000,000,000 must take no more memory than one of 0.
 */
export class Items implements Places {
  readonly #keys: (Key | undefined)[] = [];
  readonly #metadata: (Metadata | undefined)[] = [];
  /** 1 where there is an item. */
  #live = new Uint8Array(64);
  readonly #places = new Map<Key, number>();
  /** Ids that are not the place, and back. */
  readonly #idAt = new Map<number, number>();
  readonly #placeOf = new Map<number, number>();
  // Places to use next: those below `next` that are free again, then those from `next` on that no item has.
  readonly #free: number[] = [];
  #next = 0;
  readonly #columns = new Columns(this);
  readonly #masks = new Masks();
  #ids = new Uint32Array(0);
  /** Sets of the conditions that were asked last. */
  readonly #filters = new Map<string, Kept>();
  #filtered = 0;
  /** Counts every change. */
  changes = 0;

  get size(): number {
    return this.#places.size;
  }

  get end(): number {
    return this.#keys.length;
  }

  metadataAt(place: number): Metadata | undefined {
    return this.#metadata[place];
  }

  keys(): IterableIterator<Key> {
    return this.#places.keys();
  }

  placeOf(key: Key): number | undefined {
    return this.#places.get(key);
  }

  /** The place of a key that must be there. */
  find(operation: string, key: Key): number {
    const place = this.placeOf(key);
    if (place !== undefined) return place;
    const message = `"key" expected a key that is in the collection, got ${check.show(key)}`;
    throw new SublinearRangeError('INDEX', operation, message, { argument: 'key' });
  }

  keyAt(place: number): Key {
    return this.#keys[place] as Key;
  }

  idAt(place: number): number {
    return this.#idAt.get(place) ?? place;
  }

  placeOfId(id: number): number {
    return this.#placeOf.size === 0 ? id : (this.#placeOf.get(id) ?? id);
  }

  /** A place for a new item, which is also a free id. Nothing is changed. */
  unused(): number {
    const free = this.#free.at(-1);
    if (free !== undefined) return free;
    while (this.#keys[this.#next] !== undefined || this.#placeOf.has(this.#next)) this.#next++;
    return this.#next;
  }

  /**
   * Places are given from the smallest free one on, as in a collection that was just loaded: the same changes then get the same
   * places.
   */
  settle(): void {
    this.#free.length = 0;
    this.#next = 0;
  }

  /** The next new item gets this place, as a log says it did. False where it cannot have been so. */
  resume(place: number, key: Key): boolean {
    this.settle();
    if (this.#keys[place] !== undefined || this.#placeOf.has(place))
      // Replaced where it was, which takes no place.
      return this.idAt(this.#places.get(key) ?? -1) === place;
    // A place that nothing leads up to would take memory for all those before it.
    if (place > this.end + this.#placeOf.size) return false;
    this.#next = place;
    return true;
  }

  put(place: number, key: Key, metadata: Metadata | undefined): void {
    if (this.#places.get(key) !== place) {
      if (this.#free.at(-1) === place) this.#free.pop();
      else if (place === this.#next) this.#next++;
    }
    while (this.#keys.length <= place) {
      this.#keys.push(undefined);
      this.#metadata.push(undefined);
    }
    if (place >= this.#live.length) {
      const before = this.#live;
      this.#live = new Uint8Array(4 * Math.ceil(Math.max(place + 1, 1.25 * before.length) / 4));
      this.#live.set(before);
    }
    this.#keys[place] = key;
    this.#live[place] = 1;
    this.#places.set(key, place);
    this.describe(place, metadata);
  }

  /** Replaces the metadata of a place. */
  describe(place: number, metadata: Metadata | undefined): void {
    const before = this.#metadata[place];
    this.#metadata[place] = metadata;
    this.#columns.set(place, metadata, before);
    this.changed();
  }

  /** The item of one place is at another one from now on, where nothing is. Its key stays where it is among the keys. */
  move(from: number, to: number, metadata: Metadata | undefined): void {
    this.put(to, this.#keys[from] as Key, metadata);
    this.#clear(from);
  }

  remove(place: number): void {
    this.#places.delete(this.#keys[place] as Key);
    this.#clear(place);
  }

  #clear(place: number): void {
    this.#keys[place] = undefined;
    this.#live[place] = 0;
    this.describe(place, undefined);
    const id = this.#idAt.get(place);
    if (id !== undefined) {
      this.#idAt.delete(place);
      this.#placeOf.delete(id);
    } else if (place < this.#next && !this.#placeOf.has(place)) this.#free.push(place);
  }

  /** Takes an item from a file of `total`. False when its key or id is there already. */
  restore([id, key, saved]: SavedItem, total: number): boolean {
    const metadata = saved ?? undefined;
    if (this.#places.has(key) || this.#placeOf.has(id)) return false;
    if (id < 4 * total + 64) {
      if (this.#keys[id] !== undefined) return false;
      this.put(id, key, metadata);
      return true;
    }
    // Behind all places that are ids, so that no later item of the file meets it.
    const place = Math.max(4 * total + 64, this.#keys.length);
    this.#idAt.set(place, id);
    this.#placeOf.set(id, place);
    this.put(place, key, metadata);
    return true;
  }

  *saved(texts?: Shown): Generator<SavedItem, void, undefined> {
    for (const [key, place] of this.#places) {
      const [id, metadata] = [this.idAt(place), this.#metadata[place]];
      const shown = texts?.shownOf(id);
      if (shown !== undefined) yield [id, key, metadata ?? null, shown];
      else yield metadata === undefined ? [id, key] : [id, key, metadata];
    }
  }

  /** Keys of the items that satisfy the conditions, in the order of all keys. */
  matching(operation: string, where: Where): Key[] {
    const mask = this.#mask(readWhere(operation, where).conditions);
    const keys: Key[] = [];
    for (const [key, place] of this.#places) if (mask[place] === 1) keys.push(key);
    this.#masks.free(mask);
    return keys;
  }

  /**
   * The same as a set of ids, which belongs to this object: one for the index of vectors, another one (`'s'`) for that of sparse
   * vectors, since a set remembers the index that it was used with.
   */
  filter(runtime: Runtime, operation: string, where: Where, kind: '' | 's' = ''): Filter {
    return this.setOf(kind, operation, where, (ids) => runtime.bind(Filter).from(ids));
  }

  /** A set of another kind, made from the ids: those of one kind begin with the same letter. */
  setOf<S extends Kept>(
    kind: string,
    operation: string,
    where: Where,
    make: (ids: Uint32Array) => S,
  ): S {
    const { key: text, conditions } = readWhere(operation, where);
    const key = kind + text;
    const known = this.#filters.get(key);
    if (known !== undefined && !known.disposed) {
      this.#filters.delete(key);
      this.#filters.set(key, known);
      return known as S;
    }
    const mask = this.#mask(conditions);
    if (this.#ids.length < this.end) this.#ids = new Uint32Array(this.#live.length);
    const allowed = this.#ids.subarray(0, places(mask, this.#live, this.#ids));
    const count = allowed.length;
    this.#masks.free(mask);
    if (this.#idAt.size > 0)
      for (let i = 0; i < count; i++) allowed[i] = this.idAt(allowed[i] as number);
    this.#makeRoom(count);
    const made = make(allowed);
    this.#filters.set(key, made);
    this.#filtered += count;
    return made;
  }

  // Room for some more items, so that its length seldom changes.
  #mask(conditions: Conditions): Uint8Array {
    this.#masks.resize(this.#live.length);
    return maskOf(conditions, this.#columns.upTo(this.#live.length), this.#masks);
  }

  #makeRoom(count: number): void {
    if (this.#filters.size < MOST_FILTERS && this.#filtered + count <= MOST_FILTERED) return;
    this.forget();
  }

  changed(): void {
    this.changes++;
    if (this.#filters.size > 0) this.forget();
  }

  /** Frees the sets. */
  forget(): void {
    for (const filter of this.#filters.values()) filter.dispose();
    this.#filters.clear();
    this.#filtered = 0;
  }
}

// Writes the places of live items that a mask allows; how many. Four at a time, since most conditions allow few.
function places(mask: Uint8Array, live: Uint8Array, into: Uint32Array): number {
  const [words, lives] = [wordsOf(mask), wordsOf(live)];
  let count = 0;
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] as number) & (lives[at] as number);
    if (word === 0) continue;
    const place = 4 * at;
    if (word & 0x1) into[count++] = place;
    if (word & 0x100) into[count++] = place + 1;
    if (word & 0x10000) into[count++] = place + 2;
    if (word & 0x1000000) into[count++] = place + 3;
  }
  return count;
}
