// Recurrence rules as text (RFC 5545, 3.3.10; SKIP of RFC 7529), as objects, and as the numbers of the C core.
import { SublinearError, SublinearRangeError, SublinearTypeError } from '../../runtime/errors.js';
import { show } from '../../runtime/validate.js';
import { basic, DAY, type Moment, type MomentInput, parseMoment, readMoment } from './moment.js';

export type Frequency =
  | 'YEARLY'
  | 'MONTHLY'
  | 'WEEKLY'
  | 'DAILY'
  | 'HOURLY'
  | 'MINUTELY'
  | 'SECONDLY';
/** Days of the week as iCalendar abbreviates them. */
export type Weekday = 'MO' | 'TU' | 'WE' | 'TH' | 'FR' | 'SA' | 'SU';

/** A rule as an object: the parts of RFC 5545 in camelCase. Lists may be given as a single value. */
export interface RuleObject {
  /** FREQ. */
  freq: Frequency | Lowercase<Frequency>;
  /** INTERVAL, 1 by default. */
  interval?: number;
  /** At most so many occurrences. Not together with `until`. */
  count?: number;
  /** The last instant that may be one; a day without a time is meant whole. */
  until?: MomentInput;
  /** WKST, `'MO'` by default. */
  weekStart?: Weekday;
  byMonth?: number | readonly number[];
  byMonthDay?: number | readonly number[];
  byYearDay?: number | readonly number[];
  byWeekNo?: number | readonly number[];
  /** `'FR'`, `'1FR'` for the first Friday, `'-1FR'` for the last. */
  byDay?: string | readonly string[];
  byHour?: number | readonly number[];
  byMinute?: number | readonly number[];
  bySecond?: number | readonly number[];
  /** BYSETPOS. */
  bySetPos?: number | readonly number[];
  /** What becomes of days that do not exist (RFC 7529): left out by default. */
  skip?: 'OMIT' | 'BACKWARD' | 'FORWARD';
}

const FREQUENCIES: readonly Frequency[] = [
  'YEARLY',
  'MONTHLY',
  'WEEKLY',
  'DAILY',
  'HOURLY',
  'MINUTELY',
  'SECONDLY',
];
const WEEKDAYS: readonly Weekday[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const SKIPS = ['OMIT', 'BACKWARD', 'FORWARD'] as const;

/** A day of the week, with its number in the month or year: 0 for every one. */
export interface NthDay {
  day: number;
  n: number;
}

/** A rule that was read: places in the lists above, sorted lists without repetition. */
export interface Rule {
  freq: number;
  interval: number;
  count?: number;
  until?: Moment;
  weekStart: number;
  skip: number;
  byMonth: number[];
  byMonthDay: number[];
  byYearDay: number[];
  byWeekNo: number[];
  byDay: NthDay[];
  byHour: number[];
  byMinute: number[];
  bySecond: number[];
  bySetPos: number[];
}

type NumberList = {
  [K in keyof Rule]-?: Rule[K] extends number[] ? K : never;
}[keyof Rule];

interface Part {
  key: NumberList;
  low: number;
  high: number;
  signed: boolean;
  /** Where it lies among the numbers of the C core: sl_date_rule in csrc/dates/rule.h. */
  word: number;
  /** Words from there to the list of what counts from the end. */
  end: number;
}

/** The parts that are lists of numbers, in the order in which they are written. */
const LISTS: Readonly<Record<string, Part>> = {
  BYMONTH: { key: 'byMonth', low: 1, high: 12, signed: false, word: 4, end: 0 },
  BYWEEKNO: { key: 'byWeekNo', low: 1, high: 53, signed: true, word: 31, end: 2 },
  BYYEARDAY: { key: 'byYearDay', low: 1, high: 366, signed: true, word: 7, end: 12 },
  BYMONTHDAY: { key: 'byMonthDay', low: 1, high: 31, signed: true, word: 5, end: 1 },
  BYHOUR: { key: 'byHour', low: 0, high: 23, signed: false, word: 64, end: 0 },
  BYMINUTE: { key: 'byMinute', low: 0, high: 59, signed: false, word: 65, end: 0 },
  BYSECOND: { key: 'bySecond', low: 0, high: 60, signed: false, word: 67, end: 0 },
  BYSETPOS: { key: 'bySetPos', low: 1, high: 366, signed: true, word: 69, end: 12 },
};
const LIST_PARTS = Object.values(LISTS);
const DAYS_WORD = 35;
const NTH_WORD = 36;
const RULE_WORDS = 93;

/** What the C core calls the parts, for its errors. */
const NAMES: Readonly<Record<string, string>> = {
  frequency: 'FREQ',
  interval: 'INTERVAL',
  weekStart: 'WKST',
  skip: 'SKIP',
  byMonth: 'BYMONTH',
  byMonthDay: 'BYMONTHDAY',
  byYearDay: 'BYYEARDAY',
  byWeekNumber: 'BYWEEKNO',
  byDay: 'BYDAY',
  byNthDay: 'BYDAY',
  byHour: 'BYHOUR',
  byMinute: 'BYMINUTE',
  bySecond: 'BYSECOND',
  byPosition: 'BYSETPOS',
  count: 'COUNT',
  until: 'UNTIL',
  start: 'DTSTART',
};

/** An error about a part of a rule: what is wrong with it and what would be right. */
export function partError(
  operation: string,
  part: string,
  expected: string,
  value?: unknown,
): SublinearRangeError {
  const got = value === undefined ? '' : `, got ${show(value)}`;
  const message = `"${part}" expected ${expected}${got}`;
  return new SublinearRangeError('OPTION', operation, message, { argument: part, expected });
}

/** The C core's refusal of a combination of parts, in the words of the rule. */
export function partFailure(operation: string, failure: Error): Error {
  const { argument, expected } = failure as SublinearRangeError;
  const part = NAMES[argument ?? ''];
  if (part === undefined || expected === undefined || failure instanceof SublinearError)
    return failure;
  return partError(operation, part, expected);
}

function emptyRule(freq: number): Rule {
  return {
    freq,
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
}

/** Longer texts are no rules: every value of every list fits several times. */
const LONGEST = 20_000;

/** Reads `FREQ=...;...`. Case does not matter, parts may stand in any order, a semicolon at the end is overlooked. */
export function parseRule(operation: string, text: string): Rule {
  if (text.length > LONGEST)
    throw partError(operation, 'rule', `at most ${LONGEST} characters`, text.length);
  const parts = new Map<string, string>();
  for (const part of text.trim().replace(/;$/, '').split(';')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim().toUpperCase();
    const value = part
      .slice(at + 1)
      .trim()
      .toUpperCase();
    if (name === '' || value === '')
      throw partError(operation, 'rule', 'parts NAME=VALUE with semicolons between them', part);
    if (parts.has(name)) throw partError(operation, name, 'to stand once: join the lists', value);
    parts.set(name, value);
  }
  const freq = FREQUENCIES.indexOf((parts.get('FREQ') ?? '') as Frequency);
  if (freq < 0) throw partError(operation, 'FREQ', FREQUENCIES.join(', '), parts.get('FREQ') ?? '');
  const rule = emptyRule(freq);
  for (const [name, value] of parts) readPart(operation, rule, name, value, parts);
  return checkRule(operation, rule);
}

function readPart(
  operation: string,
  rule: Rule,
  name: string,
  value: string,
  parts: ReadonlyMap<string, string>,
): void {
  const list = LISTS[name];
  if (list !== undefined) {
    rule[list.key] = numbers(operation, name, value.split(','), list);
    return;
  }
  switch (name) {
    case 'FREQ':
      return;
    case 'INTERVAL':
      rule.interval = whole(operation, name, value, 0xffff_ffff);
      return;
    case 'COUNT':
      rule.count = whole(operation, name, value, Number.MAX_SAFE_INTEGER);
      return;
    case 'UNTIL': {
      const moment = parseMoment(value);
      if (!moment) throw partError(operation, name, '20240131 or 20240131T090000Z', value);
      rule.until = moment;
      return;
    }
    case 'WKST':
      rule.weekStart = weekday(operation, name, value);
      return;
    case 'BYDAY':
      rule.byDay = nthDays(operation, value.split(','));
      return;
    case 'RSCALE':
      if (value !== 'GREGORIAN' && value !== 'GREGORY')
        throw partError(operation, name, 'GREGORIAN: other calendars are not supported', value);
      return;
    case 'SKIP':
      rule.skip = SKIPS.indexOf(value as 'OMIT');
      if (rule.skip < 0) throw partError(operation, name, SKIPS.join(', '), value);
      if (!parts.has('RSCALE'))
        throw partError(operation, name, 'RSCALE=GREGORIAN beside it (RFC 7529)');
      return;
    default:
      throw partError(
        operation,
        name,
        `no such part; known: FREQ, INTERVAL, COUNT, UNTIL, WKST, BYDAY, ${Object.keys(LISTS).join(', ')}, RSCALE, SKIP`,
      );
  }
}

const OBJECT_KEYS: readonly (keyof RuleObject)[] = [
  'freq',
  'interval',
  'count',
  'until',
  'weekStart',
  'byMonth',
  'byMonthDay',
  'byYearDay',
  'byWeekNo',
  'byDay',
  'byHour',
  'byMinute',
  'bySecond',
  'bySetPos',
  'skip',
];

/** Reads the parts of an object; `others` are keys that are read elsewhere. */
export function ruleOf(operation: string, value: object, others: readonly string[]): Rule {
  const given = value as Record<string, unknown>;
  for (const key of Object.keys(given))
    if (!others.includes(key) && !OBJECT_KEYS.includes(key as keyof RuleObject))
      throw new SublinearTypeError(
        operation,
        `"${key}" is not an option; known: ${[...OBJECT_KEYS, ...others].join(', ')}`,
        { argument: key },
      );
  const freq = FREQUENCIES.indexOf(String(given.freq).toUpperCase() as Frequency);
  if (freq < 0) throw partError(operation, 'freq', FREQUENCIES.join(', '), given.freq);
  const rule = emptyRule(freq);
  const { interval, count, until, weekStart, skip, byDay } = given;
  if (interval !== undefined) rule.interval = whole(operation, 'interval', interval, 0xffff_ffff);
  if (count !== undefined) rule.count = whole(operation, 'count', count, Number.MAX_SAFE_INTEGER);
  if (until !== undefined) rule.until = readMoment(operation, 'until', until);
  if (weekStart !== undefined)
    rule.weekStart = weekday(operation, 'weekStart', String(weekStart).toUpperCase());
  if (skip !== undefined) {
    rule.skip = SKIPS.indexOf(String(skip).toUpperCase() as 'OMIT');
    if (rule.skip < 0) throw partError(operation, 'skip', SKIPS.join(', '), skip);
  }
  if (byDay !== undefined)
    rule.byDay = nthDays(
      operation,
      listed(byDay, (day) => {
        if (typeof day !== 'string') throw partError(operation, 'byDay', 'names of days', day);
        return day.toUpperCase();
      }),
    );
  for (const part of LIST_PARTS) {
    const list = given[part.key];
    if (list !== undefined)
      rule[part.key] = numbers(
        operation,
        part.key,
        listed(list, (each) => each),
        part,
      );
  }
  return checkRule(operation, rule);
}

// As long as a rule can be: a list of everything is read at once.
function listed<T>(value: unknown, take: (each: unknown) => T): T[] {
  if (!Array.isArray(value)) return [take(value)];
  const list: T[] = [];
  for (const each of value) {
    if (list.length === LONGEST) break;
    list.push(take(each));
  }
  return list;
}

function whole(operation: string, name: string, value: unknown, most: number): number {
  const number = typeof value === 'string' && /^\+?\d{1,20}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > most)
    throw partError(operation, name, `an integer in 1..${most}`, value);
  return number;
}

function numbers(
  operation: string,
  name: string,
  values: readonly unknown[],
  part: Part,
): number[] {
  const { low, high, signed } = part;
  const expected = signed
    ? `integers ${low}..${high} or -${high}..-${low}`
    : `integers ${low}..${high}`;
  const list = values.map((value) => {
    const number =
      typeof value === 'string' && /^[+-]?\d{1,4}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number))
      throw partError(operation, name, expected, value);
    const size = signed ? Math.abs(number) : number;
    if (size < low || size > high) throw partError(operation, name, expected, value);
    return number;
  });
  if (list.length === 0) throw partError(operation, name, `at least one of the ${expected}`);
  return [...new Set(list)].sort((a, b) => a - b);
}

export function weekday(operation: string, name: string, value: unknown): number {
  const day = WEEKDAYS.indexOf(value as Weekday);
  if (day < 0) throw partError(operation, name, WEEKDAYS.join(', '), value);
  return day;
}

function nthDays(operation: string, values: readonly string[]): NthDay[] {
  const expected = 'days MO to SU, with a number 1..53 or -53..-1 before them or none';
  if (values.length === 0) throw partError(operation, 'BYDAY', expected);
  const days = new Map<string, NthDay>();
  for (const value of values) {
    const found = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(value.trim());
    const n = found?.[1] === undefined ? 0 : Number(found[1]);
    if (!found || Math.abs(n) > 53 || (found[1] !== undefined && n === 0))
      throw partError(operation, 'BYDAY', expected, value);
    const day = WEEKDAYS.indexOf(found[2] as Weekday);
    days.set(`${n} ${day}`, { day, n });
  }
  return [...days.values()].sort((a, b) => a.day - b.day || a.n - b.n);
}

function checkRule(operation: string, rule: Rule): Rule {
  if (rule.count !== undefined && rule.until !== undefined)
    throw partError(operation, 'COUNT', 'to stand without UNTIL: a rule ends in one way');
  return rule;
}

/** The rule as sl_date_rule. */
export function wordsOf(rule: Rule): Uint32Array {
  const words = new Uint32Array(RULE_WORDS);
  const put = (word: number, bit: number) => {
    words[word + (bit >> 5)]! |= 1 << (bit & 31);
  };
  words.set([rule.freq, rule.interval, rule.weekStart, rule.skip]);
  for (const { key, word, end } of LIST_PARTS)
    for (const value of rule[key]) put(value < 0 ? word + end : word, Math.abs(value));
  for (const { day, n } of rule.byDay) {
    if (n === 0) put(DAYS_WORD, day);
    else put(NTH_WORD + 4 * day + (n < 0 ? 2 : 0), Math.abs(n));
  }
  return words;
}

/** `FREQ=...;...`, its parts in a fixed order, so that equal rules have equal texts. */
export function ruleText(rule: Rule, until: string | undefined): string {
  const parts = [`FREQ=${FREQUENCIES[rule.freq]}`];
  if (rule.skip !== 0) parts.unshift('RSCALE=GREGORIAN');
  if (rule.interval !== 1) parts.push(`INTERVAL=${rule.interval}`);
  if (rule.count !== undefined) parts.push(`COUNT=${rule.count}`);
  if (until !== undefined) parts.push(`UNTIL=${until}`);
  for (const [name, { key }] of Object.entries(LISTS)) {
    if (name === 'BYHOUR' && rule.byDay.length > 0)
      parts.push(`BYDAY=${rule.byDay.map(({ day, n }) => `${n || ''}${WEEKDAYS[day]}`).join(',')}`);
    if (rule[key].length > 0) parts.push(`${name}=${rule[key].join(',')}`);
  }
  if (rule.weekStart !== 0) parts.push(`WKST=${WEEKDAYS[rule.weekStart]}`);
  if (rule.skip !== 0) parts.push(`SKIP=${SKIPS[rule.skip]}`);
  return parts.join(';');
}

/** UNTIL as it is written beside a start of the kind. */
export function untilText(wall: number, kind: 'date' | 'floating' | 'zoned'): string {
  if (kind === 'date') return basic(Math.floor(wall / DAY) * DAY, true);
  return `${basic(wall, false)}${kind === 'zoned' ? 'Z' : ''}`;
}
