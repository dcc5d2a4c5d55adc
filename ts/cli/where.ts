// --where 'year>2020' 'lang=en': conditions on metadata as the command line gives them.
import { InvalidArgumentError } from 'commander';
import type { FieldCondition, Scalar, Where } from '../rooms/hnsw/hnsw.js';

const operators = {
  '>=': 'gte',
  '<=': 'lte',
  '!=': 'ne',
  '^=': 'startsWith',
  '*=': 'contains',
  '>': 'gt',
  '<': 'lt',
  '=': 'eq',
} as const satisfies Record<string, keyof FieldCondition>;

const CONDITION = /^\s*([^\s<>=!^*]+)\s*(>=|<=|!=|\^=|\*=|>|<|=)\s*(.*?)\s*$/s;

/** A condition that may be given several times: all of them must hold. */
export function condition(text: string, before: Where | undefined): Where {
  const [, field, sign, value] = CONDITION.exec(text) ?? [];
  if (field === undefined)
    throw new InvalidArgumentError(
      "Expected a field, one of = != > >= < <= ^= (begins with) *= (contains), and a value, as in 'year>2020'.",
    );
  const operator = operators[sign as keyof typeof operators];
  const read = scalar(value as string);
  // What a text begins with is a text, whatever it looks like.
  const operand = operator === 'startsWith' && typeof read !== 'string' ? (value as string) : read;
  const one: Where = { [field]: { [operator]: operand } };
  return before === undefined ? one : { and: [...(before.and ?? [before]), one] };
}

/** A number, true, false or null as JSON has them, a text in quotes or as it is. */
function scalar(text: string): Scalar {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return value as Scalar;
  } catch {
    // Not JSON: a text.
  }
  return text;
}
