// A collection as bytes, and for other threads.
import { version } from '../../generated/bundles.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { headOf, joined, jsonPieces } from './collection-file.js';
import type { Items } from './collection-items.js';
import { type Beside, bytesOf } from './collection-parts.js';
import type { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import type { Metadata } from './metadata.js';
import { SearchableVectors } from './searchable-vectors.js';
import { shareIndex } from './shared-index.js';
import type { SharedIndex } from './shared-types.js';

/** How a {@link Collection} is saved, and shared with other threads. */
export abstract class SavedVectors<Meta extends object = Metadata> extends SearchableVectors<Meta> {
  readonly #runtime: Runtime;
  readonly #items: Items;
  readonly #beside: Beside;

  /** @internal */
  protected constructor(runtime: Runtime, index: Flat | Hnsw, items: Items, beside: Beside) {
    super(runtime, index, items, beside);
    this.#runtime = runtime;
    this.#items = items;
    this.#beside = beside;
  }

  /**
   * Everything as bytes: keys, metadata and texts that are shown as JSON, then the files of the indexes of texts and of sparse
   * vectors where there are some, then that of the vectors. `docs/format.md` describes them.
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
    const { index } = this;
    const parts = [this.#front(operation), index.saveInPieces()];
    return joined(operation, parts, index.use(operation).fileSize());
  }

  /**
   * One copy of the collection for several threads: that of its vectors, as {@link Hnsw.share} makes one; keys, metadata,
   * texts and sparse vectors are copied to each reader. Pass what it gives to `Collection.openShared()`.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   * import { createPool } from 'sublinear/worker';
   *
   * const { Collection } = await load();
   * using films = Collection.create({ metric: 'cosine', dimension: 2 });
   * films.add({ key: 'alien', vector: [1, 0], metadata: { year: 1979 } });
   * films.add({ key: 'heat', vector: [0, 1], metadata: { year: 1995 } });
   *
   * await using pool = await createPool({ size: 2, modules: ['hnsw'] });
   * const replica = await pool.replicate(await films.share(), ({ hnsw }, shared) => hnsw.Collection.openShared(shared));
   * const where = { year: { gt: 1980 } };
   * const [found] = await replica.run((films) => films.searchBatch([1, 0], { k: 1, where }));
   * console.log(found?.[0]?.key); // heat
   * ```
   */
  async share(): Promise<SharedIndex> {
    const operation = 'Collection.share';
    const [{ index }, { changes }] = [this, this.#items];
    const bytes = index.use(operation).bytes();
    const front = joined(operation, [this.#front(operation)]);
    const shared = await shareIndex(index.runtime, operation, index, this.#kind);
    if (this.#items.changes !== changes)
      throw new SublinearError('STATE', operation, 'the collection was changed meanwhile');
    return { kind: 'collection', version, bytes, front, ...shared };
  }

  /**
   * The same bytes piece by piece (about 1 MB at most, or an item), for files and streams that need not be in memory at
   * once. Their sum stands in front of the keys: the JSON is made twice, and so are the indexes of texts and of sparse vectors.
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
    const { texts, sparse } = this.#beside;
    const [text, few] = [bytesOf(texts?.index), bytesOf(sparse)];
    const all = [texts?.index, sparse, this.index];
    yield headOf(this.#runtime, operation, this.#json(few), text + few, few > 0);
    for (const pieces of [this.#json(few), ...all.map((each) => each?.saveInPieces())]) {
      if (pieces === undefined) continue;
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

  get #kind(): Kind {
    return this.index instanceof Hnsw ? 'hnsw' : 'flat';
  }

  #front(operation: string): Uint8Array<ArrayBuffer>[] {
    return frontOfParts(this.#runtime, operation, this.#kind, this.#items, this.#beside);
  }

  #json(bytes: number): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    return jsonOf(this.#kind, this.#items, this.#beside, bytes);
  }
}

type Kind = 'hnsw' | 'flat';

/** What stands in front of the index of vectors in a file. */
export function frontOfParts(
  runtime: Runtime,
  operation: string,
  kind: Kind,
  items: Items,
  beside: Beside,
): Uint8Array<ArrayBuffer>[] {
  const { texts, sparse } = beside;
  const text = texts === undefined ? [] : [texts.index.save()];
  const few = sparse === undefined ? [] : [sparse.save()];
  const [textBytes, fewBytes] = [text[0]?.length ?? 0, few[0]?.length ?? 0];
  const json = [...jsonOf(kind, items, beside, fewBytes)];
  const head = headOf(runtime, operation, json, textBytes + fewBytes, fewBytes > 0);
  return [head, ...json, ...text, ...few];
}

/** `bytes`: of the file of the index of sparse vectors, 0 without. */
function jsonOf(
  kind: Kind,
  items: Items,
  { texts, alone }: Beside,
  bytes: number,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const sparse = bytes > 0 ? { bytes, alone } : undefined;
  return jsonPieces(kind, items.saved(texts), texts?.saved, sparse);
}
