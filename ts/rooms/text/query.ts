// What a query means: words, "phrases", +must, -not, field:word, word*, word~1, word^2.

import type { Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { isAscii, prepared } from './analysis.js';
import { Texts } from './feed.js';
import { type Schema, wellFormed } from './schema.js';
import type { ScoreOptions } from './types.js';

/** sl_occur and sl_clause_kind of csrc/text/fulltext.h. */
const MAY = 0;
const MUST = 1;
const NOT = 2;
const WORDS = 0;
const PREFIX = 1;
const FUZZY = 2;
const PHRASE = 3;
const VALUE = 4;

/** SL_MOST_CLAUSES */
const MOST_WORDS = 1024;

/** Numbers of a clause (SL_CLAUSE_NUMBERS). */
const NUMBERS = 7;

interface Clause {
  occur: number;
  kind: number;
  /** Bits. */
  fields: number;
  text: string;
  distance: number;
  boost: number;
}

const scorers = { bm25: 0, bm25f: 1 } as const;
const distances = { 0: 0, 1: 1, 2: 2, auto: -1 } as const;
const operators = { or: MAY, and: MUST } as const;

/** A query with everything that scoring it needs. */
export interface Question {
  clauses: readonly Clause[];
  boosts: readonly number[];
  scorer: number;
  k1: number;
  b: number;
}

interface Settings {
  schema: Schema;
  positions: boolean;
  fields: number;
  occur: number;
  prefix: boolean;
  distance: number;
}

export function readQuestion(
  operation: string,
  schema: Schema,
  positions: boolean,
  query: unknown,
  given: ScoreOptions,
): Question {
  const text = check.string(operation, 'query', query);
  const { operator = 'or', prefix = false, fuzzy = 0, syntax = true } = given;
  const { scorer = 'bm25', k1 = 1.2, b = 0.75 } = given;
  const settings: Settings = {
    schema,
    positions,
    fields: schema.bits(operation, given.fields),
    occur: check.choice(operation, 'operator', operator, operators),
    prefix: check.boolean(operation, 'prefix', prefix),
    distance: check.choice(operation, 'fuzzy', fuzzy, distances),
  };
  const signs = check.boolean(operation, 'syntax', syntax);
  const clauses = signs ? parsed(text, settings) : plain(text, settings);
  const words = clauses.reduce((sum, clause) => sum + wordsOf(clause.text), 0);
  if (words > MOST_WORDS)
    throw check.rangeError(operation, 'query', `at most ${MOST_WORDS} words`, `${words} words`);
  return {
    clauses,
    boosts: boostsOf(operation, schema, given.boosts),
    scorer: check.choice(operation, 'scorer', scorer, scorers),
    k1: check.number(operation, 'k1', k1),
    b: check.number(operation, 'b', b),
  };
}

/** Words of a clause have spaces between them. */
function wordsOf(text: string): number {
  let words = 1;
  for (let i = text.indexOf(' '); i >= 0; i = text.indexOf(' ', i + 1)) words++;
  return words;
}

function boostsOf(
  operation: string,
  schema: Schema,
  boosts: Readonly<Record<string, number>> | undefined,
): readonly number[] {
  if (boosts === undefined) return schema.boosts;
  if (typeof boosts !== 'object' || boosts === null)
    throw check.typeError(operation, 'boosts', 'object', boosts);
  const all = [...schema.boosts];
  for (const [name, boost] of Object.entries(boosts)) {
    const field = schema.find(operation, 'boosts', name);
    check.number(operation, `boosts.${name}`, boost);
    if (!(boost > 0)) throw check.rangeError(operation, `boosts.${name}`, 'number > 0', boost);
    all[field] = boost;
  }
  return all;
}

// A sign, a field, then a phrase or a word, with what follows it.
const PART = /([+-]?)(?:([^\s:"+-][^\s:"]*):)?(?:"([^"]*)(?:"|$)(\^\d+(?:\.\d+)?)?|([^\s"]+))/gu;
const BOOST = /\^(\d+(?:\.\d+)?)$/;
const EDITS = /~([012]?)$/;

function parsed(query: string, settings: Settings): Clause[] {
  const clauses: Clause[] = [];
  for (const [, sign, name, phrase, after, word] of query.matchAll(PART)) {
    const occur = sign === '+' ? MUST : sign === '-' ? NOT : settings.occur;
    const number = name === undefined ? undefined : settings.schema.numberOf(name);
    let text = phrase ?? (word as string);
    // A colon behind what is no field is a sign like others.
    if (name !== undefined && number === undefined) text = `${name}:${text}`;
    let boost = after === undefined ? 1 : Number(after.slice(1));
    let distance = settings.distance;
    let prefix = settings.prefix;
    if (phrase === undefined) {
      const boosted = BOOST.exec(text);
      if (boosted) {
        boost = Number(boosted[1]);
        text = text.slice(0, boosted.index);
      }
      const edits = EDITS.exec(text);
      if (edits) {
        distance = edits[1] === '' ? -1 : Number(edits[1]);
        text = text.slice(0, edits.index);
      }
      if (text.endsWith('*')) {
        prefix = true;
        text = text.slice(0, -1);
      }
    }
    if (!(boost > 0 && boost <= 1e100)) boost = 1;
    const fields = number === undefined ? settings.fields : (1 << number) >>> 0;
    if (number !== undefined && settings.schema.keywords[number]) {
      const value = wellFormed(text).replaceAll('\n', ' ');
      if (value !== '')
        clauses.push({ occur, kind: VALUE, fields, text: value, distance: 0, boost });
    } else if (phrase !== undefined) {
      addWords(clauses, text, settings, { occur, kind: PHRASE, fields, text, distance: 0, boost });
    } else {
      const kind = prefix ? PREFIX : distance !== 0 ? FUZZY : WORDS;
      addWords(clauses, text, settings, { occur, kind, fields, text, distance, boost });
    }
  }
  return clauses;
}

function plain(query: string, settings: Settings): Clause[] {
  const { occur, fields, prefix, distance } = settings;
  const kind = prefix ? PREFIX : distance !== 0 ? FUZZY : WORDS;
  const clauses: Clause[] = [];
  for (const text of query.split(/\s+/u))
    addWords(clauses, text, settings, { occur, kind, fields, text, distance, boost: 1 });
  return clauses;
}

const ASCII_WORD = /[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*/g;

// Words that a piece without spaces consists of, for the C core.
function addWords(clauses: Clause[], text: string, settings: Settings, clause: Clause): void {
  const { schema, positions } = settings;
  const asIs = clause.kind === PREFIX || clause.kind === FUZZY;
  // What a word begins with has no stem.
  const folded = asIs ? prepared(text) : schema.prepared(text);
  const words = isAscii(folded)
    ? (folded.match(ASCII_WORD) ?? [])
    : folded.split(' ').filter((word) => word !== '');
  if (words.length === 0) return;
  let { kind, distance } = clause;
  if (kind === PHRASE && !positions && words.length === 1) kind = WORDS;
  // "well-known", and pairs of characters: what was written together is looked for together.
  if (kind === WORDS && words.length > 1 && positions) kind = PHRASE;
  // One character of a script whose words are pairs.
  if (kind === WORDS && words.length === 1 && isPaired(words[0] as string)) kind = PREFIX;
  if (distance < 0) distance = automatic(words);
  if (kind === FUZZY && distance === 0) kind = WORDS;
  if (kind !== PREFIX && kind !== FUZZY) distance = 0;
  // In front of the last word others stand for themselves.
  clauses.push({ ...clause, kind, distance, text: words.join(' ') });
}

function isPaired(word: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]$/u.test(word);
}

function automatic(words: readonly string[]): number {
  const length = [...(words.at(-1) as string)].length;
  return length <= 2 ? 0 : length <= 5 ? 1 : 2;
}

/** Clauses in scratch memory. */
export function writeClauses(
  runtime: Runtime,
  scratch: Scratch,
  clauses: readonly Clause[],
): { clauses: number; text: number; bytes: number } {
  const texts = new Texts();
  for (const { text } of clauses) texts.add(text);
  const address = scratch.f64(NUMBERS * clauses.length);
  const { address: text, bytes, lengths } = texts.write(runtime, scratch);
  let at = 0;
  clauses.forEach(({ occur, kind, fields, distance, boost }, i) => {
    const length = lengths[i] as number;
    runtime.f64.set([occur, kind, fields, at, length, distance, boost], address / 8 + NUMBERS * i);
    at += length;
  });
  return { clauses: address, text, bytes };
}
