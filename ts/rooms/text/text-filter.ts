// Sets of documents that searches may find.
import type { TextFilter as RawFilter } from '../../generated/raw/text.js';
import { runtimeOf } from '../../runtime/bind.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { Texts } from './feed.js';
import { type DocumentId, idText } from './ids.js';

/** Ids in the module's memory. */
export function writeIds(operation: string, argument: string, ids: Iterable<DocumentId>): Texts {
  if (typeof ids === 'string' || typeof ids?.[Symbol.iterator] !== 'function')
    throw check.typeError(operation, argument, 'ids', ids);
  const texts = new Texts();
  for (const id of ids) texts.add(idText(operation, argument, id));
  return texts;
}

/** The same as a C object. */
export function rawFilter(
  runtime: Runtime,
  operation: string,
  ids: Iterable<DocumentId>,
): RawFilter {
  if (ids instanceof Uint32Array) return numbersFilter(runtime, operation, ids);
  const texts = writeIds(operation, 'filter', ids);
  return runtime.scratch(operation, (scratch) => {
    const { address, bytes, lengths } = texts.write(runtime, scratch);
    const list = scratch.u32(lengths.length);
    runtime.u32.set(lengths, list / 4);
    return runtime.made(
      operation,
      runtime.raw.TextFilter.create(address, bytes, list, lengths.length),
    );
  });
}

/** The same from numbers, whose bytes are written without a text in between: see ids.ts. */
function numbersFilter(runtime: Runtime, operation: string, ids: Uint32Array): RawFilter {
  return runtime.scratch(operation, (scratch) => {
    const list = scratch.u32(ids.length);
    const address = scratch.bytes(6 * ids.length);
    const { u8, u32 } = runtime;
    let at = address;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const start = at;
      u8[at++] = 0;
      for (let shift = 28; shift > 0; shift -= 7)
        if (id >>> shift !== 0) u8[at++] = (id >>> shift) & 127;
      u8[at++] = id & 127;
      u32[list / 4 + i] = at - start;
    }
    const made = runtime.raw.TextFilter.create(address, at - address, list, ids.length);
    return runtime.made(operation, made);
  });
}

/**
 * A set of ids that a search may find. Make it once and use it for many searches: the index turns it into a bit a document
 * and remembers that until the index changes.
 */
export class TextFilter extends WasmObject<RawFilter> {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of different ids it was made from. */
  get size(): number {
    return this.use('TextFilter.size').count();
  }

  /** Bytes that this filter holds. */
  get bytesUsed(): number {
    return this.use('TextFilter.bytesUsed').bytes();
  }

  /**
   * The set of the `ids`. Ids that an index does not know are ignored there; an empty set allows nothing. O(n).
   *
   * @throws TypeError or RangeError for what is no id; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/text';
   *
   * const { TextFilter, TextIndex } = await load();
   * using index = TextIndex.create({ fields: ['title'] });
   * index.addMany(['red fox', 'red car', 'red wine'].map((title, id) => ({ id, fields: { title } })));
   * using filter = TextFilter.from([1, 2]);
   * console.log(index.search('red', { filter }).hits.map(({ id }) => id)); // [ 1, 2 ]
   * ```
   */
  static from(ids: Iterable<DocumentId>): TextFilter {
    const operation = 'TextFilter.from';
    const runtime = runtimeOf(this, operation);
    return adopt(runtime, operation, TextFilter, rawFilter(runtime, operation, ids));
  }
}
