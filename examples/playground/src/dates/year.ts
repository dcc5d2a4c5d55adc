// A year as a grid: a column a week, a row a day of the week, darker where more falls on the day.
import { h } from '../ui.js';

const SVG = 'http://www.w3.org/2000/svg';
const STEP = 14;
const LEFT = 34;
const TOP = 18;
const DAYS = ['Mon', '', 'Wed', '', 'Fri', '', 'Sun'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function element(name: string, attributes: Record<string, string | number>, text?: string) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Year {
  readonly element = h('div', {
    className: 'year scroll',
    role: 'region',
    'aria-label': 'The year, day by day',
    tabIndex: 0,
  });

  /** Shows how often each day of the year is hit: a Map from "2024-02-29" to a count. */
  show(year: number, counts: ReadonlyMap<string, number>, told: string): void {
    const picture = element('svg', {
      viewBox: `0 0 ${LEFT + 54 * STEP} ${TOP + 7 * STEP}`,
      role: 'img',
      'aria-label': told,
    });
    for (const [row, name] of DAYS.entries())
      picture.append(element('text', { x: 0, y: TOP + row * STEP + 10 }, name));
    const most = Math.max(1, ...counts.values());
    const first = new Date(0);
    first.setUTCFullYear(year, 0, 1);
    const lead = (first.getUTCDay() + 6) % 7;
    for (const day = new Date(first); day.getUTCFullYear() === year; ) {
      const index = Math.round((day.getTime() - first.getTime()) / 86_400_000);
      const column = Math.floor((index + lead) / 7);
      if (day.getUTCDate() === 1)
        picture.append(
          element('text', { x: LEFT + column * STEP, y: 11 }, MONTHS[day.getUTCMonth()]),
        );
      const name = day.toISOString().slice(0, 10);
      const count = counts.get(name) ?? 0;
      const cell = element('rect', {
        x: LEFT + column * STEP,
        y: TOP + ((index + lead) % 7) * STEP,
        width: STEP - 2,
        height: STEP - 2,
        rx: 2,
        class: count > 0 ? 'hit' : 'free',
        ...(count > 0 && { 'fill-opacity': 0.35 + (0.65 * count) / most }),
      });
      cell.append(element('title', {}, count > 1 ? `${name}: ${count}` : name));
      picture.append(cell);
      day.setUTCDate(day.getUTCDate() + 1);
    }
    this.element.replaceChildren(picture);
  }
}
