// Ids of documents as the bytes that the C core knows: of a number its digits to the base 128 behind a 0, of a text itself
// behind a 1. Digits below 128 are one byte each in UTF-8, and texts in ASCII need no second look.
import { SublinearRangeError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';

/** What names a document: a text, or a whole number from 0 to 4,294,967,295. A number and its text are different ids. */
export type DocumentId = string | number;

const SURROGATES = /\p{Surrogate}/u;
const decoder = new TextDecoder();

/** The id as characters. */
export function idText(operation: string, argument: string, id: unknown): string {
  if (typeof id === 'string') {
    if (id === '' || id.length > 1000)
      throw check.rangeError(operation, argument, 'text of 1 to 1000 characters', id);
    if (SURROGATES.test(id))
      throw check.rangeError(operation, argument, 'text without lone surrogates', id);
    return `\u0001${id}`;
  }
  if (typeof id !== 'number')
    throw check.typeError(operation, argument, 'text or whole number', id);
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
    const message = `"${argument}" expected a whole number from 0 to 4294967295, got ${id}`;
    throw new SublinearRangeError('RANGE', operation, message, { argument });
  }
  let digits = '';
  for (let left = id; ; left = Math.floor(left / 128)) {
    digits = String.fromCharCode(left % 128) + digits;
    if (left < 128) return `\u0000${digits}`;
  }
}

/** The id that stands in memory. */
export function idAt(bytes: Uint8Array, at: number, length: number): DocumentId {
  if (bytes[at] === 0) {
    let id = 0;
    for (let i = at + 1; i < at + length; i++) id = id * 128 + (bytes[i] as number);
    return id;
  }
  return textAt(bytes, at + 1, length - 1);
}

/** UTF-8 in memory. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  if (length > 32) return decoder.decode(bytes.subarray(at, at + length));
  let text = '';
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i] as number;
    if (byte >= 128) return decoder.decode(bytes.subarray(at, at + length));
    text += String.fromCharCode(byte);
  }
  return text;
}
