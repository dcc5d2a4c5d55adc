// Vectors with ids of any kind and metadata, over one index.

import { runtimeOf } from '../../runtime/bind.js';
import { make } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { notConstructible } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { damaged, Front, frontOf, headOf, jsonPieces, type SavedItem } from './collection-file.js';
import { Items, type Key } from './collection-items.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { KeyedVectors } from './keyed-vectors.js';
import { FIND, grouped, isLike, matchesOf, selected } from './matches.js';
import type { Metadata } from './metadata.js';
import type {
  CollectionOptions,
  FindOptions,
  GroupOptions,
  LoadOptions,
  Match,
  VectorArray,
} from './types.js';
import type { Where } from './where.js';

// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export interface Collection<Meta extends object = Metadata> extends Disposable {}

/**
 * Vectors with keys of your own (strings or numbers) and JSON metadata, and searches that ask for both. Keys and metadata
 * live on the JavaScript side; conditions are answered from columns and handed to the index as a set.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class Collection<Meta extends object = Metadata> extends KeyedVectors<Meta> {
  readonly #runtime: Runtime;
  readonly #items: Items;

  /** Made by the static methods. */
  protected constructor(runtime: Runtime, index: Flat | Hnsw) {
    if (!(index instanceof Flat) && !(index instanceof Hnsw)) throw notConstructible(new.target);
    const items = new Items();
    super(runtime, index, items);
    this.#runtime = runtime;
    this.#items = items;
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

  /**
   * The nearest items, those that satisfy `where` (the first condition on a field reads it of all items, those that follow are
   * loops over numbers); with `groupBy` not more than `perGroup` of each value of a field. The query
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
    const like = isLike(query) ? this.#items.find(operation, query.key) : undefined;
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
      const all = matchesOf<Meta>(this.#items, ids, distances, 0, ids.length, like, select);
      return offset > 0 || all.length > k ? all.slice(offset, offset + k) : all;
    }
    check.string(operation, 'groupBy', groupBy);
    check.integer(operation, 'perGroup', perGroup);
    // Wider and wider, until there are enough groups or no more items.
    for (let most = 4 * (k + offset) + own; ; most *= 4) {
      const { ids, distances } = this.index.search(vector, { ...how, k: most });
      const [places, kept] = grouped(this.#items, ids, like, groupBy, perGroup);
      if (places.length < k + offset && ids.length === most) continue;
      const near = Float32Array.from(kept, (i) => distances[i] as number);
      const all = matchesOf<Meta>(
        this.#items,
        Uint32Array.from(places),
        near,
        0,
        places.length,
        like,
        select,
      );
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
      return matchesOf<Meta>(
        this.#items,
        ids,
        distances,
        q * most + skipped,
        count - skipped,
        undefined,
        select,
      );
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
}

type Made<Meta extends object> = new (runtime: Runtime, index: Flat | Hnsw) => Collection<Meta>;
