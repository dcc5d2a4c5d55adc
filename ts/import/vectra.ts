// Indexes of Vectra: a folder with index.json, files of metadata, and the texts of documents.
//
// Based on: vectra 0.11 to 0.15, LocalIndex and LocalDocumentIndex: index.json is { version: 1, metadata_config, items }, an
// item has id, metadata, vector and norm, and metadataFile where its metadata stand in a file of their own; an item of a document
// index has documentId, startPos and endPos (the last code unit of it), and the document's text is <documentId>.txt.

import type { Collection } from '../rooms/hnsw/collection.js';
import type { Item } from '../rooms/hnsw/types.js';
import { isPlain } from '../runtime/brand.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import * as check from '../runtime/validate.js';
import {
  at,
  bytesOf,
  collected,
  damaged,
  given,
  type ImportOptions,
  jsonOf,
  keyOf,
  messageOf,
  metadataOf,
  vectorOf,
} from './collect.js';

export interface VectraOptions extends ImportOptions {
  /**
   * Reads a file of the folder by its name, as in `(name) => readFile(join(folder, name))`. Names have no folders in them. Needed
   * where metadata stand in files of their own, and for `texts`.
   */
  file?: (name: string) => AsyncBytesSource;
  /** Search by words, too: each item gets its part of its document as the field `text`. For the folder of a `LocalDocumentIndex`. */
  texts?: boolean;
}

/**
 * A collection of what a folder of Vectra holds. `index` is its index.json. Keys are the items' ids; vectors count by the
 * cosine, as there. O(items), and an index is built, which Vectra has not.
 *
 * @throws SublinearError `FORMAT` for a file that is damaged or holds something else; RangeError for a `file` that is missing;
 *   rejects with `signal.reason` after an abort, and with what `file` throws
 *
 * @example
 * ```ts
 * import { fromVectra } from 'sublinear/import';
 *
 * const item = { id: 'a', metadata: { year: 1979 }, vector: [1, 0], norm: 1 };
 * const index = JSON.stringify({ version: 1, metadata_config: {}, items: [item] });
 * using films = await fromVectra(new TextEncoder().encode(index));
 * console.log(films.search([1, 0.1])[0]?.metadata); // { year: 1979 }
 * ```
 */
export async function fromVectra(
  index: AsyncBytesSource,
  options?: VectraOptions,
): Promise<Collection> {
  const operation = 'fromVectra';
  const { file, texts = false, ...rest } = given(operation, options);
  check.boolean(operation, 'texts', texts);
  if (file !== undefined && typeof file !== 'function')
    throw check.typeError(operation, 'file', 'function that reads a file of the folder', file);
  const data = await jsonOf(operation, index);
  const list = at(data, 'items');
  if (!Array.isArray(list)) throw damaged(operation, 'no index of Vectra: it has no "items"');
  const version = at(data, 'version');
  if (version !== 1)
    throw damaged(operation, `version ${check.show(version)} of Vectra's index, expected 1`);
  if (list.length === 0) throw damaged(operation, 'an index without items: nothing to make');
  const dimension = vectorIn(operation, list[0], 0).length;

  const read = async (name: unknown): Promise<Uint8Array> => {
    // A name from a file that nobody vouches for must not lead out of the folder.
    if (typeof name !== 'string' || !/^[^/\\:\0]+$/.test(name) || /^\.+$/.test(name))
      throw damaged(operation, `${check.show(name)} is no name of a file in the folder`);
    if (file === undefined)
      throw check.rangeError(
        operation,
        'file',
        `a function that reads files of the folder, as "${name}" is one`,
        file,
      );
    return bytesOf(operation, file(name));
  };
  // The parts of a document stand one after another: the text that was read last is kept.
  let last: { id: unknown; text: string } | undefined;
  const textIn = async (metadata: unknown): Promise<string | undefined> => {
    const id = at(metadata, 'documentId');
    if (id === undefined) return undefined;
    if (last?.id !== id)
      last = { id, text: new TextDecoder().decode(await read(`${String(id)}.txt`)) };
    const [start, end] = [at(metadata, 'startPos'), at(metadata, 'endPos')];
    if (typeof start !== 'number' || typeof end !== 'number') return last.text;
    return last.text.slice(Math.max(0, start), Math.max(0, end + 1));
  };

  async function* items(): AsyncGenerator<Item> {
    for (const [place, item] of (list as unknown[]).entries()) {
      const vector = vectorIn(operation, item, place);
      const key = keyOf(at(item, 'id'));
      if (key === undefined) throw damaged(operation, `item ${place} has no id`);
      const name = at(item, 'metadataFile');
      let whole = at(item, 'metadata');
      if (name !== undefined) {
        const bytes = await read(name);
        try {
          whole = JSON.parse(new TextDecoder().decode(bytes));
        } catch (cause) {
          throw damaged(operation, `${String(name)}: no JSON: ${messageOf(cause)}`, cause);
        }
      }
      if (whole !== undefined && !isPlain(whole))
        throw damaged(operation, `item ${place}: metadata are no object`);
      const metadata = metadataOf(whole);
      const text = texts ? await textIn(whole) : undefined;
      yield {
        key,
        vector,
        ...(text !== undefined && { text }),
        ...(metadata && { metadata }),
      };
    }
  }
  const contents = { dimension, text: texts ? ['text'] : [], items: items(), total: list.length };
  return collected(operation, rest, contents);
}

function vectorIn(operation: string, item: unknown, place: number) {
  const vector = vectorOf(at(item, 'vector'));
  if (vector === undefined || vector.length === 0)
    throw damaged(operation, `item ${place} has no vector`);
  return vector;
}
