// Building a collection with the workers of a pool: keys, metadata, texts and sparse vectors here, as `add` puts them in, then
// the index of all vectors there.
import { version } from '../../generated/bundles.js';
import { make } from '../../runtime/brand.js';
import { isSublinearError, SublinearRangeError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncOptions } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { addItems, type ReadItem, readItem } from './adding.js';
import { buildShared, checkPool } from './build.js';
import { joined } from './collection-file.js';
import { Items } from './collection-items.js';
import { type Beside, newParts } from './collection-parts.js';
import { elementsOf } from './elements.js';
import { Hnsw } from './hnsw-index.js';
import { withoutVectors } from './hybrid.js';
import { bringTextRoom } from './item-texts.js';
import { frontOfParts } from './saved-vectors.js';
import { shareIndex } from './shared-index.js';
import type { BuildOptions, SharedIndex } from './shared-types.js';
import type { CreateCollectionOptions, HnswOptions, Item, TextOptions } from './types.js';

/** Vectors one after another, and the places of their items. */
class Gathered {
  readonly #operation: string;
  readonly bits: boolean;
  readonly width: number;
  #values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  #ids: number[] = [];

  constructor(operation: string, { metric, dimension }: HnswOptions, expected: number) {
    this.#operation = operation;
    this.bits = metric === 'hamming';
    this.width = this.bits ? Math.ceil(dimension / 8) : dimension;
    this.#values = this.#room(expected);
  }

  #room(count: number): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
    const length = count * this.width;
    return make(this.#operation, (this.bits ? 1 : 4) * length, () =>
      this.bits ? new Uint8Array(length) : new Float32Array(length),
    );
  }

  get ids(): Uint32Array {
    return Uint32Array.from(this.#ids);
  }

  get vectors(): Uint8Array | Float32Array {
    return this.#values.subarray(0, this.#ids.length * this.width);
  }

  add(id: number, vector: ArrayLike<number>): void {
    const at = this.#ids.length * this.width;
    if (at + this.width > this.#values.length) {
      const before = this.#values;
      this.#values = this.#room(Math.ceil(1.5 * this.#ids.length) + 64);
      this.#values.set(before);
    }
    this.#values.set(vector, at);
    this.#ids.push(id);
  }

  /** What is refused of a vector is said of its item. */
  ofItem(error: unknown): unknown {
    const { position } = error as { position?: number };
    if (!isSublinearError(error) || position === undefined) return error;
    const item = this.#ids[position];
    error.message = error.message.replace(`position ${position}`, `position ${item}`);
    return Object.assign(error, { position: item });
  }
}

/** Builds a collection and gives it as `share()` does. */
export async function buildCollection<Meta extends object>(
  home: Runtime,
  operation: string,
  options: CreateCollectionOptions,
  items: Iterable<Item<Meta>> | AsyncIterable<Item<Meta>>,
  build: BuildOptions | undefined,
): Promise<SharedIndex> {
  const { pool, ...rest } = check.options(operation, build, ['pool', 'signal', 'onProgress']);
  const how = asyncOptions(operation, rest);
  checkPool(operation, pool);
  if ((options as Partial<TextOptions> | null)?.text !== undefined)
    await bringTextRoom(home, operation);
  const { index, beside, shape } = newParts(home, operation, options, false);
  try {
    const kind = index instanceof Hnsw ? 'hnsw' : 'flat';
    const known = new Items();
    const gathered = new Gathered(operation, shape, Array.isArray(items) ? items.length : 0);
    const { signal, onProgress } = how;
    const add = (item: Item<Meta>, position: number) => {
      try {
        keep(operation, readItem(operation, item, beside), known, beside, gathered);
      } catch (error) {
        throw isSublinearError(error) ? Object.assign(error, { position }) : error;
      }
    };
    await addItems({ runtime: home, operation, how: signal ? { signal } : {}, add }, items);
    const front = joined(operation, [frontOfParts(home, operation, kind, known, beside)]);
    // Their bytes are there, and the vectors need room.
    beside.dispose();
    const { ids, vectors } = gathered;
    const told = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    try {
      if (kind === 'hnsw') {
        index.dispose();
        const how = { ...(pool && { pool }), ...told };
        const built = await buildShared(home, operation, shape, { ids, vectors }, how);
        return { ...built, kind: 'collection', front };
      }
      await index.addBatchAsync({ ids, vectors }, told);
      const bytes = index.use(operation).bytes();
      const shared = await shareIndex(index.runtime, operation, index, kind);
      return { kind: 'collection', version, bytes, front, ...shared };
    } catch (error) {
      throw gathered.ofItem(error);
    }
  } finally {
    beside.dispose();
    index.dispose();
  }
}

function keep(
  operation: string,
  { key, vector, words, few, metadata }: ReadItem,
  items: Items,
  { texts, sparse, alone }: Beside,
  gathered: Gathered,
): void {
  if (items.placeOf(key) !== undefined) {
    const message = `"key" expected each key once, got ${check.show(key)} again`;
    throw new SublinearRangeError('ARGUMENT', operation, message, { argument: 'key' });
  }
  const place = items.unused();
  if (vector !== undefined) {
    if (alone) throw withoutVectors(operation, vector);
    gathered.add(place, elementsOf(operation, 'vector', vector, gathered, 1));
  } else if (texts === undefined && sparse === undefined)
    throw check.typeError(operation, 'vector', 'a vector', vector);
  if (few !== undefined) sparse?.put(operation, place, few);
  if (words !== undefined) texts?.put(operation, place, words);
  items.put(place, key, metadata);
}
