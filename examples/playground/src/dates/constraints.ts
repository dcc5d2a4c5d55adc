// Conditions on days as they are typed, one a line: "weekday FR", "after 2024-05-01", "not month 1".
import type { Constraint } from 'sublinear/dates';

/** What can be typed: rules are texts, not objects. */
interface Typed extends Omit<Constraint, 'rule' | 'not'> {
  rule?: string;
  not?: Typed;
}

const list = (text: string) => text.split(/[\s,]+/).filter((part) => part !== '');

const readers: Record<string, (rest: string) => Typed> = {
  exact: (rest) => ({ exact: list(rest) }),
  after: (rest) => ({ after: rest }),
  before: (rest) => ({ before: rest }),
  between: (rest) => ({ between: list(rest) as unknown as readonly [string, string] }),
  weekday: (rest) => ({ weekday: list(rest.toUpperCase()) as Typed['weekday'] & string[] }),
  month: (rest) => ({ month: list(rest).map(Number) }),
  year: (rest) => ({ year: list(rest).map(Number) }),
  nth: (rest) => {
    const [n, weekday, of] = list(rest);
    return {
      nth: {
        n: Number(n),
        weekday: (weekday ?? '').toUpperCase() as NonNullable<Typed['nth']>['weekday'],
        ...(of === 'year' || of === 'month' ? { of } : {}),
      },
    };
  },
  rule: (rest) => ({ rule: rest }),
  not: (rest) => ({ not: readConstraint(rest) }),
};

export const KINDS = Object.keys(readers);

export function readConstraint(line: string): Typed {
  const [, kind = '', rest = ''] = /^\s*(\w+)[\s:=]*(.*?)\s*$/.exec(line) ?? [];
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (!read) throw new RangeError(`"${line.trim()}" begins with none of: ${KINDS.join(', ')}.`);
  return read(rest);
}

/** The lines that say something, and what they say. */
export function readConstraints(text: string): { lines: string[]; constraints: Typed[] } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return { lines, constraints: lines.map(readConstraint) };
}
