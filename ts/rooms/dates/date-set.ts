// Sets of days.
import type { DateSet as RawDateSet } from '../../generated/raw/dates.js';
import { runtimeOf } from '../../runtime/bind.js';
import { adopt, disposing, rawOf, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { type DayInput, FIRST_DAY, LAST_DAY, readDay } from './moment.js';
import { dayWriter, formOf, type OutputForm, type Outputs, writtenEach } from './output.js';
import { type Weekday, weekday } from './rule.js';

/** Something that has days: a {@link DateSet}, or a `Recurrence`, of which the days on which it occurs are meant. */
export interface HasDays extends Pick<DateSet, 'dispose'> {
  /**
   * The days as a set. The caller disposes it.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using days = fridays.days();
   * console.log(days.first); // 2024-01-05
   * ```
   */
  days(): DateSet;
}

export interface BetweenOptions<F extends OutputForm = 'iso'> {
  /** How the results are given: `'iso'` by default. */
  as?: F;
  /** At most so many, the first ones. */
  limit?: number;
}

/** Values of sl_date_operation. */
const AND = 0;
const OR = 1;
const EXCEPT = 2;

/** `seek` gives it where there is no such day. */
const NO_DAY = -0x8000_0000;

/**
 * A set of days of the years 1 to 9999 (proleptic Gregorian calendar), one bit a day. Sets never change: operations make new
 * ones. A set that repeats with the calendar, every 400 years, holds 40 KB.
 */
export class DateSet extends WasmObject<RawDateSet> implements HasDays {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /** Number of days. O(1). */
  get size(): number {
    return this.use('DateSet.size').count(FIRST_DAY, LAST_DAY);
  }

  /** Bytes held; what is shared with other sets counts in each. */
  get bytesUsed(): number {
    return this.use('DateSet.bytesUsed').bytes();
  }

  /** The first day, or undefined for a set without one. */
  get first(): string | undefined {
    return this.#seek('DateSet.first', FIRST_DAY, 0, 'iso');
  }

  /** The last day. */
  get last(): string | undefined {
    return this.#seek('DateSet.last', LAST_DAY + 1, -1, 'iso');
  }

  /**
   * The days listed. Repeated ones count once. O(n).
   *
   * @throws TypeError, RangeError `RANGE` for what is no day of the years 1 to 9999
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * using holidays = DateSet.from(['2024-12-25', '2024-01-01', '2024-12-26']);
   * console.log(holidays.size, holidays.first); // 3 2024-01-01
   * ```
   */
  static from(days: Iterable<DayInput>): DateSet {
    const operation = 'DateSet.from';
    const runtime = runtimeOf(this, operation);
    if (typeof days !== 'object' || typeof days?.[Symbol.iterator] !== 'function')
      throw check.typeError(operation, 'days', 'an iterable of days', days);
    const numbers: number[] = [];
    for (const day of days) numbers.push(readDay(operation, `days[${numbers.length}]`, day));
    return fromNumbers(runtime, operation, numbers);
  }

  /**
   * All days from `first` to `last`, both included; without arguments all days of the years 1 to 9999. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * using year = DateSet.range('2024-01-01', '2024-12-31');
   * console.log(year.size); // 366
   * ```
   */
  static range(first?: DayInput, last?: DayInput): DateSet {
    const operation = 'DateSet.range';
    const runtime = runtimeOf(this, operation);
    const from = first === undefined ? FIRST_DAY : readDay(operation, 'first', first);
    const to = last === undefined ? LAST_DAY : readDay(operation, 'last', last);
    return adopt(runtime, operation, DateSet, runtime.raw.DateSet.span(from, to));
  }

  /**
   * The days that are in both. Costs a pass over 400 years of bits, about 2 us, for each pair of different pages.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet, Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2000-01-01' });
   * using dates = DateSet.from(['2024-09-13', '2024-09-14']);
   * console.log(dates.and(fridays).between()); // [ '2024-09-13' ]
   * ```
   */
  and(other: HasDays): DateSet {
    return this.#combine('DateSet.and', other, AND);
  }

  /**
   * The days that are in this set, in the other or in both.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * console.log(DateSet.from(['2024-01-01']).or(DateSet.from(['2024-05-01'])).size); // 2
   * ```
   */
  or(other: HasDays): DateSet {
    return this.#combine('DateSet.or', other, OR);
  }

  /**
   * The days of this set that are not in the other.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * const week = DateSet.range('2024-12-23', '2024-12-27');
   * console.log(week.except(DateSet.from(['2024-12-25', '2024-12-26'])).size); // 3
   * ```
   */
  except(other: HasDays): DateSet {
    return this.#combine('DateSet.except', other, EXCEPT);
  }

  /**
   * All other days of the years 1 to 9999.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * console.log(DateSet.from(['2024-01-01']).complement().size); // 3652058
   * ```
   */
  complement(): DateSet {
    const operation = 'DateSet.complement';
    const raw = this.use(operation);
    const { runtime } = this;
    const all = runtime.made(operation, runtime.raw.DateSet.span(FIRST_DAY, LAST_DAY));
    try {
      return adopt(runtime, operation, DateSet, runtime.raw.DateSet.combine(all, raw, EXCEPT));
    } finally {
      all.delete();
    }
  }

  /**
   * Every day moved by so many days, back for a negative number. What leaves the years 1 to 9999 is dropped.
   *
   * @throws RangeError `RANGE` for more than 3,652,058 days
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * console.log(DateSet.from(['2024-02-28']).shift(2).first); // 2024-03-01
   * ```
   */
  shift(days: number): DateSet {
    const operation = 'DateSet.shift';
    const raw = this.use(operation);
    check.integer(operation, 'days', days, -0x7fff_ffff, 0x7fff_ffff);
    return adopt(this.runtime, operation, DateSet, this.runtime.raw.DateSet.shift(raw, days));
  }

  /**
   * The set with the days that fall on a day of the week moved, as holidays are observed: `{ SA: -1, SU: 1 }` puts those of
   * a Saturday onto the Friday before, those of a Sunday onto the Monday after.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using fourth = Recurrence.parse('FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4', { start: '2020-01-01' });
   * const observed = fourth.days().observed({ SA: -1, SU: 1 });
   * console.log(observed.between('2020-01-01', '2021-12-31')); // [ '2020-07-03', '2021-07-05' ]
   * ```
   */
  observed(moves: Partial<Record<Weekday, number>>): DateSet {
    const operation = 'DateSet.observed';
    this.use(operation);
    const { runtime } = this;
    if (typeof moves !== 'object' || moves === null)
      throw check.typeError(operation, 'moves', 'object of days, as { SA: -1, SU: 1 }', moves);
    let rest: DateSet | undefined;
    let moved: DateSet | undefined;
    const replace = (old: DateSet | undefined, made: DateSet) => {
      old?.dispose();
      return made;
    };
    for (const [name, days] of Object.entries(moves)) {
      const day = weekday(operation, 'moves', name);
      check.integer(operation, `moves.${name}`, days, -366, 366);
      const those = weekdays(runtime, operation, [day]);
      let there: DateSet | undefined;
      try {
        there = disposing(this.and(those), (falling) => falling.shift(days));
        rest = replace(rest, (rest ?? this).except(those));
        moved = replace(moved, moved === undefined ? there.or(there) : moved.or(there));
      } finally {
        those.dispose();
        there?.dispose();
      }
    }
    if (rest === undefined || moved === undefined) return this.or(this);
    const both = rest.or(moved);
    rest.dispose();
    moved.dispose();
    return both;
  }

  /**
   * A set of the same days: what a `Recurrence` gives by the same name.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * using january = DateSet.range('2024-01-01', '2024-01-31');
   * using again = january.days();
   * console.log(again.size); // 31
   * ```
   */
  days(): DateSet {
    return this.or(this);
  }

  /**
   * Whether the day is in the set. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * console.log(DateSet.range('2024-01-01', '2024-01-31').has('2024-02-01')); // false
   * ```
   */
  has(day: DayInput): boolean {
    const operation = 'DateSet.has';
    const raw = this.use(operation);
    return raw.has(readDay(operation, 'day', day));
  }

  /**
   * How many days of the set lie in `from` .. `to`, both included; without them, all. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { businessDays } = await load();
   * console.log(businessDays().count('2024-01-01', '2024-12-31')); // 262
   * ```
   */
  count(from?: DayInput, to?: DayInput): number {
    const operation = 'DateSet.count';
    const [first, last] = range(operation, from, to);
    return this.use(operation).count(first, last);
  }

  /**
   * The first day of the set after `day`, or the n-th one; undefined where there is none. With business days it adds
   * business days. O(log).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { businessDays } = await load();
   * console.log(businessDays().next('2024-05-03'), businessDays().next('2024-05-03', 5)); // 2024-05-06 2024-05-10
   * ```
   */
  next<F extends OutputForm = 'iso'>(
    day: DayInput,
    n = 1,
    options?: { as?: F },
  ): Outputs[F] | undefined {
    const operation = 'DateSet.next';
    const { as } = check.options<{ as?: F }>(operation, options, ['as']);
    check.integer(operation, 'n', n, 1, 0x7fff_ffff);
    return this.#seek(
      operation,
      readDay(operation, 'day', day) + 1,
      n - 1,
      formOf(operation, as) as F,
    );
  }

  /**
   * The last day of the set before `day`, or the n-th one back.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { businessDays } = await load();
   * console.log(businessDays().previous('2024-05-06')); // 2024-05-03
   * ```
   */
  previous<F extends OutputForm = 'iso'>(
    day: DayInput,
    n = 1,
    options?: { as?: F },
  ): Outputs[F] | undefined {
    const operation = 'DateSet.previous';
    const { as } = check.options<{ as?: F }>(operation, options, ['as']);
    check.integer(operation, 'n', n, 1, 0x7fff_ffff);
    return this.#seek(operation, readDay(operation, 'day', day), -n, formOf(operation, as) as F);
  }

  /**
   * The days of the set in `from` .. `to`, both included, ascending; without them, all. O(days / 64 + found).
   *
   * @throws SublinearError `MEMORY` when there are more than the engine's limit holds: set `limit`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * const march = DateSet.range('2024-03-01', '2024-03-31');
   * console.log(march.between('2024-03-30', '2024-04-30')); // [ '2024-03-30', '2024-03-31' ]
   * ```
   */
  between<F extends OutputForm = 'iso'>(
    from?: DayInput,
    to?: DayInput,
    options?: BetweenOptions<F>,
  ): Outputs[F][] {
    const operation = 'DateSet.between';
    const { as, limit } = check.options<BetweenOptions<F>>(operation, options, ['as', 'limit']);
    const write = dayWriter(operation, formOf(operation, as));
    const numbers = this.#list(operation, from, to, limit);
    return writtenEach(numbers, write);
  }

  /**
   * The same as days counted from 1970-01-01: the quickest form, for programs that go on computing.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * console.log(DateSet.from(['1970-01-02', '1970-02-01']).dayNumbers()); // Int32Array(2) [ 1, 31 ]
   * ```
   */
  dayNumbers(from?: DayInput, to?: DayInput): Int32Array {
    return this.#list('DateSet.dayNumbers', from, to, undefined);
  }

  #list(
    operation: string,
    from: DayInput | undefined,
    to: DayInput | undefined,
    limit: number | undefined,
  ): Int32Array {
    const [first, last] = range(operation, from, to);
    if (limit !== undefined) check.integer(operation, 'limit', limit);
    const raw = this.use(operation);
    const { runtime } = this;
    const count = Math.min(raw.count(first, last), limit ?? Number.POSITIVE_INFINITY);
    const numbers = runtime.array(operation, Int32Array, count);
    runtime.scratch(operation, (scratch) => {
      const address = scratch.u32(count);
      raw.list(first, last, count, address);
      numbers.set(new Int32Array(runtime.u32.buffer, address, count));
    });
    return numbers;
  }

  #combine(operation: string, other: HasDays, how: number): DateSet {
    const raw = this.use(operation);
    const { runtime } = this;
    return withDays(runtime, operation, 'other', other, (days) =>
      adopt(runtime, operation, DateSet, runtime.raw.DateSet.combine(raw, days, how)),
    );
  }

  #seek<F extends OutputForm>(
    operation: string,
    day: number,
    n: number,
    form: F,
  ): Outputs[F] | undefined {
    const found = this.use(operation).seek(day, n);
    return found === NO_DAY ? undefined : (dayWriter(operation, form)(found) as Outputs[F]);
  }
}

function range(
  operation: string,
  from: DayInput | undefined,
  to: DayInput | undefined,
): [number, number] {
  return [
    from === undefined ? FIRST_DAY : readDay(operation, 'from', from),
    to === undefined ? LAST_DAY : readDay(operation, 'to', to),
  ];
}

/** Calls with the C set of an argument; the one that a recurrence makes for it is freed. */
export function withDays<T>(
  runtime: Runtime,
  operation: string,
  argument: string,
  value: unknown,
  call: (days: RawDateSet) => T,
): T {
  if (value instanceof DateSet) return call(rawOf(runtime, operation, argument, value, DateSet));
  if (!(value instanceof WasmObject) || typeof (value as Partial<HasDays>).days !== 'function')
    throw check.typeError(operation, argument, 'DateSet or Recurrence', value);
  const days = (value as WasmObject<never> & HasDays).days();
  try {
    return call(rawOf(runtime, operation, argument, days, DateSet));
  } finally {
    days.dispose();
  }
}

/** The set of day numbers. */
export function fromNumbers(runtime: Runtime, operation: string, days: readonly number[]): DateSet {
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.u32(days.length);
    new Int32Array(runtime.u32.buffer, address, days.length).set(days);
    const raw = runtime.raw.DateSet.fromDays(address, days.length);
    return adopt(runtime, operation, DateSet, raw);
  });
}

/** All Mondays (0) .. Sundays (6) that are listed. */
export function weekdays(runtime: Runtime, operation: string, days: readonly number[]): DateSet {
  if (days.length === 0) return fromNumbers(runtime, operation, []);
  return runtime.scratch(operation, (scratch) => {
    // Every day from 0001-01-01, a Monday, that is one of these: sl_date_rule in csrc/dates/rule.h.
    const words = new Uint32Array(93);
    words[0] = 3;
    words[1] = 1;
    words[35] = days.reduce((bits, day) => bits | (1 << day), 0);
    const address = scratch.u32(words.length);
    runtime.u32.set(words, address / 4);
    const [start, end] = [FIRST_DAY * 86_400, LAST_DAY * 86_400];
    const rule = runtime.made(
      operation,
      runtime.raw.Recurrence.create(address, start, end, Number.POSITIVE_INFINITY),
    );
    try {
      return adopt(runtime, operation, DateSet, runtime.raw.Recurrence.days(rule));
    } finally {
      rule.delete();
    }
  });
}
