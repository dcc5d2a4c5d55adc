// How answers are printed: rows on standard output, in the form that was asked for, and what there is to say about them
// on standard error, so that a pipe gets rows and nothing else.
import type { CommonOptions } from './engine.js';
import type { OutputFormat } from './options.js';
import { CliError, digits, facts, printable, say, table } from './terminal.js';

type Cell = string | number;

/** An answer in all its forms. */
export interface Answer {
  /** For people. */
  about: readonly (readonly [string, string])[];
  columns: readonly string[];
  /** With full precision, for `csv` and `tsv`. */
  rows: Iterable<readonly Cell[]>;
  /** For people; `rows` when left out, nothing at all when it is null. */
  table?: readonly (readonly Cell[])[] | null;
  json: () => object;
}

/** What was asked for; `--json` is short for `--format json`. */
export function outputFormat({ json, format }: CommonOptions): OutputFormat {
  if (json && format !== undefined && format !== 'json')
    throw new CliError(`--json and --format ${format}: expected one of them`);
  return json ? 'json' : (format ?? 'table');
}

/** Prints an answer. */
export function print(
  answer: Answer,
  options: CommonOptions,
  stream: NodeJS.WriteStream = process.stdout,
): void {
  const format = outputFormat(options);
  if (format === 'json') {
    say(JSON.stringify(answer.json()), stream);
    return;
  }
  if (!options.quiet) say(facts(answer.about), process.stderr);
  if (format === 'table') {
    if (answer.table === null) return;
    if (!options.quiet && process.stdout.isTTY) say('');
    say(table(answer.columns, answer.table ?? [...answer.rows]));
    return;
  }
  const line = format === 'csv' ? csvLine : tsvLine;
  let text = line(answer.columns);
  for (const row of answer.rows) {
    text += line(row);
    if (text.length < BLOCK) continue;
    process.stdout.write(text);
    text = '';
  }
  process.stdout.write(text);
}

const BLOCK = 1 << 16;

/** RFC 4180, but for its ends of lines. */
function csvLine(cells: readonly Cell[]): string {
  const quoted = cells.map((cell) => {
    const text = printable(String(cell));
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\n`;
}

/** A name cannot hold what ends a field or a line: those are written as JSON does. */
function tsvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => printable(String(cell)).replaceAll('\n', '\\n')).join('\t')}\n`;
}

/** Where a solution goes when no file was named: a pipe or a file gets it as `-o -` writes it, a terminal its first numbers. */
export function solutionOutput(
  output: string | undefined,
  format: OutputFormat,
): string | undefined {
  return output ?? (format === 'table' && !process.stdout.isTTY ? '-' : undefined);
}

/** The first numbers of a solution. */
export function solutionSummary(x: Float64Array): string {
  const first = Array.from(x.subarray(0, 4), (value) => digits(value)).join(', ');
  return `${first}${x.length > 4 ? ', ...' : ''} (-o FILE writes it, --format tsv, csv or json prints it)`;
}

/** Rows are counted from 1, as in Matrix Market files. */
export function* solutionRows(x: Float64Array): Generator<[number, number]> {
  for (const [row, value] of x.entries()) yield [row + 1, value];
}
