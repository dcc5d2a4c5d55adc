// Which columns of a text hold what, decided by its first lines: what stands between fields, whether the first line names
// the columns, and which of them are ends, weights and times.

import { SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import type { Head } from '../../runtime/pieces.js';
import { boolean, integer, rangeError, show, string, typeError } from '../../runtime/validate.js';
import type { Column, CsvOptions } from './types.js';

/** SL_COLUMN_NONE and SL_COLUMN_AUTO of csrc/graph/edge_list.h. */
const NO_COLUMN = 0xffff_ffff;
const AUTO_COLUMN = 0xffff_fffe;

/** What the C core's reader is told. */
export interface ColumnPlan {
  /** 0 for blanks. */
  separator: number;
  header: boolean;
  from: number;
  to: number;
  weight: number;
  time: number;
  dates: boolean;
  since: number;
  until: number;
  /** What a column of types says, as Gephi writes it, when it says the same in all lines that were looked at. */
  directed?: boolean;
}

const fromWords =
  /^(?:source|from|src|start|head|tail_?id|u|node_?1|node_?a|id_?1|from_?(?:node)?_?id|from_?node|source_?id|sender)$/;
const toWords =
  /^(?:target|to|dst|dest|destination|end|v|node_?2|node_?b|id_?2|to_?(?:node)?_?id|to_?node|target_?id|receiver)$/;
const weightWords = /^(?:weight|weights|w|edge_?weight)$/;
/** A third column called so is no weight, though it may hold numbers. */
const otherWords =
  /^(?:time|timestamp|date|datetime|year|month|day|t|ts|id|key|type|kind|label|name|relation)$/;

const plain = (cell: string) =>
  cell
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');

/** Whole numbers, which ids may be. */
const isId = (cell: string | undefined) => cell !== undefined && /^\d+$/.test(cell.trim());
const isNumber = (cell: string | undefined) =>
  cell !== undefined && cell.trim() !== '' && Number.isFinite(Number(cell));

/** Rows that are looked at. */
const ROWS = 64;

/** The first records of separated values; what the end of the head may have cut is left out. */
function recordsOf(text: string, separator: string, ended: boolean): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length && records.length < ROWS) {
    if (record.length === 0) {
      const rest = /^[^\S\n]*(?:[#%][^\n]*)?(?:\n|$)/.exec(text.slice(at, at + 4096));
      if (rest !== null && rest[0].length > 0) {
        // An empty line or a comment; a very long comment goes on to its line feed.
        const stop = rest[0].endsWith('\n') ? at + rest[0].length - 1 : text.indexOf('\n', at);
        if (stop < 0) break;
        at = stop + 1;
        continue;
      }
    }
    const quoted = separator === '\t' ? / *"/y : /[^\S\n]*"/y;
    quoted.lastIndex = at;
    let cell: string;
    if (quoted.test(text) && separator !== '"') {
      let end = quoted.lastIndex;
      cell = '';
      for (;;) {
        const close = text.indexOf('"', end);
        if (close < 0) return ended && records.length === 0 ? [record] : records;
        cell += text.slice(end, close);
        end = close + 1;
        if (text[end] !== '"') break;
        cell += '"';
        end++;
      }
      while (end < text.length && text[end] !== separator && text[end] !== '\n') end++;
      at = end;
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n') end++;
      cell = text.slice(at, end).trim();
      at = end;
    }
    record.push(cell);
    if (text[at] === separator) {
      at++;
      if (at < text.length) continue;
      record.push('');
    }
    if (text[at] === '\n' || ended) {
      records.push(record);
      record = [];
    }
    at++;
  }
  if (record.length > 0 && ended) records.push(record);
  return records;
}

/** The first lines as words between blanks. */
function linesOf(text: string, ended: boolean): string[][] {
  const lines = text.split('\n');
  if (!ended) lines.pop();
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#%]/.test(line))
    .slice(0, ROWS)
    .map((line) => line.split(/\s+/));
}

const separators = [',', '\t', ';', '|'];

/** How well a character separates these lines: fields of a line where all have the same number, else 0. */
function widthWith(text: string, separator: string, ended: boolean): number {
  const records = recordsOf(text, separator, ended);
  const width = records[0]?.length ?? 0;
  return width > 1 && records.every(({ length }) => length === width) ? width : 0;
}

/** The character that cuts the first lines alike, or undefined. */
export function separatorOf({ bytes, ended }: Head): string | undefined {
  const text = textOf(bytes);
  const found = separators.map((separator) => widthWith(text, separator, ended));
  const best = Math.max(...found);
  return best > 1 ? separators[found.indexOf(best)] : undefined;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A separator as a user gives it. */
function separatorIn(operation: string, separator: unknown): string {
  string(operation, 'separator', separator);
  if ((separator as string).length !== 1)
    throw rangeError(operation, 'separator', 'one character', separator);
  return separator as string;
}

function timeIn(operation: string, argument: string, value: unknown): number {
  const time = value instanceof Date ? value.getTime() : value;
  if (typeof time !== 'number') throw typeError(operation, argument, 'number or Date', value);
  if (Number.isNaN(time)) throw rangeError(operation, argument, 'a number or a valid Date', value);
  return time;
}

function optionError(operation: string, argument: string, message: string) {
  return new SublinearRangeError('OPTION', operation, `"${argument}" ${message}`, { argument });
}

class Planner {
  readonly rows: string[][];
  readonly first: string[];
  header: boolean;

  constructor(
    readonly operation: string,
    readonly given: CsvOptions,
    rows: string[][],
    readonly blanks: boolean,
  ) {
    this.rows = rows;
    this.first = rows[0] ?? [];
    this.header = this.#isHeader();
  }

  #well(words: RegExp): number {
    return this.first.findIndex((cell) => words.test(plain(cell)));
  }

  /** True when the first line has well-known names for both ends. */
  get #isKnown(): boolean {
    return this.#well(fromWords) >= 0 && this.#well(toWords) >= 0;
  }

  #isHeader(): boolean {
    const { operation, given, first } = this;
    if (given.header !== undefined) return boolean(operation, 'header', given.header);
    const { fromColumn, toColumn, weightColumn, timeColumn } = given;
    if ([fromColumn, toColumn, weightColumn, timeColumn].some((each) => typeof each === 'string'))
      return true;
    if (first.length < 2) return false;
    const from = typeof fromColumn === 'number' ? fromColumn : 0;
    const to = typeof toColumn === 'number' ? toColumn : 1;
    if (isId(first[from]) && isId(first[to])) return false;
    if (this.#isKnown) return true;
    const next = this.rows.slice(1);
    const wordy = (cell: string | undefined) => /^[A-Za-z_"\u0080-\uffff]/.test(cell ?? '');
    const names = given.compactIds === true || given.compactIds === 'names';
    if (!wordy(first[from]) || !wordy(first[to])) return false;
    // Without names a line of words is a header or a fault; between blanks it is taken for a fault.
    if (!names) return !this.blanks;
    if (next.length === 0) return false;
    const weight = typeof weightColumn === 'number' ? weightColumn : 2;
    const weights = next.map((row) => row[weight]);
    if (first.length > weight && !isNumber(first[weight]) && weights.every(isNumber)) return true;
    if (next.every((row) => isId(row[from]) && isId(row[to])) && given.compactIds === true)
      return true;
    // A word of the first line that is a node further down is one in the first line too.
    const nodes = new Set(next.flatMap((row) => [row[from], row[to]]));
    if (nodes.has(first[from]) || nodes.has(first[to])) return false;
    if (first.length > weight && isNumber(first[weight])) return false;
    throw optionError(
      operation,
      'header',
      `has to be said: line 1, ${show(first[from])} and ${show(first[to])}, may name the columns (true) or be an edge (false)`,
    );
  }

  #named(argument: string, name: string): number {
    const exact = this.first.indexOf(name);
    const at = exact >= 0 ? exact : this.first.findIndex((cell) => plain(cell) === plain(name));
    if (at >= 0) return at;
    const known = this.first.slice(0, 12).map((cell) => show(cell));
    throw optionError(
      this.operation,
      argument,
      `${show(name)} is no column; the first line has ${known.join(', ')}`,
    );
  }

  /** The column that a user asks for. */
  asked(argument: 'fromColumn' | 'toColumn' | 'weightColumn' | 'timeColumn'): number | undefined {
    const column: Column | undefined = this.given[argument];
    if (column === undefined) return undefined;
    if (typeof column === 'number')
      return integer(this.operation, argument, column, 0, AUTO_COLUMN - 1);
    string(this.operation, argument, column);
    if (this.given.header === false)
      throw optionError(this.operation, argument, 'is a number where there is no header');
    return this.#named(argument, column);
  }

  ends(): [from: number, to: number] {
    const from = this.asked('fromColumn');
    const to = this.asked('toColumn');
    if (from !== undefined && to !== undefined) return [from, to];
    const known = this.header && this.#isKnown;
    const [first, second] = known ? [this.#well(fromWords), this.#well(toWords)] : [0, 1];
    return [from ?? (to === first ? second : first), to ?? (from === second ? first : second)];
  }

  weight(from: number, to: number, time: number): number {
    const asked = this.asked('weightColumn');
    const { weights = 'auto' } = this.given;
    if (weights === 'ignore') {
      if (asked !== undefined)
        throw optionError(this.operation, 'weightColumn', "says nothing with weights: 'ignore'");
      return NO_COLUMN;
    }
    if (asked !== undefined) return asked;
    if (this.header) {
      const named = this.#well(weightWords);
      if (named >= 0 && named !== from && named !== to && named !== time) return named;
    }
    const width = Math.max(...this.rows.map(({ length }) => length), 0);
    const third = from === 0 && to === 1 && (time === NO_COLUMN || time > 2);
    if (!third) return NO_COLUMN;
    const cells = this.rows.slice(this.header ? 1 : 0).map((row) => row[2]);
    if (this.header) {
      if (otherWords.test(plain(this.first[2] ?? ''))) return NO_COLUMN;
      if (cells.length > 0 && !cells.some(isNumber)) return NO_COLUMN;
    }
    // A separator at the end of each line makes a column of nothing.
    if (!this.blanks && width === 3 && cells.length > 0 && cells.every((cell) => cell === ''))
      return NO_COLUMN;
    if (time !== NO_COLUMN && width === 4) return 2;
    if (width > 3 && (this.header || time !== NO_COLUMN)) return NO_COLUMN;
    return time === NO_COLUMN ? AUTO_COLUMN : NO_COLUMN;
  }

  times(): Pick<ColumnPlan, 'time' | 'dates' | 'since' | 'until'> {
    const { operation, given } = this;
    const time = this.asked('timeColumn') ?? NO_COLUMN;
    const bounds = [given.since, given.until];
    const none = Number.POSITIVE_INFINITY;
    const since = given.since === undefined ? -none : timeIn(operation, 'since', given.since);
    const until = given.until === undefined ? none : timeIn(operation, 'until', given.until);
    if (time === NO_COLUMN) {
      const argument = given.since !== undefined ? 'since' : 'until';
      if (bounds.some((bound) => bound !== undefined))
        throw optionError(operation, argument, 'needs timeColumn');
      return { time, dates: false, since, until };
    }
    const said = bounds.filter((bound) => bound !== undefined);
    const dated = said.filter((bound) => bound instanceof Date).length;
    if (dated > 0 && dated < said.length)
      throw typeError(operation, 'until', 'of the same kind as since', given.until);
    const sample = this.rows[this.header ? 1 : 0]?.[time];
    const dates = said.length > 0 ? dated > 0 : /^\d{4}-\d\d-\d\d/.test(sample ?? '');
    return { time, dates, since, until };
  }

  /** What Gephi's column of types says. */
  directed(): boolean | undefined {
    if (!this.header) return undefined;
    const at = this.first.findIndex((cell) => plain(cell) === 'type');
    const types = new Set(this.rows.slice(1).map((row) => plain(row[at] ?? '')));
    if (types.size !== 1) return undefined;
    if (types.has('undirected')) return false;
    return types.has('directed') ? true : undefined;
  }
}

/** Lines of words that are separated by something else, read for names, would give wrong ones. */
function refuseSeparated(operation: string, head: Head, given: CsvOptions): void {
  const names = given.compactIds === true || given.compactIds === 'names';
  const separator = names ? separatorOf(head) : undefined;
  if (separator === undefined) return;
  const lines = linesOf(textOf(head.bytes), head.ended);
  const wide = lines.some(({ length }) => length > 3 || length < 2);
  if (separator === '\t' && !wide) return;
  const called = separator === '\t' ? 'tabs' : show(separator);
  const message = `"source" has fields between ${called}: Graph.fromCsv reads them`;
  throw new SublinearError('FORMAT', operation, message, { argument: 'source' });
}

/** Decides for CSV (`separated`) or lines of words. */
export function planColumns(
  operation: string,
  given: CsvOptions,
  head: Head,
  separated: boolean,
): ColumnPlan {
  const asked = given.separator;
  if (asked !== undefined) separatorIn(operation, asked);
  if (!separated) refuseSeparated(operation, head, given);
  const separator = separated ? (asked ?? separatorOf(head) ?? ',') : '';
  const text = textOf(head.bytes);
  const rows = separated ? recordsOf(text, separator, head.ended) : linesOf(text, head.ended);
  const planner = new Planner(operation, given, rows, !separated);
  const [names, next] = rows;
  if (separated && planner.header && names && next && names.length !== next.length) {
    const message = `line 1 names ${names.length} columns, and the first record has ${next.length} fields`;
    throw new SublinearError('PARSE', operation, message, { argument: 'source', line: 1 });
  }
  const [from, to] = planner.ends();
  const times = planner.times();
  const directed = planner.directed();
  return {
    separator: separated ? separator.charCodeAt(0) : 0,
    header: planner.header,
    from,
    to,
    weight: planner.weight(from, to, times.time),
    ...times,
    ...(directed !== undefined && { directed }),
  };
}
