// sublinear dates "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13" --from 2000 --to 2030
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { outputFormat, print } from './output.js';
import { CliError, count } from './terminal.js';

export interface DatesOptions extends CommonOptions {
  from?: string;
  to?: string;
  start?: string;
  zone?: string;
  top: number;
}

/** A year alone is its first day, or its last. */
const whole = (text: string | undefined, end: string) =>
  text !== undefined && /^\d{4}$/.test(text) ? `${text}-${end}` : text;

export async function dates(rule: string, options: DatesOptions): Promise<void> {
  const format = outputFormat(options);
  const engine = await engineFor(['dates'], options);
  const from = whole(options.from, '01-01');
  const to = whole(options.to, '12-31');
  // A text of iCalendar has a start of its own.
  const start = whole(options.start, '01-01') ?? (/^\s*FREQ|;FREQ/i.test(rule) ? from : undefined);
  const { zone } = options;
  try {
    const recurrence = engine.dates.Recurrence.parse(rule.replaceAll('\\n', '\n'), {
      ...(start !== undefined && { start }),
      ...(zone !== undefined && { zone }),
    });
    const total = recurrence.count(from, to);
    const occurrences = recurrence.between(from, to, { limit: options.top });
    // A column alone needs no title.
    if (format === 'table') for (const line of occurrences) process.stdout.write(`${line}\n`);
    const shown = total > occurrences.length ? `, ${count(occurrences.length)} printed` : '';
    print(
      {
        about: [
          ['rule', recurrence.text()],
          ['occurrences', `${count(total)}${shown}`],
        ],
        columns: ['occurrence'],
        rows: occurrences.map((occurrence) => [occurrence]),
        table: null,
        json: () => ({
          rule: recurrence.toString(),
          text: recurrence.text(),
          kind: recurrence.kind,
          count: total,
          occurrences,
        }),
      },
      options,
    );
  } catch (error) {
    // Parts of a rule are called as the rule calls them, options as the command line does.
    if (isSublinearError(error) && /^[A-Z]+$|^rule$|^text$/.test(error.argument ?? ''))
      throw new CliError(error.message);
    throw explain(error, {});
  } finally {
    engine.dispose();
  }
}
