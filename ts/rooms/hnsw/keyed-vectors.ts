// What a collection holds, and what can be read of it.
import type { Items, Key } from './collection-items.js';
import type { Beside } from './collection-parts.js';
import type { Flat } from './flat.js';
import type { Hnsw } from './hnsw-index.js';
import type { ItemTexts } from './item-texts.js';
import type { Metadata, Stored } from './metadata.js';
import type { SparseIndex } from './sparse-index.js';
import type { Known, Metric } from './types.js';

/** What a {@link Collection} holds. */
export abstract class KeyedVectors<Meta extends object = Metadata> {
  /** The index underneath. Its ids are the collection's own: look, but do not change it. */
  readonly index: Flat | Hnsw;
  readonly #items: Items;
  readonly #texts: ItemTexts | undefined;
  readonly #sparse: SparseIndex | undefined;

  /** @internal */
  protected constructor(index: Flat | Hnsw, items: Items, beside: Beside) {
    this.index = index;
    this.#items = items;
    this.#texts = beside.texts;
    this.#sparse = beside.sparse;
  }

  /** @internal Whether each item has a vector and nothing else. */
  protected get plain(): boolean {
    return this.#texts === undefined && this.#sparse === undefined;
  }

  /** @internal Items are forgotten by dispose(): what only looks them up would find none, and say so. */
  protected assertKept(operation: string): void {
    if (this.index.disposed) this.index.use(operation);
  }

  /** Number of items. */
  get size(): number {
    const { size } = this.index;
    return this.plain ? size : this.#items.size;
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
    this.assertKept('Collection.keys');
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
    this.assertKept('Collection.has');
    return this.#items.placeOf(key) !== undefined;
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
    this.assertKept('Collection.get');
    const place = this.#items.placeOf(key);
    if (place === undefined) return undefined;
    const [{ index }, texts, id] = [this, this.#texts, this.#items.idAt(place)];
    const vector = this.plain || index.has(id) ? index.get(id) : new Float32Array(0);
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
}
