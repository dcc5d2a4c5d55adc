// Recurrence rules against rrule.js: Friday the 13ths, many daily occurrences, counting over 400 years.
//
//   npm run bench -- dates [--smoke] [--only TEXT]
import rrule from 'rrule';
import { createEngine } from 'sublinear';
import { openBench } from './support/harness.js';

const bench = openBench('dates', 'Dates');
const engine = await createEngine();
const { Recurrence } = await engine.use('dates');
const { RRule } = rrule;

/** How many of some dates are not those that a loop over all days finds. */
const differing = (found: readonly Date[], expected: readonly number[]) =>
  Math.abs(found.length - expected.length) +
  found.filter((date, i) => date.getTime() !== expected[i]).length;

const DAY = 86_400_000;
const [first, last] = [Date.UTC(2000, 0, 1), Date.UTC(2029, 11, 31)];

// From the text of the rule to the dates: as people write it, and month by month, which rrule does with fewer steps.
for (const [id, freq] of [
  ['friday-13', 'DAILY'],
  ['friday-13-monthly', 'MONTHLY'],
] as const) {
  const text = `FREQ=${freq};BYDAY=FR;BYMONTHDAY=13`;
  const expected: number[] = [];
  for (let time = first; time <= last; time += DAY) {
    const date = new Date(time);
    if (date.getUTCDay() === 5 && date.getUTCDate() === 13) expected.push(time);
  }
  const result = await bench.compare({
    id,
    title: `Friday the 13ths from 2000 to 2029, ${freq.toLowerCase()}`,
    note: `${text}. Each call reads the rule and gives 51 Dates; rrule keeps results of an object, so that each call makes a new one.`,
    accuracy: 'dates that differ from a loop over all days',
    contestants: [
      {
        name: 'sublinear',
        run() {
          const rule = Recurrence.parse(text, { start: '2000-01-01' });
          const dates = rule.between('2000-01-01', '2029-12-31', { as: 'date' });
          rule.dispose();
          return dates;
        },
        accuracy: (found: Date[]) => differing(found, expected),
      },
      {
        name: 'rrule',
        run: () =>
          new RRule({ ...RRule.parseString(text), dtstart: new Date(first) }).between(
            new Date(first),
            new Date(last),
            true,
          ),
        accuracy: (found: Date[]) => differing(found, expected),
      },
    ],
    maxSeconds: 20,
  });
  if (freq === 'DAILY')
    claim(id, 'Friday the 13ths of 30 years, times faster than rrule', result, 100);
}

{
  const count = bench.smoke ? 200 : 10_000;
  const expected = Array.from({ length: count }, (_, i) => first + i * DAY);
  const result = await bench.compare({
    id: 'daily',
    title: `${count} daily occurrences`,
    note: `FREQ=DAILY;COUNT=${count}, read and given as Dates.`,
    accuracy: 'dates that differ from adding days',
    contestants: [
      {
        name: 'sublinear',
        run() {
          const rule = Recurrence.parse(`FREQ=DAILY;COUNT=${count}`, { start: '2000-01-01' });
          const dates = rule.between(undefined, undefined, { as: 'date' });
          rule.dispose();
          return dates;
        },
        accuracy: (found: Date[]) => differing(found, expected),
      },
      {
        name: 'rrule',
        run: () => new RRule({ freq: RRule.DAILY, count, dtstart: new Date(first) }).all(),
        accuracy: (found: Date[]) => differing(found, expected),
      },
    ],
    maxSeconds: 20,
  });
  claim('daily', `${count} daily occurrences, times faster than rrule`, result, 20);
}

{
  const rule = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', { start: '1600-01-01' });
  const result = await bench.compare({
    id: 'count',
    title: 'Counting over 400 years',
    note: 'Friday the 13ths from 1601 to 2000: 688 (B. H. Brown, American Mathematical Monthly 40, 1933, p. 607).',
    accuracy: 'difference from 688',
    contestants: [
      {
        name: 'count',
        run: () => rule.count('1601-01-01', '2000-12-31'),
        accuracy: (found: number) => Math.abs(found - 688),
      },
      {
        name: 'parse and count',
        run() {
          const read = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', {
            start: '1600-01-01',
          });
          const found = read.count('1601-01-01', '2000-12-31');
          read.dispose();
          return found;
        },
        accuracy: (found: number) => Math.abs(found - 688),
      },
    ],
    maxSeconds: 10,
  });
  const micros = (result?.rows[0]?.medianMs ?? Number.NaN) * 1000;
  if (result !== undefined)
    bench.claim({
      id: 'count',
      text: 'counting over 400 years',
      value: micros,
      limit: 20,
      goal: 5,
      relation: '<=',
      unit: 'us',
    });
}

await engine.dispose();
bench.close();

/** rrule's time over ours. */
function claim(
  id: string,
  text: string,
  result: Awaited<ReturnType<typeof bench.compare>>,
  limit: number,
): void {
  const value = result?.rows[1]?.ratio;
  if (value !== undefined)
    bench.claim({ id, text, value, limit, goal: 3 * limit, relation: '>=', unit: 'x' });
}
