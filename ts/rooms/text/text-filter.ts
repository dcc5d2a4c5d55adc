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

/**
 * A set of ids that a search may find. Make it once and use it for many searches: the index turns it into a bit a document
 * and remembers that until the index changes.
 */
export class TextFilter extends WasmObject<RawFilter> {
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
