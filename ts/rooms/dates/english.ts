// Rules in English.
import { MONTHS } from './output.js';
import type { NthDay, Rule } from './rule.js';

const UNITS = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const;
const NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** `a, b and c` */
function listOf(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words[words.length - 1]}`;
}

/** `1st`, `22nd`, `last`, `2nd last` */
function ordinal(n: number): string {
  if (n === -1) return 'last';
  const size = Math.abs(n);
  const tens = Math.floor(size / 10) % 10;
  const suffix = tens === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][size % 10] ?? 'th');
  return n < 0 ? `${size}${suffix} last` : `${size}${suffix}`;
}

/** Numbers from the begin first, then those from the end. */
const inOrder = (list: readonly number[]) => [
  ...list.filter((n) => n > 0),
  ...list.filter((n) => n < 0).reverse(),
];
const ordinals = (list: readonly number[]) => listOf(inOrder(list).map(ordinal));

function dayNames(days: readonly NthDay[]): string {
  const all = days.map(({ day }) => day);
  if (all.join() === '0,1,2,3,4') return 'weekday';
  if (all.join() === '5,6') return 'Saturday or Sunday';
  return listOf(
    all.map((day) => NAMES[day] as string),
    'or',
  );
}

/** What the rule says, without its start; `end` is about UNTIL. */
export function ruleEnglish(rule: Rule, end: string | undefined): string {
  const unit = UNITS[rule.freq] as string;
  const every = rule.interval === 1 ? `every ${unit}` : `every ${rule.interval} ${unit}s`;
  const parts = [every, ...dayParts(rule), ...timeParts(rule)];
  let text = parts.join(' ');
  if (rule.bySetPos.length > 0)
    text += `, of these only the ${ordinals(rule.bySetPos)} of each ${unit}`;
  if (rule.skip > 0)
    text += `, on the day ${rule.skip === 1 ? 'before' : 'after'} where there is no such day`;
  if (rule.byWeekNo.length > 0 || (rule.freq === 2 && rule.interval > 1)) {
    if (rule.weekStart !== 0) text += `, weeks beginning on ${NAMES[rule.weekStart]}`;
  }
  if (rule.count !== undefined) text += rule.count === 1 ? ', once' : `, ${rule.count} times`;
  if (end !== undefined) text += `, until ${end}`;
  return text;
}

function dayParts(rule: Rule): string[] {
  const { byMonth, byWeekNo, byYearDay, byMonthDay, byDay } = rule;
  const parts: string[] = [];
  let limits = false;
  if (byWeekNo.length > 0) {
    parts.push(`in the ${ordinals(byWeekNo)} week of the year`);
  }
  if (byYearDay.length > 0) {
    parts.push(`on the ${ordinals(byYearDay)} day of the year`);
    limits = true;
  }
  if (byMonthDay.length > 0) {
    const last = inOrder(byMonthDay).map((n) => (n < 0 ? `${ordinal(n)} day` : ordinal(n)));
    parts.push(
      `on the ${listOf(last)}${rule.freq === 1 && !byMonth.length ? '' : ' of the month'}`,
    );
    limits = true;
  }
  const every = byDay.filter(({ n }) => n === 0);
  const numbered = byDay.filter(({ n }) => n !== 0);
  const days: string[] = [];
  if (every.length > 0) days.push(limits ? dayNames(every) : everyDay(rule, every));
  if (numbered.length > 0) {
    const names = numbered.map(({ day, n }) => `${ordinal(n)} ${NAMES[day]}`);
    const within = rule.freq === 1 ? '' : byMonth.length > 0 ? ' of the month' : ' of the year';
    days.push(`the ${listOf(names)}${within}`);
  }
  if (days.length > 0)
    parts.push(limits ? `when it is a ${listOf(days, 'or')}` : `on ${listOf(days)}`);
  if (byMonth.length > 0) parts.push(`in ${listOf(byMonth.map((n) => MONTHS[n - 1] as string))}`);
  return parts;
}

function everyDay(rule: Rule, days: readonly NthDay[]): string {
  const all = days.map(({ day }) => day).join();
  if (all === '0,1,2,3,4') return 'weekdays';
  const names = days.map(({ day }) => NAMES[day] as string);
  return rule.freq === 2 ? listOf(names) : listOf(names.map((name) => `${name}s`));
}

const two = (n: number) => `${n}`.padStart(2, '0');

function timeParts({ freq, byHour, byMinute, bySecond }: Rule): string[] {
  // Whole times, where all that is needed for them is there and they are few.
  const minutes = byMinute.length > 0 ? byMinute : [0];
  const times = byHour.length * minutes.length;
  if (
    freq <= 3 &&
    byHour.length > 0 &&
    bySecond.length <= 1 &&
    byMinute.length > 0 &&
    times <= 12
  ) {
    const seconds =
      bySecond.length > 0 && bySecond[0] !== 0 ? `:${two(bySecond[0] as number)}` : '';
    const all = byHour.flatMap((hour) => minutes.map((m) => `${two(hour)}:${two(m)}${seconds}`));
    return [`at ${listOf(all)}`];
  }
  const parts: string[] = [];
  const some = (name: string, list: readonly number[]) => {
    if (list.length > 0)
      parts.push(`at ${name}${list.length > 1 ? 's' : ''} ${listOf(list.map(String))}`);
  };
  some('hour', byHour);
  some('minute', byMinute);
  some('second', bySecond);
  return parts;
}
