// Searching a collection.
import { INSPECT, type Inspect, printed } from '../../runtime/inspect.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { ChangeableVectors } from './changeable-vectors.js';
import type { Items, Key } from './collection-items.js';
import type { Beside } from './collection-parts.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import { isHybrid, searchHybrid, withoutVectors } from './hybrid.js';
import { FIND, grouped, isLike, isNoQuery, matchesOf, selected } from './matches.js';
import { Groups, maxSim } from './max-sim.js';
import type { Metadata } from './metadata.js';
import type {
  FindOptions,
  GroupOptions,
  HybridMatch,
  HybridQuery,
  Match,
  MaxSimMatch,
  MaxSimOptions,
  VectorArray,
} from './types.js';
import type { Where } from './where.js';

/** What a {@link Collection} can be asked. */
export abstract class SearchableVectors<
  Meta extends object = Metadata,
> extends ChangeableVectors<Meta> {
  readonly #runtime: Runtime;
  readonly #items: Items;
  readonly #beside: Beside;
  readonly #groups: Groups;

  /** @internal */
  protected constructor(runtime: Runtime, index: Flat | Hnsw, items: Items, beside: Beside) {
    super(runtime, index, items, beside);
    this.#runtime = runtime;
    this.#items = items;
    this.#beside = beside;
    this.#groups = new Groups(items);
  }

  /** @internal */
  [INSPECT](_depth: number, options: object, inspect?: Inspect): string {
    if (this.index.disposed) return 'Collection (disposed)';
    const { dimension, metric } = this.index;
    return printed('Collection', { size: this.size, dimension, metric }, options, inspect);
  }

  /**
   * The nearest items, those that satisfy `where` (the first condition on a field reads it of all items, those that follow are
   * loops over numbers); with `groupBy` not more than `perGroup` of each value of a field. The query
   * is a vector, or `{ key }`: the items most like that one, which is itself left out.
   *
   * With `{ text, vector, sparse, ... }` by words and by meaning at once, in a collection that was made with `text` or `sparse`: the
   * lists of all parts are made into one, and each match says what each part has to do with it. Parts may be left out, and options
   * stand beside them ({@link HybridQuery}).
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
   *
   * using hotels = await Collection.createAsync({ metric: 'cosine', dimension: 2, text: ['name'] });
   * hotels.add({ key: 1, vector: [1, 0], text: 'Miramar, near the sea' });
   * hotels.add({ key: 2, vector: [0.9, 0.1], text: 'The lodge' });
   * const [best] = hotels.search({ text: 'sea', vector: [1, 0.2], k: 1 });
   * console.log(best?.key, best?.parts.text?.rank, best?.parts.vector?.rank); // 1 0 1
   * ```
   */
  search(query: VectorArray | { key: Key }, options?: FindOptions & GroupOptions): Match<Meta>[];
  search(query: HybridQuery<Meta>): HybridMatch<Meta>[];
  search(
    query: VectorArray | { key: Key } | HybridQuery<Meta>,
    options?: FindOptions & GroupOptions,
  ): Match<Meta>[] | HybridMatch<Meta>[] {
    const operation = 'Collection.search';
    if (isHybrid(query)) {
      if (options !== undefined)
        throw check.typeError(
          operation,
          'options',
          'nothing beside a query of parts, which has them',
          options,
        );
      const { index } = this;
      index.use(operation);
      const parts = { index, ...this.#beside, items: this.#items };
      return searchHybrid<Meta>(operation, parts, query as HybridQuery<Meta>);
    }
    const given = check.options(operation, options, [...FIND, 'groupBy', 'perGroup']);
    const { k = 10, offset = 0, ef, groupBy, perGroup = 1 } = given;
    const select = selected(operation, given.select);
    check.integer(operation, 'k', k);
    check.integer(operation, 'offset', offset);
    const plain = query as VectorArray | { key: Key };
    if (isNoQuery(plain)) {
      const wanted =
        "a vector, or an object as { text: 'words' }, { vector }, { sparse } or { key }";
      throw check.typeError(operation, 'query', wanted, query);
    }
    if (this.#beside.alone) throw withoutVectors(operation, plain);
    const like = isLike(plain) ? this.#items.find(operation, plain.key) : undefined;
    if (like !== undefined && !this.index.has(this.#items.idAt(like)))
      throw check.rangeError(
        operation,
        'key',
        'an item with a vector',
        (plain as { key: Key }).key,
      );
    const vector =
      like === undefined ? (plain as VectorArray) : this.index.get(this.#items.idAt(like));
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
    if (this.#beside.alone) throw withoutVectors(operation, queries);
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
   * The documents nearest to several vectors, where each document is several items: passages, or the words of a model with late
   * interaction (ColBERT). A document scores the sum, over the vectors, of how near its nearest item is (MaxSim). Exact over an
   * exact index; over an approximate one documents are found by its searches, and then scored by all their items, as near as its
   * searches say that they are: with `rerank: 'none'` by their codes.
   *
   * Looks at the nearest items of each vector, then at more, until no document that was not seen can be among the best.
   *
   * @throws TypeError and RangeError as {@link Collection.search}; `queries` are vectors one after another
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using c = Collection.create({ metric: 'dot', dimension: 2, index: 'flat' });
   * c.addAll([
   *   { key: 'a1', vector: [1, 0], metadata: { page: 'a' } },
   *   { key: 'a2', vector: [0, 1], metadata: { page: 'a' } },
   *   { key: 'b1', vector: [1, 0.5], metadata: { page: 'b' } },
   * ]);
   * const [best] = c.maxSim([1, 0, 0, 1], { groupBy: 'page' });
   * console.log(best?.group, best?.score, best?.best.map(({ key }) => key)); // a 2 [ 'a1', 'a2' ]
   * ```
   */
  maxSim(queries: VectorArray, options: MaxSimOptions): MaxSimMatch[] {
    const operation = 'Collection.maxSim';
    if (this.#beside.alone) throw withoutVectors(operation, queries);
    const { index } = this;
    index.use(operation);
    return maxSim(this.#runtime, operation, index, this.#items, this.#groups, queries, options);
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

  #filter(operation: string, where: Where | undefined) {
    return where === undefined ? undefined : this.#items.filter(this.#runtime, operation, where);
  }
}
