// Recurrences: rules with a start, and what occurs by them.
import type { Recurrence as RawRecurrence } from '../../generated/raw/dates.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { type BetweenOptions, DateSet, type HasDays, withDays } from './date-set.js';
import { ruleEnglish } from './english.js';
import { basic, DAY, type MomentInput, readMoment } from './moment.js';
import {
  dayWriter,
  englishMoment,
  formOf,
  type OutputForm,
  type Outputs,
  wallWriter,
  writtenEach,
} from './output.js';
import { ruleText, untilText } from './rule.js';
import {
  create,
  instantIn,
  OPTION_KEYS,
  objectSpec,
  type RecurrenceKind,
  type RecurrenceObject,
  type RecurrenceOptions,
  type Spec,
  textSpec,
} from './spec.js';
import type { Zone } from './zone.js';

/**
 * A recurrence rule (RFC 5545) with its start, and what occurs by it, in the years 1 to 9999. Occurrences are counted and
 * found on the clock on the wall; a zone is applied to what is given out: times that the clocks skip are read with the offset
 * before the gap, times that they show twice are the first (RFC 5545, 3.3.5).
 */
export class Recurrence extends WasmObject<RawRecurrence> implements HasDays {
  #spec!: Spec;

  /** @internal */
  protected override facts() {
    return { kind: this.kind, text: this.text() };
  }

  /** `'date'`, `'floating'` or `'zoned'`. */
  get kind(): RecurrenceKind {
    return this.#spec.kind;
  }

  /** The name of the time zone, of a zoned one. */
  get zone(): string | undefined {
    return this.#spec.zone?.name;
  }

  /** Bytes held; what is shared with sets of days counts in each. */
  get bytesUsed(): number {
    return this.use('Recurrence.bytesUsed').bytes();
  }

  /**
   * Reads a rule: `FREQ=...` with `start` among the options, lines of iCalendar (DTSTART, RRULE, RDATE, EXDATE, or an event
   * around them), or an object. About 20 us for a rule without an interval.
   *
   * @throws RangeError `OPTION`: a part that is wrong, or that RFC 5545 forbids beside the others; `argument` is its name, the
   * message says what would be right. `RANGE`: no such day, time or zone. SublinearError `PARSE`: lines that are no iCalendar.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', { start: '2000-01-01' });
   * console.log(r.text()); // every month on the 13th when it is a Friday
   * console.log(r.between('2000-01-01', '2001-12-31')); // [ '2000-10-13', '2001-04-13', '2001-07-13' ]
   * console.log(r.count('2000-01-01', '2029-12-31')); // 51
   *
   * using meeting = Recurrence.parse({ freq: 'weekly', byDay: ['MO', 'TH'], start: '2024-03-28T09:00', zone: 'Europe/Berlin' });
   * console.log(meeting.next('2024-03-30')); // 2024-04-01T09:00:00+02:00[Europe/Berlin]
   * ```
   */
  static parse(text: string | RecurrenceObject, options?: RecurrenceOptions): Recurrence {
    const operation = 'Recurrence.parse';
    const runtime = runtimeOf(this, operation);
    const given = check.options<RecurrenceOptions>(operation, options, OPTION_KEYS);
    const spec =
      typeof text === 'string'
        ? textSpec(operation, text, given)
        : objectSpec(operation, text, given);
    return Recurrence.#made(runtime, operation, spec, create(runtime, operation, spec));
  }

  static #made(
    runtime: Runtime,
    operation: string,
    spec: Spec,
    raw: RawRecurrence | null,
  ): Recurrence {
    const made = adopt(runtime, operation, Recurrence, raw);
    made.#spec = spec;
    return made;
  }

  /**
   * The rule and its start as lines of iCalendar, parts in a fixed order: `parse()` reads them again.
   *
   * @throws SublinearError `UNSUPPORTED` for what `within()` gave: no rule says it
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('byday=-1fr;freq=monthly', { start: '2024-01-01' });
   * console.log(r.toString().split('\n')); // [ 'DTSTART;VALUE=DATE:20240101', 'RRULE:FREQ=MONTHLY;BYDAY=-1FR' ]
   * ```
   */
  override toString(): string {
    const { kind, zone, rule, start, until, added, excluded, restricted } = this.#spec;
    if (restricted)
      throw new SublinearError(
        'UNSUPPORTED',
        'Recurrence.toString',
        'no rule says what within() left; keep the rule and the set that it was restricted to',
      );
    const head = (name: string) =>
      kind === 'date'
        ? `${name};VALUE=DATE:`
        : zone === undefined || zone.name === 'UTC'
          ? `${name}:`
          : `${name};TZID=${zone.name}:`;
    const write = (wall: number) =>
      basic(wall, kind === 'date') + (zone?.name === 'UTC' ? 'Z' : '');
    const lines = [head('DTSTART') + write(start)];
    if (rule !== undefined) {
      const end = until === undefined ? undefined : (zone?.instantOf(until) ?? until);
      lines.push(`RRULE:${ruleText(rule, end === undefined ? undefined : untilText(end, kind))}`);
    }
    if (added.length > 0) lines.push(head('RDATE') + added.map(write).join(','));
    if (excluded.length > 0) lines.push(head('EXDATE') + excluded.map(write).join(','));
    return lines.join('\n');
  }

  /**
   * The rule in English.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10', { start: '2024-01-01T09:00' });
   * console.log(r.text()); // every 2 weeks on Monday and Wednesday, 10 times
   * ```
   */
  text(): string {
    const { kind, rule, start, until, added, excluded } = this.#spec;
    const withTime = kind !== 'date';
    const more = (n: number, before: string) =>
      n === 0 ? '' : `, ${before} ${n === 1 ? 'one date' : `${n} dates`}`;
    const said =
      rule === undefined
        ? `on ${englishMoment(start, withTime)}`
        : ruleEnglish(rule, until === undefined ? undefined : englishMoment(until, withTime));
    return said + more(added.length, 'and on') + more(excluded.length, 'except');
  }

  /**
   * The occurrences in `from` .. `to`, both included, in the order of the clock on the wall; without them, all. A day
   * without a time is meant whole. A text without a zone is read in the zone of the recurrence. O(found).
   *
   * `as: 'date'` gives for days and floating times Dates that have these fields in UTC.
   *
   * @throws SublinearError `MEMORY` when there are more than the engine's limit holds: set `limit`. `UNSUPPORTED` for
   * `'temporal'` where there is none.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=DAILY;BYHOUR=9,17', { start: '2024-03-30T09:00', zone: 'Europe/London' });
   * console.log(r.between('2024-03-30', '2024-03-31', { as: 'date', limit: 3 }).map((d) => d.toISOString().slice(0, 16)));
   * // [ '2024-03-30T09:00', '2024-03-30T17:00', '2024-03-31T08:00' ]
   * ```
   */
  between<F extends OutputForm = 'iso'>(
    from?: MomentInput,
    to?: MomentInput,
    options?: BetweenOptions<F>,
  ): Outputs[F][] {
    const operation = 'Recurrence.between';
    const { as, limit } = check.options<BetweenOptions<F>>(operation, options, ['as', 'limit']);
    const write = this.#writer(operation, formOf(operation, as));
    if (limit !== undefined) check.integer(operation, 'limit', limit);
    const [first, last] = this.#range(operation, from, to);
    const count = Math.min(
      this.use(operation).count(first, last),
      limit ?? Number.POSITIVE_INFINITY,
    );
    const walls = this.#list(operation, first, last, false, count);
    return writtenEach(walls, write);
  }

  /**
   * The first occurrence after `moment`, or the n-th one; undefined where there is none. O(n).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', { start: '2000-01-01' });
   * console.log(r.next('2096-02-29'), r.next('2096-02-29', 2)); // 2104-02-29 2108-02-29
   * ```
   */
  next<F extends OutputForm = 'iso'>(
    moment: MomentInput,
    n = 1,
    options?: { as?: F },
  ): Outputs[F] | undefined {
    const operation = 'Recurrence.next';
    const [, last] = this.#range(operation, undefined, moment, 'moment');
    return this.#nth(operation, last + 1, Number.POSITIVE_INFINITY, false, n, options);
  }

  /**
   * The last occurrence before `moment`, or the n-th one back.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=WEEKLY;BYDAY=TU', { start: '2024-01-01' });
   * console.log(r.previous('2024-03-01')); // 2024-02-27
   * ```
   */
  previous<F extends OutputForm = 'iso'>(
    moment: MomentInput,
    n = 1,
    options?: { as?: F },
  ): Outputs[F] | undefined {
    const operation = 'Recurrence.previous';
    const [first] = this.#range(operation, moment, undefined, 'moment');
    return this.#nth(operation, Number.NEGATIVE_INFINITY, first - 1, true, n, options);
  }

  /**
   * How many occurrences lie in `from` .. `to`, both included; without them, all. O(log) where all days have the same times.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', { start: '1601-01-01' });
   * console.log(r.count('1601-01-01', '2000-12-31')); // 688
   * ```
   */
  count(from?: MomentInput, to?: MomentInput): number {
    const operation = 'Recurrence.count';
    const [first, last] = this.#range(operation, from, to);
    return this.use(operation).count(first, last);
  }

  /**
   * Whether there is an occurrence at a time, or on a day. O(log).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=DAILY;INTERVAL=3', { start: '2024-01-01T12:00' });
   * console.log(r.has('2024-01-04'), r.has('2024-01-04T12:00'), r.has('2024-01-04T13:00')); // true true false
   * ```
   */
  has(moment: MomentInput): boolean {
    const operation = 'Recurrence.has';
    const [first, last] = this.#range(operation, moment, moment, 'moment');
    return this.use(operation).count(first, last) > 0;
  }

  /**
   * The days on which it occurs, on the clock on the wall, as a set.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using r = Recurrence.parse('FREQ=HOURLY;INTERVAL=36', { start: '2024-01-01T00:00' });
   * console.log(r.days().between('2024-01-01', '2024-01-05')); // [ '2024-01-01', '2024-01-02', '2024-01-04', '2024-01-05' ]
   * ```
   */
  days(): DateSet {
    const operation = 'Recurrence.days';
    const raw = this.use(operation);
    return adopt(this.runtime, operation, DateSet, this.runtime.raw.Recurrence.days(raw));
  }

  /**
   * The same recurrence on the days of a set only, with its times: a meeting on business days. What `count` of the rule
   * counts stays what it was.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence, businessDays, DateSet } = await load();
   * using r = Recurrence.parse('FREQ=DAILY', { start: '2024-12-23T09:00' });
   * using open = businessDays({ holidays: [DateSet.from(['2024-12-25', '2024-12-26'])] });
   * console.log(r.within(open).between('2024-12-23', '2024-12-29'));
   * // [ '2024-12-23T09:00:00', '2024-12-24T09:00:00', '2024-12-27T09:00:00' ]
   * ```
   */
  within(days: HasDays): Recurrence {
    const operation = 'Recurrence.within';
    const raw = this.use(operation);
    const { runtime } = this;
    return withDays(runtime, operation, 'days', days, (set) =>
      Recurrence.#made(
        runtime,
        operation,
        { ...this.#spec, restricted: true },
        runtime.raw.Recurrence.within(raw, set),
      ),
    );
  }

  /**
   * `days()` of this and of the other in both: {@link DateSet.and}. Times are left out; `within()` keeps them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet, Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using january = DateSet.range('2024-01-01', '2024-01-31');
   * using both = fridays.and(january);
   * console.log(both.size); // 4
   * ```
   */
  and(other: HasDays): DateSet {
    return this.#onDays((days) => days.and(other));
  }

  /**
   * {@link DateSet.or} of `days()`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet, Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using january = DateSet.range('2024-01-01', '2024-01-31');
   * using either = fridays.or(january);
   * console.log(either.count('2024-01-01', '2024-02-29')); // 35
   * ```
   */
  or(other: HasDays): DateSet {
    return this.#onDays((days) => days.or(other));
  }

  /**
   * {@link DateSet.except} of `days()`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet, Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using january = DateSet.range('2024-01-01', '2024-01-31');
   * using later = fridays.except(january);
   * console.log(later.first); // 2024-02-02
   * ```
   */
  except(other: HasDays): DateSet {
    return this.#onDays((days) => days.except(other));
  }

  /**
   * {@link DateSet.shift} of `days()`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using saturdays = fridays.shift(1);
   * console.log(saturdays.first); // 2024-01-06
   * ```
   */
  shift(days: number): DateSet {
    return this.#onDays((set) => set.shift(days));
  }

  /**
   * {@link DateSet.complement} of `days()`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { Recurrence } = await load();
   * using fridays = Recurrence.parse('FREQ=WEEKLY;BYDAY=FR', { start: '2024-01-01' });
   * using others = fridays.complement();
   * console.log(others.has('2024-01-05'), others.has('2024-01-06')); // false true
   * ```
   */
  complement(): DateSet {
    return this.#onDays((days) => days.complement());
  }

  #onDays(call: (days: DateSet) => DateSet): DateSet {
    const days = this.days();
    try {
      return call(days);
    } finally {
      days.dispose();
    }
  }

  #writer(operation: string, form: OutputForm): (wall: number) => Outputs[OutputForm] {
    const { kind, zone } = this.#spec;
    if (kind !== 'date') return wallWriter(operation, form, zone);
    const write = dayWriter(operation, form);
    return (wall) => write(wall / DAY);
  }

  /** Seconds on the wall of the first and the last instant that are meant. */
  #range(
    operation: string,
    from: MomentInput | undefined,
    to: MomentInput | undefined,
    name?: string,
  ): [first: number, last: number] {
    const spec = this.#spec;
    const read = (argument: string, value: MomentInput) =>
      readMoment(operation, name ?? argument, value);
    let [first, last] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    if (from !== undefined) {
      const moment = read('from', from);
      const instant = instantIn(operation, name ?? 'from', moment, spec);
      first = instant === undefined ? moment.wall : (spec.zone as Zone).lastWallOf(instant - 1) + 1;
      if (spec.kind === 'date') first = Math.floor(moment.wall / DAY) * DAY;
    }
    if (to !== undefined) {
      const moment = read('to', to);
      const instant = instantIn(operation, name ?? 'to', moment, spec);
      last = instant === undefined ? moment.wall : (spec.zone as Zone).lastWallOf(instant);
      if (moment.isDay || spec.kind === 'date')
        last = Math.floor(moment.wall / DAY) * DAY + DAY - 1;
    }
    return [first, last];
  }

  #nth<F extends OutputForm>(
    operation: string,
    first: number,
    last: number,
    backward: boolean,
    n: number,
    options: { as?: F } | undefined,
  ): Outputs[F] | undefined {
    const { as } = check.options<{ as?: F }>(operation, options, ['as']);
    const write = this.#writer(operation, formOf(operation, as));
    check.integer(operation, 'n', n, 1, 0x7fff_ffff);
    const walls = this.#list(operation, first, last, backward, n);
    const wall = walls[n - 1];
    return wall === undefined ? undefined : (write(wall) as Outputs[F]);
  }

  #list(
    operation: string,
    first: number,
    last: number,
    backward: boolean,
    limit: number,
  ): Float64Array {
    const raw = this.use(operation);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const address = scratch.f64(limit);
      raw.list(first, last, backward, limit, address, runtime.out);
      return runtime.copyF64(address, runtime.outU32());
    });
  }
}
