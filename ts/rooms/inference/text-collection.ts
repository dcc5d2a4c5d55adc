// Texts that are found by what they mean: a collection of vectors with the embedder that makes them.
import '../../runtime/globals.js';
import { isSublinearError, SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { INSPECT, type Inspect, printed } from '../../runtime/inspect.js';
import { notConstructible } from '../../runtime/object.js';
import { wholeBytes } from '../../runtime/pieces.js';
import { type AsyncOptions, asyncKeys, asyncOptions } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Collection } from '../hnsw/collection.js';
import type { Key } from '../hnsw/collection-items.js';
import type { Metadata } from '../hnsw/metadata.js';
import type { CollectionOptions, FindOptions, GroupOptions, Match } from '../hnsw/types.js';
import { Embedder } from './embedder.js';

/** A text with its key and what is known about it. */
export interface TextItem<Meta extends object = Metadata> {
  key: Key;
  text: string;
  metadata?: Meta;
}

export type TextCollectionOptions = Omit<CollectionOptions, 'metric' | 'dimension'> & {
  /** What makes the vectors. It stays the caller's: `dispose()` of the collection leaves it alone. */
  embedder: Embedder;
  /** The class of the room `hnsw` of the same engine. */
  Collection: typeof Collection;
};

export type LoadTextCollectionOptions = Pick<TextCollectionOptions, 'embedder' | 'Collection'>;

/** How far adding has come. */
export interface AddTextsProgress {
  added: number;
  total: number;
}

const MAGIC = [0x73, 0x6c, 0x65, 0x6d, 0x62, 0x0d, 0x0a, 0x1a]; // "slemb", CR, LF, ctrl-Z
const HEAD = 16;
/** Texts that go through the embedder together. */
const GROUP = 32;

let making = false;

// biome-ignore lint/correctness/noUnusedVariables: merged declarations have the same parameters
export interface TextCollection<Meta extends object = Metadata> extends Disposable {}

/**
 * A `Collection` of `sublinear/hnsw` that takes and finds texts: it keeps their vectors, keys and metadata, not the texts. The
 * embedder's `modelId` is in its file, and an embedder with another one is refused.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export class TextCollection<Meta extends object = Metadata> {
  /** The collection underneath, for all that is not said here: `has`, `get`, `remove`, `filter` and others. */
  readonly collection: Collection<Meta>;
  readonly embedder: Embedder;

  /** Made by the static methods. */
  protected constructor(collection: Collection<Meta>, embedder: Embedder) {
    if (!making) throw notConstructible(new.target);
    making = false;
    this.collection = collection;
    this.embedder = embedder;
  }

  /** @internal */
  [INSPECT](_depth: number, options: object, inspect?: Inspect): string {
    if (this.disposed) return 'TextCollection (disposed)';
    return printed('TextCollection', { size: this.size }, options, inspect);
  }

  /** Number of texts. */
  get size(): number {
    return this.collection.size;
  }

  /**
   * An empty collection; options are those of `Collection.create` but metric (cosine) and dimension (the embedder's).
   *
   * @throws as `Collection.create`; TypeError for what is no embedder
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * const words = ['sea', 'ocean', 'tax'];
   * using embedder = StaticEmbedder.fromWords({ words, vectors: Float32Array.of(0, 1, 0.1, 1, 1, 0) });
   * using notes = TextCollection.create({ embedder, Collection });
   * notes.add({ key: 'a', text: 'The ocean' }).add({ key: 'b', text: 'Taxes and tax' });
   * console.log(notes.search('a calm sea', { k: 1 })[0]?.key); // a
   * ```
   */
  static create<Meta extends object = Metadata>(
    options: TextCollectionOptions,
  ): TextCollection<Meta> {
    const operation = 'TextCollection.create';
    const { embedder, Collection: Vectors, ...rest } = objectOf(operation, options);
    const dimension = dimensionsOf(operation, embedder, Vectors);
    for (const key of ['metric', 'dimension'])
      if (Object.hasOwn(rest, key)) {
        const got: unknown = Reflect.get(rest, key);
        throw check.typeError(operation, key, 'nothing: the embedder has it', got);
      }
    return made(Vectors.create<Meta>({ ...rest, metric: 'cosine', dimension }), embedder);
  }

  /**
   * A collection from the bytes that `save` gave.
   *
   * @throws RangeError `ARGUMENT` when the embedder is not the model that it was made with; SublinearError `FORMAT`, `TRUNCATED`,
   *   `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * const words = ['sea', 'tax'];
   * using embedder = StaticEmbedder.fromWords({ words, vectors: Float32Array.of(0, 1, 1, 0) });
   * using notes = TextCollection.create({ embedder, Collection }).add({ key: 'a', text: 'sea' });
   * using again = TextCollection.load(notes.save(), { embedder, Collection });
   * console.log(again.size); // 1
   * using other = StaticEmbedder.fromWords({ words, vectors: Float32Array.of(0, 1, 1, 1) });
   * try {
   *   TextCollection.load(notes.save(), { embedder: other, Collection });
   * } catch (error) {
   *   console.log(error instanceof RangeError); // true
   * }
   * ```
   */
  static load<Meta extends object = Metadata>(
    bytes: Uint8Array | ArrayBuffer,
    options: LoadTextCollectionOptions,
  ): TextCollection<Meta> {
    const operation = 'TextCollection.load';
    const { embedder, Collection: Vectors } = objectOf(operation, options);
    const dimension = dimensionsOf(operation, embedder, Vectors);
    const { model, rest } = frontOf(operation, wholeBytes(bytes, operation));
    if (model !== embedder.modelId) {
      const message = `"embedder" expected the model ${model}, which these vectors are of, got ${embedder.modelId}`;
      throw new SublinearRangeError('ARGUMENT', operation, message, { argument: 'embedder' });
    }
    const collection = Vectors.load<Meta>(rest);
    if (collection.metric !== 'cosine' || collection.index.dimension !== dimension) {
      collection.dispose();
      throw damaged(operation);
    }
    return made(collection, embedder);
  }

  /**
   * Adds a text, or replaces the one of the same key.
   *
   * @throws as `Collection.add`, and RangeError `RANGE` (text) for one without a word that the embedder knows: nothing is
   *   changed then
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * using embedder = StaticEmbedder.fromWords({ words: ['up', 'down'], vectors: Float32Array.of(0, 1, 1, 0) });
   * using notes = TextCollection.create({ embedder, Collection });
   * console.log(notes.add({ key: 1, text: 'up!', metadata: { year: 2020 } }).size); // 1
   * ```
   */
  add(item: TextItem<Meta>): this {
    this.#put('TextCollection.add', [item]);
    return this;
  }

  /**
   * Adds many texts, 32 at a time through the embedder, and lets other tasks run between these. An abort leaves what is
   * in already, and so does a text that is refused; the error's `position` says which it was.
   *
   * @throws as {@link TextCollection.add}, and rejects with `signal.reason` after an abort
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * using embedder = StaticEmbedder.fromWords({ words: ['up', 'down'], vectors: Float32Array.of(0, 1, 1, 0) });
   * using notes = TextCollection.create({ embedder, Collection });
   * await notes.addAllAsync(['up', 'down', 'up and down'].map((text, key) => ({ key, text })));
   * console.log(notes.search('down')[0]?.key); // 1
   * ```
   */
  async addAllAsync(
    items: readonly TextItem<Meta>[],
    options?: AsyncOptions<AddTextsProgress>,
  ): Promise<void> {
    const operation = 'TextCollection.addAllAsync';
    const given = check.options(operation, options, asyncKeys);
    const { signal, onProgress } = asyncOptions(operation, given);
    if (!Array.isArray(items)) throw check.typeError(operation, 'items', 'array of items', items);
    const own = Array.from(items as readonly TextItem<Meta>[], (item, i) => {
      if (typeof item !== 'object' || item === null)
        throw check.typeError(operation, `items[${i}]`, '{ key, text }', item);
      return item;
    });
    for (let at = 0; at < own.length; at += GROUP) {
      const group = own.slice(at, at + GROUP);
      const vectors = await this.embedder.embedAsync(textsOf(operation, group), {
        ...(signal && { signal }),
      });
      this.#keep(operation, group, vectors, at);
      onProgress?.({ added: at + group.length, total: own.length });
    }
  }

  /**
   * The texts that are nearest in meaning; options are those of `Collection.search`. None are where the embedder knows no
   * word of the question.
   *
   * @throws as `Collection.search`
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * using embedder = StaticEmbedder.fromWords({ words: ['up', 'down'], vectors: Float32Array.of(0, 1, 1, 0) });
   * using notes = TextCollection.create<{ year: number }>({ embedder, Collection });
   * notes.add({ key: 'a', text: 'up', metadata: { year: 1999 } });
   * notes.add({ key: 'b', text: 'up', metadata: { year: 2001 } });
   * console.log(notes.search('Up', { where: { year: { gt: 2000 } } }).map(({ key }) => key)); // [ 'b' ]
   * ```
   */
  search(text: string, options?: FindOptions & GroupOptions): Match<Meta>[] {
    check.string('TextCollection.search', 'text', text);
    const vector = this.embedder.embed(text);
    return isZero(vector) ? [] : this.collection.search(vector, options);
  }

  /**
   * Everything as bytes: the model's id, then the collection's own file. `docs/format.md` describes both.
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * using embedder = StaticEmbedder.fromWords({ words: ['up', 'down'], vectors: Float32Array.of(0, 1, 1, 0) });
   * using notes = TextCollection.create({ embedder, Collection });
   * console.log(String.fromCharCode(...notes.save().subarray(0, 5))); // slemb
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const json = new TextEncoder().encode(JSON.stringify({ modelId: this.embedder.modelId }));
    const rest = this.collection.save();
    const bytes = new Uint8Array(HEAD + json.length + rest.length);
    const view = new DataView(bytes.buffer);
    bytes.set(MAGIC);
    view.setUint32(8, 1, true);
    view.setUint32(12, json.length, true);
    bytes.set(json, HEAD);
    bytes.set(rest, HEAD + json.length);
    return bytes;
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.collection.disposed;
  }

  /**
   * Frees the collection; the embedder stays. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { Collection } = await engine.use('hnsw');
   * const { StaticEmbedder, TextCollection } = await engine.use('inference');
   * using embedder = StaticEmbedder.fromWords({ words: ['up', 'down'], vectors: Float32Array.of(0, 1, 1, 0) });
   * const notes = TextCollection.create({ embedder, Collection });
   * notes.dispose();
   * console.log(notes.disposed, embedder.disposed); // true false
   * ```
   */
  dispose(): void {
    this.collection.dispose();
  }

  #put(operation: string, items: TextItem<Meta>[]): void {
    this.#keep(operation, items, this.embedder.embed(textsOf(operation, items)), 0);
  }

  /** `before` items are in already. */
  #keep(
    operation: string,
    items: readonly TextItem<Meta>[],
    vectors: Float32Array,
    before: number,
  ): void {
    const d = vectors.length / items.length;
    for (const [i, { key, text, metadata }] of items.entries()) {
      const vector = vectors.slice(i * d, (i + 1) * d);
      try {
        if (isZero(vector))
          throw check.rangeError(operation, 'text', 'a text with a word of the embedder', text);
        this.collection.add({ key, vector, ...(metadata !== undefined && { metadata }) });
      } catch (error) {
        throw isSublinearError(error) ? Object.assign(error, { position: before + i }) : error;
      }
    }
  }

  static {
    // WebKit has no Symbol.dispose yet.
    if (Symbol.dispose !== undefined) {
      Object.defineProperty(TextCollection.prototype, Symbol.dispose, {
        value: function (this: TextCollection) {
          this.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }
}

function made<Meta extends object>(
  collection: Collection<Meta>,
  embedder: Embedder,
): TextCollection<Meta> {
  making = true;
  const Made = TextCollection as unknown as new (
    collection: Collection<Meta>,
    embedder: Embedder,
  ) => TextCollection<Meta>;
  return new Made(collection, embedder);
}

function objectOf<T extends object>(operation: string, options: T): T {
  if (typeof options !== 'object' || options === null)
    throw check.typeError(operation, 'options', '{ embedder, Collection }', options);
  return options;
}

function dimensionsOf(operation: string, embedder: unknown, Vectors: unknown): number {
  if (!(embedder instanceof Embedder))
    throw check.typeError(operation, 'embedder', 'TextEmbedder or StaticEmbedder', embedder);
  embedder.use(operation);
  if (typeof (Vectors as Partial<typeof Collection> | null | undefined)?.load !== 'function')
    throw check.typeError(operation, 'Collection', 'the class of the room hnsw', Vectors);
  return embedder.dimensions;
}

/** What an embedder gives for a text of which it knows nothing. */
function isZero(vector: Float32Array): boolean {
  return vector.every((each) => each === 0);
}

function textsOf(operation: string, items: readonly TextItem<object>[]): string[] {
  return items.map((item) => {
    if (typeof item !== 'object' || item === null)
      throw check.typeError(operation, 'item', 'object', item);
    return check.string(operation, 'text', item.text);
  });
}

function damaged(operation: string): SublinearError {
  const message =
    '"bytes": unknown or unsupported format, expected a collection of texts of this library';
  return new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
}

function frontOf(operation: string, bytes: Uint8Array): { model: string; rest: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD || MAGIC.some((byte, i) => bytes[i] !== byte)) throw damaged(operation);
  const length = view.getUint32(12, true);
  if (view.getUint32(8, true) !== 1 || length > 200 || HEAD + length > bytes.length)
    throw damaged(operation);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.subarray(HEAD, HEAD + length),
    );
    const { modelId } = JSON.parse(text) as { modelId?: unknown };
    if (typeof modelId === 'string') return { model: modelId, rest: bytes.subarray(HEAD + length) };
  } catch {
    // said below
  }
  throw damaged(operation);
}
