// Vectors under keys: adding, changing, removing.
import { isSublinearError } from '../../runtime/errors.js';
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
import type { Items, Key } from './collection-items.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import { withoutTexts, withoutVectors } from './hybrid.js';
import type { ItemTexts, ReadText } from './item-texts.js';
import { type Change, type Journal, replay } from './journal.js';
import { copyMetadata, type Metadata, type Stored } from './metadata.js';
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

  /** @internal */
  protected constructor(
    runtime: Runtime,
    index: Flat | Hnsw,
    items: Items,
    texts: ItemTexts | undefined,
  ) {
    this.#runtime = runtime;
    this.index = index;
    this.#items = items;
    this.#texts = texts;
  }

  /** Number of items. */
  get size(): number {
    const { size } = this.index;
    return this.#texts === undefined ? size : this.#items.size;
  }

  /** The fields of texts; none in a collection of vectors alone. */
  get textFields(): readonly string[] {
    return this.#texts?.index.fields ?? [];
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
    const { key, vector, text, metadata } = item;
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, 'key', 'string or finite number', key);
    const fields = copyMetadata(operation, metadata);
    const own = ownNumbers(operation, vector);
    const words = this.#read(operation, text);
    if (this.#texts !== undefined) {
      if (own === undefined && words === undefined)
        throw check.typeError(operation, 'item', 'a vector, texts or both', item);
      this.#replace(operation, this.#texts, key, own, words, fields);
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

  /**
   * A vector and texts at a new place, in both indexes or in none; then what the key had goes. Until then nothing is touched of it:
   * what fails changes nothing.
   */
  #replace(
    operation: string,
    texts: ItemTexts,
    key: Key,
    vector: VectorArray | undefined,
    words: ReadText | undefined,
    metadata: Metadata | undefined,
  ): void {
    const [index, items] = [this.index, this.#items];
    if (vector !== undefined && texts.alone) throw withoutVectors(operation, vector);
    const [before, place] = [items.placeOf(key), items.unused()];
    const id = items.idAt(place);
    texts.index.use(operation);
    const text = words?.fields;
    this.journal?.stage(operation, { kind: 'add', id, key, vector, text, metadata });
    if (vector !== undefined) index.add(id, vector);
    else index.use(operation);
    try {
      if (words !== undefined) texts.put(operation, id, words);
    } catch (error) {
      if (vector !== undefined) {
        index.remove(id);
        this.journal?.undone();
      }
      throw error;
    }
    if (before === undefined) items.put(place, key, metadata);
    else {
      const old = items.idAt(before);
      items.move(before, place, metadata);
      if (index.has(old)) index.remove(old);
      texts.remove(operation, [old]);
    }
    this.journal?.commit();
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
   * Changes an item that is there: its vector, its texts as a whole, its metadata as a whole. What is not given stays; metadata
   * alone do not touch an index.
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
  update(key: Key, change: { vector?: VectorArray; text?: ItemText; metadata?: Meta }): this {
    const operation = 'Collection.update';
    const given = check.options(operation, change, ['vector', 'text', 'metadata']);
    const { text, metadata } = given;
    const vector = ownNumbers(operation, given.vector);
    const fields = copyMetadata(operation, metadata);
    const words = this.#read(operation, text);
    const place = this.#items.find(operation, key);
    const [id, texts] = [this.#items.idAt(place), this.#texts];
    const changed = { key, vector, text: words?.fields, metadata: fields };
    this.journal?.stage(operation, { kind: 'update', ...changed });
    if (texts !== undefined && vector !== undefined && (words || !this.index.has(id))) {
      // Both, or a first vector: what is not given comes along, and that is texts only where they stay as they are.
      if (words === undefined) this.#first(operation, texts, id, vector);
      else {
        const known = metadata === undefined ? this.#items.metadataAt(place) : fields;
        this.#replace(operation, texts, key, vector, words, known);
        return this;
      }
    } else if (vector !== undefined) this.index.update(id, vector);
    else if (words !== undefined) texts?.put(operation, id, words);
    if (vector !== undefined || words !== undefined) this.#items.changed();
    if (metadata !== undefined) this.#items.describe(place, fields);
    this.journal?.commit();
    return this;
  }

  /** The first vector of an item that has texts. */
  #first(operation: string, texts: ItemTexts, id: number, vector: VectorArray): void {
    if (texts.alone) throw withoutVectors(operation, vector);
    this.index.add(id, vector);
  }

  /**
   * The vector of a key, a copy, with its metadata and the texts that are kept; undefined when there is none.
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
    const vector = texts === undefined || index.has(id) ? index.get(id) : new Float32Array(0);
    const metadata = this.#items.metadataAt(place) as Stored<Meta> | undefined;
    const text = texts?.shownOf(id);
    return { key, vector, ...(text && { text }), ...(metadata && { metadata }) };
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
    if (texts === undefined || this.index.has(id)) this.index.remove(id);
    texts?.remove('Collection.remove', [id]);
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
    const [{ index }, texts] = [this, this.#texts];
    this.journal?.stage(operation, { kind: 'removeAll', keys });
    index.removeMany(texts === undefined ? ids : ids.filter((id) => index.has(id)));
    texts?.remove(operation, ids);
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

/** A list of numbers is read at once: what it runs meanwhile may change the collection. */
function ownNumbers(operation: string, vector: VectorArray | undefined): VectorArray | undefined {
  return Array.isArray(vector) ? realArray(operation, 'vector', vector) : vector;
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

/** Tells which item it was, and how many are in. */
function withPosition(error: unknown, position: number): unknown {
  if (!isSublinearError(error)) return error;
  error.message += `; ${position} items were added`;
  return Object.assign(error, { position });
}
