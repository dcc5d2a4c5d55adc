// The rules of dateutil's own tests (test/vectors/dates/own-rules.py): what RFC 5545 permits of them gives the same, and what
// it forbids is refused by the part's name.
import { createEngine } from 'sublinear';
import { expect, test } from 'vitest';
import { refusalOf } from '../support/refused.js';
import rows from '../vectors/dates/own-rules.json' with { type: 'json' };

/** Without a day of the week dateutil takes all seven (docs/dates.md, "Disputed rules"). */
const DISPUTED = ['FREQ=YEARLY;COUNT=4;BYWEEKNO=20'];

/** The table of RFC 5545, 3.3.10: which parts a frequency does not have. */
function forbidden(rule: string): string | undefined {
  const frequency = /FREQ=(\w+)/.exec(rule)![1]!;
  if (/BYWEEKNO/.test(rule) && frequency !== 'YEARLY') return 'BYWEEKNO';
  if (/BYYEARDAY/.test(rule) && /DAILY|WEEKLY|MONTHLY/.test(frequency)) return 'BYYEARDAY';
  if (/BYMONTHDAY/.test(rule) && frequency === 'WEEKLY') return 'BYMONTHDAY';
  if (/BYDAY=-?\d/.test(rule) && !/YEARLY|MONTHLY/.test(frequency)) return 'BYDAY';
  return undefined;
}

test("the rules of dateutil's own tests", async () => {
  const engine = await createEngine();
  const { Recurrence } = await engine.use('dates');
  const start = '1997-09-02T09:00:00';
  const others: string[] = [];
  let permitted = 0;
  for (const [rule, wanted] of rows as unknown as [string, string[]][]) {
    const part = forbidden(rule);
    if (part !== undefined) {
      const { message } = refusalOf(() => Recurrence.parse(rule, { start }));
      expect(message).toContain(`"${part}"`);
      continue;
    }
    permitted++;
    using recurrence = Recurrence.parse(rule, { start });
    if (recurrence.between().join() !== wanted.join()) others.push(rule);
  }
  console.log(`dateutil's own rules: ${permitted - others.length} of ${permitted}`);
  expect(rows.length).toBe(216);
  expect(permitted).toBe(150);
  expect(others).toEqual(DISPUTED);
  engine.dispose();
});
