// Time zones by the engine's own data (Intl): what a clock on the wall shows, and which instant is meant by it.
import { SublinearRangeError } from '../../runtime/errors.js';
import { show } from '../../runtime/validate.js';
import { DAY } from './moment.js';

/** A time zone. All times are whole seconds from 1970-01-01T00:00: `wall` on its clocks, `instant` in UTC. */
export interface Zone {
  readonly name: string;
  /** Seconds east of UTC at an instant. */
  offsetAt(instant: number): number;
  /**
   * The instant of a time on the wall. What the clocks skip is read with the offset before the gap, what they show twice is
   * the first time (RFC 5545, 3.3.5).
   */
  instantOf(wall: number): number;
  /** The latest time on the wall that means this instant or an earlier one; those in a gap count as they are written. */
  lastWallOf(instant: number): number;
}

const UTC: Zone = {
  name: 'UTC',
  offsetAt: () => 0,
  instantOf: (wall) => wall,
  lastWallOf: (instant) => instant,
};

const zones = new Map<string, Zone>();

/** The zone of a name of the IANA database. Throws RANGE (`argument`) for a name that the engine does not know. */
export function zoneOf(operation: string, argument: string, name: unknown): Zone {
  if (name === 'UTC' || name === 'Z' || name === 'Etc/UTC') return UTC;
  const known = zones.get(name as string);
  if (known) return known;
  let format: Intl.DateTimeFormat;
  try {
    if (typeof name !== 'string') throw new RangeError();
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    const expected = "the name of a time zone, as 'Europe/Berlin' or 'UTC'";
    const message = `"${argument}" expected ${expected}, got ${show(name)}`;
    throw new SublinearRangeError('RANGE', operation, message, { argument, expected });
  }
  const zone = new IntlZone(name, format);
  // Names come from files: the memory that they take is bounded.
  if (zones.size > 1000) zones.clear();
  zones.set(name, zone);
  return zone;
}

class IntlZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** Offsets at the beginnings of days in UTC. */
  readonly #days = new Map<number, number>();

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  offsetAt(instant: number): number {
    const day = Math.floor(instant / DAY);
    const before = this.#atDay(day);
    // Clocks are changed once in two days at most.
    if (before === this.#atDay(day + 1)) return before;
    return this.#measure(instant);
  }

  instantOf(wall: number): number {
    const day = Math.floor(wall / DAY);
    // The wall is less than a day away from UTC: the instant lies between these two.
    const before = this.#atDay(day - 1);
    const after = this.#atDay(day + 2);
    if (before === after && before === this.#atDay(day) && before === this.#atDay(day + 1))
      return wall - before;
    const early = wall - this.#measure(wall - DAY);
    const late = wall - this.#measure(wall + DAY);
    const isEarly = early + this.#measure(early) === wall;
    const isLate = late + this.#measure(late) === wall;
    if (isEarly && isLate) return Math.min(early, late);
    // In a gap neither holds.
    return isLate && !isEarly ? late : early;
  }

  lastWallOf(instant: number): number {
    const offset = this.offsetAt(instant);
    const wall = instant + offset;
    if (this.instantOf(wall) === instant) return wall;
    // The clocks show this time again: all that they showed before they were set back is earlier.
    let [low, high] = [instant - DAY, instant];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#measure(middle) === offset) high = middle;
      else low = middle;
    }
    return low + this.#measure(low);
  }

  #atDay(day: number): number {
    let offset = this.#days.get(day);
    if (offset === undefined) {
      offset = this.#measure(day * DAY);
      if (this.#days.size > 50_000) this.#days.clear();
      this.#days.set(day, offset);
    }
    return offset;
  }

  #measure(instant: number): number {
    const parts: Record<string, number> = {};
    let isBefore = false;
    for (const { type, value } of this.#format.formatToParts(instant * 1000)) {
      if (type === 'era') isBefore = value.startsWith('B');
      else parts[type] = Number(value);
    }
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    // 400 years on, as Date.UTC reads the years 0 to 99 in a way of its own.
    const shown = Date.UTC(
      (isBefore ? 1 - year : year) + 400,
      month - 1,
      day,
      hour,
      minute,
      second,
    );
    return shown / 1000 - 146_097 * DAY - instant;
  }
}

/** `+01:00`, with seconds where an offset of long ago has them. */
export function isoOffset(offset: number): string {
  const size = Math.abs(offset);
  const two = (n: number) => `${n}`.padStart(2, '0');
  const seconds = size % 60 === 0 ? '' : `:${two(size % 60)}`;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}${seconds}`;
}
