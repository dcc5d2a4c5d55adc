// Sets of ids that searches may return.
import type { Filter as RawFilter } from '../../generated/raw/vector.js';
import { runtimeOf } from '../../runtime/bind.js';
import { asTyped } from '../../runtime/brand.js';
import { adopt, isInstance, rawOf, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray } from '../../runtime/scratch.js';

/** The part of Filter that an index must know. */
export abstract class FilterObject extends WasmObject<RawFilter> {}

/**
 * The C object of a filter for an index that lives in `runtime`. An index in shared memory takes those of its engine: the ids
 * are copied once, and the copy is kept with the filter.
 */
export function rawFilter(runtime: Runtime, operation: string, filter: unknown): RawFilter {
  const other =
    isInstance(filter, FilterObject) && filter.runtime !== runtime ? filter.runtime : undefined;
  if (other?.group !== runtime.group || other.bundle !== runtime.bundle)
    return rawOf(runtime, operation, 'filter', filter, FilterObject);
  const source = filter as FilterObject;
  const raw = source.use(operation);
  return source.companion(runtime, 'ids', () => {
    const ids = other.scratch(operation, (scratch) => {
      const address = scratch.u32(raw.count);
      raw.ids(address);
      return other.copyU32(address, raw.count);
    });
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      return runtime.made(operation, runtime.raw.Filter.create(address, length));
    });
  });
}

/**
 * A set of ids that a search may return. Make it once and use it for many searches: the index turns it into a bit a
 * vector and remembers that until the index changes. Works with every index of the same engine.
 */
export class Filter extends FilterObject {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of ids it was made from. */
  get size(): number {
    return this.use('Filter.size').count;
  }

  /** Bytes that this filter holds. */
  get bytesUsed(): number {
    return this.use('Filter.bytesUsed').bytes();
  }

  /**
   * The set of the `ids`. Ids that an index does not know are ignored there; an empty set allows nothing. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Filter, Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [0.1, 0.2, 0.3] });
   * using odd = Filter.from([1, 3, 5]);
   * console.log([...index.search([0.2], { k: 5, filter: odd }).ids]); // [ 1, 3 ]
   * ```
   */
  static from(ids: IndexArray): Filter {
    const operation = 'Filter.from';
    const runtime = runtimeOf(this, operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('ids', ids);
      return adopt(runtime, operation, Filter, runtime.raw.Filter.create(address, length));
    });
  }

  /**
   * The set of the ids whose bits are set: id i is in it when bit `i % 8` of byte `i / 8` is. Ids beyond the last byte are
   * not in the set. The bits are copied out. O(bytes + ids).
   *
   * @throws TypeError when `bits` is no Uint8Array
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hnsw';
   *
   * const { Filter, Flat } = await load();
   * using index = Flat.create({ metric: 'euclidean', dimension: 1 });
   * index.addBatch({ ids: [1, 2, 3], vectors: [0.1, 0.2, 0.3] });
   * using odd = Filter.fromBits(Uint8Array.of(0b00101010));
   * console.log([...index.search([0.2], { k: 5, filter: odd }).ids]); // [ 1, 3 ]
   * ```
   */
  static fromBits(bits: Uint8Array): Filter {
    const operation = 'Filter.fromBits';
    const runtime = runtimeOf(this, operation);
    const taken = asTyped(operation, 'bits', bits, 'Uint8Array');
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(taken.length);
      runtime.u8.set(taken, address);
      const raw = runtime.raw.Filter.fromBits(address, taken.length);
      return adopt(runtime, operation, Filter, raw);
    });
  }
}
