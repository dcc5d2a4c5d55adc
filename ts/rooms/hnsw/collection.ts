// Vectors with ids of any kind and metadata, over one index.

import { runtimeOf } from '../../runtime/bind.js';
import { isSublinearError, SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncOptions,
  orAborted,
  runAsync,
  yieldToOthers,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { damaged, Front, frontOf, headOf, jsonPieces, type SavedItem } from './collection-file.js';
import { Columns } from './columns.js';
import { Filter, Flat, Hnsw, type HnswOptions } from './indexes.js';
import { checkMetadata, type Metadata } from './metadata.js';
import type { LoadOptions, Metric, VectorArray } from './vector-index.js';
import { readWhere, testOf, type Where } from './where.js';

/** What names a vector of a collection. A number and its text are different keys. */
export type Key = string | number;

export interface CollectionOptions extends Omit<HnswOptions, 'maxElements'> {
  /** `'hnsw'` (default) or `'flat'`, the exact index, which takes no more than metric, dimension and capacity. */
  index?: 'hnsw' | 'flat';
}

/** One vector with its key and what is known about it. */
export interface Item {
  key: Key;
  vector: VectorArray;
  metadata?: Metadata;
}

export interface FindOptions {
  /** How many, 10 by default. */
  k?: number;
  /** Candidates of an approximate search, 64 by default. */
  ef?: number;
  /** Only items whose metadata satisfy these conditions. */
  where?: Where;
}

export interface Match {
  key: Key;
  distance: number;
  metadata?: Metadata;
}

export interface Collection extends Disposable {}

/**
 * Vectors with keys of your own (strings or numbers) and JSON metadata, and searches that ask for both. Keys and metadata
 * live on the JavaScript side; conditions are answered from columns and handed to the index as a set.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class Collection {
  /** The index underneath. Its ids are the collection's own: look, but do not change it. */
  readonly index: Flat | Hnsw;
  readonly #runtime: Runtime;
  // A row is the id that the index knows an item by. Maps, not arrays: a file may have a row of any number.
  #rows = new Map<Key, number>();
  #items = new Map<number, { key: Key; metadata: Metadata | undefined }>();
  // Rows to use next: those below `next` that are free again, then those from `next` on that no item has.
  #free: number[] = [];
  #next = 0;
  #columns = new Columns();
  // The set of the last condition, which is often asked again.
  #last: { conditions: string; filter: Filter } | undefined;
  #changes = 0;

  /** Made by the static methods. */
  protected constructor(runtime: Runtime, index: Flat | Hnsw) {
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
  static create(options: CollectionOptions): Collection {
    const operation = 'Collection.create';
    const runtime = runtimeOf(this, operation);
    if (typeof options !== 'object' || options === null)
      throw check.typeError(operation, 'options', 'object', options);
    const { index: kind = 'hnsw', ...rest } = options;
    check.choice(operation, 'index', kind, { hnsw: 0, flat: 1 });
    const [BoundFlat, BoundHnsw] = [runtime.bind(Flat), runtime.bind(Hnsw)];
    const index = kind === 'flat' ? BoundFlat.create(rest) : BoundHnsw.create(rest);
    return new (runtime.bind(Collection) as unknown as Made)(runtime, index);
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
  static load(bytes: Uint8Array | ArrayBuffer, options?: LoadOptions): Collection {
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
    const collection = new (runtime.bind(Collection) as unknown as Made)(runtime, index);
    try {
      for (const item of items) collection.#restore(operation, item);
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
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Collection> {
    const operation = 'Collection.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['signal', 'onProgress']);
    const { signal, onProgress } = asyncOptions(operation, given);
    const { front, rest } = await frontOf(runtime, operation, bytes, signal);
    const { index: kind, items } = front.read(true);
    const [BoundFlat, BoundHnsw] = [runtime.bind(Flat), runtime.bind(Hnsw)];
    let bytesRead = front.length;
    onProgress?.({ bytesRead });
    const how: LoadAsyncOptions = {
      ...(signal && { signal }),
      onProgress(progress) {
        bytesRead = front.length + progress.bytesRead;
        onProgress?.({ bytesRead });
      },
    };
    const index = await (kind === 'flat'
      ? BoundFlat.loadAsync(rest, how)
      : BoundHnsw.loadAsync(rest, how));
    const collection = new (runtime.bind(Collection) as unknown as Made)(runtime, index);
    let at = 0;
    const step = (work: number) => {
      const end = Math.min(items.length, at + Math.ceil(work / 50));
      for (; at < end; at++) collection.#restore(operation, items[at] as SavedItem);
      return at === items.length;
    };
    try {
      const job = { runtime, operation, step, progress: () => ({ bytesRead }) };
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
    return [...this.#rows.keys()];
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
    return this.#rows.has(key);
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
  add(item: Item): this {
    const operation = 'Collection.add';
    if (typeof item !== 'object' || item === null)
      throw check.typeError(operation, 'item', 'object', item);
    const { key, vector, metadata } = item;
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, 'key', 'string or finite number', key);
    const fields = checkMetadata(operation, metadata);
    const known = this.#rows.get(key);
    const row = known ?? this.#free.at(-1) ?? this.#unused();
    this.index.add(row, vector, { duplicates: 'replace' });
    if (known === undefined && this.#free.pop() === undefined) this.#next = row + 1;
    this.#put(row, key, fields === undefined ? undefined : structuredClone(fields));
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
  addAll(items: Iterable<Item>): this {
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
    items: Iterable<Item> | AsyncIterable<Item>,
    options: AsyncOptions<{ added: number; total: number | undefined }> = {},
  ): Promise<void> {
    const operation = 'Collection.addAllAsync';
    check.options(operation, options, ['signal', 'onProgress']);
    const how = asyncOptions(operation, options);
    if (typeof (items as Partial<AsyncIterable<Item>>)?.[Symbol.asyncIterator] === 'function')
      return this.#addLater(operation, items as AsyncIterable<Item>, how);
    const total = Array.isArray(items) ? items.length : undefined;
    await this.#addSliced(operation, iterable(operation, items as Iterable<Item>), how, 0, total);
  }

  /** Items that come one after another go in by the hundred. */
  async #addLater(
    operation: string,
    items: AsyncIterable<Item>,
    how: AsyncOptions<Added>,
  ): Promise<void> {
    const { signal = new AbortController().signal } = how;
    const iterator = items[Symbol.asyncIterator]();
    let [added, ended] = [0, false];
    try {
      while (!ended) {
        const batch: Item[] = [];
        while (!ended && batch.length < 100) {
          const { done, value } = await orAborted(signal, () => iterator.next());
          ended = done === true;
          if (!ended) batch.push(value as Item);
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
    items: Iterable<Item>,
    how: AsyncOptions<Added>,
    before: number,
    total: number | undefined,
  ): Promise<void> {
    const iterator = items[Symbol.iterator]();
    let [added, ended] = [before, false];
    const step = (work: number) => {
      // An insertion is some thousand operations.
      for (let left = Math.ceil(work / 1000); left > 0; left--) {
        if (!this.index.repairDue(operation)(work)) return false;
        const { done, value } = iterator.next();
        ended = done === true;
        if (ended) return true;
        try {
          this.add(value as Item);
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
   * The vector and the metadata of a key, as copies; undefined when there is none.
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
  get(key: Key): { key: Key; vector: Float32Array | Uint8Array; metadata?: Metadata } | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    return { key, vector: this.index.get(row), ...this.#metadataOf(row) };
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
    const row = this.#rows.get(key);
    if (row === undefined) return false;
    this.index.remove(row);
    this.#columns.set(row, undefined, this.#items.get(row)?.metadata);
    this.#rows.delete(key);
    this.#items.delete(row);
    if (row < this.#next) this.#free.push(row);
    this.#changed();
    return true;
  }

  /**
   * The nearest items, those that satisfy `where`.
   *
   * @throws TypeError for a condition that is none; RangeError as `Hnsw.search`
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
   * ```
   */
  search(query: VectorArray, options?: FindOptions): Match[] {
    const operation = 'Collection.search';
    const { where, ...rest } = check.options(operation, options, ['k', 'ef', 'where']);
    const filter = where === undefined ? undefined : this.#filter(operation, where);
    const { ids, distances } = this.index.search(query, filter ? { ...rest, filter } : rest);
    return this.#matches(ids, distances, 0, ids.length);
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
  searchBatch(queries: VectorArray, options?: FindOptions): Match[][] {
    const operation = 'Collection.searchBatch';
    const { where, k = 10, ...rest } = check.options(operation, options, ['k', 'ef', 'where']);
    check.integer(operation, 'k', k);
    const filter = where === undefined ? undefined : this.#filter(operation, where);
    // A careless k must not take memory: there are no more results than items.
    const most = Math.min(k, Math.max(1, this.size));
    const how = { ...rest, k: most, ...(filter && { filter }) };
    const { ids, distances, found } = this.index.searchBatch(queries, how);
    return Array.from(found, (count, q) => this.#matches(ids, distances, q * most, count));
  }

  /**
   * The keys of all items that satisfy the conditions. O(size).
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
    const holds = testOf(readWhere('Collection.filter', where).conditions, this.#columns);
    const keys: Key[] = [];
    for (const [key, row] of this.#rows) if (holds(row)) keys.push(key);
    return keys;
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
    const bytes = new Uint8Array(length + this.index.use(operation).fileSize());
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
    const changes = this.#changes;
    yield headOf(this.#runtime, operation, this.#json());
    for (const pieces of [this.#json(), this.index.saveInPieces()]) {
      for (;;) {
        this.index.use(operation);
        if (this.#changes !== changes)
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
    this.#forget();
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

  // The lowest row from `next` on that no item has; those that are in use are passed once.
  #unused(): number {
    while (this.#items.has(this.#next)) this.#next++;
    return this.#next;
  }

  #put(row: number, key: Key, metadata: Metadata | undefined): void {
    this.#columns.set(row, metadata, this.#items.get(row)?.metadata);
    this.#rows.set(key, row);
    this.#items.set(row, { key, metadata });
    this.#changed();
  }

  #restore(operation: string, [row, key, metadata]: SavedItem): void {
    if (this.#rows.has(key) || this.#items.has(row) || !this.index.has(row))
      throw damaged(operation, 'keys that fit the index');
    this.#put(row, key, metadata);
  }

  #restored(operation: string): void {
    if (this.#rows.size !== this.index.size) throw damaged(operation, 'a key for each vector');
  }

  #json(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const kind = this.index instanceof Hnsw ? 'hnsw' : 'flat';
    return jsonPieces(kind, this.#saved());
  }

  *#saved(): Generator<SavedItem, void, undefined> {
    for (const [row, { key, metadata }] of this.#items)
      yield metadata === undefined ? [row, key] : [row, key, metadata];
  }

  #matches(ids: Uint32Array, distances: Float32Array, from: number, count: number): Match[] {
    return Array.from({ length: count }, (_, i) => {
      const row = ids[from + i] as number;
      const distance = distances[from + i] as number;
      const { key } = this.#items.get(row) as { key: Key };
      return { key, distance, ...this.#metadataOf(row) };
    });
  }

  #metadataOf(row: number): { metadata?: Metadata } {
    const metadata = this.#items.get(row)?.metadata;
    return metadata === undefined ? {} : { metadata: structuredClone(metadata) };
  }

  #filter(operation: string, where: Where): Filter {
    const { key, conditions } = readWhere(operation, where);
    if (this.#last?.conditions === key && !this.#last.filter.disposed) return this.#last.filter;
    const holds = testOf(conditions, this.#columns);
    const rows: number[] = [];
    for (const row of this.#items.keys()) if (holds(row)) rows.push(row);
    this.#forget();
    const BoundFilter = this.#runtime.bind(Filter);
    this.#last = { conditions: key, filter: BoundFilter.from(Uint32Array.from(rows)) };
    return this.#last.filter;
  }

  #changed(): void {
    this.#changes++;
    this.#forget();
  }

  #forget(): void {
    this.#last?.filter.dispose();
    this.#last = undefined;
  }
}

function iterable(operation: string, items: Iterable<Item>): Iterable<Item> {
  if (typeof items?.[Symbol.iterator] !== 'function')
    throw check.typeError(operation, 'items', 'iterable of items', items);
  return items;
}

/** Where a slice has got to. */
interface Added {
  added: number;
  total: number | undefined;
}

type Made = new (runtime: Runtime, index: Flat | Hnsw) => Collection;

/** Tells which item it was, and how many are in. */
function withPosition(error: unknown, position: number): unknown {
  if (!isSublinearError(error)) return error;
  error.message += `; ${position} items were added`;
  return Object.assign(error, { position });
}
