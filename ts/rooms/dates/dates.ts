// Calendars as sets: recurrence rules, sets of days, business days, and searches by constraints.

import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { DateSet, fromNumbers, type HasDays, weekdays } from './date-set.js';
import { dayNumber } from './moment.js';
import { Recurrence } from './recurrence.js';
import { type Weekday, weekday } from './rule.js';
import { type Constraint, type SearchOptions, type SearchResult, search } from './search.js';

export * from '../../runtime/errors.js';
export { type BetweenOptions, DateSet, type HasDays } from './date-set.js';
export type { DayInput, MomentInput } from './moment.js';
export type { OutputForm, Outputs, TemporalObject } from './output.js';
export { Recurrence } from './recurrence.js';
export type { Frequency, RuleObject, Weekday } from './rule.js';
export type { Constraint, Contradiction, SearchOptions, SearchResult } from './search.js';
export type { RecurrenceKind, RecurrenceObject, RecurrenceOptions } from './spec.js';

export interface BusinessOptions {
  /** Days of the week without business; `['SA', 'SU']` by default. */
  weekend?: readonly Weekday[];
  /** Holidays: sets of days, or recurrences. */
  holidays?: readonly HasDays[];
}

export interface EasterOptions {
  /** The first and the last year; 1583, when the rule began, to 9999 by default. */
  from?: number;
  to?: number;
}

/** What `engine.use('dates')` and `load()` give. */
export interface DatesRoom {
  readonly Recurrence: typeof Recurrence;
  readonly DateSet: typeof DateSet;

  /**
   * All days that are neither weekend nor holiday. `next(day, n)` of it adds n business days, `count()` counts them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { businessDays, Recurrence } = await load();
   * using christmas = Recurrence.parse('FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26', { start: '2000-01-01' });
   * using open = businessDays({ holidays: [christmas] });
   * console.log(open.next('2024-12-23', 3)); // 2024-12-30
   * ```
   */
  businessDays(options?: BusinessOptions): DateSet;

  /**
   * Easter Sundays of the Gregorian calendar; other feasts are so many days from them: `easter().shift(-2)` is Good Friday.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { easter } = await load();
   * console.log(easter().between('2024-01-01', '2025-12-31')); // [ '2024-03-31', '2025-04-20' ]
   * ```
   */
  easter(options?: EasterOptions): DateSet;

  /**
   * All days that satisfy all constraints, how many there are, and, when there is none, the fewest constraints that
   * contradict each other.
   *
   * @throws TypeError for unknown constraints; RangeError `RANGE` for what is no day, and for more than 64 constraints
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { searchDates } = await load();
   * const found = searchDates([{ weekday: 'FR' }, { rule: 'FREQ=MONTHLY;BYMONTHDAY=13' }, { year: 2024 }]);
   * console.log(found.days.between()); // [ '2024-09-13', '2024-12-13' ]
   *
   * const none = searchDates([{ year: 2023 }, { month: 2 }, { rule: 'FREQ=MONTHLY;BYMONTHDAY=29' }, { not: { weekday: 'SU' } }]);
   * console.log(none.count, none.explain()?.constraints); // 0 [ 0, 1, 2 ]
   * ```
   */
  searchDates(constraints: readonly Constraint[], options?: SearchOptions): SearchResult;
}

/** @internal */
export function createRoom(runtime: Runtime): DatesRoom {
  return {
    Recurrence: runtime.bind(Recurrence),
    DateSet: runtime.bind(DateSet),
    businessDays(options) {
      const operation = 'businessDays';
      runtime.assertAlive(operation);
      const keys = ['weekend', 'holidays'] as const;
      const given = check.options<BusinessOptions>(operation, options, keys);
      const { weekend = ['SA', 'SU'], holidays = [] } = given;
      if (!Array.isArray(weekend)) throw check.typeError(operation, 'weekend', 'array', weekend);
      if (!Array.isArray(holidays)) throw check.typeError(operation, 'holidays', 'array', holidays);
      const closed = Array.from(weekend, (day) => weekday(operation, 'weekend', day));
      let open = weekdays(
        runtime,
        operation,
        [0, 1, 2, 3, 4, 5, 6].filter((day) => !closed.includes(day)),
      );
      for (const holiday of holidays) {
        try {
          const rest = open.except(holiday);
          open.dispose();
          open = rest;
        } catch (error) {
          open.dispose();
          throw error;
        }
      }
      return open;
    },
    easter(options) {
      const operation = 'easter';
      runtime.assertAlive(operation);
      const { from = 1583, to = 9999 } = check.options<EasterOptions>(operation, options, [
        'from',
        'to',
      ]);
      check.integer(operation, 'from', from, 1, 9999);
      check.integer(operation, 'to', to, 1, 9999);
      const days: number[] = [];
      for (let year = from; year <= to; year++) days.push(easterSunday(year));
      return fromNumbers(runtime, operation, days);
    },
    searchDates: (constraints, options) => search(runtime, constraints, options),
  };
}

/** Based on: "To find Easter", Nature 13 (1876), p. 487: the rule of an anonymous correspondent, for every Gregorian year. */
function easterSunday(year: number): number {
  const golden = year % 19;
  const [century, inCentury] = [Math.floor(year / 100), year % 100];
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30;
  const sunday =
    (32 + 2 * (century % 4) + 2 * Math.floor(inCentury / 4) - epact - (inCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * sunday) / 451);
  const march = epact + sunday - 7 * late + 114;
  return dayNumber(year, Math.floor(march / 31), (march % 31) + 1) as number;
}
