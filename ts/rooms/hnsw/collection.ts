// Vectors with ids of any kind and metadata, over one index.

import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { notConstructible } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { buildCollection } from './collection-build.js';
import { damaged, Front, frontOf, type Saved, type SavedItem } from './collection-file.js';
import { Items } from './collection-items.js';
import { type Beside, newParts, readBeside, readBesideAsync } from './collection-parts.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { bringTextRoom } from './item-texts.js';
import type { Metadata } from './metadata.js';
import { SavedVectors } from './saved-vectors.js';
import { readShared } from './shared-index.js';
import type { BuildOptions, SharedIndex } from './shared-types.js';
import type { CreateCollectionOptions, Item, LoadCollectionOptions, TextOptions } from './types.js';

// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export interface Collection<Meta extends object = Metadata> extends Disposable {}

/**
 * Vectors with keys of your own (strings or numbers) and JSON metadata, and searches that ask for both. Keys and metadata
 * live on the JavaScript side; conditions are answered from columns and handed to the index as a set.
 *
 * With fields of texts (`Collection.create({ text })`) it is searched by words, too, and by both at once. That takes the module
 * `text`, which `createAsync` and `loadAsync` fetch when it is not there.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class Collection<Meta extends object = Metadata> extends SavedVectors<Meta> {
  readonly #items: Items;
  readonly #beside: Beside;

  /** Made by the static methods. */
  protected constructor(runtime: Runtime, index: Flat | Hnsw, beside: Beside) {
    if (!(index instanceof Flat) && !(index instanceof Hnsw)) throw notConstructible(new.target);
    const items = new Items();
    super(runtime, index, items, beside);
    this.#items = items;
    this.#beside = beside;
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
  static create<Meta extends object = Metadata>(
    options: CreateCollectionOptions,
  ): Collection<Meta> {
    const operation = 'Collection.create';
    return created<Meta>(runtimeOf(this, operation), operation, options);
  }

  /**
   * The same for a collection with texts, whose module is fetched first where it is not there.
   *
   * @throws as {@link Collection.create}; SublinearError `LOAD_FAILED`, and `NOT_LOADED` where nothing can be fetched later
   *   (Cloudflare Workers, service workers): `load()` of `sublinear/text` brings it there
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * const text = { title: { boost: 2 }, body: { stored: false } };
   * using notes = await Collection.createAsync({ metric: 'cosine', dimension: 2, text });
   * notes.add({ key: 'a', vector: [1, 0], text: { title: 'Tides', body: 'The sea rises' } });
   * notes.add({ key: 'b', text: { title: 'Stations' } });
   * const [best] = notes.search({ text: 'sea', vector: [1, 0.1] });
   * console.log(best?.key, best?.text, best?.parts.text?.rank); // a { title: 'Tides' } 0
   * ```
   */
  static async createAsync<Meta extends object = Metadata>(
    options: CreateCollectionOptions,
  ): Promise<Collection<Meta>> {
    const operation = 'Collection.createAsync';
    const runtime = runtimeOf(this, operation);
    if ((options as Partial<TextOptions> | null)?.text !== undefined)
      await bringTextRoom(runtime, operation);
    return created<Meta>(runtime, operation, options);
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
    options?: LoadCollectionOptions,
  ): Collection<Meta> {
    const operation = 'Collection.load';
    const runtime = runtimeOf(this, operation);
    const whole = wholeBytes(bytes, operation);
    const { verify = true, stem } = check.options(operation, options, ['verify', 'stem']);
    check.boolean(operation, 'verify', verify);
    const front = new Front(runtime, operation);
    const file = front.take(whole);
    if (file === undefined) throw front.short();
    const saved = front.read(verify);
    const Index = runtime.bind(saved.index === 'flat' ? Flat : Hnsw);
    return Collection.#filled<Meta>(runtime, operation, front, saved, stem, () =>
      Index.load(file, { verify }),
    );
  }

  static #filled<Meta extends object>(
    runtime: Runtime,
    operation: string,
    front: Front,
    saved: Saved,
    stem: LoadCollectionOptions['stem'],
    open: () => Flat | Hnsw,
  ): Collection<Meta> {
    const { items } = saved;
    const beside = readBeside(runtime, operation, front, saved, stem);
    let part: { dispose(): void } = beside;
    try {
      const index = open();
      // Its filters are made where the index is.
      const collection = made<Meta>(index.runtime, index, beside);
      part = collection;
      for (const item of items) collection.#restore(operation, item, items.length);
      collection.#restored(operation);
      return collection;
    } catch (error) {
      part.dispose();
      throw error;
    }
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
    options?: LoadAsyncOptions & Pick<LoadCollectionOptions, 'stem'>,
  ): Promise<Collection<Meta>> {
    const operation = 'Collection.loadAsync';
    const runtime = runtimeOf(this, operation);
    const { stem, ...given } = check.options(operation, options, ['signal', 'onProgress', 'stem']);
    const { signal, onProgress } = asyncOptions(operation, given);
    const { front, rest, total } = await frontOf(runtime, operation, bytes, signal);
    let bytesRead = front.length;
    onProgress?.({ bytesRead, ...total });
    const how: LoadAsyncOptions = {
      ...(signal && { signal }),
      onProgress(progress) {
        bytesRead = front.length + progress.bytesRead;
        onProgress?.({ bytesRead, ...total });
      },
    };
    let beside: Beside | undefined;
    let collection: Collection<Meta> | undefined;
    try {
      const saved = front.read(true);
      const { index: kind, items } = saved;
      const own = { ...(stem && { stem }), ...(signal && { signal }) };
      beside = await readBesideAsync(runtime, operation, front, saved, own);
      const loading = runtime.bind(kind === 'flat' ? Flat : Hnsw).loadAsync(rest, how);
      const whole = made<Meta>(runtime, await loading, beside);
      collection = whole;
      let at = 0;
      const step = (work: number) => {
        const end = Math.min(items.length, at + Math.ceil(work / 50));
        for (; at < end; at++) whole.#restore(operation, items[at] as SavedItem, items.length);
        return at === items.length;
      };
      const job = { runtime, operation, step, progress: () => ({ bytesRead, ...total }) };
      await runAsync(job, [], { ...(signal && { signal }), ...(onProgress && { onProgress }) });
      whole.#restored(operation);
      return whole;
    } catch (error) {
      // The source is told that no more is wanted; it may be slow to answer.
      Promise.resolve(rest[Symbol.asyncIterator]().return?.()).catch(() => {});
      (collection ?? beside)?.dispose();
      throw error;
    }
  }

  /**
   * Puts the vectors of an approximate index into the order in which searches walk; see `Hnsw.optimize`. An exact index is
   * in order already. Texts that were removed no longer count in the scores of others, and sparse vectors that were removed
   * take no memory. O(size).
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
    this.journal?.stage('Collection.optimize', { kind: 'optimize' });
    if ('optimize' in index) index.optimize();
    this.#beside.texts?.index.optimize();
    this.#beside.sparse?.shrink();
    this.journal?.commit();
    return this;
  }

  /**
   * Builds a collection with all the workers of a pool and gives it as {@link Collection.share} does, for `openShared()`; keys,
   * texts and sparse vectors go in here, in slices of about 8 ms, before the workers link the vectors. Bytes and speed are those of
   * {@link Hnsw.buildShared}: the same for any number of workers and without a pool. `onProgress` counts vectors that are linked.
   * `Collection.load(reader.save())` of the reader gives a copy that can be changed. More in `docs/workers.md`.
   *
   * @throws as {@link Collection.createAsync}, {@link Collection.add} and `Hnsw.buildShared`, with the item's `position`; a key
   *   that comes twice is RangeError `ARGUMENT`. Nothing is left of the collection then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Collection } = await load();
   * const items = Array.from({ length: 2000 }, (_, i) => ({ key: `p${i}`, vector: [i / 10], metadata: { even: i % 2 === 0 } }));
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const shared = await Collection.buildShared({ metric: 'euclidean', dimension: 1 }, items, { pool });
   * using reader = await Collection.openShared(shared);
   * console.log(reader.search([7.01], { k: 1, where: { even: false } })[0]?.key); // p71
   * ```
   */
  static async buildShared<Meta extends object = Metadata>(
    options: CreateCollectionOptions,
    items: Iterable<Item<Meta>> | AsyncIterable<Item<Meta>>,
    build?: BuildOptions,
  ): Promise<SharedIndex> {
    const operation = 'Collection.buildShared';
    return buildCollection(runtimeOf(this, operation), operation, options, items, build);
  }

  /**
   * The collection that {@link Collection.share} gave, in this thread or in another one, for questions; as `Hnsw.openShared`.
   *
   * @throws SublinearError as `Hnsw.openShared` and {@link Collection.load}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Collection } = await load();
   * using notes = Collection.create({ metric: 'dot', dimension: 2 });
   * notes.add({ key: 'a', vector: [1, 2] });
   * using reader = await Collection.openShared(await notes.share());
   * console.log(reader.search([1, 1])[0]?.key); // a
   * ```
   */
  static async openShared<Meta extends object = Metadata>(
    shared: SharedIndex,
    options?: Pick<LoadCollectionOptions, 'stem'>,
  ): Promise<Collection<Meta>> {
    const operation = 'Collection.openShared';
    const runtime = runtimeOf(this, operation);
    const { stem } = check.options(operation, options, ['stem']);
    readShared(operation, shared, 'collection');
    const front = new Front(runtime, operation);
    if (front.take(wholeBytes(shared.front as Uint8Array, operation)) === undefined)
      throw front.short();
    const saved = front.read(true);
    if (saved.text !== undefined) await bringTextRoom(runtime, operation);
    const [Index, kind] = [saved.index === 'flat' ? Flat : Hnsw, saved.index];
    const index = await runtime.bind(Index).openShared({ ...shared, kind });
    try {
      return Collection.#filled<Meta>(runtime, operation, front, saved, stem, () => index);
    } catch (error) {
      index.dispose();
      throw error;
    }
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.index.disposed;
  }

  /**
   * Frees the index, and those of texts and of sparse vectors. Calling it again does nothing.
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
    this.#beside.dispose();
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
    const [id, , , shown] = item;
    const { texts, sparse } = this.#beside;
    const there = this.index.has(id) || texts?.index.has(id) || sparse?.has(id);
    if (!there || !this.#items.restore(item, total) || texts?.restore(id, shown) === false)
      throw damaged(operation, 'keys that fit the index');
  }

  #restored(operation: string): void {
    const [vectors, { texts, sparse, alone }] = [this.index.size, this.#beside];
    // Each vector and each text has a key, and only a collection with a dimension has vectors.
    let [withVector, withText, withSparse] = [0, 0, 0];
    for (const [id] of this.#items.saved()) {
      if (this.index.has(id)) withVector++;
      if (texts?.index.has(id)) withText++;
      if (sparse?.has(id)) withSparse++;
    }
    const [text, few] = [texts?.index.size ?? 0, sparse?.size ?? 0];
    const fits = withVector === vectors && withText === text && withSparse === few;
    if (!fits || (alone && vectors > 0)) throw damaged(operation, 'a key for each vector');
  }
}

type Made<Meta extends object> = new (
  runtime: Runtime,
  index: Flat | Hnsw,
  beside: Beside,
) => Collection<Meta>;

function made<Meta extends object>(
  runtime: Runtime,
  index: Flat | Hnsw,
  beside: Beside,
): Collection<Meta> {
  return new (runtime.bind(Collection) as unknown as Made<Meta>)(runtime, index, beside);
}

function created<Meta extends object>(
  runtime: Runtime,
  operation: string,
  options: CreateCollectionOptions,
): Collection<Meta> {
  const { index, beside } = newParts(runtime, operation, options);
  return made<Meta>(runtime, index, beside);
}
