// Databases of Orama, as its `save` gives them.
//
// Based on: @orama/orama 3.1, `save` and the types RawData, Index and VectorIndex: documents by an inner number, names of
// documents by that number less one, vectors as pairs of a number and [length, numbers].

import type { Collection } from '../rooms/hnsw/collection.js';
import type { Item, VectorArray } from '../rooms/hnsw/types.js';
import { isPlain } from '../runtime/brand.js';
import type { AsyncBytesSource } from '../runtime/file.js';
import * as check from '../runtime/validate.js';
import {
  at,
  collected,
  damaged,
  given,
  type ImportOptions,
  jsonOf,
  keyOf,
  metadataOf,
  namesOf,
  textOf,
  vectorOf,
} from './collect.js';

/** What `save(database)` of Orama gives. */
export interface OramaData {
  internalDocumentIDStore: unknown;
  index: unknown;
  docs: unknown;
}

export interface OramaOptions extends ImportOptions {
  /** The field of vectors, `'a.b'` for one of an inner object; that of the schema, where it has one. */
  vector?: string;
  /** The fields that are searched by words; all of the schema's types `string` and `string[]` by default. */
  text?: readonly string[];
}

/**
 * A collection of what an Orama database holds: texts are searched, the vectors of one field are compared, everything else is
 * metadata. Keys are the documents' ids. `source` is what `save(database)` gave, or its JSON: `JSON.stringify(save(database))`, and
 * `persist(database, 'json')` of its plugin. Vectors count by the cosine, as there. O(documents), and the index is built anew.
 *
 * A saved database does not say which stemmer it had: `language: 'english'` is the default where its language is, `'none'`
 * elsewhere.
 *
 * @throws SublinearError `FORMAT` for a file that is damaged or holds something else; RangeError for a field that is not there;
 *   rejects with `signal.reason` after an abort
 *
 * @example
 * ```ts
 * import { create, insert, save } from '@orama/orama';
 * import { fromOrama } from 'sublinear/import';
 *
 * const database = create({ schema: { title: 'string', year: 'number', embedding: 'vector[2]' } });
 * insert(database, { id: 'alien', title: 'Alien', year: 1979, embedding: [1, 0] });
 * insert(database, { id: 'amelie', title: 'Amelie', year: 2001, embedding: [0, 1] });
 * using films = await fromOrama(save(database));
 * const [first] = films.search({ text: 'alien', vector: [0.9, 0.1], where: { year: { lt: 2000 } } });
 * console.log(first?.key, first?.text?.title, first?.metadata); // alien Alien { year: 1979 }
 * ```
 */
export async function fromOrama(
  source: AsyncBytesSource | OramaData,
  options?: OramaOptions,
): Promise<Collection> {
  const operation = 'fromOrama';
  const { vector, text, ...rest } = given(operation, options);
  const names = namesOf(operation, 'text', text);
  const isData = isPlain(source) && Object.hasOwn(source, 'docs');
  const data = isData ? source : await jsonOf(operation, source as AsyncBytesSource);
  const documents = at(data, 'docs.docs');
  const schema = at(data, 'index.searchablePropertiesWithTypes');
  if (!isPlain(documents) || !isPlain(schema))
    throw damaged(
      operation,
      'no database of Orama: expected what save(database) gives, as an object or as JSON',
    );
  const fields = Object.entries(schema);
  const field = vectorField(operation, fields, vector);
  const searched = names ?? fields.filter(([, type]) => /^string/.test(String(type))).map(first);
  for (const name of searched)
    if (!Object.hasOwn(schema, name))
      throw check.rangeError(
        operation,
        'text',
        `fields of the schema (${fields.map(first).join(', ')})`,
        name,
      );
  const vectors = field && vectorsOf(operation, data, field.name);
  // A vector is no metadata, and neither is what is searched.
  const kinds = fields.filter(([, type]) => /^vector/.test(String(type))).map(first);
  const left = new Set(['id', ...kinds, ...searched]);
  const ids = at(data, 'internalDocumentIDStore.internalIdToId');
  const all = Object.entries(documents);

  function* items(): Generator<Item> {
    for (const [number, document] of all) {
      const key = keyOf(Array.isArray(ids) ? ids[Number(number) - 1] : undefined);
      if (key === undefined) throw damaged(operation, `document ${number} has no id`);
      const own = vectors?.get(number) ?? (field && vectorOf(at(document, field.name)));
      const metadata = metadataOf(document, left);
      yield {
        key,
        ...(own && { vector: own }),
        ...(searched.length > 0 && {
          text: Object.fromEntries(searched.map((name) => [name, textOf(at(document, name))])),
        }),
        ...(metadata && { metadata }),
      };
    }
  }
  const language = at(data, 'language') === 'english' && !rest.stem ? 'english' : 'none';
  return collected(
    operation,
    { ...(searched.length > 0 && { language }), ...rest, metric: rest.metric ?? 'cosine' },
    { dimension: field?.dimension, text: searched, items: items(), total: all.length },
  );
}

const first = ([name]: readonly [string, unknown]) => name;

function vectorField(
  operation: string,
  fields: readonly [string, unknown][],
  wanted: string | undefined,
): { name: string; dimension: number } | undefined {
  const known = fields.flatMap(([name, type]) => {
    const size = /^vector\[(\d{1,6})\]$/.exec(String(type))?.[1];
    return size === undefined ? [] : [{ name, dimension: Number(size) }];
  });
  const names = known.map(({ name }) => name).join(', ');
  if (wanted !== undefined) {
    const found = known.find(({ name }) => name === check.string(operation, 'vector', wanted));
    if (found) return found;
    throw check.rangeError(operation, 'vector', `a field of vectors (${names || 'none'})`, wanted);
  }
  if (known.length > 1)
    throw check.rangeError(operation, 'vector', `one of ${names}, as there are several`, wanted);
  return known[0];
}

/** The vectors of a field, by the number of their document. */
function vectorsOf(operation: string, data: unknown, name: string): Map<string, VectorArray> {
  const all = at(data, 'index.vectorIndexes');
  const saved = isPlain(all) ? (all as Record<string, unknown>)[name] : undefined;
  const list = at(saved, 'vectors');
  // Version 3 writes pairs, version 2 an object.
  const pairs: unknown[] = Array.isArray(list) ? list : isPlain(list) ? Object.entries(list) : [];
  const vectors = new Map<string, VectorArray>();
  for (const pair of pairs) {
    const [number, entry] = Array.isArray(pair) ? (pair as unknown[]) : [];
    const values: unknown = Array.isArray(entry) ? entry[1] : undefined;
    const vector = vectorOf(isPlain(values) ? Object.values(values) : values);
    if (vector === undefined) throw damaged(operation, `a vector of "${name}" has no numbers`);
    vectors.set(String(number), vector);
  }
  return vectors;
}
