import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncOptions,
  orAborted,
  runAsync,
  yieldToOthers,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Added, iterable, ownNumbers, withPosition } from './adding.js';
import type { Items, Key } from './collection-items.js';
import type { Beside } from './collection-parts.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import { withoutSparse, withoutTexts, withoutVectors } from './hybrid.js';
import type { ItemTexts, ReadText } from './item-texts.js';
import { type Change, type Journal, replay } from './journal.js';
import { copyMetadata, type Metadata, type Stored } from './metadata.js';
import { type OwnSparse, readSparse } from './sparse-arrays.js';
import type { SparseIndex } from './sparse-index.js';
import type { SparseVector } from './sparse-types.js';
import type { Item, ItemText, Known, Metric, VectorArray } from './types.js';
import type { Where } from './where.js';

/** What a {@link Collection} holds. */
export abstract class KeyedVectors<Meta extends object = Metadata> {
  /** The index underneath. Its ids are the collection's own: look, but do not change it. */
  readonly index: Flat | Hnsw;
  readonly #runtime: Runtime;
  readonly #items: Items;
  readonly #texts: ItemTexts | undefined;
  /** @internal Is told of each change. */
  journal: Journal | undefined;
  readonly #sparse: SparseIndex | undefined;
  /** Whether no item has a vector. */
  readonly #alone: boolean;

  /** @internal */
  protected constructor(runtime: Runtime, index: Flat | Hnsw, items: Items, beside: Beside) {
    this.#runtime = runtime;
    this.index = index;
    this.#items = items;
    this.#texts = beside.texts;
    this.#sparse = beside.sparse;
    this.#alone = beside.alone;
  }

  /** Whether each item has a vector and nothing else. */
  get #plain(): boolean {
    return this.#texts === undefined && this.#sparse === undefined;
  }

  /** Number of items. */
  get size(): number {
    const { size } = this.index;
    return this.#plain ? size : this.#items.size;
  }

  /** The fields of texts; none in a collection of vectors alone. */
  get textFields(): readonly string[] {
    return this.#texts?.index.fields ?? [];
  }

  /** The index of sparse vectors, in a collection that has them. Its ids are the collection's own: look, but do not change it. */
  get sparse(): SparseIndex | undefined {
    return this.#sparse;
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
   * Adds an item, or replaces the one of the same key, metadata and all. Its vector and its texts go in together or not at all.
   *
   * @throws TypeError for metadata that JSON cannot say and for texts that are none; RangeError for a vector as `Hnsw.add`:
   *   nothing is changed then
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
    const { key, vector, sparse, text, metadata } = item;
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, 'key', 'string or finite number', key);
    const fields = copyMetadata(operation, metadata);
    const own = ownNumbers(operation, vector);
    const words = this.#read(operation, text);
    const few = this.#readSparse(operation, sparse);
    if (!this.#plain) {
      if (own === undefined && words === undefined && few === undefined)
        throw check.typeError(operation, 'item', 'a vector, a sparse vector or texts', item);
      this.#replace(operation, key, own, words, few, fields);
      return this;
    }
    const place = this.#items.placeOf(key) ?? this.#items.unused();
    const id = this.#items.idAt(place);
    this.journal?.stage(operation, { kind: 'add', id, key, vector: own, metadata: fields });
    this.index.add(id, own as VectorArray, { duplicates: 'replace' });
    this.#items.put(place, key, fields);
    this.journal?.commit();
    return this;
  }

  #read(operation: string, text: ItemText | undefined): ReadText | undefined {
    if (text === undefined) return undefined;
    if (this.#texts === undefined) throw withoutTexts(operation, text);
    return this.#texts.read(operation, text);
  }

  #readSparse(operation: string, vector: SparseVector | undefined): OwnSparse | undefined {
    if (vector === undefined) return undefined;
    if (this.#sparse === undefined) throw withoutSparse(operation, vector);
    return readSparse(operation, 'sparse', vector);
  }

  /**
   * A vector, texts and a sparse vector at a new place, in all indexes or in none; then what the key had goes. Until then nothing
   * is touched of it: what fails changes nothing.
   *   keep   the sparse vector of the old place comes along where none is given
   */
  #replace(
    operation: string,
    key: Key,
    vector: VectorArray | undefined,
    words: ReadText | undefined,
    few: OwnSparse | undefined,
    metadata: Metadata | undefined,
    keep = false,
  ): void {
    const [index, items, texts, sparse] = [this.index, this.#items, this.#texts, this.#sparse];
    if (vector !== undefined && this.#alone) throw withoutVectors(operation, vector);
    const [before, place] = [items.placeOf(key), items.unused()];
    const [id, old] = [items.idAt(place), before === undefined ? undefined : items.idAt(before)];
    texts?.index.use(operation);
    sparse?.use(operation);
    const comes = keep && few === undefined && old !== undefined && sparse?.has(old) === true;
    const journal = this.journal;
    if (journal !== undefined) {
      // Made again, it replaces an item without looking at what that had.
      const sparseOf = comes ? sparse.get(old) : few;
      const item = { key, vector, sparse: sparseOf, text: words?.fields, metadata };
      journal.stage(operation, { kind: 'add', id, ...item });
    }
    if (vector !== undefined) index.add(id, vector);
    else index.use(operation);
    try {
      if (few !== undefined) sparse?.put(operation, id, few);
      if (words !== undefined) texts?.put(operation, id, words);
    } catch (error) {
      if (sparse?.has(id)) sparse.remove(id);
      if (vector !== undefined) {
        index.remove(id);
        journal?.undone();
      }
      throw error;
    }
    if (before === undefined || old === undefined) items.put(place, key, metadata);
    else {
      items.move(before, place, metadata);
      if (index.has(old)) index.remove(old);
      texts?.remove(operation, [old]);
      if (comes) sparse?.rename(operation, old, id);
      else if (sparse?.has(old)) sparse.remove(old);
    }
    journal?.commit();
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
   * Changes an item that is there: its vector, its sparse vector, its texts as a whole, its metadata as a whole. What is not given
   * stays; metadata alone do not touch an index.
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
  update(
    key: Key,
    change: { vector?: VectorArray; sparse?: SparseVector; text?: ItemText; metadata?: Meta },
  ): this {
    const operation = 'Collection.update';
    const given = check.options(operation, change, ['vector', 'sparse', 'text', 'metadata']);
    const { text, metadata } = given;
    const vector = ownNumbers(operation, given.vector);
    const fields = copyMetadata(operation, metadata);
    const words = this.#read(operation, text);
    const few = this.#readSparse(operation, given.sparse);
    const place = this.#items.find(operation, key);
    const changed = { key, vector, sparse: few, text: words?.fields, metadata: fields };
    this.journal?.stage(operation, { kind: 'update', ...changed });
    if (vector !== undefined && words !== undefined) {
      const known = metadata === undefined ? this.#items.metadataAt(place) : fields;
      this.#replace(operation, key, vector, words, few, known, true);
      return this;
    }
    const id = this.#items.idAt(place);
    // The sparse vector waits under an id that nobody uses until the rest is done; nothing can fail then.
    const waiting = this.#items.idAt(this.#items.unused());
    if (few !== undefined) this.#sparse?.put(operation, waiting, few);
    try {
      if (vector !== undefined) this.#give(operation, id, vector);
      else if (words !== undefined) this.#texts?.put(operation, id, words);
    } catch (error) {
      if (few !== undefined) this.#sparse?.remove(waiting);
      throw error;
    }
    if (few !== undefined) this.#sparse?.rename(operation, waiting, id);
    if (vector !== undefined || words !== undefined || few !== undefined) this.#items.changed();
    if (metadata !== undefined) this.#items.describe(place, fields);
    this.journal?.commit();
    return this;
  }

  /** The first vector of an item that has texts or a sparse one, or another one. */
  #give(operation: string, id: number, vector: VectorArray): void {
    if (this.#alone) throw withoutVectors(operation, vector);
    if (this.#plain || this.index.has(id)) this.index.update(id, vector);
    else this.index.add(id, vector);
  }

  /**
   * The vectors of a key, copies, with its metadata and the texts that are kept; undefined when there is none.
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
    const [{ index }, texts, id] = [this, this.#texts, this.#items.idAt(place)];
    const vector = this.#plain || index.has(id) ? index.get(id) : new Float32Array(0);
    const metadata = this.#items.metadataAt(place) as Stored<Meta> | undefined;
    const text = texts?.shownOf(id);
    const sparse = this.#sparse?.has(id) ? this.#sparse.get(id) : undefined;
    return {
      key,
      vector,
      ...(sparse && { sparse }),
      ...(text && { text }),
      ...(metadata && { metadata }),
    };
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
    const [id, texts] = [this.#items.idAt(place), this.#texts];
    this.journal?.stage('Collection.remove', { kind: 'remove', key });
    if (this.#plain || this.index.has(id)) this.index.remove(id);
    texts?.remove('Collection.remove', [id]);
    if (this.#sparse?.has(id)) this.#sparse.remove(id);
    this.#items.remove(place);
    this.journal?.commit();
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
    const operation = 'Collection.removeWhere';
    const keys = this.#items.matching(operation, where);
    this.removeKeys(operation, keys);
    return keys.length;
  }

  /** @internal Removes items that are there, all at once. */
  removeKeys(operation: string, keys: readonly Key[]): void {
    const places = keys.map((key) => this.#items.placeOf(key) as number);
    const ids = Uint32Array.from(places, (place) => this.#items.idAt(place));
    const [{ index }, texts, sparse] = [this, this.#texts, this.#sparse];
    this.journal?.stage(operation, { kind: 'removeAll', keys });
    index.removeMany(this.#plain ? ids : ids.filter((id) => index.has(id)));
    texts?.remove(operation, ids);
    sparse?.removeMany(ids.filter((id) => sparse.has(id)));
    for (const place of places) this.#items.remove(place);
    this.journal?.commit();
  }

  /** @internal Makes a change of a log again. False for one that does not fit. */
  replay(change: Change): boolean {
    return replay(this, this.#items, change);
  }

  /** @internal From now on places are given as in a collection that was just loaded from its file. */
  settle(): void {
    this.#items.settle();
  }
}
