// Dates as TypeScript users meet them. What both doors share is in dates.cases.ts.
import { createEngine, type Engine, isSublinearError } from 'sublinear';
import type { DatesRoom } from 'sublinear/dates';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './dates.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: DatesRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('dates');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

describe('rules', () => {
  const read = (rule: string, start = '2024-01-01T09:00') => room.Recurrence.parse(rule, { start });

  test('are written in one form, and read again', () => {
    for (const [rule, written] of [
      ['byday=-1fr;freq=monthly;', 'FREQ=MONTHLY;BYDAY=-1FR'],
      ['FREQ=YEARLY;BYMONTH=3,1,3;INTERVAL=1;WKST=MO', 'FREQ=YEARLY;BYMONTH=1,3'],
      ['FREQ=WEEKLY;WKST=SU;COUNT=007;BYDAY=TU,MO', 'FREQ=WEEKLY;COUNT=7;BYDAY=MO,TU;WKST=SU'],
      [
        'SKIP=BACKWARD;RSCALE=gregorian;FREQ=MONTHLY;BYMONTHDAY=31',
        'RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD',
      ],
      [
        'FREQ=DAILY;UNTIL=20240301;BYHOUR=1,2;BYSETPOS=-1',
        'FREQ=DAILY;UNTIL=20240301T235959;BYHOUR=1,2;BYSETPOS=-1',
      ],
    ]) {
      const text = read(rule!).toString();
      expect(text).toBe(`DTSTART:20240101T090000\nRRULE:${written}`);
      expect(room.Recurrence.parse(text).toString()).toBe(text);
    }
  });

  test('objects say the same as texts', () => {
    const r = room.Recurrence.parse({
      freq: 'monthly',
      byDay: ['-1FR', '1MO'],
      byHour: 9,
      count: 3,
      start: new Date(Date.UTC(2024, 0, 1, 12)),
      exclude: ['2024-01-01T09:00Z'],
    });
    expect(r.toString()).toBe(
      'DTSTART:20240101T120000Z\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=1MO,-1FR;BYHOUR=9\nEXDATE:20240101T090000Z',
    );
    expect(r.between()).toEqual([
      '2024-01-26T09:00:00Z',
      '2024-02-05T09:00:00Z',
      '2024-02-23T09:00:00Z',
    ]);
    expect([r.kind, r.zone]).toEqual(['zoned', 'UTC']);
  });

  test('in English', () => {
    for (const [rule, text] of [
      ['FREQ=DAILY', 'every day'],
      ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'every week on weekdays'],
      ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', 'every month on the 13th when it is a Friday'],
      ['FREQ=MONTHLY;BYMONTHDAY=-1,15', 'every month on the 15th and last day'],
      [
        'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
        'every year on the 4th Thursday of the month in November',
      ],
      ['FREQ=YEARLY;BYDAY=-1MO', 'every year on the last Monday of the year'],
      [
        'FREQ=YEARLY;INTERVAL=4;BYWEEKNO=20;BYDAY=MO',
        'every 4 years in the 20th week of the year on Mondays',
      ],
      ['FREQ=DAILY;BYHOUR=9,17;BYMINUTE=30;COUNT=1', 'every day at 09:30 and 17:30, once'],
      [
        'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,2',
        'every month on weekdays, of these only the 2nd and last of each month',
      ],
      [
        'FREQ=HOURLY;INTERVAL=6;UNTIL=20250101T000000',
        'every 6 hours, until January 1, 2025 at 00:00',
      ],
    ])
      expect(read(rule!).text()).toBe(text);
  });

  test('name the part that is wrong, and what would be right', () => {
    const wrong: [string, string, RegExp][] = [
      ['', 'rule', /NAME=VALUE/],
      ['FREQ', 'rule', /NAME=VALUE/],
      ['INTERVAL=2', 'FREQ', /YEARLY, MONTHLY/],
      ['FREQ=NEVER', 'FREQ', /got "NEVER"/],
      ['FREQ=DAILY;FREQ=DAILY', 'FREQ', /once/],
      ['FREQ=DAILY;INTERVAL=0', 'INTERVAL', /1\.\.4294967295/],
      ['FREQ=DAILY;INTERVAL=1e3', 'INTERVAL', /got "1E3"/],
      ['FREQ=DAILY;COUNT=-1', 'COUNT', /integer/],
      ['FREQ=DAILY;COUNT=1;UNTIL=20250101', 'COUNT', /without UNTIL/],
      ['FREQ=DAILY;UNTIL=20250230', 'UNTIL', /20240131/],
      ['FREQ=DAILY;BYMONTH=13', 'BYMONTH', /1\.\.12, got "13"/],
      ['FREQ=DAILY;BYMONTHDAY=0', 'BYMONTHDAY', /-31\.\.-1/],
      ['FREQ=DAILY;BYHOUR=24', 'BYHOUR', /0\.\.23/],
      ['FREQ=DAILY;BYHOUR=,', 'BYHOUR', /0\.\.23/],
      ['FREQ=YEARLY;BYDAY=54MO', 'BYDAY', /1\.\.53/],
      ['FREQ=YEARLY;BYDAY=0MO', 'BYDAY', /1\.\.53/],
      ['FREQ=YEARLY;WKST=XX', 'WKST', /MO, TU/],
      ['FREQ=YEARLY;BYEASTER=0', 'BYEASTER', /no such part/],
      ['FREQ=YEARLY;RSCALE=CHINESE', 'RSCALE', /GREGORIAN/],
      ['FREQ=MONTHLY;SKIP=FORWARD', 'SKIP', /RSCALE/],
      ['FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=UP', 'SKIP', /BACKWARD/],
      ['FREQ=MONTHLY;BYWEEKNO=3', 'BYWEEKNO', /FREQ=YEARLY/],
    ];
    for (const [rule, argument, message] of wrong) {
      const error = refused(() => read(rule), RangeError, 'OPTION', 'Recurrence.parse', message);
      expect([rule, error.argument]).toEqual([rule, argument]);
    }
    const { Recurrence } = room;
    refused(
      () => Recurrence.parse('FREQ=DAILY'),
      RangeError,
      'OPTION',
      'Recurrence.parse',
      /^"start"/,
    );
    refused(
      () => Recurrence.parse('FREQ=DAILY', { start: '2023-02-29' }),
      RangeError,
      'RANGE',
      'Recurrence.parse',
      /^"start" expected a day/,
    );
    refused(
      () => Recurrence.parse('FREQ=HOURLY', { start: '2024-01-01' }),
      RangeError,
      'OPTION',
      'Recurrence.parse',
      /^"FREQ" expected a start with a time/,
    );
    refused(
      () => Recurrence.parse('FREQ=DAILY', { start: '2024-01-01T00:00', zone: 'Mars/Olympus' }),
      RangeError,
      'RANGE',
      'Recurrence.parse',
      /^"zone" expected the name of a time zone/,
    );
    refused(
      () => Recurrence.parse('FREQ=DAILY', { start: '2024-01-01T00:00+02:00' }),
      RangeError,
      'OPTION',
      'Recurrence.parse',
      /^"zone"/,
    );
    refused(
      () => Recurrence.parse(bad({ freq: 'daily', byday: 'MO', start: '2024-01-01' })),
      TypeError,
      'TYPE',
      'Recurrence.parse',
      /^"byday" is not an option/,
    );
    refused(() => Recurrence.parse(bad(7)), TypeError, 'TYPE', 'Recurrence.parse', /^"text"/);
  });

  test('survive any text: an answer or one of our errors', async () => {
    const own = await createEngine();
    const { Recurrence } = await own.use('dates');
    const next = random(12);
    const pieces =
      'FREQ= YEARLY MONTHLY WEEKLY DAILY HOURLY SECONDLY ; ; ; INTERVAL= COUNT= UNTIL= BYDAY= BYMONTHDAY= BYSETPOS= BYWEEKNO= BYHOUR= WKST= SKIP= RSCALE=GREGORIAN 1 2 -1 31 366 , , MO 2TU -1FR 20250101 T000000Z DTSTART: RRULE: EXDATE: \n BEGIN:VEVENT END:VEVENT ;TZID=UTC: "'.split(
        ' ',
      );
    let read = 0;
    for (let trial = 0; trial < 4000; trial++) {
      let text = trial % 2 ? 'FREQ=YEARLY;' : '';
      const length = 1 + Math.floor(next() * 12);
      for (let i = 0; i < length; i++)
        text +=
          next() < 0.03
            ? String.fromCharCode(Math.floor(next() * 0x2000))
            : pieces[Math.floor(next() * pieces.length)];
      try {
        const r = Recurrence.parse(text, { start: '2024-02-29T10:20:30' });
        read++;
        const first = r.next('2024-01-01');
        expect(r.toString().length).toBeGreaterThan(10);
        if (first !== undefined) expect(r.has(first)).toBe(true);
        r.dispose();
      } catch (error) {
        if (!isSublinearError(error))
          throw new Error(`of ${JSON.stringify(text)}`, { cause: error });
      }
    }
    expect(read).toBeGreaterThan(40);
    expect(own.stats().modules.map(({ bytesInUse }) => bytesInUse)).toEqual([0]);
    own.dispose();
  });
});

describe('zones', () => {
  const at = (rule: string, start: string, zone: string) =>
    room.Recurrence.parse(rule, { start, zone });

  // RFC 5545, 3.3.5, and its example of New York.
  test('what clocks skip is read with the offset before, what they show twice is the first', () => {
    const gap = at('FREQ=DAILY;COUNT=3', '2007-03-10T02:30', 'America/New_York');
    expect(gap.between()).toEqual([
      '2007-03-10T02:30:00-05:00[America/New_York]',
      '2007-03-11T03:30:00-04:00[America/New_York]',
      '2007-03-12T02:30:00-04:00[America/New_York]',
    ]);
    const twice = at('FREQ=DAILY;COUNT=3', '2007-11-03T01:30', 'America/New_York');
    expect(
      twice.between(undefined, undefined, { as: 'date' }).map((d) => d.toISOString().slice(5, 16)),
    ).toEqual(['11-03T05:30', '11-04T05:30', '11-05T06:30']);
    // A gap of half an hour, a day that does not exist, and an offset with seconds.
    expect(
      at('FREQ=DAILY;COUNT=1', '2023-10-01T02:10', 'Australia/Lord_Howe').next('2023-01-01'),
    ).toBe('2023-10-01T02:40:00+11:00[Australia/Lord_Howe]');
    expect(
      at('FREQ=DAILY;COUNT=3', '2011-12-29T12:00', 'Pacific/Apia')
        .between()
        .map((t) => t.slice(0, 19)),
    ).toEqual(['2011-12-29T12:00:00', '2011-12-31T12:00:00', '2011-12-31T12:00:00']);
  });

  test('a thousand days agree with the clock that Intl shows', () => {
    for (const zone of [
      'Europe/Berlin',
      'America/Sao_Paulo',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ]) {
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      const r = at('FREQ=DAILY;COUNT=1000', '2017-01-01T12:34:56', zone);
      const dates = r.between(undefined, undefined, { as: 'date' });
      for (const date of dates) expect(format.format(date).slice(11)).toBe('12:34:56');
    }
  });

  test('ends and ranges are instants', () => {
    const r = at('FREQ=HOURLY;UNTIL=20241027T013000Z', '2024-10-26T22:00', 'Europe/Berlin');
    // 02:00 is the first of two; 03:00 of that night is past the end.
    expect(r.between().map((t) => t.slice(11, 22))).toEqual([
      '22:00:00+02',
      '23:00:00+02',
      '00:00:00+02',
      '01:00:00+02',
      '02:00:00+02',
    ]);
    expect(r.count('2024-10-26T21:00Z', '2024-10-26T22:00Z')).toBe(2);
    expect(r.next('2024-10-26T20:30:00Z')).toBe('2024-10-26T23:00:00+02:00[Europe/Berlin]');
    expect(r.previous(new Date(Date.UTC(2024, 9, 26, 21)))).toBe(
      '2024-10-26T22:00:00+02:00[Europe/Berlin]',
    );
    expect(r.has('2024-10-26T23:00:00')).toBe(true);
    expect(r.has('2024-10-26T23:00:00Z')).toBe(true);
    expect(r.has('2024-10-26T23:30:00Z')).toBe(false);
  });

  test('objects of Temporal where there is a Temporal', () => {
    const r = room.Recurrence.parse('FREQ=DAILY', { start: '2024-01-01' });
    const scope = globalThis as { Temporal?: unknown };
    if (scope.Temporal === undefined) {
      refused(
        () => r.next('2024-01-01', 1, { as: 'temporal' }),
        Error,
        'UNSUPPORTED',
        'Recurrence.next',
        /has no Temporal/,
      );
      const from = (text: string) => ({ toString: () => text });
      scope.Temporal = { PlainDate: { from }, PlainDateTime: { from }, ZonedDateTime: { from } };
    }
    try {
      const day = r.next('2024-01-01', 1, { as: 'temporal' });
      expect(String(day)).toBe('2024-01-02');
      expect(r.has(day!)).toBe(true);
    } finally {
      if (Object.keys(scope.Temporal as object).length === 3) delete scope.Temporal;
    }
  });
});

describe('iCalendar', () => {
  test('the rules of an event, not of its alarm or its time zone', () => {
    const r = room.Recurrence.parse(
      [
        'BEGIN:VCALENDAR',
        'BEGIN:VTIMEZONE',
        'BEGIN:STANDARD',
        'DTSTART:19701025T030000',
        'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
        'END:STANDARD',
        'END:VTIMEZONE',
        'BEGIN:VEVENT',
        'SUMMARY:Standup\\, daily: all',
        'DTSTART;TZID=Europe/Berlin:20240328T090000',
        'RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20240',
        ' 411T070000Z',
        'EXDATE;TZID="Europe/Berlin":20240401T090000',
        'RDATE;VALUE=PERIOD:20240330T100000Z/PT1H,20240330T110000Z/PT1H',
        'BEGIN:VALARM',
        'RRULE:FREQ=SECONDLY',
        'END:VALARM',
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\r\n'),
    );
    expect(r.between().map((t) => t.slice(0, 22))).toEqual([
      '2024-03-28T09:00:00+01',
      '2024-03-30T11:00:00+01',
      '2024-03-30T12:00:00+01',
      '2024-04-04T09:00:00+02',
      '2024-04-08T09:00:00+02',
      '2024-04-11T09:00:00+02',
    ]);
    const again = room.Recurrence.parse(r.toString());
    expect(again.between()).toEqual(r.between());
    expect(again.text()).toBe(
      'every week on Monday and Thursday, until April 11, 2024 at 09:00, and on 2 dates, except one date',
    );
  });

  test('an event without a rule, days, and what is refused', () => {
    const { Recurrence } = room;
    const once = Recurrence.parse('DTSTART;VALUE=DATE:20240229\nRDATE;VALUE=DATE:20240301');
    expect(once.between()).toEqual(['2024-02-29', '2024-03-01']);
    expect(once.toString()).toBe(
      'DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=DAILY;COUNT=1\nRDATE;VALUE=DATE:20240301'.replace(
        'RRULE:FREQ=DAILY;COUNT=1\n',
        '',
      ),
    );
    const wrong = (text: string, code: string, message: RegExp) =>
      refused(() => Recurrence.parse(text), Error, code, 'Recurrence.parse', message);
    wrong('DTSTART:20240101T000000\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY', 'OPTION', /"RRULE".*once/);
    wrong('DTSTART:20240101T000000\nEXRULE:FREQ=DAILY', 'OPTION', /except\(\)/);
    wrong(
      'DTSTART:20240101T000000\nEXDATE;VALUE=DATE:20240101',
      'RANGE',
      /"EXDATE" expected a time/,
    );
    wrong(
      'DTSTART:20240101T000000\nRDATE:20240101T000000Z',
      'RANGE',
      /"RDATE" expected a time without a zone/,
    );
    wrong('DTSTART:20240101T000000\nwhat is this', 'PARSE', /in line 2/);
    wrong(
      'DTSTART;TZID=W. Europe Standard Time:20240101T000000\nRRULE:FREQ=DAILY',
      'RANGE',
      /"TZID"/,
    );
    wrong(
      'BEGIN:VEVENT\nDTSTART:20240101\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT',
      'OPTION',
      /one event/,
    );
    wrong('RRULE:FREQ=DAILY', 'OPTION', /"start"/);
  });
});

describe('sets', () => {
  test('business days, observed holidays and Easter', () => {
    const { businessDays, DateSet, Recurrence, easter } = room;
    // Federal holidays of the United States in 2021, as published by OPM.
    const rules = [
      'FREQ=YEARLY;BYMONTH=1;BYDAY=3MO',
      'FREQ=YEARLY;BYMONTH=2;BYDAY=3MO',
      'FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO',
      'FREQ=YEARLY;BYMONTH=9;BYDAY=1MO',
      'FREQ=YEARLY;BYMONTH=10;BYDAY=2MO',
      'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
    ].map((rule) => Recurrence.parse(rule, { start: '2000-01-01' }));
    const fixed = ['0101', '0619', '0704', '1111', '1225'].map((day) =>
      Recurrence.parse('FREQ=YEARLY', { start: `2000${day}` })
        .days()
        .observed({ SA: -1, SU: 1 }),
    );
    let holidays = DateSet.from([]);
    for (const set of [...rules, ...fixed]) holidays = holidays.or(set);
    expect(holidays.between('2021-01-01', '2021-12-31').map((day) => day.slice(5))).toEqual(
      '01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31'.split(' '),
    );
    const open = businessDays({ holidays: [holidays] });
    expect(open.count('2021-01-01', '2021-12-31')).toBe(261 - 12);
    expect(open.next('2021-12-23', 2)).toBe('2021-12-28');
    expect(businessDays({ weekend: ['FR', 'SA'] }).has('2024-01-05')).toBe(false);
    // The earliest and the latest possible (1818, 2038), and a table of S. Stewart.
    expect(easter({ from: 1818, to: 1818 }).first).toBe('1818-03-22');
    expect(easter({ from: 2038, to: 2038 }).first).toBe('2038-04-25');
    expect(easter({ from: 2019, to: 2023 }).between()).toEqual([
      '2019-04-21',
      '2020-04-12',
      '2021-04-04',
      '2022-04-17',
      '2023-04-09',
    ]);
    refused(
      () => businessDays({ holidays: [bad(3)] }),
      TypeError,
      'TYPE',
      'DateSet.except',
      /^"other"/,
    );
  });

  test('a recurrence by its days', () => {
    const { DateSet, Recurrence } = room;
    const r = Recurrence.parse('FREQ=WEEKLY;BYDAY=SA', { start: '2024-01-01T10:00' });
    const january = DateSet.range('2024-01-01', '2024-01-31');
    expect(r.and(january).between()).toEqual([
      '2024-01-06',
      '2024-01-13',
      '2024-01-20',
      '2024-01-27',
    ]);
    expect(january.except(r).size).toBe(27);
    expect(r.shift(1).first).toBe('2024-01-07');
    expect(r.or(january).count('2024-01-01', '2024-02-29')).toBe(31 + 4);
    expect(r.except(january).first).toBe('2024-02-03');
    expect(r.complement().has('2024-01-06')).toBe(false);
    expect(r.within(january).between()).toHaveLength(4);
    refused(
      () => r.within(january).toString(),
      Error,
      'UNSUPPORTED',
      'Recurrence.toString',
      /within/,
    );
  });

  test('what is wrong is named', () => {
    const { DateSet } = room;
    const set = DateSet.from(['2024-01-01']);
    refused(() => DateSet.from(bad(5)), TypeError, 'TYPE', 'DateSet.from', /^"days"/);
    refused(
      () => DateSet.from(['2024-01-01', '2024-13-01']),
      RangeError,
      'RANGE',
      'DateSet.from',
      /^"days\[1\]"/,
    );
    refused(() => set.has(bad(0)), TypeError, 'TYPE', 'DateSet.has', /^"day"/);
    refused(() => set.next('2024-01-01', 0), RangeError, 'RANGE', 'DateSet.next', /^"n"/);
    refused(() => set.shift(4e6), RangeError, 'RANGE', 'DateSet.shift', /^"days"/);
    refused(() => set.and(bad({})), TypeError, 'TYPE', 'DateSet.and', /^"other"/);
    refused(
      () => set.between(undefined, undefined, bad({ as: 'text' })),
      RangeError,
      'RANGE',
      'DateSet.between',
      /^"as"/,
    );
    set.dispose();
    refused(() => set.size, Error, 'DISPOSED', 'DateSet.size', /disposed/);
  });

  test('more than the memory holds is refused, and nothing is lost', async () => {
    const small = await createEngine({ memory: 4e6 });
    const { Recurrence } = await small.use('dates');
    using r = Recurrence.parse('FREQ=SECONDLY', { start: '2024-01-01T00:00' });
    refused(() => r.between(), Error, 'MEMORY', 'Recurrence.between', /memory limit/);
    expect(r.between(undefined, undefined, { limit: 2 })).toEqual([
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:01',
    ]);
    small.dispose();
  });
});

describe('searches', () => {
  test('find all days', () => {
    const { searchDates } = room;
    const found = searchDates(
      [
        { month: [6, 7] },
        { nth: { n: -1, weekday: 'FR' } },
        { not: { year: [2021, 2022] } },
        { after: '2020-06-26', before: new Date('2024-06-28T00:00Z') },
      ],
      { from: '2000-01-01', to: '2030-12-31' },
    );
    expect(found.days.between()).toEqual(['2020-07-31', '2023-06-30', '2023-07-28']);
    expect([found.count, found.explain()]).toEqual([3, undefined]);
    found.dispose();
    expect(searchDates([], { from: '2024-01-01', to: '2024-12-31' }).count).toBe(366);
    expect(
      searchDates([{ exact: ['2024-01-01', '2024-05-05'] }, { weekday: 'SU' }]).days.first,
    ).toBe('2024-05-05');
  });

  test('explain with the fewest constraints, checked against all choices', () => {
    const { searchDates } = room;
    const next = random(3);
    const window = { from: '2024-01-01', to: '2024-03-31' };
    let contradictions = 0;
    for (let trial = 0; trial < 12; trial++) {
      const constraints = Array.from({ length: 6 }, () => {
        const pick = Math.floor(next() * 4);
        const n = Math.floor(next() * 28) + 1;
        const day = `2024-0${1 + Math.floor(next() * 3)}-${String(n).padStart(2, '0')}`;
        if (pick === 0) return { month: [1 + Math.floor(next() * 3), 1 + Math.floor(next() * 3)] };
        if (pick === 1) return { after: day };
        if (pick === 2) return { before: day };
        return { rule: `FREQ=MONTHLY;BYMONTHDAY=${n},${1 + ((n + 9) % 28)}` };
      });
      const result = searchDates(constraints, window);
      const explained = result.explain();
      expect(explained === undefined).toBe(result.count > 0);
      if (!explained) continue;
      contradictions++;
      const sizes: number[] = [];
      for (let mask = 0; mask < 64; mask++) {
        const some = constraints.filter((_, i) => (mask >> i) & 1);
        if (searchDates(some, window).count === 0) sizes.push(some.length);
      }
      expect(
        searchDates(
          explained.constraints.map((i) => constraints[i]!),
          window,
        ).count,
      ).toBe(0);
      // The window may be one of those that contradict.
      expect(explained.constraints.length).toBe(Math.min(...sizes));
    }
    expect(contradictions).toBeGreaterThan(2);
    const none = searchDates([
      { year: 2023 },
      { weekday: 'MO' },
      { rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29' },
    ]);
    expect(none.explain()).toEqual({
      constraints: [0, 2],
      text: 'no day is of year 2023 and by the rule FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    });
  });

  test('name what is wrong', () => {
    const { searchDates } = room;
    const wrong = (constraint: unknown, type: typeof Error, message: RegExp) => {
      expect(() => searchDates([bad(constraint)])).toThrow(type);
      expect(() => searchDates([bad(constraint)])).toThrow(message);
    };
    wrong({}, RangeError, /"constraints\[0\]" expected one of exact/);
    wrong({ weekdays: 'MO' }, TypeError, /"weekdays" is not an option/);
    wrong({ weekday: 'MON' }, RangeError, /"constraints\[0\].weekday" expected MO/);
    wrong({ month: 13 }, RangeError, /"constraints\[0\].month"/);
    wrong({ nth: { n: 6, weekday: 'MO' } }, RangeError, /nth.n/);
    wrong({ between: '2024-01-01' }, TypeError, /two days/);
    wrong({ rule: 'FREQ=X' }, RangeError, /"FREQ"/);
    wrong(7, TypeError, /object/);
    refused(
      () => searchDates(Array(65).fill({ month: 1 })),
      RangeError,
      'RANGE',
      'searchDates',
      /at most 64/,
    );
  });
});

test('in a worker', async () => {
  const worker = await createWorkerEngine({ modules: ['dates'] });
  const { Recurrence, businessDays } = worker.dates;
  const r = await Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', { start: '2000-01-01' });
  expect(await r.count('2000-01-01', '2029-12-31')).toBe(51);
  const dates = await r.between('2024-01-01', '2024-12-31', { as: 'date' });
  expect(dates.map((date) => (date as Date).toISOString().slice(0, 10))).toEqual([
    '2024-09-13',
    '2024-12-13',
  ]);
  const open = await businessDays();
  expect(await open.next('2024-05-03')).toBe('2024-05-06');
  // A handle stands for a set, as an argument and in a condition.
  const weekdays = await r.within(open);
  expect(await weekdays.count('2000-01-01', '2029-12-31')).toBe(51);
  const { searchDates } = worker.dates;
  const found = await searchDates([{ rule: open }, { month: 2 }, { year: 2024 }]);
  expect(await found.count).toBe(21);
  await worker.dispose();
});
