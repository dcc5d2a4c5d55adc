// Vectors with ids of any kind and metadata, over one index.

import { runtimeOf } from '../../runtime/bind.js';
import { make } from '../../runtime/brand.js';
import { isSublinearError, SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { notConstructible } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncOptions,
  orAborted,
  runAsync,
  yieldToOthers,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { damaged, Front, frontOf, headOf, jsonPieces, type SavedItem } from './collection-file.js';
import { Items, type Key } from './collection-items.js';
import { fieldOf } from './columns.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { copyMetadata, type Metadata, type Stored } from './metadata.js';
import type { HnswOptions, LoadOptions, Metric, VectorArray } from './types.js';
import type { Where } from './where.js';

export type { Key } from './collection-items.js';

export interface CollectionOptions extends Omit<HnswOptions, 'maxElements'> {
  /** `'hnsw'` (default) or `'flat'`, the exact index, which takes no more than metric, dimension and capacity. */
  index?: 'hnsw' | 'flat';
}

/** One vector with its key and what is known about it: what JSON can say, and dates, which are kept as ISO text. */
export interface Item<Meta extends object = Metadata> {
  key: Key;
  vector: VectorArray;
  metadata?: Meta;
}

export interface FindOptions {
  /** How many, 10 by default. */
  k?: number;
  /** How many of the nearest to leave out in front of these, 0 by default: the second page of ten has `offset: 10`. */
  offset?: number;
  /** Candidates of an approximate search, 64 by default. */
  ef?: number;
  /** Only items whose metadata satisfy these conditions. */
  where?: Where;
  /** Fields of the metadata that matches have, `'a.b'` for those of inner objects; `[]` for none. All by default. */
  select?: readonly string[];
}

export interface GroupOptions {
  /**
   * A field of the metadata: no more than `perGroup` matches have the same value of it, and those that do not have the
   * field, or a list or an object in it, are left out.
   */
  groupBy?: string;
  /** 1 by default. */
  perGroup?: number;
}

export interface Match<Meta extends object = Metadata> {
  key: Key;
  distance: number;
  /** Shared with the collection and frozen: copy it to change it. */
  metadata?: Stored<Meta>;
}

/** What {@link Collection.get} gives. */
export interface Known<Meta extends object = Metadata> {
  key: Key;
  vector: Float32Array | Uint8Array;
  /** Shared with the collection and frozen: copy it to change it. */
  metadata?: Stored<Meta>;
}

// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export interface Collection<Meta extends object = Metadata> extends Disposable {}

/**
 * Vectors with keys of your own (strings or numbers) and JSON metadata, and searches that ask for both. Keys and metadata
 * live on the JavaScript side; conditions are answered from columns and handed to the index as a set.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class Collection<Meta extends object = Metadata> {
  /** The index underneath. Its ids are the collection's own: look, but do not change it. */
  readonly index: Flat | Hnsw;
  readonly #runtime: Runtime;
  readonly #items = new Items();

  /** Made by the static methods. */
  protected constructor(runtime: Runtime, index: Flat | Hnsw) {
    if (!(index instanceof Flat) && !(index instanceof Hnsw)) throw notConstructible(new.target);
    this.#runtime = runtime;
    this.index = index;
  }

  /**
   * An empty collection.
   *
   * @throws RangeError as `Hnsw.create`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using films = Collection.create({ metric: 'cosine', dimension: 3 });
   * films.add({ key: 'alien', vector: [1, 0, 0], metadata: { year: 1979 } });
   * films.add({ key: 'aliens', vector: [1, 0.1, 0], metadata: { year: 1986 } });
   * const [first] = films.search([1, 0, 0], { where: { year: { gt: 1980 } } });
   * console.log(first?.key, first?.metadata); // aliens { year: 1986 }
   * ```
   */
  static create<Meta extends object = Metadata>(options: CollectionOptions): Collection<Meta> {
    const operation = 'Collection.create';
    const runtime = runtimeOf(this, operation);
    if (typeof options !== 'object' || options === null)
      throw check.typeError(operation, 'options', 'object', options);
    const { index: kind = 'hnsw', ...rest } = options;
    check.choice(operation, 'index', kind, { hnsw: 0, flat: 1 });
    const [BoundFlat, BoundHnsw] = [runtime.bind(Flat), runtime.bind(Hnsw)];
    const index = kind === 'flat' ? BoundFlat.create(rest) : BoundHnsw.create(rest);
    return new (runtime.bind(Collection) as unknown as Made<Meta>)(runtime, index);
  }

  /**
   * A collection from the bytes that `save` gave. Untrusted bytes are safe, also with `verify: false`, which skips the
   * checksums: time and memory are proportional to their number.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using notes = Collection.create({ metric: 'dot', dimension: 2, index: 'flat' });
   * notes.add({ key: 'a', vector: [1, 2], metadata: { tags: ['x'] } });
   * using again = Collection.load(notes.save());
   * console.log(again.get('a')?.metadata); // { tags: [ 'x' ] }
   * ```
   */
  static load<Meta extends object = Metadata>(
    bytes: Uint8Array | ArrayBuffer,
    options?: LoadOptions,
  ): Collection<Meta> {
    const operation = 'Collection.load';
    const runtime = runtimeOf(this, operation);
    const whole = wholeBytes(bytes, operation);
    const { verify = true } = check.options(operation, options, ['verify']);
    check.boolean(operation, 'verify', verify);
    const front = new Front(runtime, operation);
    const file = front.take(whole);
    if (file === undefined) throw front.short();
    const { index: kind, items } = front.read(verify);
    const [BoundFlat, BoundHnsw] = [runtime.bind(Flat), runtime.bind(Hnsw)];
    const index =
      kind === 'flat' ? BoundFlat.load(file, { verify }) : BoundHnsw.load(file, { verify });
    const collection = new (runtime.bind(Collection) as unknown as Made<Meta>)(runtime, index);
    try {
      for (const item of items) collection.#restore(operation, item, items.length);
      collection.#restored(operation);
    } catch (error) {
      index.dispose();
      throw error;
    }
    return collection;
  }

  /**
   * The same for bytes that are still coming: a stream (`response.body`, `blob.stream()`), an async iterable, or pieces cut
   * anywhere. Keys and metadata come first and are kept until the index is there; the index comes as with
   * `Hnsw.loadAsync`. Between pieces, and between slices of items, other tasks run; the JSON itself is parsed in one go.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`; `MEMORY`
   * @throws the `signal`'s reason after an abort, also while waiting for bytes; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using notes = Collection.create({ metric: 'dot', dimension: 2 });
   * notes.add({ key: 'a', vector: [1, 2] });
   * using again = await Collection.loadAsync(new Blob([notes.save()]).stream());
   * console.log(again.keys); // [ 'a' ]
   * ```
   */
  static async loadAsync<Meta extends object = Metadata>(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<Collection<Meta>> {
    const operation = 'Collection.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['signal', 'onProgress']);
    const { signal, onProgress } = asyncOptions(operation, given);
    const { front, rest, total } = await frontOf(runtime, operation, bytes, signal);
    const { index: kind, items } = front.read(true);
    const [BoundFlat, BoundHnsw] = [runtime.bind(Flat), runtime.bind(Hnsw)];
    let bytesRead = front.length;
    onProgress?.({ bytesRead, ...total });
    const how: LoadAsyncOptions = {
      ...(signal && { signal }),
      onProgress(progress) {
        bytesRead = front.length + progress.bytesRead;
        onProgress?.({ bytesRead, ...total });
      },
    };
    const index = await (kind === 'flat'
      ? BoundFlat.loadAsync(rest, how)
      : BoundHnsw.loadAsync(rest, how));
    const collection = new (runtime.bind(Collection) as unknown as Made<Meta>)(runtime, index);
    let at = 0;
    const step = (work: number) => {
      const end = Math.min(items.length, at + Math.ceil(work / 50));
      for (; at < end; at++) collection.#restore(operation, items[at] as SavedItem, items.length);
      return at === items.length;
    };
    try {
      const job = { runtime, operation, step, progress: () => ({ bytesRead, ...total }) };
      await runAsync(job, [], { ...(signal && { signal }), ...(onProgress && { onProgress }) });
      collection.#restored(operation);
    } catch (error) {
      index.dispose();
      throw error;
    }
    return collection;
  }

  /** Number of items. */
  get size(): number {
    return this.index.size;
  }

  /** How distances are measured. */
  get metric(): Metric {
    return this.index.metric;
  }

  /** All keys, in the order in which they came; one that is replaced keeps its place. O(size). */
  get keys(): Key[] {
    return [...this.#items.keys()];
  }

  /**
   * True when there is an item of this key.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using films = Collection.create({ metric: 'cosine', dimension: 2 });
   * films.add({ key: 'Alien', vector: [1, 0] });
   * console.log(films.has('Alien'), films.has('Amelie')); // true false
   * ```
   */
  has(key: Key): boolean {
    return this.#items.placeOf(key) !== undefined;
  }

  /**
   * Adds an item, or replaces the one of the same key, metadata and all.
   *
   * @throws TypeError for metadata that JSON cannot say; RangeError for a vector as `Hnsw.add`: nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using places = Collection.create({ metric: 'euclidean', dimension: 2 });
   * places.add({ key: 'home', vector: [0, 0] }).add({ key: 'home', vector: [3, 4] });
   * console.log(places.size, places.search([0, 0])[0]?.distance); // 1 5
   * ```
   */
  add(item: Item<Meta>): this {
    const operation = 'Collection.add';
    if (typeof item !== 'object' || item === null)
      throw check.typeError(operation, 'item', 'object', item);
    const { key, vector, metadata } = item;
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, 'key', 'string or finite number', key);
    const fields = copyMetadata(operation, metadata);
    // Read before a place is chosen: what a list runs while it is read may add to this collection.
    const own = Array.isArray(vector) ? realArray(operation, 'vector', vector) : vector;
    const place = this.#items.placeOf(key) ?? this.#items.unused();
    this.index.add(this.#items.idAt(place), own, { duplicates: 'replace' });
    this.#items.put(place, key, fields);
    return this;
  }

  /**
   * Adds many items, one after another; what comes before one that is refused stays, and the error's `position` says which
   * it was.
   *
   * @throws as {@link Collection.add}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using words = Collection.create({ metric: 'cosine', dimension: 2 });
   * words.addAll([
   *   { key: 'up', vector: [0, 1] },
   *   { key: 'right', vector: [1, 0] },
   * ]);
   * console.log(words.keys); // [ 'up', 'right' ]
   * ```
   */
  addAll(items: Iterable<Item<Meta>>): this {
    let added = 0;
    for (const item of iterable('Collection.addAll', items)) {
      try {
        this.add(item);
      } catch (error) {
        throw withPosition(error, added);
      }
      added++;
    }
    return this;
  }

  /**
   * Adds many items in slices of about 8 ms and lets other tasks run between them. They may use the collection: each item
   * is either in or not. An abort leaves what is in already. Items may come later, from an async iterable. `total` is
   * known for an array.
   *
   * @throws as {@link Collection.addAll}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'euclidean', dimension: 1 });
   * const items = Array.from({ length: 500 }, (_, i) => ({ key: `item ${i}`, vector: [i] }));
   * let seen = 0;
   * await c.addAllAsync(items, { onProgress: ({ added }) => void (seen = added) });
   * console.log(c.size, seen <= 500); // 500 true
   * ```
   */
  async addAllAsync(
    items: Iterable<Item<Meta>> | AsyncIterable<Item<Meta>>,
    options: AsyncOptions<{ added: number; total: number | undefined }> = {},
  ): Promise<void> {
    const operation = 'Collection.addAllAsync';
    check.options(operation, options, ['signal', 'onProgress']);
    const how = asyncOptions(operation, options);
    if (typeof (items as Partial<AsyncIterable<Item<Meta>>>)?.[Symbol.asyncIterator] === 'function')
      return this.#addLater(operation, items as AsyncIterable<Item<Meta>>, how);
    const total = Array.isArray(items) ? items.length : undefined;
    await this.#addSliced(
      operation,
      iterable(operation, items as Iterable<Item<Meta>>),
      how,
      0,
      total,
    );
  }

  /** Items that come one after another go in by the hundred. */
  async #addLater(
    operation: string,
    items: AsyncIterable<Item<Meta>>,
    how: AsyncOptions<Added>,
  ): Promise<void> {
    const { signal = new AbortController().signal } = how;
    const iterator = items[Symbol.asyncIterator]();
    let [added, ended] = [0, false];
    try {
      while (!ended) {
        const batch: Item<Meta>[] = [];
        while (!ended && batch.length < 100) {
          const { done, value } = await orAborted(signal, () => iterator.next());
          ended = done === true;
          if (!ended) batch.push(value as Item<Meta>);
        }
        await this.#addSliced(operation, batch, how, added, undefined);
        added += batch.length;
        await yieldToOthers();
      }
    } finally {
      if (!ended) void iterator.return?.().then(undefined, () => {});
    }
  }

  /** `before` items were added already. */
  async #addSliced(
    operation: string,
    items: Iterable<Item<Meta>>,
    how: AsyncOptions<Added>,
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
        try {
          this.add(value as Item<Meta>);
        } catch (error) {
          throw withPosition(error, added);
        }
        added++;
      }
      return false;
    };
    try {
      const progress = () => ({ added, total });
      await runAsync({ runtime: this.#runtime, operation, step, progress }, [], how);
    } finally {
      if (!ended) iterator.return?.();
    }
  }

  /**
   * Changes an item that is there: its vector, its metadata as a whole, or both. What is not given stays; metadata alone do not
   * touch the index.
   *
   * @throws RangeError `INDEX` for a key that is not there; as {@link Collection.add}: nothing is changed then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create<{ seen: number }>({ metric: 'dot', dimension: 1 });
   * c.add({ key: 'a', vector: [1], metadata: { seen: 0 } });
   * c.update('a', { metadata: { seen: 1 } });
   * console.log(c.get('a')?.metadata?.seen); // 1
   * ```
   */
  update(key: Key, change: { vector?: VectorArray; metadata?: Meta }): this {
    const operation = 'Collection.update';
    const { vector, metadata } = check.options(operation, change, ['vector', 'metadata']);
    const place = this.#placeOf(operation, key);
    const fields = copyMetadata(operation, metadata);
    if (vector !== undefined) {
      this.index.update(this.#items.idAt(place), vector);
      this.#items.changed();
    }
    if (metadata !== undefined) this.#items.describe(place, fields);
    return this;
  }

  /**
   * The vector of a key, a copy, and its metadata; undefined when there is none.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 2 });
   * c.add({ key: 7, vector: [1, 2] });
   * console.log(c.get(7)?.vector, c.get('7')); // Float32Array(2) [ 1, 2 ] undefined
   * ```
   */
  get(key: Key): Known<Meta> | undefined {
    const place = this.#items.placeOf(key);
    if (place === undefined) return undefined;
    const vector = this.index.get(this.#items.idAt(place));
    const metadata = this.#items.metadataAt(place) as Stored<Meta> | undefined;
    return metadata === undefined ? { key, vector } : { key, vector, metadata };
  }

  /**
   * Removes an item. False when there was none of this key.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * c.add({ key: 'a', vector: [1] });
   * console.log(c.remove('a'), c.remove('a')); // true false
   * ```
   */
  remove(key: Key): boolean {
    const place = this.#items.placeOf(key);
    if (place === undefined) return false;
    this.index.remove(this.#items.idAt(place));
    this.#items.remove(place);
    return true;
  }

  /**
   * Removes all items that satisfy the conditions. Returns how many. O(size), as {@link Collection.filter}, and what
   * `Hnsw.removeMany` does with them.
   *
   * @throws TypeError and RangeError for conditions that are none, as {@link Collection.filter}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * c.add({ key: 'a', vector: [1], metadata: { year: 1990 } });
   * c.add({ key: 'b', vector: [2], metadata: { year: 2020 } });
   * console.log(c.removeWhere({ year: { lt: 2000 } }), c.size); // 1 1
   * ```
   */
  removeWhere(where: Where): number {
    const keys = this.#items.matching('Collection.removeWhere', where);
    const places = keys.map((key) => this.#items.placeOf(key) as number);
    this.index.removeMany(Uint32Array.from(places, (place) => this.#items.idAt(place)));
    for (const place of places) this.#items.remove(place);
    return keys.length;
  }

  /**
   * The nearest items, those that satisfy `where`; with `groupBy` not more than `perGroup` of each value of a field. The query
   * is a vector, or `{ key }`: the items most like that one, which is itself left out.
   *
   * @throws TypeError for a condition that is none; RangeError as `Hnsw.search`, and `INDEX` for a key that is not there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'euclidean', dimension: 1 });
   * c.addAll([
   *   { key: 'a', vector: [1], metadata: { year: 1999, tag: 'x' } },
   *   { key: 'b', vector: [2], metadata: { year: 2001, tag: 'y' } },
   *   { key: 'c', vector: [3], metadata: { year: 2003, tag: 'z' } },
   * ]);
   * const where = { year: { gte: 2000 }, tag: { in: ['x', 'z'] } };
   * console.log(c.search([0], { k: 2, where }).map(({ key }) => key)); // [ 'c' ]
   * console.log(c.search({ key: 'a' }, { k: 1, select: ['tag'] })[0]?.metadata); // { tag: 'y' }
   * console.log(c.search([0], { k: 1, offset: 1 }).map(({ key }) => key)); // [ 'b' ]
   * ```
   */
  search(query: VectorArray | { key: Key }, options?: FindOptions & GroupOptions): Match<Meta>[] {
    const operation = 'Collection.search';
    const given = check.options(operation, options, [...FIND, 'groupBy', 'perGroup']);
    const { k = 10, offset = 0, ef, groupBy, perGroup = 1 } = given;
    const select = selected(operation, given.select);
    check.integer(operation, 'k', k);
    check.integer(operation, 'offset', offset);
    const like = isLike(query) ? this.#placeOf(operation, query.key) : undefined;
    const vector =
      like === undefined ? (query as VectorArray) : this.index.get(this.#items.idAt(like));
    const filter = this.#filter(operation, given.where);
    const how = { ...(ef !== undefined && { ef }), ...(filter && { filter }) };
    // An item that is like itself is left out: one more is looked for.
    const own = like === undefined ? 0 : 1;
    if (groupBy === undefined) {
      if (given.perGroup !== undefined)
        throw check.rangeError(operation, 'perGroup', 'nothing without "groupBy"', perGroup);
      const { ids, distances } = this.index.search(vector, { ...how, k: k + offset + own });
      const all = this.#matches(ids, distances, 0, ids.length, like, select);
      return offset > 0 || all.length > k ? all.slice(offset, offset + k) : all;
    }
    check.string(operation, 'groupBy', groupBy);
    check.integer(operation, 'perGroup', perGroup);
    // Wider and wider, until there are enough groups or no more items.
    for (let most = 4 * (k + offset) + own; ; most *= 4) {
      const { ids, distances } = this.index.search(vector, { ...how, k: most });
      const [places, kept] = this.#grouped(ids, like, groupBy, perGroup);
      if (places.length < k + offset && ids.length === most) continue;
      const near = Float32Array.from(kept, (i) => distances[i] as number);
      const all = this.#matches(Uint32Array.from(places), near, 0, places.length, like, select);
      return all.slice(offset, offset + k);
    }
  }

  /**
   * The nearest items of many queries, which lie one after another in `queries`: a list for each. Faster than one call
   * each.
   *
   * @throws as {@link Collection.search}; the error's `position` is the query
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'euclidean', dimension: 1 });
   * c.addAll([
   *   { key: 'a', vector: [1] },
   *   { key: 'b', vector: [2] },
   * ]);
   * const found = c.searchBatch([0, 3], { k: 1 });
   * console.log(found.map(([first]) => first?.key)); // [ 'a', 'b' ]
   * ```
   */
  searchBatch(queries: VectorArray, options?: FindOptions): Match<Meta>[][] {
    const operation = 'Collection.searchBatch';
    const given = check.options(operation, options, FIND);
    const { k = 10, offset = 0, ef } = given;
    check.integer(operation, 'k', k);
    check.integer(operation, 'offset', offset);
    const select = selected(operation, given.select);
    const filter = this.#filter(operation, given.where);
    // A careless k must not take memory: there are no more results than items.
    const most = Math.min(k + offset, Math.max(1, this.size));
    const how = { ...(ef !== undefined && { ef }), k: most, ...(filter && { filter }) };
    const { ids, distances, found } = this.index.searchBatch(queries, how);
    return Array.from(found, (count, q) => {
      const skipped = Math.min(offset, count);
      return this.#matches(ids, distances, q * most + skipped, count - skipped, undefined, select);
    });
  }

  /**
   * The keys of all items that satisfy the conditions. O(size): a pass over an array of numbers for each condition, and one over
   * the metadata when a field is asked for first.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * c.add({ key: 'a', vector: [1], metadata: { tags: ['x', 'y'] } });
   * c.add({ key: 'b', vector: [1], metadata: { done: true } });
   * console.log(c.filter({ or: [{ tags: { contains: 'y' } }, { done: true }] })); // [ 'a', 'b' ]
   * ```
   */
  filter(where: Where): Key[] {
    return this.#items.matching('Collection.filter', where);
  }

  /**
   * Puts the vectors of an approximate index into the order in which searches walk; see `Hnsw.optimize`. An exact index is
   * in order already. O(size).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * c.add({ key: 'a', vector: [1] });
   * console.log(c.optimize().search([1])[0]?.key); // a
   * ```
   */
  optimize(): this {
    const { index } = this;
    if ('optimize' in index) index.optimize();
    return this;
  }

  /**
   * Everything as bytes: keys and metadata as JSON, then the index's own file. `docs/format.md` describes both.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * console.log(String.fromCharCode(...c.save().subarray(0, 5))); // slcol
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Collection.save';
    const json = [...this.#json()];
    const before = [headOf(this.#runtime, operation, json), ...json];
    const length = before.reduce((sum, piece) => sum + piece.length, 0);
    const size = length + this.index.use(operation).fileSize();
    const bytes = make(operation, size, () => new Uint8Array(size));
    let at = 0;
    for (const pieces of [before, this.index.saveInPieces()]) {
      for (const piece of pieces) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
    return bytes;
  }

  /**
   * The same bytes piece by piece (about 1 MB at most, or an item), for files and streams that need not be in memory at
   * once. Their sum stands in front of the keys: the JSON is made twice.
   *
   * @throws SublinearError `STATE` when the collection is changed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 1 });
   * let bytes = 0;
   * for (const piece of c.saveInPieces()) bytes += piece.length;
   * console.log(bytes === c.save().length); // true
   * ```
   */
  *saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Collection.saveInPieces';
    const { changes } = this.#items;
    yield headOf(this.#runtime, operation, this.#json());
    for (const pieces of [this.#json(), this.index.saveInPieces()]) {
      for (;;) {
        this.index.use(operation);
        if (this.#items.changes !== changes)
          throw new SublinearError('STATE', operation, 'the collection was changed meanwhile');
        const { done, value } = pieces.next();
        if (done) break;
        yield value;
      }
    }
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.index.disposed;
  }

  /**
   * Frees the index. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * const films = Collection.create({ metric: 'cosine', dimension: 2 });
   * films.dispose();
   * console.log(films.disposed); // true
   * ```
   */
  dispose(): void {
    this.#items.forget();
    this.index.dispose();
  }

  static {
    // WebKit has no Symbol.dispose yet.
    if (Symbol.dispose !== undefined) {
      Object.defineProperty(Collection.prototype, Symbol.dispose, {
        value: function (this: Collection) {
          this.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  #placeOf(operation: string, key: Key): number {
    const place = this.#items.placeOf(key);
    if (place !== undefined) return place;
    const message = `"key" expected a key that is in the collection, got ${check.show(key)}`;
    throw new SublinearRangeError('INDEX', operation, message, { argument: 'key' });
  }

  #restore(operation: string, item: SavedItem, total: number): void {
    if (!this.index.has(item[0]) || !this.#items.restore(item, total))
      throw damaged(operation, 'keys that fit the index');
  }

  #restored(operation: string): void {
    if (this.#items.size !== this.index.size) throw damaged(operation, 'a key for each vector');
  }

  #json(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const kind = this.index instanceof Hnsw ? 'hnsw' : 'flat';
    return jsonPieces(kind, this.#items.saved());
  }

  #filter(operation: string, where: Where | undefined) {
    return where === undefined ? undefined : this.#items.filter(this.#runtime, operation, where);
  }

  // Ids of those that are kept, and which results they were.
  #grouped(
    ids: Uint32Array,
    like: number | undefined,
    field: string,
    most: number,
  ): [ids: number[], results: number[]] {
    const [kept, results]: [number[], number[]] = [[], []];
    const counts = new Map<unknown, number>();
    for (const [i, id] of ids.entries()) {
      const place = this.#items.placeOfId(id);
      const value = fieldOf(this.#items.metadataAt(place), field);
      if (place === like || value === undefined) continue;
      if (typeof value === 'object' && value !== null) continue;
      const count = (counts.get(value) ?? 0) + 1;
      if (count > most) continue;
      counts.set(value, count);
      kept.push(id);
      results.push(i);
    }
    return [kept, results];
  }

  #matches(
    ids: Uint32Array,
    distances: Float32Array,
    from: number,
    count: number,
    like: number | undefined,
    select: readonly string[] | undefined,
  ): Match<Meta>[] {
    const items = this.#items;
    const matches: Match<Meta>[] = [];
    for (let i = from; i < from + count; i++) {
      const place = items.placeOfId(ids[i] as number);
      if (place === like) continue;
      const match: Match<Meta> = { key: items.keyAt(place), distance: distances[i] as number };
      const known = items.metadataAt(place);
      const metadata = select === undefined ? known : partOf(known, select);
      if (metadata !== undefined) match.metadata = metadata as Stored<Meta>;
      matches.push(match);
    }
    return matches;
  }
}

const FIND = ['k', 'offset', 'ef', 'where', 'select'] as const;

/** The fields that are asked for; undefined where there are none of them. */
function partOf(metadata: Metadata | undefined, select: readonly string[]): Metadata | undefined {
  const part: Metadata = {};
  let found = false;
  for (const field of select) {
    const value = fieldOf(metadata, field);
    if (value === undefined) continue;
    found = true;
    Object.defineProperty(part, field, { value, enumerable: true });
  }
  return found ? Object.freeze(part) : undefined;
}

function selected(operation: string, select: unknown): readonly string[] | undefined {
  if (select === undefined) return undefined;
  if (!Array.isArray(select)) throw check.typeError(operation, 'select', 'array of fields', select);
  return Array.from(select, (field, i) => check.string(operation, `select[${i}]`, field));
}

/** A query by the key of an item. */
function isLike(query: VectorArray | { key: Key }): query is { key: Key } {
  return (
    typeof query === 'object' && query !== null && 'key' in query && !ArrayBuffer.isView(query)
  );
}

function iterable<T>(operation: string, items: Iterable<T>): Iterable<T> {
  if (typeof items?.[Symbol.iterator] !== 'function')
    throw check.typeError(operation, 'items', 'iterable of items', items);
  return items;
}

/** Where a slice has got to. */
interface Added {
  added: number;
  total: number | undefined;
}

type Made<Meta extends object> = new (runtime: Runtime, index: Flat | Hnsw) => Collection<Meta>;

/** Tells which item it was, and how many are in. */
function withPosition(error: unknown, position: number): unknown {
  if (!isSublinearError(error)) return error;
  error.message += `; ${position} items were added`;
  return Object.assign(error, { position });
}
