// Days and instants as they are written and as they are counted: ISO 8601, the basic form of iCalendar, Date and Temporal.
import { SublinearRangeError, type SublinearTypeError } from '../../runtime/errors.js';
import { show, typeError } from '../../runtime/validate.js';

/**
 * A day: `'2024-01-31'`, `'20240131'`, a `Temporal.PlainDate`, or a `Date`, of which the day in UTC counts. A time behind
 * it is left out.
 */
export type DayInput = string | Date | { toString(): string };

/**
 * An instant or a time on the wall: `'2024-01-31T09:00'`, with seconds, in the basic form `'20240131T090000'`, with `Z` or an
 * offset behind it; a `Date`; an object of Temporal. A day without a time is meant whole.
 */
export type MomentInput = DayInput;

/** Seconds of a day. */
export const DAY = 86_400;
/** 0001-01-01 and 9999-12-31, counted from 1970-01-01. */
export const FIRST_DAY = -719_162;
export const LAST_DAY = 2_932_896;

/** What was read: a wall-clock time in seconds from 1970-01-01T00:00, and how it was written. */
export interface Moment {
  /** Seconds on the wall; with `offset`, on that of the offset. */
  wall: number;
  /** Without a time: the whole day. */
  isDay: boolean;
  /** Seconds east of UTC, where an offset or Z was written. */
  offset?: number;
  /** In brackets behind it, as Temporal writes it. */
  zone?: string;
}

// 2024-01-31, 20240131; then T or a blank and 09:00, 09:00:00, 090000, a fraction; then Z or an offset, then [zone].
const FORM =
  /^(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]0{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?(?:\[([^\]]{1,64})\])?(?:\[[^\]]{1,64}\])?)?$/i;

/** Days from 1970-01-01; the day must exist. Undefined when it does not. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  // Also false for NaN.
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = month === 2 ? 28 + Number(leap) : 30 + ((month + (month >> 3)) & 1);
  if (day > length) return undefined;
  // The year begins in March: the leap day is its last.
  const y = month > 2 ? year : year - 1;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leaps + ofYear - 719_468;
}

/** Year, month (1..12) and day of the month of a day number. */
export function civil(day: number): [year: number, month: number, day: number] {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const ofYears = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear = ofEra - (365 * ofYears + Math.floor(ofYears / 4) - Math.floor(ofYears / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = ofYears + era * 400 + (month <= 2 ? 1 : 0);
  return [year, month, ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1];
}

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`);
const four = (n: number) => `${n}`.padStart(4, '0');

/** `2024-01-31` */
export function isoDay(day: number): string {
  const [year, month, date] = civil(day);
  return `${four(year)}-${two(month)}-${two(date)}`;
}

/** `2024-01-31T09:00:00` */
export function isoWall(wall: number): string {
  const day = Math.floor(wall / DAY);
  const second = wall - day * DAY;
  const time = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  return `${isoDay(day)}T${time}`;
}

/** `20240131` or `20240131T090000`, as iCalendar writes it. */
export function basic(wall: number, isDay: boolean): string {
  const text = isoWall(wall).replace(/[-:]/g, '');
  return isDay ? text.slice(0, 8) : text;
}

/** Two digits of a text as a number; NaN where there is something else. */
function digits2(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Reads a text; undefined when it is none of the forms, or a day or time that does not exist. */
export function parseMoment(text: string): Moment | undefined {
  // The usual form, without the expression, which takes ten times as long.
  if (text.length === 10 && text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45) {
    const year = digits2(text, 0) * 100 + digits2(text, 2);
    const day = dayNumber(year, digits2(text, 5), digits2(text, 8));
    if (day !== undefined) return { wall: day * DAY, isDay: true };
  }
  const found = FORM.exec(text.trim());
  if (!found) return undefined;
  const [, year, , month, date, hour, minute, second = '0', shift, zone] = found;
  const day = dayNumber(Number(year), Number(month), Number(date));
  if (day === undefined) return undefined;
  if (hour === undefined) return { wall: day * DAY, isDay: true };
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 23 || m > 59 || s > 60) return undefined;
  // A leap second is taken as the second before it (RFC 5545, 3.3.12).
  const moment: Moment = {
    wall: day * DAY + h * 3600 + m * 60 + Math.min(s, 59),
    isDay: false,
  };
  if (shift !== undefined) {
    const digits = shift.replace(':', '');
    const [hours, minutes] = [Number(digits.slice(1, 3)), Number(digits.slice(3, 5))];
    if (/^z$/i.test(shift)) moment.offset = 0;
    else if (hours > 23 || minutes > 59) return undefined;
    else moment.offset = (digits[0] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  }
  if (zone !== undefined) moment.zone = zone;
  return moment;
}

const MOMENT = "a day '2024-01-31', a time '2024-01-31T09:00:00', a Date or an object of Temporal";

/** An argument of a call as a moment. */
export function readMoment(operation: string, argument: string, value: unknown): Moment {
  if (value instanceof Date) {
    const ms = value.getTime();
    const wall = Math.floor(ms / 1000);
    if (!(wall >= FIRST_DAY * DAY && wall < (LAST_DAY + 1) * DAY))
      throw momentError(operation, argument, 'a Date of the years 1 to 9999', value);
    return { wall, isDay: false, offset: 0 };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (typeof value !== 'string' && !isObject)
    throw typeError(operation, argument, MOMENT, value) as SublinearTypeError;
  const text = String(value);
  const moment = parseMoment(text);
  if (!moment) throw momentError(operation, argument, `${MOMENT}, of the years 1 to 9999`, text);
  return moment;
}

/** The day of an argument, from 1970-01-01. */
export function readDay(operation: string, argument: string, value: unknown): number {
  return Math.floor(readMoment(operation, argument, value).wall / DAY);
}

export function momentError(
  operation: string,
  argument: string,
  expected: string,
  value: unknown,
): SublinearRangeError {
  const message = `"${argument}" expected ${expected}, got ${show(value)}`;
  return new SublinearRangeError('RANGE', operation, message, { argument, expected });
}
