// Vectors with ids of any kind and metadata, over one index.

import type { Filter, Flat, Hnsw, HnswOptions } from '../hnsw.js';
import { runtimeOf } from './bind.js';
import { SublinearError } from './errors.js';
import type { Runtime } from './runtime.js';
import * as check from './validate.js';
import { type Metric, rawVector, type VectorArray } from './vector-index.js';
import { Columns, checkMetadata, type Metadata, type Where } from './where.js';

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

const MAGIC = [0x73, 0x6c, 0x63, 0x6f, 0x6c, 0x0d, 0x0a, 0x1a]; // "slcol", CR, LF, ctrl-Z
const HEAD = 32;

/** What a file's JSON part holds. */
interface Saved {
  index: 'hnsw' | 'flat';
  items: [row: number, key: Key, metadata?: Metadata][];
}

// The index classes of each loaded module. They stand in the module that imports this one: its createRoom() hands them
// over, so that neither file imports the other in a circle.
const indexClasses = new WeakMap<Runtime, IndexClasses>();

interface IndexClasses {
  Filter: typeof Filter;
  Flat: typeof Flat;
  Hnsw: typeof Hnsw;
}

/** @internal */
export function provideIndexes(runtime: Runtime, classes: IndexClasses): void {
  indexClasses.set(runtime, classes);
}

function indexesOf(runtime: Runtime): IndexClasses {
  return indexClasses.get(runtime) as IndexClasses;
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
  #rows = new Map<Key, number>();
  #keys: (Key | undefined)[] = [];
  #metadata: (Metadata | undefined)[] = [];
  #free: number[] = [];
  #columns = new Columns();
  // The set of the last condition, which is often asked again.
  #last: { text: string; filter: Filter } | undefined;

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
    const { Flat, Hnsw } = indexesOf(runtime);
    const index = kind === 'flat' ? Flat.create(rest) : Hnsw.create(rest);
    return new (runtime.bind(Collection) as unknown as Made)(runtime, index);
  }

  /**
   * A collection from the bytes that `save` gave. Untrusted bytes are safe.
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
  static load(bytes: Uint8Array): Collection {
    const operation = 'Collection.load';
    const runtime = runtimeOf(this, operation);
    if (!(bytes instanceof Uint8Array))
      throw check.typeError(operation, 'bytes', 'Uint8Array', bytes);
    const { index: kind, items } = readHead(runtime, operation, bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const from = HEAD + Number(view.getBigUint64(16, true));
    const file = bytes.subarray(from);
    const { Flat, Hnsw } = indexesOf(runtime);
    const index = kind === 'flat' ? Flat.load(file) : Hnsw.load(file);
    const collection = new (runtime.bind(Collection) as unknown as Made)(runtime, index);
    try {
      collection.#restore(operation, items);
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

  /** All keys, in the order in which they came (an item that was removed gives its place to a later one). */
  get keys(): Key[] {
    return this.#keys.filter((key) => key !== undefined);
  }

  /** True when there is an item of this key. */
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
  add({ key, vector, metadata }: Item): this {
    const operation = 'Collection.add';
    if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key)))
      throw check.typeError(operation, 'key', 'string or finite number', key);
    const fields = checkMetadata(operation, metadata);
    const known = this.#rows.get(key);
    const row = known ?? this.#free.at(-1) ?? this.#keys.length;
    this.index.add(row, vector, { duplicates: 'replace' });
    if (known === undefined && this.#free.length > 0) this.#free.pop();
    this.#put(row, key, fields === undefined ? undefined : structuredClone(fields));
    return this;
  }

  /**
   * Adds many items, one after another; what comes before one that is refused stays.
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
    for (const item of items) this.add(item);
    return this;
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
    this.#columns.set(row, undefined, this.#metadata[row]);
    this.#rows.delete(key);
    this.#keys[row] = this.#metadata[row] = undefined;
    this.#free.push(row);
    this.#forget();
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
    return Array.from(ids, (row, i) => ({
      key: this.#keys[row] as Key,
      distance: distances[i] as number,
      ...this.#metadataOf(row),
    }));
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
    const rows = this.#columns.select('Collection.filter', where, this.#rows.values());
    return Array.from(rows, (row) => this.#keys[row] as Key);
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
    const saved: Saved = {
      index: this.index instanceof indexesOf(this.#runtime).Hnsw ? 'hnsw' : 'flat',
      items: Array.from(this.#rows, ([key, row]) => {
        const metadata = this.#metadata[row];
        return metadata === undefined ? [row, key] : [row, key, metadata];
      }),
    };
    const json = new TextEncoder().encode(JSON.stringify(saved));
    const file = this.index.save();
    const bytes = new Uint8Array(HEAD + json.length + file.length);
    const view = new DataView(bytes.buffer);
    bytes.set(MAGIC);
    view.setUint32(8, 1, true);
    view.setBigUint64(16, BigInt(json.length), true);
    bytes.set(json, HEAD);
    bytes.set(file, HEAD + json.length);
    view.setUint32(12, checksum(this.#runtime, 'Collection.save', json), true);
    return bytes;
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.index.disposed;
  }

  /** Frees the index. Calling it again does nothing. */
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

  #put(row: number, key: Key, metadata: Metadata | undefined): void {
    this.#columns.set(row, metadata, this.#metadata[row]);
    this.#rows.set(key, row);
    this.#keys[row] = key;
    this.#metadata[row] = metadata;
    this.#forget();
  }

  #restore(operation: string, items: Saved['items']): void {
    for (const [row, key, metadata] of items) {
      if (this.#rows.has(key) || this.#keys[row] !== undefined || !this.index.has(row))
        throw damaged(operation, 'keys that fit the index');
      this.#put(row, key, metadata);
    }
    if (this.#rows.size !== this.index.size) throw damaged(operation, 'a key for each vector');
    // Rows between the kept ones are free; the lowest is used first.
    for (let row = this.#keys.length - 1; row >= 0; row--)
      if (this.#keys[row] === undefined) this.#free.push(row);
  }

  #metadataOf(row: number): { metadata?: Metadata } {
    const metadata = this.#metadata[row];
    return metadata === undefined ? {} : { metadata: structuredClone(metadata) };
  }

  #filter(operation: string, where: Where): Filter {
    const text = JSON.stringify(where);
    if (this.#last?.text === text && !this.#last.filter.disposed) return this.#last.filter;
    const rows = this.#columns.select(operation, where, this.#rows.values());
    this.#forget();
    this.#last = { text, filter: indexesOf(this.#runtime).Filter.from(rows) };
    return this.#last.filter;
  }

  #forget(): void {
    this.#last?.filter.dispose();
    this.#last = undefined;
  }
}

type Made = new (runtime: Runtime, index: Flat | Hnsw) => Collection;

function checksum(runtime: Runtime, operation: string, bytes: Uint8Array): number {
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(bytes.length);
    runtime.u8.set(bytes, address);
    return rawVector(runtime).crc32c(0, address, bytes.length) >>> 0;
  });
}

function damaged(operation: string, expected: string): SublinearError {
  const message = `"bytes": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
}

function readHead(runtime: Runtime, operation: string, bytes: Uint8Array): Saved {
  const short = () =>
    new SublinearError(
      'TRUNCATED',
      operation,
      '"bytes": input ends too early, expected a whole file',
      {
        argument: 'bytes',
      },
    );
  if (bytes.length < HEAD) throw short();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    throw damaged(operation, 'a collection of this library');
  if (view.getUint32(8, true) !== 1) throw damaged(operation, 'version 1 of the format');
  const length = Number(view.getBigUint64(16, true));
  if (length > bytes.length - HEAD) throw short();
  if (view.getBigUint64(24, true) !== 0n) throw damaged(operation, 'zeros where nothing is said');
  const json = bytes.subarray(HEAD, HEAD + length);
  if (checksum(runtime, operation, json) !== view.getUint32(12, true)) {
    throw new SublinearError(
      'CHECKSUM',
      operation,
      '"bytes": checksum does not match, expected undamaged keys',
      {
        argument: 'bytes',
      },
    );
  }
  let saved: unknown;
  try {
    saved = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw damaged(operation, 'keys and metadata as JSON');
  }
  const { index, items } = (saved ?? {}) as Partial<Saved>;
  const right =
    (index === 'hnsw' || index === 'flat') &&
    Array.isArray(items) &&
    items.every(
      (item) =>
        Array.isArray(item) &&
        Number.isInteger(item[0]) &&
        item[0] >= 0 &&
        item[0] < 2 ** 32 &&
        (typeof item[1] === 'string' || typeof item[1] === 'number') &&
        (item[2] === undefined ||
          (typeof item[2] === 'object' && item[2] !== null && !Array.isArray(item[2]))),
    );
  if (!right) throw damaged(operation, 'keys and metadata as this library writes them');
  return saved as Saved;
}
