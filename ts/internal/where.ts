// Conditions on metadata: `{ year: { gte: 2000 }, tag: { in: ['a', 'b'] } }`, answered from typed columns.
import { SublinearTypeError } from './errors.js';
import { show, typeError } from './validate.js';

/** What metadata may hold: what JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Metadata = { [key: string]: Json };
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
 * fields of these names cannot be asked for.
 */
export type Where = {
  and?: readonly Where[];
  or?: readonly Where[];
  not?: Where;
} & { [field: string]: Scalar | FieldCondition | readonly Where[] | Where | undefined };

type Test = (row: number) => boolean;

const operators = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn', 'contains', 'exists'];

// One field of all rows: numbers as numbers, other scalars as places in a dictionary, lists and objects as they are.
class Column {
  numbers = new Float64Array(16).fill(Number.NaN);
  /** 0 absent, 1 a number, 2 a list or object, from 3 on a word of the dictionary. */
  codes = new Uint32Array(16);
  readonly words: Scalar[] = [];
  readonly #places = new Map<Scalar, number>();
  readonly others = new Map<number, Json>();

  set(row: number, value: Json | undefined): void {
    if (row >= this.codes.length) this.#grow(row);
    this.others.delete(row);
    this.numbers[row] = Number.NaN;
    if (value === undefined) this.codes[row] = 0;
    else if (typeof value === 'number') {
      this.codes[row] = 1;
      this.numbers[row] = value;
    } else if (typeof value === 'object' && value !== null) {
      this.codes[row] = 2;
      this.others.set(row, value);
    } else this.codes[row] = this.#place(value, true);
  }

  /** The code of a word; 0xffffffff, which no row has, when no row ever had it. */
  code(word: Scalar): number {
    return this.#place(word, false);
  }

  #place(word: Scalar, make: boolean): number {
    let place = this.#places.get(word);
    if (place === undefined) {
      if (!make) return 0xffff_ffff;
      place = this.words.push(word) + 2;
      this.#places.set(word, place);
    }
    return place;
  }

  #grow(row: number): void {
    const length = Math.max(row + 1, this.codes.length * 2);
    const [numbers, codes] = [new Float64Array(length).fill(Number.NaN), new Uint32Array(length)];
    numbers.set(this.numbers);
    codes.set(this.codes);
    [this.numbers, this.codes] = [numbers, codes];
  }
}

/** The fields of all rows. */
export class Columns {
  readonly #columns = new Map<string, Column>();

  /** Replaces the fields of a row; `before` are those it had. */
  set(row: number, metadata: Metadata | undefined, before?: Metadata): void {
    if (before !== undefined)
      for (const field of Object.keys(before)) this.#columns.get(field)?.set(row, undefined);
    if (metadata === undefined) return;
    for (const [field, value] of Object.entries(metadata)) {
      let column = this.#columns.get(field);
      if (column === undefined) {
        column = new Column();
        this.#columns.set(field, column);
      }
      column.set(row, value);
    }
  }

  /** Those of `rows` for which the conditions hold. O(rows * conditions). */
  select(operation: string, where: Where, rows: Iterable<number>): Uint32Array {
    const test = this.#all(operation, 'where', where);
    const found: number[] = [];
    for (const row of rows) if (test(row)) found.push(row);
    return Uint32Array.from(found);
  }

  #all(operation: string, path: string, where: unknown): Test {
    if (typeof where !== 'object' || where === null || Array.isArray(where))
      throw typeError(operation, path, 'object of conditions', where);
    const tests = Object.entries(where).map(([field, condition]): Test => {
      const at = `${path}.${field}`;
      if (field === 'and' || field === 'or') {
        if (!Array.isArray(condition))
          throw typeError(operation, at, 'array of conditions', condition);
        const parts = condition.map((part, i) => this.#all(operation, `${at}[${i}]`, part));
        return field === 'and'
          ? (row) => parts.every((part) => part(row))
          : (row) => parts.some((part) => part(row));
      }
      if (field === 'not') {
        const inner = this.#all(operation, at, condition);
        return (row) => !inner(row);
      }
      return this.#field(operation, at, field, condition);
    });
    return (row) => tests.every((test) => test(row));
  }

  #field(operation: string, path: string, field: string, condition: unknown): Test {
    const column = this.#columns.get(field) ?? new Column();
    if (isScalar(condition)) return equals(column, condition);
    if (typeof condition !== 'object' || Array.isArray(condition))
      throw typeError(operation, path, 'value or object of conditions', condition);
    const tests = Object.entries(condition as object).map(([operator, operand]): Test => {
      const at = `${path}.${operator}`;
      if (!operators.includes(operator)) {
        throw new SublinearTypeError(
          operation,
          `"${at}" is not a condition; known: ${operators.join(', ')}`,
          { argument: path },
        );
      }
      return condition_(operation, at, column, operator, operand);
    });
    return (row) => tests.every((test) => test(row));
  }
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function scalar(operation: string, path: string, value: unknown): Scalar {
  if (!isScalar(value)) throw typeError(operation, path, 'string, number, boolean or null', value);
  return value;
}

function equals(column: Column, value: Scalar): Test {
  if (typeof value === 'number') return (row) => column.numbers[row] === value;
  const code = column.code(value);
  return (row) => column.codes[row] === code;
}

function condition_(
  operation: string,
  path: string,
  column: Column,
  operator: string,
  operand: unknown,
): Test {
  switch (operator) {
    case 'eq':
      return equals(column, scalar(operation, path, operand));
    case 'ne': {
      const same = equals(column, scalar(operation, path, operand));
      return (row) => !same(row);
    }
    case 'in':
    case 'notIn': {
      if (!Array.isArray(operand)) throw typeError(operation, path, 'array', operand);
      const tests = operand.map((each, i) =>
        equals(column, scalar(operation, `${path}[${i}]`, each)),
      );
      const any: Test = (row) => tests.some((test) => test(row));
      return operator === 'in' ? any : (row) => !any(row);
    }
    case 'exists': {
      if (typeof operand !== 'boolean') throw typeError(operation, path, 'boolean', operand);
      return (row) => ((column.codes[row] ?? 0) !== 0) === operand;
    }
    case 'contains': {
      const wanted = scalar(operation, path, operand);
      return (row) => {
        const list = column.others.get(row);
        return Array.isArray(list) && list.includes(wanted);
      };
    }
    default:
      return order(operation, path, column, operator, operand);
  }
}

// Numbers compare with numbers, strings with strings by code units; nothing else has an order.
function order(
  operation: string,
  path: string,
  column: Column,
  operator: string,
  operand: unknown,
): Test {
  const holds = (x: number | string, y: number | string): boolean =>
    operator === 'gt' ? x > y : operator === 'gte' ? x >= y : operator === 'lt' ? x < y : x <= y;
  if (typeof operand === 'number') {
    if (Number.isNaN(operand)) throw typeError(operation, path, 'number or string', operand);
    return (row) => {
      const value = column.numbers[row];
      return value !== undefined && holds(value, operand); // false for NaN, which is "absent"
    };
  }
  if (typeof operand !== 'string') throw typeError(operation, path, 'number or string', operand);
  return (row) => {
    const word = column.words[(column.codes[row] ?? 0) - 3];
    return typeof word === 'string' && holds(word, operand);
  };
}

/** Checks that metadata is what JSON can say, so that it can be saved. */
export function checkMetadata(operation: string, value: unknown): Metadata | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw typeError(operation, 'metadata', 'object', value);
  const visit = (part: unknown, path: string): void => {
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return;
    if (typeof part === 'number' && Number.isFinite(part)) return;
    const plain = typeof part === 'object' && part !== null;
    if (!plain || !(Array.isArray(part) || isPlain(part))) {
      throw new SublinearTypeError(
        operation,
        `"${path}" expected a JSON value, got ${show(part)}`,
        {
          argument: 'metadata',
        },
      );
    }
    for (const [key, each] of Object.entries(part)) visit(each, `${path}.${key}`);
  };
  visit(value, 'metadata');
  return value as Metadata;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
