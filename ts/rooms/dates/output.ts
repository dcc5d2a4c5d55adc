// How days and instants are given: ISO texts, Dates, objects of Temporal.
import { SublinearError } from '../../runtime/errors.js';
import { choice } from '../../runtime/validate.js';
import { civil, DAY, isoDay, isoWall } from './moment.js';
import { isoOffset, type Zone } from './zone.js';

/** `'iso'` texts (the default), `'date'` for `Date`, `'temporal'` for objects of Temporal, where the engine has it. */
export type OutputForm = 'iso' | 'date' | 'temporal';

/** What the forms give. */
export interface Outputs {
  iso: string;
  date: Date;
  temporal: TemporalObject;
}

/**
 * `Temporal.PlainDate` of a day, `Temporal.PlainDateTime` of a floating time, `Temporal.ZonedDateTime` in a zone. Declare it
 * as the one that you mean: the types of Temporal are not part of every TypeScript.
 */
export interface TemporalObject {
  /**
   * ISO 8601, as Temporal writes it.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * using days = DateSet.from(['2024-02-29']);
   * // Where the language has Temporal.
   * const [day] = 'Temporal' in globalThis ? days.between(undefined, undefined, { as: 'temporal' }) : ['2024-02-29'];
   * console.log(day?.toString()); // 2024-02-29
   * ```
   */
  toString(): string;

  /**
   * The same, for JSON.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/dates';
   *
   * const { DateSet } = await load();
   * using days = DateSet.from(['2024-02-29']);
   * // Where the language has Temporal.
   * const [day] = 'Temporal' in globalThis ? days.between(undefined, undefined, { as: 'temporal' }) : ['2024-02-29'];
   * console.log(JSON.stringify([day])); // ["2024-02-29"]
   * ```
   */
  toJSON(): string;
}

interface TemporalLike {
  PlainDate: { from(text: string): TemporalObject };
  PlainDateTime: { from(text: string): TemporalObject };
  ZonedDateTime: { from(text: string): TemporalObject };
}

const FORMS = { iso: 'iso', date: 'date', temporal: 'temporal' } as const;

export function formOf(operation: string, form: unknown): OutputForm {
  return choice(operation, 'as', form ?? 'iso', FORMS);
}

function temporal(operation: string): TemporalLike {
  const { Temporal } = globalThis as { Temporal?: TemporalLike };
  if (Temporal === undefined)
    throw new SublinearError(
      'UNSUPPORTED',
      operation,
      "\"as\" expected 'iso' or 'date': this engine has no Temporal; load a polyfill that sets globalThis.Temporal",
      { argument: 'as' },
    );
  return Temporal;
}

/** Makes what a day is given as. */
export function dayWriter(
  operation: string,
  form: OutputForm,
): (day: number) => Outputs[OutputForm] {
  if (form === 'iso') return isoDay;
  if (form === 'date') return (day) => new Date(day * 86_400_000);
  const { PlainDate } = temporal(operation);
  return (day) => PlainDate.from(isoDay(day));
}

/** Makes what an instant is given as: `wall` on the clocks of the zone, or of no zone. */
export function wallWriter(
  operation: string,
  form: OutputForm,
  zone: Zone | undefined,
): (wall: number) => Outputs[OutputForm] {
  if (zone === undefined) {
    if (form === 'iso') return isoWall;
    if (form === 'date') return (wall) => new Date(wall * 1000);
    const { PlainDateTime } = temporal(operation);
    return (wall) => PlainDateTime.from(isoWall(wall));
  }
  if (form === 'date') return (wall) => new Date(zone.instantOf(wall) * 1000);
  if (form === 'iso') return (wall) => zonedText(zone, wall);
  const { ZonedDateTime } = temporal(operation);
  return (wall) => ZonedDateTime.from(zonedText(zone, wall));
}

/** What `write` makes of each number. (A loop: `Array.from` of a typed array takes three times as long.) */
export function writtenEach<T>(
  numbers: Float64Array | Int32Array,
  write: (n: number) => unknown,
): T[] {
  const all = new Array<T>(numbers.length);
  for (let i = 0; i < numbers.length; i++) all[i] = write(numbers[i] as number) as T;
  return all;
}

/** `2024-01-31T09:00:00+01:00[Europe/Berlin]`, the form of RFC 9557. A time in a gap is shown as the clocks show it. */
function zonedText(zone: Zone, wall: number): string {
  const instant = zone.instantOf(wall);
  const offset = zone.offsetAt(instant);
  if (zone.name === 'UTC') return `${isoWall(instant)}Z`;
  return `${isoWall(instant + offset)}${isoOffset(offset)}[${zone.name}]`;
}

/** `January 31, 2024`, with the time where there is one. */
export function englishMoment(wall: number, withTime: boolean): string {
  const day = Math.floor(wall / DAY);
  const [year, month, date] = civil(day);
  const text = `${MONTHS[month - 1]} ${date}, ${year}`;
  return withTime ? `${text} at ${isoWall(wall).slice(11).replace(/:00$/, '')}` : text;
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
