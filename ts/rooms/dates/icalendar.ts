// The properties of an iCalendar text (RFC 5545) that say when something happens. Whole calendars with several events are for
// a library of their own; each of its events can be read here.
import { SublinearError } from '../../runtime/errors.js';
import { partError } from './rule.js';

/** A property line: `RDATE;TZID=Europe/Berlin:20240131T090000,...`. */
export interface Property {
  params: ReadonlyMap<string, string>;
  value: string;
}

export interface EventText {
  start?: Property;
  rule?: string;
  added: Property[];
  excluded: Property[];
}

const PROPERTY = /^(DTSTART|RRULE|RDATE|EXDATE|EXRULE|BEGIN)\s*[:;]/im;

/** Whether a text is iCalendar, and not a rule alone. */
export const isCalendarText = (text: string): boolean => PROPERTY.test(text);

const COMPONENTS = ['VEVENT', 'VTODO', 'VJOURNAL'];

/** Reads DTSTART, RRULE, RDATE and EXDATE of one component, or of lines outside of any. */
export function readEvent(operation: string, text: string): EventText {
  const event: EventText = { added: [], excluded: [] };
  const open: string[] = [];
  let components = 0;
  let line = 0;
  // Long lines are folded: what begins with a blank belongs to the line before.
  for (const raw of text.replace(/\r?\n[ \t]/g, '').split(/\r\n|\n|\r/)) {
    line++;
    const found = /^([A-Za-z-]+)((?:;[^:;=]+=(?:"[^"]*"|[^":;]*))*):(.*)$/.exec(raw.trim());
    if (!found) {
      if (raw.trim() === '') continue;
      throw new SublinearError(
        'PARSE',
        operation,
        `"text" in line ${line}: malformed text, expected NAME;PARAMETER=VALUE:VALUE`,
        { argument: 'text', line, expected: 'NAME;PARAMETER=VALUE:VALUE' },
      );
    }
    const name = (found[1] as string).toUpperCase();
    const value = (found[3] as string).trim();
    if (name === 'BEGIN') {
      open.push(value.toUpperCase());
      if (COMPONENTS.includes(value.toUpperCase()) && ++components > 1)
        throw partError(operation, 'BEGIN', 'one event: read each of a calendar alone', value);
      continue;
    }
    if (name === 'END') {
      open.pop();
      continue;
    }
    // Alarms and time zones have dates of their own.
    const inside = open[open.length - 1];
    if (inside !== undefined && !COMPONENTS.includes(inside)) continue;
    const property = { params: paramsOf(found[2] as string), value };
    if (name === 'DTSTART') {
      if (event.start) throw partError(operation, name, 'to stand once', value);
      event.start = property;
    } else if (name === 'RRULE') {
      if (event.rule !== undefined)
        throw partError(operation, name, 'to stand once: join the sets of two with or()', value);
      event.rule = value;
    } else if (name === 'RDATE') event.added.push(property);
    else if (name === 'EXDATE') event.excluded.push(property);
    else if (name === 'EXRULE')
      throw partError(
        operation,
        name,
        'another form: take the days of that rule away with except()',
        value,
      );
  }
  return event;
}

function paramsOf(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/;([^=]+)=("[^"]*"|[^;]*)/g))
    params.set((name as string).toUpperCase(), (value as string).replace(/"/g, ''));
  return params;
}
