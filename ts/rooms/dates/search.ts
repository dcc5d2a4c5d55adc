// Days that satisfy constraints, and the fewest constraints that leave no day.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { DateSet, fromNumbers, type HasDays, weekdays, withDays } from './date-set.js';
import { type DayInput, dayNumber, FIRST_DAY, isoDay, LAST_DAY, readDay } from './moment.js';
import { Recurrence } from './recurrence.js';
import { partError, type Weekday, weekday } from './rule.js';

/** One condition on a day. An object with several keys is several conditions at once. */
export interface Constraint {
  /** One of these days. */
  exact?: DayInput | readonly DayInput[];
  /** Later than this day. */
  after?: DayInput;
  /** Earlier than this day. */
  before?: DayInput;
  /** Between two days, both included. */
  between?: readonly [DayInput, DayInput];
  weekday?: Weekday | readonly Weekday[];
  /** 1 to 12. */
  month?: number | readonly number[];
  /** In one of these years. */
  year?: number | readonly number[];
  /** The n-th such day of the week of its month, or of its year; from the end for a negative number. */
  nth?: { n: number; weekday: Weekday; of?: 'month' | 'year' };
  /** On a day of a set or of a recurrence; a text is a rule, counted from the first day of the search. */
  rule?: string | HasDays;
  /** None of the days that satisfy this. */
  not?: Constraint;
}

export interface SearchOptions {
  /** The first and the last day that are looked at; the years 1 to 9999 without them. */
  from?: DayInput;
  to?: DayInput;
}

/** Why there is no day. */
export interface Contradiction {
  /** The fewest constraints that leave no day together, by their place in the list given. */
  constraints: number[];
  /** The same in English. */
  text: string;
}

/** What a search found. */
export class SearchResult {
  readonly #sets: readonly DateSet[];
  readonly #explain: () => Contradiction;
  /** All days that satisfy all constraints. */
  readonly days: DateSet;
  readonly count: number;

  /** @internal */
  constructor(days: DateSet, sets: readonly DateSet[], explain: () => Contradiction) {
    this.days = days;
    this.count = days.size;
    this.#sets = sets;
    this.#explain = explain;
  }

  /**
   * The fewest constraints that contradict each other; undefined when there are days.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { searchDates } = await load();
   * const none = searchDates([{ year: 2023 }, { month: 2 }, { rule: 'FREQ=MONTHLY;BYMONTHDAY=29' }]);
   * console.log(none.explain()?.constraints); // [ 0, 1, 2 ]
   * none.dispose();
   * ```
   */
  explain(): Contradiction | undefined {
    return this.count > 0 ? undefined : this.#explain();
  }

  /**
   * Frees the sets, `days` too.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { searchDates } = await load();
   * const found = searchDates([{ weekday: 'FR' }, { year: 2024 }, { month: 2 }]);
   * console.log(found.count); // 4
   * found.dispose();
   * ```
   */
  dispose(): void {
    for (const set of [this.days, ...this.#sets]) set.dispose();
  }
}

const KEYS: readonly (keyof Constraint)[] = [
  'exact',
  'after',
  'before',
  'between',
  'weekday',
  'month',
  'year',
  'nth',
  'rule',
  'not',
];

/** More would make no search, and the fewest that contradict could not be found in time. */
const MOST = 64;

export function search(
  runtime: Runtime,
  constraints: readonly Constraint[],
  options: SearchOptions | undefined,
): SearchResult {
  const operation = 'searchDates';
  if (!Array.isArray(constraints))
    throw check.typeError(operation, 'constraints', 'array of objects', constraints);
  if (constraints.length > MOST)
    throw check.rangeError(operation, 'constraints', `at most ${MOST} of them`, constraints.length);
  const given = check.options<SearchOptions>(operation, options, ['from', 'to']);
  const first = given.from === undefined ? FIRST_DAY : readDay(operation, 'from', given.from);
  const last = given.to === undefined ? LAST_DAY : readDay(operation, 'to', given.to);
  const sets: DateSet[] = [];
  const Days = runtime.bind(DateSet);
  const makers = new Makers(runtime, operation, first);
  try {
    const window = Days.range(isoDay(first), isoDay(last));
    sets.push(window);
    for (const [i, constraint] of constraints.entries())
      sets.push(makers.set(constraint, `constraints[${i}]`, 0));
    const days = intersection(sets, sets);
    return new SearchResult(days, sets, () => {
      const fewest = contradiction(sets);
      const text = fewest.map((i) =>
        i === 0 ? windowText(first, last) : describe(constraints[i - 1] as Constraint),
      );
      return {
        constraints: fewest.filter((i) => i > 0).map((i) => i - 1),
        text: `no day is ${text.join(' and ')}`,
      };
    });
  } catch (error) {
    for (const set of sets) set.dispose();
    throw error;
  }
}

/** The days that all of some sets have. A set of its own, also for one. */
function intersection(all: readonly DateSet[], of: readonly DateSet[]): DateSet {
  let days = (of[0] ?? (all[0] as DateSet)).days();
  for (const set of of.slice(1)) {
    const both = days.and(set);
    days.dispose();
    days = both;
  }
  return days;
}

/**
 * The fewest sets without a common day. Based on: J. Davies, F. Bacchus, "Solving MAXSAT by Solving a Sequence of Simpler SAT
 * Instances", CP 2011, doi:10.1007/978-3-642-23786-7_19: implicit hitting sets. Every day lies outside of some sets, and must
 * be excluded by one that is chosen; a smallest choice that excludes all days seen so far either leaves no day, or shows one
 * more.
 */
function contradiction(sets: readonly DateSet[]): number[] {
  const seen: number[][] = [];
  for (;;) {
    const chosen = smallestHit(seen, sets.length);
    // Nothing chosen yet: any day will do as the first example.
    const days = intersection(
      sets,
      chosen.map((i) => sets[i] as DateSet),
    );
    const day = chosen.length === 0 ? isoDay(FIRST_DAY) : days.first;
    days.dispose();
    if (day === undefined) return chosen;
    const against = [...sets.keys()].filter((i) => !sets[i]?.has(day));
    // The day is in all sets: it is the caller who asks only when there is none.
    if (against.length === 0) return [];
    seen.push(against);
  }
}

/** The fewest numbers that have one in common with each list; of several smallest choices the first. */
function smallestHit(lists: readonly number[][], count: number): number[] {
  for (let size = 0; size <= count; size++) {
    const found = hit(lists, size);
    if (found) return found.sort((a, b) => a - b);
  }
  return [];
}

/** Depth-first without recursion: at each level one number of the first list that is not hit yet. */
function hit(lists: readonly number[][], size: number): number[] | undefined {
  const path: { list: readonly number[]; at: number }[] = [];
  const chosen = () => path.map(({ list, at }) => list[at] as number);
  for (;;) {
    const now = chosen();
    const open = lists.find((list) => !list.some((i) => now.includes(i)));
    if (open === undefined) return now;
    if (path.length < size) {
      path.push({ list: open, at: 0 });
      continue;
    }
    for (;;) {
      const last = path[path.length - 1];
      if (last === undefined) return undefined;
      if (++last.at < last.list.length) break;
      path.pop();
    }
  }
}

/** Makes the sets of constraints. */
class Makers {
  readonly #runtime: Runtime;
  readonly #operation: string;
  readonly #first: number;

  constructor(runtime: Runtime, operation: string, first: number) {
    this.#runtime = runtime;
    this.#operation = operation;
    this.#first = first;
  }

  set(constraint: Constraint, name: string, depth: number): DateSet {
    const operation = this.#operation;
    if (typeof constraint !== 'object' || constraint === null)
      throw check.typeError(operation, name, 'object', constraint);
    if (depth > 20) throw check.rangeError(operation, name, 'at most 20 times not', depth);
    const given = check.options<Constraint>(operation, constraint, KEYS);
    const keys = KEYS.filter((key) => given[key] !== undefined);
    if (keys.length === 0) throw partError(operation, name, `one of ${KEYS.join(', ')}`);
    const sets: DateSet[] = [];
    try {
      for (const key of keys) sets.push(this.#one(key, given, `${name}.${key}`, depth));
      return intersection(sets, sets);
    } finally {
      for (const set of sets) set.dispose();
    }
  }

  #one(key: keyof Constraint, given: Constraint, name: string, depth: number): DateSet {
    const operation = this.#operation;
    const Days = this.#runtime.bind(DateSet);
    const day = (value: unknown) => readDay(operation, name, value);
    const span = (from: number, to: number) =>
      to < from ? this.#numbers([]) : Days.range(isoDay(from), isoDay(to));
    switch (key) {
      case 'exact':
        return this.#numbers(Array.from(several(given.exact), day));
      case 'after':
        return span(day(given.after) + 1, LAST_DAY);
      case 'before':
        return span(FIRST_DAY, day(given.before) - 1);
      case 'between': {
        const ends = given.between;
        if (!Array.isArray(ends) || ends.length !== 2)
          throw check.typeError(operation, name, 'two days', ends);
        return span(day(ends[0]), day(ends[1]));
      }
      case 'weekday':
        return weekdays(
          this.#runtime,
          operation,
          Array.from(several(given.weekday), (value) => weekday(operation, name, value)),
        );
      case 'month':
        return this.#rule(`FREQ=DAILY;BYMONTH=${this.#integers(name, given.month, 1, 12)}`);
      case 'year':
        return this.#years(name, given.year);
      case 'nth':
        return this.#nth(name, given.nth);
      case 'rule': {
        if (typeof given.rule === 'string') return this.#rule(given.rule, isoDay(this.#first));
        return withDays(this.#runtime, operation, name, given.rule, () =>
          (given.rule as HasDays).days(),
        );
      }
      case 'not': {
        const inner = this.set(given.not as Constraint, name, depth + 1);
        try {
          return inner.complement();
        } finally {
          inner.dispose();
        }
      }
    }
  }

  #numbers(days: readonly number[]): DateSet {
    return fromNumbers(this.#runtime, this.#operation, days);
  }

  #rule(text: string, start = isoDay(FIRST_DAY)): DateSet {
    const rule = this.#runtime.bind(Recurrence).parse(text, { start });
    try {
      return rule.days();
    } finally {
      rule.dispose();
    }
  }

  #integers(name: string, value: unknown, low: number, high: number): readonly number[] {
    const list = Array.from(several(value), (each) =>
      check.integer(this.#operation, name, each as number, low, high),
    );
    if (list.length === 0) throw partError(this.#operation, name, `integers ${low}..${high}`);
    return list;
  }

  #years(name: string, value: unknown): DateSet {
    let all = this.#numbers([]);
    for (const year of this.#integers(name, value, 1, 9999)) {
      const first = dayNumber(year, 1, 1) as number;
      const last = dayNumber(year, 12, 31) as number;
      const one = this.#runtime.bind(DateSet).range(isoDay(first), isoDay(last));
      const both = all.or(one);
      all.dispose();
      one.dispose();
      all = both;
    }
    return all;
  }

  #nth(name: string, value: Constraint['nth']): DateSet {
    const operation = this.#operation;
    const keys = ['n', 'weekday', 'of'] as const;
    const {
      n,
      weekday: day,
      of = 'month',
    } = check.options(operation, value, keys) as NonNullable<typeof value>;
    const freq = check.choice(operation, `${name}.of`, of, { month: 'MONTHLY', year: 'YEARLY' });
    const most = of === 'month' ? 5 : 53;
    check.integer(operation, `${name}.n`, n, -most, most);
    if (n === 0) throw check.rangeError(operation, `${name}.n`, 'a number other than 0', n);
    weekday(operation, `${name}.weekday`, day);
    return this.#rule(`FREQ=${freq};BYDAY=${n}${day}`);
  }
}

const several = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const windowText = (first: number, last: number) => `between ${isoDay(first)} and ${isoDay(last)}`;

function describe(constraint: Constraint): string {
  const shown = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(shown).join(' or ');
    if (value instanceof Date) return value.toISOString().slice(0, 10);
    if (value instanceof Recurrence) return value.text();
    if (value instanceof DateSet) return `in a set of ${value.size} days`;
    return String(value);
  };
  const words = KEYS.filter((key) => constraint[key] !== undefined).map((key) => {
    const value = constraint[key];
    switch (key) {
      case 'exact':
        return shown(value);
      case 'between':
        return `between ${(value as DayInput[]).map(shown).join(' and ')}`;
      case 'weekday':
      case 'month':
      case 'year':
        return `of ${key} ${shown(value)}`;
      case 'nth': {
        const { n, weekday: day, of = 'month' } = value as NonNullable<Constraint['nth']>;
        return `number ${n} of the ${day} of its ${of}`;
      }
      case 'rule':
        return `by the rule ${shown(value)}`;
      case 'not':
        return `not (${describe(value as Constraint)})`;
      default:
        return `${key} ${shown(value)}`;
    }
  });
  return words.join(' and ');
}
