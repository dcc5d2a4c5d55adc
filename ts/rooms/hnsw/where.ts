// Conditions on metadata: `{ year: { gte: 2000 }, tag: { in: ['a', 'b'] } }`.
//
// They are read twice. `readWhere` checks all of them and gives a copy that holds nothing but plain objects, lists and
// scalars; `maskOf` answers that copy for all items at once, and cannot fail.

import { isPlain } from '../../runtime/brand.js';
import { SublinearTypeError } from '../../runtime/errors.js';
import { typeError } from '../../runtime/validate.js';
import {
  ABSENT,
  type Column,
  type Columns,
  FALSE,
  NULL,
  NUMBER,
  OTHER,
  STRING,
  TRUE,
} from './columns.js';
import { DEEPEST, dateText, isDate } from './metadata.js';

export type { Json, Metadata } from './metadata.js';

/** What a condition compares with. A Date is its ISO text, as in metadata. */
export type Scalar = string | number | boolean | null | Date;

/** Conditions on one field; all of them must hold. A field that is absent satisfies `ne`, `notIn` and `exists: false`. */
export interface FieldCondition {
  eq?: Scalar;
  ne?: Scalar;
  gt?: number | string | Date;
  gte?: number | string | Date;
  lt?: number | string | Date;
  lte?: number | string | Date;
  in?: readonly Scalar[];
  notIn?: readonly Scalar[];
  /** The field is a text that begins with this. */
  startsWith?: string;
  /** The field is a list that holds this. */
  contains?: Scalar;
  /** The field is a list that holds at least one of these. */
  any?: readonly Scalar[];
  /** The field is a list that holds all of these. */
  all?: readonly Scalar[];
  exists?: boolean;
}

/**
 * Conditions on fields, all of which must hold; a bare value means `eq`. `'a.b'` is the field `b` of the object `a`, unless
 * there is a field of that very name. `and`, `or` and `not` combine conditions, so fields of these names cannot be asked
 * for. Nested at most 100 deep.
 */
export type Where = {
  and?: readonly Where[];
  or?: readonly Where[];
  not?: Where;
} & { [field: string]: Scalar | FieldCondition | readonly Where[] | Where | undefined };

/** Conditions that were checked. */
export interface CheckedWhere {
  /** The same for the same conditions, and different for different ones. */
  readonly key: string;
  readonly conditions: Conditions;
}

/** What was read of one object of conditions. */
export interface Conditions {
  and?: Conditions[];
  or?: Conditions[];
  not?: Conditions;
  fields: [field: string, operator: Operator, operand: Operand][];
}

type Value = Exclude<Scalar, Date>;
type Operand = Value | Value[];

/** Checks the conditions; the error's argument is the path of the one that is none. */
export function readWhere(operation: string, where: unknown): CheckedWhere {
  const conditions = readAll(operation, 'where', where, []);
  return { key: JSON.stringify(conditions, distinct), conditions };
}

// JSON says null for numbers that are not finite. No operand is an object, so that this stands for nothing else.
const distinct = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;

// `around` are those that this one lies in.
function readAll(
  operation: string,
  path: string,
  where: unknown,
  around: readonly unknown[],
): Conditions {
  if (!isPlain(where)) throw typeError(operation, path, 'plain object of conditions', where);
  if (around.includes(where) || around.length === DEEPEST)
    throw new SublinearTypeError(
      operation,
      `"where" expected at most ${DEEPEST} levels, got ${around.includes(where) ? 'an object that contains itself' : 'more: write and: [...] on one level'}`,
      { argument: 'where' },
    );
  const inside = [...around, where];
  const read: Conditions = { fields: [] };
  for (const [field, condition] of Object.entries(where)) {
    const at = `${path}.${field}`;
    if (field === 'and' || field === 'or') {
      if (!Array.isArray(condition))
        throw typeError(operation, at, 'array of conditions', condition);
      read[field] = Array.from(condition, (part, i) =>
        readAll(operation, `${at}[${i}]`, part, inside),
      );
    } else if (field === 'not') read.not = readAll(operation, at, condition, inside);
    else if (isScalar(condition) || isDate(condition))
      read.fields.push([field, 'eq', readOperand(operation, at, 'eq', condition)]);
    else {
      if (!isPlain(condition)) throw typeError(operation, at, FIELD, condition);
      for (const [operator, operand] of Object.entries(condition)) {
        if (!Object.hasOwn(operators, operator))
          throw new SublinearTypeError(
            operation,
            `"${at}.${operator}" is not a condition; known: ${Object.keys(operators).join(', ')}`,
            { argument: at },
          );
        const value = readOperand(operation, `${at}.${operator}`, operator as Operator, operand);
        read.fields.push([field, operator as Operator, value]);
      }
    }
  }
  return read;
}

const FIELD = 'string, number, boolean, null, Date or plain object of conditions';

function isScalar(value: unknown): value is Value {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function readOperand(
  operation: string,
  path: string,
  operator: Operator,
  operand: unknown,
): Operand {
  const scalar = (at: string, value: unknown): Value => {
    if (isDate(value)) return dateText(operation, at, value);
    if (!isScalar(value))
      throw typeError(operation, at, 'string, number, boolean, null or Date', value);
    return value;
  };
  switch (operator) {
    case 'in':
    case 'notIn':
    case 'any':
    case 'all':
      if (!Array.isArray(operand)) throw typeError(operation, path, 'array', operand);
      return Array.from(operand, (each, i) => scalar(`${path}[${i}]`, each));
    case 'exists':
      if (typeof operand !== 'boolean') throw typeError(operation, path, 'boolean', operand);
      return operand;
    case 'startsWith':
      if (typeof operand !== 'string') throw typeError(operation, path, 'string', operand);
      return operand;
    case 'eq':
    case 'ne':
    case 'contains':
      return scalar(path, operand);
    default:
      if (isDate(operand)) return dateText(operation, path, operand);
      if (typeof operand === 'string' || (typeof operand === 'number' && !Number.isNaN(operand)))
        return operand;
      throw typeError(operation, path, 'number, string or Date', operand);
  }
}

/** A byte for each place: 1 where the condition holds. All of it is written, since it is used again and again. */
type Mask = Uint8Array;

/** What answers a condition for all places of a column. */
const operators = {
  eq: equal,
  ne: (column: Column, value: Operand, mask: Mask) => inverted(equal(column, value, mask)),
  gt: (column: Column, bound: Operand, mask: Mask) => above(column, bound, mask, false),
  gte: (column: Column, bound: Operand, mask: Mask) => above(column, bound, mask, true),
  lt: (column: Column, bound: Operand, mask: Mask) => below(column, bound, mask, false),
  lte: (column: Column, bound: Operand, mask: Mask) => below(column, bound, mask, true),
  in: among,
  notIn: (column: Column, list: Operand, mask: Mask) => inverted(among(column, list, mask)),
  startsWith: (column: Column, prefix: Operand, mask: Mask) => {
    const wanted = prefix as string;
    const behind = (text: string) => text > wanted && !text.startsWith(wanted);
    return ofTexts(
      column,
      mask,
      column.between((text) => text >= wanted, behind),
    );
  },
  contains: (column: Column, wanted: Operand, mask: Mask) =>
    holding(column, [wanted as Value], mask, 1),
  any: (column: Column, list: Operand, mask: Mask) => holding(column, list as Value[], mask, 1),
  all: (column: Column, list: Operand, mask: Mask) => {
    const wanted = [...new Set(list as Value[])];
    if (wanted.length > 0) return holding(column, wanted, mask, wanted.length);
    return lists(column, mask); // all of nothing is in every list
  },
  exists: (column: Column, wanted: Operand, mask: Mask) => {
    const { kinds } = column;
    for (let i = 0; i < mask.length; i++) mask[i] = +(kinds[i] !== ABSENT);
    return wanted === true ? mask : inverted(mask);
  },
};
type Operator = keyof typeof operators;

// Comparisons become numbers with a plus, and masks are combined four bytes at a time: a branch a place takes three to four
// times as long.
function inverted(mask: Mask): Mask {
  const words = wordsOf(mask);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ 0x01010101;
  return mask;
}

/** Four places of a mask in a number; masks have a multiple of four. */
export function wordsOf(mask: Uint8Array): Uint32Array {
  return new Uint32Array(mask.buffer, mask.byteOffset, mask.length / 4);
}

function equal(column: Column, value: Operand, mask: Mask): Mask {
  const { kinds, numbers, codes } = column;
  if (typeof value === 'string') {
    const wanted = column.codeOf(value);
    if (wanted < 0) return mask.fill(0);
    for (let i = 0; i < mask.length; i++) mask[i] = +(codes[i] === wanted);
  } else if (typeof value === 'number') {
    for (let i = 0; i < mask.length; i++) mask[i] = +(numbers[i] === value);
  } else {
    const kind = value === null ? NULL : value === true ? TRUE : FALSE;
    for (let i = 0; i < mask.length; i++) mask[i] = +(kinds[i] === kind);
  }
  return mask;
}

function among(column: Column, list: Operand, mask: Mask): Mask {
  const { kinds, numbers, codes } = column;
  const wanted = new Set(list as Value[]);
  const some = new Set([...wanted].filter((each) => typeof each === 'number'));
  some.delete(Number.NaN); // a set finds it, and it is equal to nothing
  const texts = new Uint8Array(column.strings.length);
  for (const each of wanted) {
    const code = typeof each === 'string' ? column.codeOf(each) : -1;
    if (code >= 0) texts[code] = 1;
  }
  // By kind: absent, null, false, true, and lists and objects.
  const whole = [false, wanted.has(null), wanted.has(false), wanted.has(true)];
  for (let i = 0; i < mask.length; i++) {
    const kind = kinds[i] as number;
    if (kind === STRING) mask[i] = texts[codes[i] as number] as number;
    else if (kind === NUMBER) mask[i] = some.has(numbers[i] as number) ? 1 : 0;
    else mask[i] = whole[kind] === true ? 1 : 0;
  }
  return mask;
}

// A byte for each string to a byte for each place.
function ofTexts(column: Column, mask: Mask, inside: Uint8Array): Mask {
  const { codes } = column;
  for (let i = 0; i < mask.length; i++) {
    const code = codes[i] as number;
    mask[i] = code < 0 ? 0 : (inside[code] as number);
  }
  return mask;
}

const never = () => false;
const always = () => true;

// Numbers compare with numbers, strings with strings by code units; nothing else has an order.
function above(column: Column, bound: Operand, mask: Mask, orEqual: boolean): Mask {
  if (typeof bound === 'string') {
    const from = (text: string) => (orEqual ? text >= bound : text > bound);
    return ofTexts(column, mask, column.between(from, never));
  }
  const { numbers } = column;
  const least = bound as number;
  if (orEqual) for (let i = 0; i < mask.length; i++) mask[i] = +((numbers[i] as number) >= least);
  else for (let i = 0; i < mask.length; i++) mask[i] = +((numbers[i] as number) > least);
  return mask;
}

function below(column: Column, bound: Operand, mask: Mask, orEqual: boolean): Mask {
  if (typeof bound === 'string') {
    const until = (text: string) => (orEqual ? text > bound : text >= bound);
    return ofTexts(column, mask, column.between(always, until));
  }
  const { numbers } = column;
  const most = bound as number;
  if (orEqual) for (let i = 0; i < mask.length; i++) mask[i] = +((numbers[i] as number) <= most);
  else for (let i = 0; i < mask.length; i++) mask[i] = +((numbers[i] as number) < most);
  return mask;
}

// Lists that hold at least `least` of the wanted.
function holding(column: Column, wanted: readonly Value[], mask: Mask, least: number): Mask {
  const counts = new Uint32Array(least > 1 ? mask.length : 0);
  mask.fill(0);
  for (const each of new Set(wanted)) {
    for (const place of column.holding(each) ?? []) {
      if (least > 1) counts[place] = (counts[place] as number) + 1;
      if (least === 1 || counts[place] === least) mask[place] = 1;
    }
  }
  return mask;
}

function lists(column: Column, mask: Mask): Mask {
  for (let i = 0; i < mask.length; i++)
    mask[i] = column.kinds[i] === OTHER && column.isList(i) ? 1 : 0;
  return mask;
}

/** A byte for each place below `end`: 1 where all conditions hold. It is to be given back to the masks. */
export function maskOf(
  { and, or, not: none, fields }: Conditions,
  columns: Columns,
  masks: Masks,
): Uint8Array {
  let all: Mask | undefined;
  const take = (mask: Mask) => {
    if (all === undefined) {
      all = mask;
      return;
    }
    both(all, mask);
    masks.free(mask);
  };
  for (const [field, operator, operand] of fields)
    take(operators[operator](columns.of(field), operand, masks.make()));
  for (const part of and ?? []) take(maskOf(part, columns, masks));
  if (or !== undefined) {
    const any = masks.make().fill(0);
    for (const part of or) {
      const mask = maskOf(part, columns, masks);
      either(any, mask);
      masks.free(mask);
    }
    take(any);
  }
  if (none !== undefined) take(inverted(maskOf(none, columns, masks)));
  return all ?? masks.make().fill(1);
}

function both(mask: Mask, other: Mask): void {
  const [words, others] = [wordsOf(mask), wordsOf(other)];
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & (others[i] as number);
}

function either(mask: Mask, other: Mask): void {
  const [words, others] = [wordsOf(mask), wordsOf(other)];
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) | (others[i] as number);
}

/** Masks of one length, used again: memory that was never touched costs more than the conditions. */
export class Masks {
  #length = 0;
  #free: Mask[] = [];

  /** Masks that are made from here on have this length, a multiple of four. */
  resize(length: number): void {
    if (length !== this.#length) this.#free = [];
    this.#length = length;
  }

  /** Its content is what it was. */
  make(): Mask {
    return this.#free.pop() ?? new Uint8Array(this.#length);
  }

  free(mask: Mask): void {
    if (mask.length === this.#length && this.#free.length < 4) this.#free.push(mask);
  }
}
