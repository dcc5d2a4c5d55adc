// Recurrences: rules with a start, and what occurs by them.
import type { Recurrence as RawRecurrence } from '../../generated/raw/dates.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { type BetweenOptions, DateSet, type HasDays, withDays } from './date-set.js';
import { ruleEnglish } from './english.js';
import { isCalendarText, type Property, readEvent } from './icalendar.js';
import {
  basic,
  DAY,
  LAST_DAY,
  type Moment,
  type MomentInput,
  momentError,
  parseMoment,
  readMoment,
} from './moment.js';
import {
  dayWriter,
  englishMoment,
  formOf,
  type OutputForm,
  type Outputs,
  wallWriter,
  writtenEach,
} from './output.js';
import {
  parseRule,
  partError,
  partFailure,
  type Rule,
  type RuleObject,
  ruleOf,
  ruleText,
  untilText,
  wordsOf,
} from './rule.js';
import { type Zone, zoneOf } from './zone.js';

/** What a recurrence is about: days, times of day wherever one is, or times in a zone. */
export type RecurrenceKind = 'date' | 'floating' | 'zoned';

export interface RecurrenceOptions {
  /**
   * DTSTART: what the rule leaves open is taken from it, and its intervals are counted from it. It is an occurrence if the
   * rule says so. A day makes a recurrence of days; a time one of times, in a zone when it has `Z`, an offset with a zone
   * behind it, or `zone`.
   */
  start?: MomentInput;
  /** The IANA name of a time zone: `'Europe/Berlin'`, `'UTC'`. In place of TZID where a text has one. */
  zone?: string;
  /** RDATE: occurrences beside the rule. */
  include?: readonly MomentInput[];
  /** EXDATE: what does not occur, whatever else says so. */
  exclude?: readonly MomentInput[];
}

/** A rule and its start as one object. */
export interface RecurrenceObject extends RuleObject, RecurrenceOptions {}

interface Spec {
  readonly kind: RecurrenceKind;
  readonly zone: Zone | undefined;
  /** Undefined: the start alone. */
  readonly rule: Rule | undefined;
  /** On the wall, in seconds. */
  readonly start: number;
  readonly until: number | undefined;
  readonly added: readonly number[];
  readonly excluded: readonly number[];
  /** Restricted by `within()`: no text says this. */
  readonly restricted: boolean;
}

const OPTION_KEYS = ['start', 'zone', 'include', 'exclude'] as const;
const LAST = LAST_DAY * DAY + DAY - 1;

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

  /** `days()` of this and of the other in both: {@link DateSet.and}. Times are left out; `within()` keeps them. */
  and(other: HasDays): DateSet {
    return this.#onDays((days) => days.and(other));
  }

  /** {@link DateSet.or} of `days()`. */
  or(other: HasDays): DateSet {
    return this.#onDays((days) => days.or(other));
  }

  /** {@link DateSet.except} of `days()`. */
  except(other: HasDays): DateSet {
    return this.#onDays((days) => days.except(other));
  }

  /** {@link DateSet.shift} of `days()`. */
  shift(days: number): DateSet {
    return this.#onDays((set) => set.shift(days));
  }

  /** {@link DateSet.complement} of `days()`. */
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

/** The instant of a moment that names one, for a zoned recurrence; undefined: a time on the wall. */
function instantIn(
  operation: string,
  argument: string,
  { wall, offset, zone }: Moment,
  spec: Pick<Spec, 'kind' | 'zone'>,
): number | undefined {
  if (spec.kind === 'zoned') {
    if (offset !== undefined) return wall - offset;
    if (zone !== undefined) return zoneOf(operation, argument, zone).instantOf(wall);
    return undefined;
  }
  return undefined;
}

// ---- reading -----------------------------------------------------------------------------------------------------------

function textSpec(operation: string, text: string, options: RecurrenceOptions): Spec {
  if (!isCalendarText(text)) return specOf(operation, parseRule(operation, text), options, [], []);
  const event = readEvent(operation, text);
  const rule = event.rule === undefined ? undefined : parseRule(operation, event.rule);
  if (event.start === undefined || options.start !== undefined)
    return specOf(operation, rule, options, event.added, event.excluded);
  const { params, value } = event.start;
  const zone = options.zone ?? params.get('TZID');
  const moment = parseMoment(value);
  if (!moment) throw partError(operation, 'DTSTART', '20240131 or 20240131T090000', value);
  const given = { ...options, start: value, ...(zone !== undefined && { zone }) };
  return specOf(operation, rule, given, event.added, event.excluded, 'TZID');
}

function objectSpec(operation: string, value: unknown, options: RecurrenceOptions): Spec {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw check.typeError(operation, 'text', 'string or object', value);
  const { start, zone, include, exclude } = value as RecurrenceOptions;
  const rule = ruleOf(operation, value, OPTION_KEYS);
  const own = Object.fromEntries(
    Object.entries({ start, zone, include, exclude }).filter(([, option]) => option !== undefined),
  );
  return specOf(operation, rule, { ...own, ...options }, [], []);
}

function specOf(
  operation: string,
  rule: Rule | undefined,
  options: RecurrenceOptions,
  added: readonly Property[],
  excluded: readonly Property[],
  zoneName = 'zone',
): Spec {
  if (options.start === undefined)
    throw partError(
      operation,
      'start',
      "the day or time from which the rule is counted: parse(rule, { start: '2024-01-01' })",
    );
  const moment = readMoment(operation, 'start', options.start);
  const zone = startZone(operation, moment, options.zone, zoneName);
  const kind = moment.isDay ? 'date' : zone === undefined ? 'floating' : 'zoned';
  const place = { kind, zone } as const;
  const start = wallIn(operation, 'start', moment, place);
  const lists = (
    properties: readonly Property[],
    name: string,
    option: unknown,
    optionName: string,
  ) => [
    ...properties.flatMap(({ params, value }) => moments(operation, name, params, value, place)),
    ...optionList(operation, optionName, option).map((value) =>
      wallIn(operation, optionName, readMoment(operation, optionName, value), place),
    ),
  ];
  if (rule !== undefined && kind === 'date') forbidTimes(operation, rule);
  return {
    ...place,
    rule,
    start,
    until: rule?.until === undefined ? undefined : untilIn(operation, rule.until, place),
    added: lists(added, 'RDATE', options.include, 'include'),
    excluded: lists(excluded, 'EXDATE', options.exclude, 'exclude'),
    restricted: false,
  };
}

function optionList(operation: string, name: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    throw check.typeError(operation, name, 'array of days or times', value);
  return value;
}

function startZone(
  operation: string,
  { isDay, offset, zone }: Moment,
  given: string | undefined,
  name: string,
): Zone | undefined {
  if (isDay) {
    if (given !== undefined && name === 'zone')
      throw partError(operation, 'zone', 'a start with a time: a day has no zone', given);
    return undefined;
  }
  if (given !== undefined) return zoneOf(operation, name, given);
  if (zone !== undefined) return zoneOf(operation, 'start', zone);
  if (offset === undefined) return undefined;
  if (offset === 0) return zoneOf(operation, 'start', 'UTC');
  throw partError(
    operation,
    'zone',
    'the name of a time zone: an offset does not say when clocks change',
  );
}

type Place = Pick<Spec, 'kind' | 'zone'>;

/** Seconds on the wall of a moment that is an occurrence; it must be written as the start is. */
function wallIn(operation: string, argument: string, moment: Moment, place: Place): number {
  if (moment.isDay !== (place.kind === 'date'))
    throw momentError(
      operation,
      argument,
      place.kind === 'date' ? 'a day, as the start is one' : 'a time, as the start has one',
      basic(moment.wall, moment.isDay),
    );
  if (place.kind === 'floating' && (moment.offset !== undefined || moment.zone !== undefined))
    throw momentError(
      operation,
      argument,
      'a time without a zone, as the start has none',
      `${basic(moment.wall, false)} with a zone`,
    );
  const instant = instantIn(operation, argument, moment, place);
  if (instant === undefined) return moment.wall;
  const { offsetAt } = { offsetAt: (at: number) => (place.zone as Zone).offsetAt(at) };
  return instant + offsetAt(instant);
}

/** The last second on the wall. A day without a time is meant whole. */
function untilIn(operation: string, moment: Moment, place: Place): number {
  const day = Math.floor(moment.wall / DAY) * DAY;
  if (place.kind === 'date') return day;
  if (moment.isDay) return day + DAY - 1;
  const instant = instantIn(operation, 'UNTIL', moment, place);
  // A floating rule with a time in UTC is common, and there is no zone to convert it with: the clock's reading counts.
  return instant === undefined ? moment.wall : (place.zone as Zone).lastWallOf(instant);
}

function moments(
  operation: string,
  name: string,
  params: ReadonlyMap<string, string>,
  value: string,
  place: Place,
): number[] {
  const zone = params.get('TZID');
  return value.split(',').map((text) => {
    // Of a period the start counts.
    const moment = parseMoment((text.split('/')[0] as string).trim());
    if (!moment) throw partError(operation, name, 'days 20240131 or times 20240131T090000', text);
    if (zone !== undefined && moment.offset === undefined && place.kind === 'zoned')
      moment.zone = zone;
    return wallIn(operation, name, moment, place);
  });
}

function forbidTimes(operation: string, rule: Rule): void {
  const timed = rule.byHour.length + rule.byMinute.length + rule.bySecond.length > 0;
  const part = timed ? (rule.byHour.length > 0 ? 'BYHOUR' : 'BYMINUTE') : 'FREQ';
  if (timed || rule.freq > 3)
    throw partError(operation, part, 'a start with a time: a day has no hours');
}

/** The C object of a spec; null after a failure that is to be thrown as it is. */
function create(runtime: Runtime, operation: string, spec: Spec): RawRecurrence {
  const { rule, start, until, added, excluded } = spec;
  return runtime.scratch(operation, (scratch) => {
    const words = wordsOf(rule ?? SINGLE);
    const address = scratch.u32(words.length);
    runtime.u32.set(words, address / 4);
    const count = rule === undefined ? 1 : (rule.count ?? Number.POSITIVE_INFINITY);
    const raw = runtime.raw.Recurrence.create(address, start, until ?? LAST, count);
    if (raw === null) throw partFailure(operation, runtime.failure(operation));
    if (added.length + excluded.length === 0) return raw;
    try {
      const plus = scratch.doubles('include', added);
      const minus = scratch.doubles('exclude', excluded);
      runtime.check(
        operation,
        raw.setExceptions(plus.address, plus.length, minus.address, minus.length),
      );
      return raw;
    } catch (error) {
      raw.delete();
      throw error;
    }
  });
}

/** Every day; with a count of 1 it is the start alone. */
const SINGLE: Rule = {
  freq: 3,
  interval: 1,
  weekStart: 0,
  skip: 0,
  byMonth: [],
  byMonthDay: [],
  byYearDay: [],
  byWeekNo: [],
  byDay: [],
  byHour: [],
  byMinute: [],
  bySecond: [],
  bySetPos: [],
};
