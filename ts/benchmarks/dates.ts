// Benchmark cases of dates.

import type { DatesRoom } from '../rooms/dates/dates.js';
import type { Case } from './case.js';

export const benchmarks: Record<'parse' | 'between' | 'count', Case<DatesRoom>> = {
  // A rule is read and its 400 years are laid out.
  parse: {
    defaultSize: 1,
    prepare({ Recurrence }) {
      return {
        run: () =>
          Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', {
            start: '2000-01-01',
          }).dispose(),
        operations: 0,
        bytes: 0,
        dispose: () => {},
      };
    },
  },
  // So many daily occurrences as Dates.
  between: {
    defaultSize: 10_000,
    prepare({ Recurrence }, size) {
      const daily = Recurrence.parse('FREQ=DAILY', { start: '2000-01-01T09:00' });
      return {
        run() {
          daily.between(undefined, undefined, { as: 'date', limit: size });
        },
        operations: 0,
        bytes: 8 * size,
        dispose: () => daily.dispose(),
      };
    },
  },
  // Counting over 400 years.
  count: {
    defaultSize: 1,
    prepare({ Recurrence }) {
      const fridays = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', {
        start: '1600-01-01',
      });
      return {
        run() {
          fridays.count('1601-01-01', '2000-12-31');
        },
        operations: 0,
        bytes: 0,
        dispose: () => fridays.dispose(),
      };
    },
  },
};
