// Changing a collection.
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncOptions } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import {
  addItems,
  iterable,
  ownNumbers,
  readFew,
  readItem,
  readTexts,
  withPosition,
} from './adding.js';
import type { Items, Key } from './collection-items.js';
import type { Beside } from './collection-parts.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import { withoutVectors } from './hybrid.js';
import type { ReadText } from './item-texts.js';
import { type Change, type Journal, replay } from './journal.js';
import { KeyedVectors } from './keyed-vectors.js';
import { copyMetadata, type Metadata } from './metadata.js';
import type { OwnSparse } from './sparse-arrays.js';
import type { SparseVector } from './sparse-types.js';
import type { Item, ItemText, VectorArray } from './types.js';
import type { Where } from './where.js';

/** How a {@link Collection} is changed. */
export abstract class ChangeableVectors<Meta extends object = Metadata> extends KeyedVectors<Meta> {
  readonly #runtime: Runtime;
  readonly #items: Items;
  readonly #beside: Beside;
  /** @internal Is told of each change. */
  journal: Journal | undefined;

  /** @internal */
  protected constructor(runtime: Runtime, index: Flat | Hnsw, items: Items, beside: Beside) {
    super(index, items, beside);
    this.#runtime = runtime;
    this.#items = items;
    this.#beside = beside;
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
    const { key, vector, words, few, metadata } = readItem(operation, item, this.#beside);
    if (!this.plain) {
      this.#replace(operation, key, vector, words, few, metadata);
      return this;
    }
    const place = this.#items.placeOf(key) ?? this.#items.unused();
    const id = this.#items.idAt(place);
    this.journal?.stage(operation, { kind: 'add', id, key, vector, metadata });
    this.index.add(id, vector as VectorArray, { duplicates: 'replace' });
    this.#items.put(place, key, metadata);
    this.journal?.commit();
    return this;
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
    const [index, items] = [this.index, this.#items];
    const { texts, sparse, alone } = this.#beside;
    if (vector !== undefined && alone) throw withoutVectors(operation, vector);
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
    const add = (item: Item<Meta>, position: number) => {
      try {
        this.add(item);
      } catch (error) {
        throw withPosition(error, position);
      }
    };
    return addItems({ runtime: this.#runtime, operation, how, add }, items);
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
    const { texts, sparse } = this.#beside;
    const words = readTexts(operation, text, texts);
    const few = readFew(operation, given.sparse, sparse);
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
    if (few !== undefined) sparse?.put(operation, waiting, few);
    try {
      if (vector !== undefined) this.#give(operation, id, vector);
      else if (words !== undefined) texts?.put(operation, id, words);
    } catch (error) {
      if (few !== undefined) sparse?.remove(waiting);
      throw error;
    }
    if (few !== undefined) sparse?.rename(operation, waiting, id);
    if (vector !== undefined || words !== undefined || few !== undefined) this.#items.changed();
    if (metadata !== undefined) this.#items.describe(place, fields);
    this.journal?.commit();
    return this;
  }

  /** The first vector of an item that has texts or a sparse one, or another one. */
  #give(operation: string, id: number, vector: VectorArray): void {
    if (this.#beside.alone) throw withoutVectors(operation, vector);
    if (this.plain || this.index.has(id)) this.index.update(id, vector);
    else this.index.add(id, vector);
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
    this.assertKept('Collection.remove');
    const place = this.#items.placeOf(key);
    if (place === undefined) return false;
    const id = this.#items.idAt(place);
    const { texts, sparse } = this.#beside;
    this.journal?.stage('Collection.remove', { kind: 'remove', key });
    if (this.plain || this.index.has(id)) this.index.remove(id);
    texts?.remove('Collection.remove', [id]);
    if (sparse?.has(id)) sparse.remove(id);
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
    const { index } = this;
    const { texts, sparse } = this.#beside;
    this.journal?.stage(operation, { kind: 'removeAll', keys });
    index.removeMany(this.plain ? ids : ids.filter((id) => index.has(id)));
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
