// Recurrences and sets of days through both doors. Expected occurrences come from python3-dateutil
// (test/vectors/dates/generate.py), those of a few tables from RFC 5545.
import type { DateSet, Recurrence } from 'sublinear/dates';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import rules from '../vectors/dates/rules.json' with { type: 'json' };

/** Times in seconds and days from 1970-01-01; recurrences and sets are opaque tokens. */
interface DatesDoor {
  recurrence: (rule: string, start: number) => unknown;
  exceptions: (rule: string, start: number, added: number[], excluded: number[]) => unknown;
  within: (recurrence: unknown, set: unknown) => unknown;
  days: (recurrence: unknown) => unknown;
  list: (recurrence: unknown, from: number, to: number, limit: number) => number[];
  last: (recurrence: unknown, before: number) => number | undefined;
  countOf: (recurrence: unknown, from: number, to: number) => number;
  from: (days: number[]) => unknown;
  span: (first: number, last: number) => unknown;
  combine: (a: unknown, b: unknown, how: 'and' | 'or' | 'except') => unknown;
  shift: (set: unknown, days: number) => unknown;
  has: (set: unknown, day: number) => boolean;
  count: (set: unknown, first: number, last: number) => number;
  seek: (set: unknown, day: number, n: number) => number | undefined;
  numbers: (set: unknown, first: number, last: number) => number[];
  free: (...tokens: unknown[]) => void;
}

const DAY = 86_400;
const wall = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);
const iso = (day: number) => wall(day * DAY).slice(0, 10);
const seconds = (text: string) =>
  Date.parse(text.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')) / 1000;

export const doors: RoomDoors<'dates', DatesDoor> = {
  room: 'dates',
  bundle: 'dates',
  embind: ({ Recurrence, DateSet }) => {
    const r = (token: unknown) => token as Recurrence;
    const s = (token: unknown) => token as DateSet;
    const second = (date: Date) => date.getTime() / 1000;
    const number = (day: string | undefined) =>
      day === undefined ? undefined : Date.parse(day) / 1000 / DAY;
    return {
      recurrence: (rule, start) => Recurrence.parse(rule, { start: wall(start) }),
      exceptions: (rule, start, added, excluded) =>
        Recurrence.parse(rule, {
          start: wall(start),
          include: added.map(wall),
          exclude: excluded.map(wall),
        }),
      within: (x, set) => r(x).within(s(set)),
      days: (x) => r(x).days(),
      list: (x, from, to, limit) =>
        r(x).between(wall(from), wall(to), { as: 'date', limit }).map(second),
      last: (x, before) => {
        const found = r(x).previous(wall(before), 1, { as: 'date' });
        return found && second(found);
      },
      countOf: (x, from, to) => r(x).count(wall(from), wall(to)),
      from: (days) => DateSet.from(days.map(iso)),
      span: (first, last) => DateSet.range(iso(first), iso(last)),
      combine: (a, b, how) => s(a)[how](s(b)),
      shift: (set, days) => s(set).shift(days),
      has: (set, day) => s(set).has(iso(day)),
      count: (set, first, last) => s(set).count(iso(first), iso(last)),
      seek: (set, day, n) =>
        number(n < 0 ? s(set).previous(iso(day), -n) : s(set).next(iso(day - 1), n + 1)),
      numbers: (set, first, last) => Array.from(s(set).dayNumbers(iso(first), iso(last))),
      free: (...tokens) => {
        for (const token of tokens) r(token).dispose();
      },
    };
  },
  raw: rawDates,
};

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY'];
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** Where the lists of sl_date_rule begin, those from the end beside them. */
const LISTS: Record<string, [number, number]> = {
  BYMONTH: [4, 4],
  BYMONTHDAY: [5, 6],
  BYYEARDAY: [7, 19],
  BYWEEKNO: [31, 33],
  BYHOUR: [64, 64],
  BYMINUTE: [65, 65],
  BYSECOND: [67, 67],
  BYSETPOS: [69, 81],
};

function words(rule: string): { words: Uint32Array; parts: Record<string, string> } {
  const parts = Object.fromEntries(rule.split(';').map((part) => part.split('='))) as Record<
    string,
    string
  >;
  const all = new Uint32Array(93);
  const put = (word: number, bit: number) => {
    all[word + (bit >> 5)]! |= 1 << (bit & 31);
  };
  all[0] = FREQUENCIES.indexOf(parts.FREQ!);
  all[1] = Number(parts.INTERVAL ?? 1);
  all[2] = WEEKDAYS.indexOf(parts.WKST ?? 'MO');
  all[3] = ['OMIT', 'BACKWARD', 'FORWARD'].indexOf(parts.SKIP ?? 'OMIT');
  for (const [name, [begin, end]] of Object.entries(LISTS))
    for (const value of (parts[name] ?? '').split(',').filter(Boolean).map(Number))
      put(value < 0 ? end : begin, Math.abs(value));
  for (const value of (parts.BYDAY ?? '').split(',').filter(Boolean)) {
    const [n, day] = [Number(value.slice(0, -2)), WEEKDAYS.indexOf(value.slice(-2))];
    if (n === 0) put(35, day);
    else put(36 + 4 * day + (n < 0 ? 2 : 0), Math.abs(n));
  }
  return { words: all, parts };
}

function rawDates(module: RawModule): DatesDoor {
  const { call } = module;
  const h = (token: unknown) => Math.abs(token as number);
  /** Sets are given out as negative numbers, so that `free` knows which is which. */
  const set = (handle: number) => -module.made(handle);
  const number = (run: (at: number) => number) =>
    module.with([new Float64Array(1)], (at) => {
      module.check(run(at!));
      return at!;
    });
  const u32 = (run: (at: number) => number) => module.u32(number(run), 1)[0]!;
  const list = (x: unknown, from: number, to: number, limit: number, backward: number) =>
    module.with([new Float64Array(limit), new Uint32Array(1)], (out, written) => {
      module.check(call.sl_abi_recurrence_list!(h(x), from, to, backward, limit, out!, written!));
      return Array.from(module.f64(out!, module.u32(written!, 1)[0]!));
    });
  const recurrence = (rule: string, start: number) => {
    const { words: numbers, parts } = words(rule);
    expect(call.sl_abi_recurrence_rule_words!()).toBe(numbers.length);
    const until = parts.UNTIL ? seconds(parts.UNTIL) : 2_932_896 * DAY + DAY - 1;
    const count = parts.COUNT ? Number(parts.COUNT) : Number.POSITIVE_INFINITY;
    return module.with([numbers], (at) =>
      module.made(call.sl_abi_recurrence_create!(at!, start, until, count)),
    );
  };
  return {
    recurrence,
    exceptions(rule, start, added, excluded) {
      const x = recurrence(rule, start);
      module.with([Float64Array.from(added), Float64Array.from(excluded)], (plus, minus) =>
        module.check(
          call.sl_abi_recurrence_set_exceptions!(x, plus!, added.length, minus!, excluded.length),
        ),
      );
      return x;
    },
    within: (x, days) => module.made(call.sl_abi_recurrence_within!(h(x), h(days))),
    days: (x) => set(call.sl_abi_recurrence_days!(h(x))),
    list: (x, from, to, limit) => list(x, from, to, limit, 0),
    last: (x, before) => list(x, Number.NEGATIVE_INFINITY, before - 1, 1, 1)[0],
    countOf: (x, from, to) =>
      module.f64(
        number((at) => call.sl_abi_recurrence_count!(h(x), from, to, at)),
        1,
      )[0]!,
    from: (days) =>
      module.with([Uint32Array.from(days)], (at) =>
        set(call.sl_abi_dates_from_days!(at!, days.length)),
      ),
    span: (first, last) => set(call.sl_abi_dates_span!(first, last)),
    combine: (a, b, how) =>
      set(call.sl_abi_dates_combine!(h(a), h(b), ['and', 'or', 'except'].indexOf(how))),
    shift: (x, days) => set(call.sl_abi_dates_shift!(h(x), days)),
    has: (x, day) => u32((at) => call.sl_abi_dates_has!(h(x), day, at)) === 1,
    count: (x, first, last) => u32((at) => call.sl_abi_dates_count!(h(x), first, last, at)),
    seek(x, day, n) {
      const found = u32((at) => call.sl_abi_dates_seek!(h(x), day, n, at)) | 0;
      return found === -0x8000_0000 ? undefined : found;
    },
    numbers(x, first, last) {
      const count = u32((at) => call.sl_abi_dates_count!(h(x), first, last, at));
      return module.with([new Uint32Array(count), new Uint32Array(1)], (at, written) => {
        module.check(call.sl_abi_dates_list!(h(x), first, last, count, at!, written!));
        return Array.from(new Int32Array(module.u32(at!, count).buffer));
      });
    },
    free(...tokens) {
      for (const token of tokens)
        module.check(
          (token as number) < 0
            ? call.sl_abi_dates_destroy!(h(token))
            : call.sl_abi_recurrence_destroy!(h(token)),
        );
    },
  };
}

/** What the C core calls the parts, which the TypeScript door calls by their names in the rule. */
const NAMES: Record<string, string> = {
  byWeekNumber: 'BYWEEKNO',
  byYearDay: 'BYYEARDAY',
  byMonthDay: 'BYMONTHDAY',
  byNthDay: 'BYDAY',
  byPosition: 'BYSETPOS',
  skip: 'SKIP',
};
const blamed = (call: () => unknown) => {
  const { argument, ...rest } = attempt(call) as { argument: string };
  return { ...rest, argument: NAMES[argument] ?? argument };
};

type Row = [rule: string, start: string, until: string, found: string[], count: number];

export const cases: Case<DatesDoor>[] = [
  ...Array.from({ length: 8 }, (_, k) => {
    const some = (rules as unknown as Row[]).filter((_, i) => i % 8 === k);
    return {
      name: `occurrences are those of dateutil, part ${k + 1} of 8`,
      run: (door) =>
        some.map(([rule, start, until, found]) => {
          const x = door.recurrence(rule, seconds(start));
          const list = door.list(x, seconds(start), seconds(until), found.length + 1);
          const count = door.countOf(x, seconds(start), list[list.length - 1] ?? seconds(until));
          door.free(x);
          return [list, count];
        }),
      check(result: [number[], number][]) {
        for (const [i, [list, count]] of result.entries()) {
          const [rule, , , found, all] = some[i]!;
          expect([rule, list.slice(0, found.length)]).toEqual([rule, found.map(seconds)]);
          expect([rule, count]).toEqual([rule, list.length]);
          // dateutil's list was cut at 12 here, and at `all`.
          expect(list.length > found.length).toBe(all > found.length);
        }
      },
    } satisfies Case<DatesDoor>;
  }),
  {
    name: 'sets of days: union, intersection, difference, shift, ranks, ends',
    run(door) {
      const next = random(1);
      const [a, b] = [1, 2].map(() =>
        Array.from({ length: 300 }, () => Math.floor(next() * 3000) - 1500),
      );
      const [x, y] = [door.from(a!), door.from(b!)];
      const all = door.span(-719_162, 2_932_896);
      const results = (['and', 'or', 'except'] as const).map((how) => {
        const both = door.combine(x, y, how);
        const moved = door.shift(both, -146_097);
        const rest = door.combine(all, both, 'except');
        const numbers = [
          door.numbers(both, -1500, 1500),
          door.numbers(moved, -200_000, 0),
          [door.count(rest, -719_162, 2_932_896), door.count(both, 10, 900)],
          [door.seek(both, 0, 0), door.seek(both, 0, 7), door.seek(both, 0, -3)],
          [door.seek(both, 1500, 0) ?? 'none', door.has(both, a![0]!), door.has(both, 2000)],
        ];
        door.free(both, moved, rest);
        return numbers;
      });
      door.free(x, y, all);
      return results;
    },
    check(results: (number | string | boolean)[][][]) {
      const next = random(1);
      const [a, b] = [1, 2].map(
        () => new Set(Array.from({ length: 300 }, () => Math.floor(next() * 3000) - 1500)),
      );
      const days = Array.from({ length: 3001 }, (_, i) => i - 1500);
      const expected = [
        days.filter((d) => a!.has(d) && b!.has(d)),
        days.filter((d) => a!.has(d) || b!.has(d)),
        days.filter((d) => a!.has(d) && !b!.has(d)),
      ];
      for (const [i, [listed, moved, counts, found]] of results.entries()) {
        const set = expected[i]!;
        expect(listed).toEqual(set);
        expect(moved).toEqual(set.map((d) => d - 146_097));
        expect(counts).toEqual([
          3_652_059 - set.length,
          set.filter((d) => d >= 10 && d <= 900).length,
        ]);
        const [later, earlier] = [set.filter((d) => d >= 0), set.filter((d) => d < 0)];
        expect(found).toEqual([later[0], later[7], earlier[earlier.length - 3]]);
      }
    },
  },
  {
    name: 'RDATE and EXDATE, days, and the days of a set only',
    run(door) {
      const start = seconds('20240101T090000');
      const x = door.exceptions(
        'FREQ=DAILY;COUNT=5',
        start,
        [start + 100, start + 20 * DAY, start],
        [start + DAY, start + 9 * DAY],
      );
      const days = door.days(x);
      const some = door.span(19_723, 19_725); // 2024-01-01 .. 03
      const part = door.within(x, some);
      const ends: [number, number] = [start - DAY, start + 100 * DAY];
      const result = [
        door.list(x, ...ends, 20).map((t) => t - start),
        door.numbers(days, 19_000, 20_000),
        door.list(part, ...ends, 20).map((t) => t - start),
        [door.countOf(x, ...ends), door.last(x, start + 20 * DAY)! - start],
      ];
      door.free(x, days, some, part);
      return result;
    },
    check: (result: number[][]) =>
      expect(result).toEqual([
        [0, 100, 2 * DAY, 3 * DAY, 4 * DAY, 20 * DAY],
        [19_723, 19_725, 19_726, 19_727, 19_743],
        [0, 100, 2 * DAY],
        [6, 4 * DAY],
      ]),
  },
  {
    name: 'RFC 7529: SKIP moves what does not exist',
    run: (door) =>
      ['OMIT', 'BACKWARD', 'FORWARD'].map((skip) => {
        const start = seconds('20140131T000000');
        const x = door.recurrence(`RSCALE=GREGORIAN;FREQ=MONTHLY;COUNT=3;SKIP=${skip}`, start);
        const list = door.list(x, start, start + 900 * DAY, 9);
        door.free(x);
        return list;
      }),
    check: (result: number[][]) =>
      expect(result.map((list) => list.map((t) => wall(t).slice(5, 10)))).toEqual([
        ['01-31', '03-31', '05-31'],
        ['01-31', '02-28', '03-31'],
        ['01-31', '03-01', '03-31'],
      ]),
  },
  {
    name: 'refuses what RFC 5545 forbids, by the name of the part',
    run: (door) =>
      [
        'FREQ=MONTHLY;BYWEEKNO=1',
        'FREQ=DAILY;BYYEARDAY=1',
        'FREQ=WEEKLY;BYMONTHDAY=1',
        'FREQ=WEEKLY;BYDAY=1MO',
        'FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO',
        'FREQ=YEARLY;BYSETPOS=1',
        'RSCALE=GREGORIAN;FREQ=DAILY;SKIP=FORWARD',
      ].map((rule) => blamed(() => door.recurrence(rule, 0))),
    check: (result: unknown[]) =>
      expect(result).toEqual(
        ['BYWEEKNO', 'BYYEARDAY', 'BYMONTHDAY', 'BYDAY', 'BYDAY', 'BYSETPOS', 'SKIP'].map(
          (argument) => ({ refused: 'OPTION', argument, at: -1 }),
        ),
      ),
  },
  {
    name: 'years 1 to 9999, and nothing that never occurs',
    run(door) {
      const first = -719_162 * DAY;
      const end = 2_932_896 * DAY + DAY - 1;
      const yearly = door.recurrence('FREQ=YEARLY', first);
      const never = door.recurrence('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', first);
      const fast = door.recurrence('FREQ=SECONDLY;INTERVAL=7;BYHOUR=3;BYMINUTE=4', first);
      const result = [
        door.countOf(yearly, first, end),
        door.list(yearly, end - 400 * DAY, end, 9),
        door.countOf(never, first, end),
        door.list(never, first, end, 3),
        door.list(fast, end - 3 * DAY, end, 3),
      ];
      door.free(yearly, never, fast);
      return result;
    },
    check: (result: unknown[]) => {
      expect(result.slice(0, 4)).toEqual([9999, [seconds('99990101T000000')], 0, []]);
      for (const time of result[4] as number[]) {
        expect(wall(time).slice(11, 16)).toBe('03:04');
        expect((time + 719_162 * DAY) % 7).toBe(0);
      }
    },
  },
];
