// Documents on their way to an index.
import * as check from '../../runtime/validate.js';
import { Texts } from './feed.js';
import { idText } from './ids.js';
import { type Schema, wellFormed } from './schema.js';
import type { TextDocument } from './types.js';

/** sl_part of csrc/text/fulltext.h. */
const VALUES = 64;
const KEY = 255;
/** UTF-16 units and documents that go to the module at once. */
const BATCH_UNITS = 1 << 17;
export const BATCH_DOCUMENTS = 1024;

/** Documents on their way. */
export class Batch {
  readonly #schema: Schema;
  readonly texts = new Texts();
  /** What each text is. */
  readonly kinds: number[] = [];
  count = 0;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  get isFull(): boolean {
    return this.texts.units >= BATCH_UNITS || this.count >= BATCH_DOCUMENTS;
  }

  add(operation: string, document: TextDocument, position: number): void {
    if (typeof document !== 'object' || document === null)
      throw check.typeError(operation, `documents[${position}]`, '{ id, fields }', document);
    const { id, fields } = document;
    if (typeof fields !== 'object' || fields === null)
      throw check.typeError(operation, 'fields', 'object', fields);
    const key = idText(operation, 'id', id);
    const schema = this.#schema;
    const kinds: number[] = [KEY];
    const texts: string[] = [key];
    for (const name in fields) {
      if (!Object.hasOwn(fields, name)) continue;
      const value = fields[name];
      const field = schema.find(operation, 'fields', name);
      if (value === undefined || value === null) continue;
      const keyword = schema.keywords[field] as boolean;
      for (const text of Array.isArray(value) ? value : [value]) {
        check.string(operation, `fields.${name}`, text);
        kinds.push(keyword ? field + VALUES : field);
        texts.push(keyword ? `${wellFormed(text).replaceAll('\n', ' ')}\n` : schema.prepared(text));
      }
    }
    kinds.forEach((kind) => {
      this.kinds.push(kind);
    });
    texts.forEach((text) => {
      this.texts.add(text);
    });
    this.count++;
  }
}

export type Source = {
  next(): IteratorResult<TextDocument> | Promise<IteratorResult<TextDocument>>;
  return?(): unknown;
};

export function iteratorOf(
  operation: string,
  documents: Iterable<TextDocument> | AsyncIterable<TextDocument>,
): Source {
  const source = documents as Partial<AsyncIterable<TextDocument> & Iterable<TextDocument>>;
  const iterator = source?.[Symbol.asyncIterator]?.() ?? source?.[Symbol.iterator]?.();
  if (iterator === undefined || typeof documents === 'string')
    throw check.typeError(operation, 'documents', 'iterable of documents', documents);
  return iterator as Source;
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T>)?.then === 'function';
}
