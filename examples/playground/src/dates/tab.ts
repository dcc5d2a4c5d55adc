// What a recurrence rule says, in words and day by day, and which conditions on a day contradict each other.
import { engine } from '../engine.js';
import { initial, remember } from '../state.js';
import { choice, code, field, h, latest, milliseconds, status, whole } from '../ui.js';
import { KINDS, readConstraints } from './constraints.js';
import { Year } from './year.js';

const LISTED = 60;

const examples = {
  'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13': 'Friday the 13ths',
  'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1': 'Last weekday of each month',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH': 'Every second week, two days',
  'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH': 'Thanksgiving',
  'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29': 'Leap days',
  'FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD': 'The 31st, or the last day',
  'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO': 'First Monday by ISO weeks',
  'FREQ=HOURLY;INTERVAL=36': 'Every 36 hours',
};
type Example = keyof typeof examples;

const CONDITIONS =
  'month 2\nrule FREQ=MONTHLY;BYMONTHDAY=29\nbetween 2025-01-01 2027-12-31\nweekday SA SU';

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const searched = status();
  const newest = latest(told);
  const newestSearch = latest(searched);
  const year = new Year();
  const program = code();

  const usual = {
    rule: Object.keys(examples)[0]!,
    start: '2000-01-01',
    year: String(new Date().getUTCFullYear()),
  };
  const input = (name: keyof typeof usual, type: string, more: Record<string, unknown> = {}) => {
    const made = h('input', { type, id: `dates-${name}`, autocomplete: 'off', ...more });
    made.value = initial('dates', name) ?? usual[name];
    made.addEventListener('input', () => {
      remember('dates', name, made.value === usual[name] ? undefined : made.value);
      ask();
    });
    return made;
  };
  const rule = input('rule', 'search', { spellcheck: false });
  const start = input('start', 'date');
  const shown = input('year', 'number', { min: '1', max: '9999' });
  const business = h('input', { type: 'checkbox', id: 'dates-business' });
  business.checked = initial('dates', 'business') === '1';
  business.addEventListener('change', () => {
    remember('dates', 'business', business.checked ? '1' : undefined);
    ask();
  });
  const example = choice<Example | ''>(
    'Examples',
    { '': 'Choose …', ...examples } as Record<Example | '', string>,
    (value) => {
      if (value === '') return;
      rule.value = value;
      rule.dispatchEvent(new Event('input'));
    },
  );

  const words = h('h2', { className: 'said' });
  const list = h('tbody');
  const conditions = h('textarea', { id: 'dates-conditions', rows: 6, spellcheck: false });
  conditions.value = initial('dates', 'where') ?? CONDITIONS;
  conditions.addEventListener('input', () => {
    remember('dates', 'where', conditions.value === CONDITIONS ? undefined : conditions.value);
    search();
  });
  const found = h('p', { className: 'found' });

  /** Reads the rule and shows its year. */
  async function ask(): Promise<void> {
    await newest(async (signal) => {
      const { Recurrence, businessDays } = await (await engine()).use('dates');
      signal.throwIfAborted();
      const wanted = shown.valueAsNumber;
      if (!(wanted >= 1 && wanted <= 9999)) throw new RangeError('The year is one of 1 to 9999.');
      const begun = performance.now();
      const every = await Recurrence.parse(rule.value, { start: start.value });
      let shownRule = every;
      try {
        if (business.checked) {
          const open = await businessDays();
          shownRule = await every.within(open);
          await open.dispose();
        }
        const padded = String(wanted).padStart(4, '0');
        const [text, moments, cycle, next] = await Promise.all([
          every.text(),
          shownRule.between(`${padded}-01-01`, `${padded}-12-31`).then((all) => all.map(String)),
          shownRule.count('2000-01-01', '2399-12-31'),
          shownRule.next(new Date().toISOString().slice(0, 10)),
        ]);
        const took = performance.now() - begun;
        signal.throwIfAborted();
        const counts = new Map<string, number>();
        for (const moment of moments) {
          const day = moment.slice(0, 10);
          counts.set(day, (counts.get(day) ?? 0) + 1);
        }
        words.textContent = text;
        told.say(
          `${whole(moments.length)} in ${wanted}, ${whole(cycle)} from 2000 to 2399; next: ${next ?? 'none'}. ${milliseconds(took)} with the way to the worker.`,
        );
        year.show(wanted, counts, `${text}: ${counts.size} days of ${wanted}`);
        list.replaceChildren(
          ...moments
            .slice(0, LISTED)
            .map((moment) => h('tr', {}, h('td', {}, moment), h('td', {}, dayName(moment)))),
        );
        program.show(`
import { load } from 'sublinear/dates';

const { Recurrence${business.checked ? ', businessDays' : ''} } = await load();
const rule = Recurrence.parse('${rule.value}', { start: '${start.value}' });
console.log(rule.text()); // ${text}
console.log(rule${business.checked ? '.within(businessDays())' : ''}.between('${padded}-01-01', '${padded}-12-31'));`);
      } finally {
        if (shownRule !== every) await shownRule.dispose();
        await every.dispose();
      }
    });
  }

  /** Looks for days that satisfy all conditions, or for those conditions that leave none. */
  async function search(): Promise<void> {
    await newestSearch(async (signal) => {
      const { searchDates } = await (await engine()).use('dates');
      signal.throwIfAborted();
      const { lines, constraints } = readConstraints(conditions.value);
      const result = await searchDates(constraints, { from: '1900-01-01', to: '2199-12-31' });
      try {
        const [count, why] = await Promise.all([result.count, result.explain()]);
        const first =
          count > 0 ? await (await result.days).between(undefined, undefined, { limit: 6 }) : [];
        signal.throwIfAborted();
        searched.say(
          count > 0
            ? `${whole(count)} days from 1900 to 2199.`
            : `No day. ${whole(why?.constraints.length ?? 0)} conditions are enough for that:`,
        );
        found.textContent =
          count > 0
            ? first.join(', ') + (count > first.length ? ' …' : '')
            : (why?.constraints.map((i) => lines[i]).join(' + ') ?? '');
      } finally {
        await result.dispose();
      }
    });
    if (searched.line.className !== 'status') found.textContent = '';
  }

  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Recurrence rules of calendars (RFC 5545) as sets of days: every occurrence of the years 1 to 9999 at once.',
    ),
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        field('Rule', rule),
        example.row,
        field('Starts on', start),
        field('Year', shown),
        field('Only Monday to Friday', business),
        told.line,
      ),
      h(
        'div',
        { className: 'card side' },
        h('h2', {}, 'Days that satisfy all of …'),
        field('Conditions, one a line', conditions),
        h('p', { className: 'status' }, `Each begins with one of: ${KINDS.join(', ')}.`),
        searched.line,
        found,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h('div', { className: 'card' }, words, year.element, program.element),
      h(
        'div',
        { className: 'card scroll', tabIndex: 0, role: 'region', 'aria-label': 'Occurrences' },
        h(
          'table',
          {},
          h('thead', {}, h('tr', {}, h('th', {}, 'occurrence'), h('th', {}, 'day'))),
          list,
        ),
      ),
    ),
  );
  await Promise.all([ask(), search()]);
}

const dayName = (moment: string) =>
  new Date(`${moment.slice(0, 10)}T00:00Z`).toLocaleDateString('en-US', {
    weekday: 'long',
    timeZone: 'UTC',
  });
