// Conditions on metadata: `{ year: { gte: 2000 }, tag: { in: ['a', 'b'] } }`.
//
// They are read twice. `readWhere` checks all of them and gives a copy that holds nothing but plain objects, lists and
// scalars; `testOf` makes a function of a row from that copy, and cannot fail.

import { SublinearTypeError } from '../../runtime/errors.js';
import { typeError } from '../../runtime/validate.js';
import type { Column, Columns } from './columns.js';
import { DEEPEST, isPlain, type Json } from './metadata.js';

export type { Json, Metadata } from './metadata.js';

/** What a condition compares with. */
export type Scalar = string | number | boolean | null;

/** Conditions on one field; all of them must hold. A field that is absent satisfies `ne`, `notIn` and `exists: false`. */
export interface FieldCondition {
  eq?: Scalar;
  ne?: Scalar;
  gt?: number | string;
  gte?: number | string;
  lt?: number | string;
  lte?: number | string;
  in?: readonly Scalar[];
  notIn?: readonly Scalar[];
  /** The field is a list that holds this. */
  contains?: Scalar;
  exists?: boolean;
}

/**
 * Conditions on fields, all of which must hold; a bare value means `eq`. `and`, `or` and `not` combine conditions, so
 * fields of these names cannot be asked for. Nested at most 100 deep.
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

interface Conditions {
  and?: Conditions[];
  or?: Conditions[];
  not?: Conditions;
  fields: [field: string, operator: Operator, operand: Operand][];
}

type Operand = Scalar | Scalar[];
type Test = (row: number) => boolean;

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
    else if (isScalar(condition)) read.fields.push([field, 'eq', condition]);
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

const FIELD =
  'string, number, boolean, null or plain object of conditions (a date as metadata has it, a number or a string)';

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function readOperand(
  operation: string,
  path: string,
  operator: Operator,
  operand: unknown,
): Operand {
  const scalar = (at: string, value: unknown): Scalar => {
    if (!isScalar(value)) throw typeError(operation, at, 'string, number, boolean or null', value);
    return value;
  };
  switch (operator) {
    case 'in':
    case 'notIn':
      if (!Array.isArray(operand)) throw typeError(operation, path, 'array', operand);
      return Array.from(operand, (each, i) => scalar(`${path}[${i}]`, each));
    case 'exists':
      if (typeof operand !== 'boolean') throw typeError(operation, path, 'boolean', operand);
      return operand;
    case 'eq':
    case 'ne':
    case 'contains':
      return scalar(path, operand);
    default:
      if (typeof operand === 'string' || (typeof operand === 'number' && !Number.isNaN(operand)))
        return operand;
      throw typeError(operation, path, 'number or string', operand);
  }
}

/** What makes a test of a column and an operand that was checked. */
const operators = {
  eq: (column: Column, value: Operand): Test => {
    // A list or an object is equal to nothing; strict equality says so.
    return (row) => column.get(row) === value;
  },
  ne: (column: Column, value: Operand): Test => not(operators.eq(column, value)),
  gt: (column: Column, bound: Operand) => ordered(column, bound, (x, y) => x > y),
  gte: (column: Column, bound: Operand) => ordered(column, bound, (x, y) => x >= y),
  lt: (column: Column, bound: Operand) => ordered(column, bound, (x, y) => x < y),
  lte: (column: Column, bound: Operand) => ordered(column, bound, (x, y) => x <= y),
  in: (column: Column, list: Operand): Test => {
    const wanted = new Set<Json | undefined>(list as Scalar[]);
    wanted.delete(Number.NaN); // a set finds it, and it is equal to nothing
    return (row) => wanted.has(column.get(row));
  },
  notIn: (column: Column, list: Operand): Test => not(operators.in(column, list)),
  contains: (column: Column, wanted: Operand): Test => {
    return (row) => {
      const list = column.get(row);
      return Array.isArray(list) && list.includes(wanted as Scalar);
    };
  },
  exists: (column: Column, wanted: Operand): Test => {
    return (row) => (column.get(row) !== undefined) === wanted;
  },
};
type Operator = keyof typeof operators;

const not =
  (test: Test): Test =>
  (row) =>
    !test(row);

// Numbers compare with numbers, strings with strings by code units; nothing else has an order.
function ordered(
  column: Column,
  bound: Operand,
  holds: (x: number | string, y: number | string) => boolean,
): Test {
  const type = typeof bound;
  return (row) => {
    const value = column.get(row);
    return typeof value === type && holds(value as number | string, bound as number | string);
  };
}

/** The function that says whether the conditions hold for a row. */
export function testOf(
  { and, or, not: none, fields }: Conditions,
  columns: Columns,
): (row: number) => boolean {
  const tests = fields.map(([field, operator, operand]) =>
    operators[operator](columns.of(field), operand),
  );
  for (const part of and ?? []) tests.push(testOf(part, columns));
  if (or !== undefined) {
    const parts = or.map((part) => testOf(part, columns));
    tests.push((row) => parts.some((part) => part(row)));
  }
  if (none !== undefined) tests.push(not(testOf(none, columns)));
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (row) => tests.every((test) => test(row));
}
