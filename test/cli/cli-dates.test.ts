// `sublinear dates`, as a user runs it.
import { describe, expect, test } from 'vitest';
import { sublinear as run } from '../support/cli.js';

describe('sublinear dates', () => {
  test('lists Friday the 13ths of thirty years', async () => {
    const args = ['dates', 'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', '--from', '2000', '--to', '2029'];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    const days = stdout.trim().split('\n');
    expect([days.length, days[0], days[50]]).toEqual([51, '2000-10-13', '2029-07-13']);
    expect(stderr).toContain('every month on the 13th when it is a Friday');
  });

  test('as JSON, in a zone, and no more than asked for', async () => {
    const { stdout } = await run([
      'dates',
      'FREQ=DAILY;BYHOUR=9',
      '--start',
      '2024-03-30T09:00',
      '--zone',
      'Europe/Berlin',
      '--to',
      '2024-12-31',
      '--top',
      '2',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toEqual({
      rule: 'DTSTART;TZID=Europe/Berlin:20240330T090000\nRRULE:FREQ=DAILY;BYHOUR=9',
      text: 'every day at hour 9',
      kind: 'zoned',
      count: 277,
      occurrences: [
        '2024-03-30T09:00:00+01:00[Europe/Berlin]',
        '2024-03-31T09:00:00+02:00[Europe/Berlin]',
      ],
    });
  });

  test('names the part of the rule, or the option, that is wrong', async () => {
    for (const [args, message] of [
      [['FREQ=DAILY;BYMONTH=13', '--from', '2024'], /"BYMONTH" expected integers 1\.\.12/],
      [['FREQ=DAILY'], /"start" expected|--start expected/],
      [['FREQ=DAILY', '--from', '2024-02-30'], /--(from|start) expected a day/],
      [['FREQ=DAILY', '--start', '2024-01-01T00:00', '--zone', 'Moon'], /--zone expected the name/],
    ] as const) {
      const { code, stdout, stderr } = await run(['dates', ...args]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
    }
  });
});
