// The recurrence vectors of libical (test-data/icalrecur_test.txt), when SUBLINEAR_DATA names a folder with
// recurrence/icalrecur_test.txt. They are not part of the project.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import { expect, test } from 'vitest';

const file = join(process.env.SUBLINEAR_DATA ?? '', 'recurrence/icalrecur_test.txt');
const isThere = process.env.SUBLINEAR_DATA !== undefined && existsSync(file);

/**
 * Those that libical reads otherwise, and why; dateutil gives what is found here for each (docs/dates.md, "Disputed rules").
 */
const DISPUTED = [
  'FREQ=YEARLY;BYMONTHDAY=29;COUNT=3', // BYMONTHDAY expands a year: in all months
  'FREQ=YEARLY;BYMONTHDAY=-29,-1;COUNT=4',
  'FREQ=YEARLY;BYWEEKNO=53;BYDAY=TU,SA;INTERVAL=6;UNTIL=20170101T000000Z', // years of the calendar, not of the weeks
  'FREQ=YEARLY;BYWEEKNO=53;BYDAY=TU,SA;INTERVAL=5;UNTIL=20170101T000000Z',
  'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,TU;INTERVAL=3;UNTIL=20320101',
];

if (!isThere)
  console.log('libical vectors: skipped, SUBLINEAR_DATA has no recurrence/icalrecur_test.txt');

test.skipIf(!isThere)('the vectors of libical', async () => {
  const engine = await createEngine();
  const { Recurrence } = await engine.use('dates');
  const misses: string[] = [];
  let usable = 0;
  for (const block of readFileSync(file, 'utf8').split(/\n\s*\n/)) {
    const fields = new Map(
      block
        .split('\n')
        .filter((line) => !line.startsWith('#') && line.includes(':'))
        .map((line) => [
          line.slice(0, line.indexOf(':')),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    );
    const [rule, start, instances] = ['RRULE', 'DTSTART', 'INSTANCES'].map((name) =>
      fields.get(name),
    );
    if (
      !rule ||
      !start ||
      instances === undefined ||
      instances.startsWith('***') ||
      fields.has('START-AT')
    )
      continue;
    usable++;
    // Times of day beside a start without one are to be overlooked there; they are refused here.
    const read = start.includes('T') ? rule : rule.replace(/;BY(HOUR|MINUTE|SECOND)=[\d,]+/g, '');
    const wanted = instances
      .replace(/Z/g, '')
      .split(',')
      .filter((text) => text !== '');
    const ends = /COUNT|UNTIL/.test(rule);
    using r = Recurrence.parse(read, { start });
    const found = r
      .between(undefined, undefined, { limit: wanted.length + (ends ? 1 : 0) })
      .map((text) => text.replace(/[-:Z]/g, ''));
    if (found.join() !== wanted.join()) misses.push(rule);
  }
  console.log(`libical vectors: ${usable - misses.length} of ${usable}`);
  expect(usable).toBe(138);
  expect(misses).toEqual(DISPUTED);
  engine.dispose();
});
