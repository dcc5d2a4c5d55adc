// What an index knows of its fields and words, and how that stands in its file.

import { isPlain } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import { fold, prepared, tokens } from './analysis.js';
import { ENGLISH_STOP_WORDS } from './stop-words.js';
import type { FieldOptions, LoadTextOptions, TextIndexOptions } from './types.js';

const MOST_FIELDS = 32;
const MOST_STEMS = 100_000;

export class Schema {
  readonly names: readonly string[];
  readonly boosts: readonly number[];
  readonly keywords: readonly boolean[];
  readonly stem: ((word: string) => string) | undefined;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #stems = new Map<string, string>();

  constructor(fields: readonly Field[], stem: ((word: string) => string) | undefined) {
    this.names = fields.map(({ name }) => name);
    this.boosts = fields.map(({ boost }) => boost);
    this.keywords = fields.map(({ keyword }) => keyword);
    this.stem = stem;
    this.#numbers = new Map(this.names.map((name, i) => [name, i]));
  }

  /** The number of a field, or undefined. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  find(operation: string, argument: string, name: unknown): number {
    const number = typeof name === 'string' ? this.#numbers.get(name) : undefined;
    if (number !== undefined) return number;
    throw check.rangeError(
      operation,
      argument,
      `a field of the index (${this.names.join(', ')})`,
      name,
    );
  }

  /** Bits of fields that are named; all without names. */
  bits(operation: string, names: readonly string[] | undefined): number {
    if (names === undefined) return 2 ** this.names.length - 1;
    if (!Array.isArray(names)) throw check.typeError(operation, 'fields', 'array of names', names);
    let bits = 0;
    for (const name of names) bits |= 1 << this.find(operation, 'fields', name);
    return bits >>> 0;
  }

  /** A text as the C core takes it. */
  prepared(text: string): string {
    const { stem } = this;
    if (stem === undefined) return prepared(text);
    let words = '';
    for (const { word } of tokens(text)) words += `${this.#stemOf(word, stem)} `;
    return words;
  }

  #stemOf(word: string, stem: (word: string) => string): string {
    let found = this.#stems.get(word);
    if (found === undefined) {
      found = fold(wellFormed(String(stem(word))));
      if (this.#stems.size >= MOST_STEMS) this.#stems.clear();
      this.#stems.set(word, found);
    }
    return found;
  }

  toJSON() {
    const fields = this.names.map((name, i) => ({
      name,
      boost: this.boosts[i],
      keyword: this.keywords[i],
    }));
    return { fields, stem: this.stem !== undefined };
  }
}

interface Field {
  name: string;
  boost: number;
  keyword: boolean;
}

/** Lone surrogates become U+FFFD, as UTF-8 needs it. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

function fieldOf(operation: string, name: unknown, options: FieldOptions): Field {
  if (typeof name !== 'string') throw check.typeError(operation, 'fields', 'names', name);
  if (name === '' || /[\s:"]/.test(name))
    throw check.rangeError(operation, 'fields', 'names without spaces, colons and quotes', name);
  const given = check.options(operation, options, ['boost', 'keyword']);
  const { boost = 1, keyword = false } = given;
  check.number(operation, 'boost', boost);
  if (!(boost > 0 && boost <= 1e100))
    throw check.rangeError(operation, 'boost', 'number > 0', boost);
  return { name, boost, keyword: check.boolean(operation, 'keyword', keyword) };
}

export function schemaOf(operation: string, given: TextIndexOptions): Schema {
  const { fields, stem } = given;
  const list = Array.isArray(fields)
    ? Array.from(fields, (name) => fieldOf(operation, name, {}))
    : isPlain(fields)
      ? Object.entries(fields).map(([name, options]) =>
          fieldOf(operation, name, options as FieldOptions),
        )
      : undefined;
  if (list === undefined)
    throw check.typeError(operation, 'fields', 'array of names, or names with options', fields);
  if (list.length === 0 || list.length > MOST_FIELDS)
    throw check.rangeError(operation, 'fields', `1 to ${MOST_FIELDS} fields`, list.length);
  if (new Set(list.map(({ name }) => name)).size < list.length)
    throw check.rangeError(operation, 'fields', 'each name once', fields);
  if (stem !== undefined && typeof stem !== 'function')
    throw check.typeError(operation, 'stem', 'function', stem);
  return new Schema(list, stem);
}

/** Words that are left out, a line each, as they are in analysed texts. */
export function stopWordsOf(operation: string, given: TextIndexOptions, schema: Schema): string {
  const { stopWords = false } = given;
  if (stopWords === false) return '';
  const words = stopWords === true ? ENGLISH_STOP_WORDS : stopWords;
  if (!Array.isArray(words))
    throw check.typeError(operation, 'stopWords', 'boolean or array of words', words);
  const lines = new Set<string>();
  for (const word of words) {
    check.string(operation, 'stopWords', word);
    for (const part of schema
      .prepared(word)
      .toLowerCase()
      .split(/[^\p{L}\p{N}\p{M}']+/u))
      if (part !== '') lines.add(part);
  }
  return [...lines].join('\n');
}

/** From the text in a file. */
export function schemaFrom(
  operation: string,
  text: string,
  fields: number,
  given: LoadTextOptions,
): Schema {
  const bad = () =>
    new SublinearError('FORMAT', operation, '"bytes" expected the names of the fields', {
      argument: 'bytes',
    });
  let read: { fields?: unknown; stem?: unknown };
  try {
    read = JSON.parse(text);
  } catch {
    throw bad();
  }
  if (!isPlain(read) || !Array.isArray(read.fields) || read.fields.length !== fields) throw bad();
  const list: Field[] = [];
  for (const field of read.fields as unknown[]) {
    if (!isPlain(field)) throw bad();
    try {
      const { name, ...options } = field;
      list.push(fieldOf(operation, name, options as FieldOptions));
    } catch {
      throw bad();
    }
  }
  if (new Set(list.map(({ name }) => name)).size < list.length) throw bad();
  const { stem } = given;
  if (stem !== undefined && typeof stem !== 'function')
    throw check.typeError(operation, 'stem', 'function', stem);
  if ((read.stem === true) !== (stem !== undefined)) {
    const expected = read.stem
      ? 'the stemmer that the index was made with'
      : 'nothing: the index has no stemmer of its own';
    throw check.typeError(operation, 'stem', expected, stem);
  }
  return new Schema(list, stem);
}
