// What a recurrence is: its rule, its start and its exceptions, as they are read, and the C object of them.
import type { Recurrence as RawRecurrence } from '../../generated/raw/dates.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
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
  parseRule,
  partError,
  partFailure,
  type Rule,
  type RuleObject,
  ruleOf,
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

export interface Spec {
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

export const OPTION_KEYS = ['start', 'zone', 'include', 'exclude'] as const;
const LAST = LAST_DAY * DAY + DAY - 1;

export function textSpec(operation: string, text: string, options: RecurrenceOptions): Spec {
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

export function objectSpec(operation: string, value: unknown, options: RecurrenceOptions): Spec {
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
  ) =>
    properties.length === 0 && option === undefined
      ? []
      : [
          ...properties.flatMap(({ params, value }) =>
            moments(operation, name, params, value, place),
          ),
          ...Array.from(optionList(operation, optionName, option), (value) =>
            wallIn(operation, optionName, readMoment(operation, optionName, value), place),
          ),
        ];
  if (rule !== undefined && kind === 'date') forbidTimes(operation, rule);
  return {
    kind,
    zone,
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
  return instant + (place.zone as Zone).offsetAt(instant);
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

/** The instant of a moment that names one, for a zoned recurrence; undefined: a time on the wall. */
export function instantIn(
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

/** The C object of a spec; null after a failure that is to be thrown as it is. */
export function create(runtime: Runtime, operation: string, spec: Spec): RawRecurrence {
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
