// A vector store for LangChain.js, over a collection with texts.
import { Document, type DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { maximalMarginalRelevance } from '@langchain/core/utils/math';
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from '@langchain/core/vectorstores';
import { loadRoom } from './engine/engine.js';
import { hnsw } from './generated/entry/hnsw.js';
import { cleaned } from './import/collect.js';
import type { Collection } from './rooms/hnsw/collection.js';
import type { Key } from './rooms/hnsw/collection-items.js';
import type { Json, Metadata } from './rooms/hnsw/metadata.js';
import type { CollectionOptions, HybridQuery, TextOptions } from './rooms/hnsw/types.js';
import type { Where } from './rooms/hnsw/where.js';
import { SublinearError } from './runtime/errors.js';
import type { AsyncBytesSource } from './runtime/file.js';
import * as check from './runtime/validate.js';

export type { Collection } from './rooms/hnsw/collection.js';
export type * from './rooms/hnsw/types.js';
export type { Where } from './rooms/hnsw/where.js';
export * from './runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from './runtime/file.js';

/** What a store is made with: options of `Collection.create` without those that the store knows. */
export interface SublinearStoreOptions
  extends Omit<Partial<CollectionOptions>, 'dimension' | 'capacity'>,
    Pick<TextOptions, 'language' | 'stem' | 'stopWords' | 'positions'> {
  /** The class that the collection is made with: that of an engine of your own. That of the shared engine by default. */
  Collection?: typeof Collection;
}

/** Which documents to delete: those of some ids, or those whose metadata satisfy conditions. */
export interface SublinearDeleteParams {
  ids?: readonly string[];
  filter?: Where;
}

/** The field of a collection in which the content of documents is. */
const CONTENT = 'pageContent';

/**
 * A LangChain.js vector store in the memory of the program: in browsers, Node and at the edge. Its documents are also found by words
 * ({@link SublinearVectorStore.hybridSearch}). Filters are conditions on metadata, the `where` of a collection:
 * `{ year: { gt: 2000 }, tag: { in: ['a', 'b'] } }`; both parts of a search look at nothing else.
 *
 * Scores: the cosine of the angle for `metric: 'cosine'` (the default), the inner product for `'dot'`, the negated distance for
 * others. A higher score is always nearer.
 *
 * Needs the package `@langchain/core` beside this one.
 */
export class SublinearVectorStore extends VectorStore {
  declare FilterType: Where;
  readonly #options: SublinearStoreOptions;
  #collection: Collection | undefined;
  /** Documents that come at once wait for one collection. */
  #making: Promise<Collection> | undefined;

  /**
   * An empty store. Vectors are as long as the first that come.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const store = new SublinearVectorStore(new SyntheticEmbeddings({ vectorSize: 16 }));
   * await store.addDocuments([{ pageContent: 'near the sea', metadata: { year: 2021 } }], { ids: ['a'] });
   * const [found] = await store.similaritySearch('near the sea', 1, { year: { gt: 2020 } });
   * console.log(found?.id, found?.metadata); // a { year: 2021 }
   * store.dispose();
   * ```
   */
  constructor(embeddings: EmbeddingsInterface, options: SublinearStoreOptions = {}) {
    super(embeddings, options);
    this.#options = options;
  }

  /**
   * The name of this kind of store.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * console.log(new SublinearVectorStore(embeddings)._vectorstoreType()); // sublinear
   * ```
   */
  _vectorstoreType(): string {
    return 'sublinear';
  }

  /** The collection underneath; undefined until the first documents have come. */
  get collection(): Collection | undefined {
    return this.#collection;
  }

  /**
   * Adds documents with vectors that are there already. Their ids are those of `options.ids`, else those of the documents, else new
   * ones; a document whose id is in the store replaces the other one. Gives their ids.
   *
   * @throws TypeError and RangeError as `Collection.add`, with `position`; what came before it stays
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = new SublinearVectorStore(embeddings);
   * const ids = await store.addVectors([[1, 0]], [{ pageContent: 'east', metadata: {} }], { ids: ['e'] });
   * console.log(ids, store.collection?.size); // [ 'e' ] 1
   * store.dispose();
   * ```
   */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options?: { ids?: readonly string[] },
  ): Promise<string[]> {
    const operation = 'SublinearVectorStore.addVectors';
    if (vectors.length !== documents.length)
      throw check.rangeError(
        operation,
        'documents',
        `${vectors.length}, one a vector`,
        documents.length,
      );
    const { ids } = options ?? {};
    if (ids !== undefined && ids.length !== vectors.length)
      throw check.rangeError(operation, 'ids', `${vectors.length}, one a vector`, ids.length);
    const [first] = vectors;
    if (first === undefined) return [];
    const collection = await this.#collectionFor(first.length);
    const keys: string[] = [];
    const items = documents.map(({ pageContent, metadata, id }, i) => {
      const key = ids?.[i] ?? id ?? crypto.randomUUID();
      keys.push(key);
      const vector = vectors[i] as number[];
      return { key, vector, text: { [CONTENT]: pageContent }, metadata: jsonOf(metadata) };
    });
    await collection.addAllAsync(items);
    return keys;
  }

  /**
   * Adds documents: the embeddings make their vectors. See {@link SublinearVectorStore.addVectors}.
   *
   * @throws as `addVectors`, and what the embeddings throw
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = new SublinearVectorStore(embeddings);
   * console.log(await store.addDocuments([{ id: 's', pageContent: 'sea', metadata: {} }])); // [ 's' ]
   * store.dispose();
   * ```
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options?: { ids?: readonly string[] },
  ): Promise<string[]> {
    const texts = documents.map(({ pageContent }) => pageContent);
    return this.addVectors(await this.embeddings.embedDocuments(texts), documents, options);
  }

  /**
   * The documents nearest to a vector, with their scores.
   *
   * @throws TypeError for a filter that is none; RangeError for a vector of another length
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = new SublinearVectorStore(embeddings);
   * await store.addVectors([[1, 0], [0, 1]], [{ pageContent: 'east', metadata: {} }, { pageContent: 'north', metadata: {} }]);
   * const [[nearest, score] = []] = await store.similaritySearchVectorWithScore([0, 2], 1);
   * console.log(nearest?.pageContent, score); // north 1
   * store.dispose();
   * ```
   */
  async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: Where,
  ): Promise<[DocumentInterface, number][]> {
    return this.#nearest(query, k, filter).map(({ key, distance }) => [
      this.#documentOf(key),
      this.#score(distance),
    ]);
  }

  /**
   * Documents that are near to the query and far from each other, as LangChain defines it: among the `fetchK` nearest, the next is
   * the one with the highest `lambda * cos(query) - (1 - lambda) * max cos(chosen)`.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea', 'sea', 'sand'], {}, embeddings);
   * const found = await store.maxMarginalRelevanceSearch('sea', { k: 2, lambda: 0.1 });
   * console.log(found.map(({ pageContent }) => pageContent)); // [ 'sea', 'sand' ]
   * store.dispose();
   * ```
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<Where>,
  ): Promise<Document[]> {
    const { k, fetchK = 20, lambda = 0.5, filter } = options;
    const vector = await this.embeddings.embedQuery(query);
    const near = this.#nearest(vector, Math.max(k, fetchK), filter);
    const vectors = near.map(({ key }) => Array.from(this.#collection?.get(key)?.vector ?? []));
    return maximalMarginalRelevance(vector, vectors, lambda, k).map((at) =>
      this.#documentOf((near[at] as { key: Key }).key),
    );
  }

  /**
   * Documents by words and by meaning at once: the query's words are looked for, and its vector. Options are those of
   * `Collection.search` but `text`, `vector` and `key`. The score is the sum of what both parts add.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['a quiet hotel', 'the station'], {}, embeddings);
   * const [[best] = []] = await store.hybridSearch('quiet hotels', { k: 1, weights: { vector: 0.1 } });
   * console.log(best?.pageContent); // a quiet hotel
   * store.dispose();
   * ```
   */
  async hybridSearch(
    query: string,
    options: Omit<HybridQuery, 'text' | 'vector' | 'key'> = {},
  ): Promise<[Document, number][]> {
    const vector = await this.embeddings.embedQuery(query);
    const found = this.#collection?.search({ ...options, text: query, vector }) ?? [];
    return found.map(({ key, score }) => [this.#documentOf(key), score]);
  }

  /**
   * Deletes documents by their ids, or by conditions on their metadata. Ids that are not there are passed over.
   *
   * @throws TypeError for neither or both
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea', 'sand'], [{ n: 1 }, { n: 2 }], embeddings);
   * await store.delete({ filter: { n: { gt: 1 } } });
   * console.log(store.collection?.size); // 1
   * store.dispose();
   * ```
   */
  override async delete(params: SublinearDeleteParams = {}): Promise<void> {
    const operation = 'SublinearVectorStore.delete';
    const { ids, filter } = params;
    if ((ids === undefined) === (filter === undefined))
      throw check.typeError(operation, 'params', 'either ids or a filter', params);
    const collection = this.#collection;
    if (filter !== undefined) collection?.removeWhere(filter);
    for (const id of ids ?? []) if (collection?.has(id)) collection.remove(id);
  }

  /**
   * Everything but the embeddings as bytes: vectors, contents, metadata and ids. `SublinearVectorStore.load` and `Collection.load`
   * read them.
   *
   * @throws SublinearError `STATE` before the first documents have come
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea'], {}, embeddings);
   * const again = await SublinearVectorStore.load(store.save(), embeddings);
   * console.log(again.collection?.size); // 1
   * store.dispose();
   * again.dispose();
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    if (this.#collection !== undefined) return this.#collection.save();
    const operation = 'SublinearVectorStore.save';
    throw new SublinearError('STATE', operation, 'the store has no documents yet: add some first');
  }

  /**
   * A store from the bytes that `save` gave, with the embeddings that its vectors were made with. They may still be coming: a stream,
   * a Response. Untrusted bytes are safe.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED` or `CHECKSUM`
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea', 'sand'], [{ n: 1 }, { n: 2 }], embeddings);
   * const again = await SublinearVectorStore.load(store.save(), embeddings);
   * console.log((await again.similaritySearch('sand', 1))[0]?.metadata); // { n: 2 }
   * store.dispose();
   * again.dispose();
   * ```
   */
  static async load(
    bytes: AsyncBytesSource,
    embeddings: EmbeddingsInterface,
    options: SublinearStoreOptions = {},
  ): Promise<SublinearVectorStore> {
    const Class = options.Collection ?? (await loadRoom(hnsw, undefined)).Collection;
    const { stem } = options;
    const collection = await Class.loadAsync(bytes, stem && { stem });
    if (!collection.textFields.includes(CONTENT)) {
      collection.dispose();
      const operation = 'SublinearVectorStore.load';
      const message = `"bytes": a collection without the texts "${CONTENT}": expected what save() gave`;
      throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
    }
    return SublinearVectorStore.#over(collection, embeddings, options);
  }

  /**
   * A store of texts, each with metadata: one for all, or one for each.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea', 'sand'], { source: 'guide' }, embeddings);
   * console.log((await store.similaritySearch('sea', 1))[0]?.metadata); // { source: 'guide' }
   * store.dispose();
   * ```
   */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options?: SublinearStoreOptions,
  ): Promise<SublinearVectorStore> {
    const documents = texts.map((pageContent, i) => {
      const metadata = Array.isArray(metadatas) ? (metadatas[i] as object | undefined) : metadatas;
      return new Document({ pageContent, metadata: { ...metadata } });
    });
    return SublinearVectorStore.fromDocuments(documents, embeddings, options);
  }

  /**
   * A store of documents.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const documents = [{ id: 's', pageContent: 'sea', metadata: {} }];
   * const store = await SublinearVectorStore.fromDocuments(documents, embeddings, { index: 'flat' });
   * console.log(store.collection?.keys); // [ 's' ]
   * store.dispose();
   * ```
   */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options?: SublinearStoreOptions,
  ): Promise<SublinearVectorStore> {
    const store = new SublinearVectorStore(embeddings, options);
    try {
      await store.addDocuments(documents);
    } catch (error) {
      store.dispose();
      throw error;
    }
    return store;
  }

  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#collection?.disposed ?? false;
  }

  /**
   * Frees the collection. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
   * import { SublinearVectorStore } from 'sublinear/langchain';
   *
   * const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
   * const store = await SublinearVectorStore.fromTexts(['sea'], {}, embeddings);
   * store.dispose();
   * console.log(store.disposed); // true
   * ```
   */
  dispose(): void {
    this.#collection?.dispose();
  }

  static #over(
    collection: Collection,
    embeddings: EmbeddingsInterface,
    options: SublinearStoreOptions,
  ): SublinearVectorStore {
    const store = new SublinearVectorStore(embeddings, options);
    store.#collection = collection;
    return store;
  }

  async #collectionFor(dimension: number): Promise<Collection> {
    if (this.#collection !== undefined) return this.#collection;
    this.#making ??= this.#create(dimension);
    try {
      this.#collection = await this.#making;
      return this.#collection;
    } finally {
      this.#making = undefined;
    }
  }

  async #create(dimension: number): Promise<Collection> {
    const { Collection: own, metric = 'cosine', ...rest } = this.#options;
    const Class = own ?? (await loadRoom(hnsw, undefined)).Collection;
    return Class.createAsync({ ...rest, metric, dimension, text: [CONTENT] });
  }

  #nearest(query: number[], k: number, filter: Where | undefined) {
    return (
      this.#collection?.search(query, { k, select: [], ...(filter && { where: filter }) }) ?? []
    );
  }

  #score(distance: number): number {
    return this.#collection?.metric === 'cosine' ? 1 - distance : -distance;
  }

  #documentOf(key: Key): Document {
    const { text, metadata } = this.#collection?.get(key) ?? {};
    const pageContent = String(text?.[CONTENT] ?? '');
    // A copy: those of the collection are frozen, and what comes after a store writes into them.
    return new Document({
      id: String(key),
      pageContent,
      metadata: structuredClone(metadata ?? {}),
    });
  }
}

/** What JSON can say of metadata: what is undefined is left out. */
function jsonOf(metadata: object): Metadata {
  return (cleaned(metadata) ?? {}) as { [key: string]: Json };
}
