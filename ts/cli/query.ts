// sublinear query films.slv "MATCH (a:Actor) RETURN a.name"

import { readFile } from 'node:fs/promises';
import type { GraphValue, Parameters, PlanStep, QueryResult } from '../rooms/property/types.js';
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, chunks, nameOf, writeFile } from './files.js';
import { outputFormat, print } from './output.js';
import { CliError, count, EXIT, interrupt, type Progress } from './terminal.js';

export interface QueryGraphOptions extends CommonOptions {
  parameters?: string;
  top: number;
  output?: string;
  explain?: boolean;
}

/** Integers of 64 bits are written as they are. */
const json = (value: GraphValue): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

/** A date, time or duration: in a table it is its text. */
function temporalText(value: GraphValue): string | undefined {
  const { kind, text } = Object(value) as { kind?: unknown; text?: unknown };
  const times = /^(date|local(date)?time|(date)?time|duration)$/;
  return typeof text === 'string' &&
    times.test(String(kind)) &&
    Object.keys(value ?? {}).length === 2
    ? text
    : undefined;
}

/** Null is nothing where programs read on, as LOAD CSV has it. */
function cell(value: GraphValue, plain: boolean): string | number {
  if (typeof value === 'number' || typeof value === 'string') return value;
  return value === null && plain ? '' : (temporalText(value) ?? json(value));
}

function parametersOf({ parameters }: QueryGraphOptions): Parameters {
  if (parameters === undefined) return {};
  try {
    const read: unknown = JSON.parse(parameters);
    if (typeof read === 'object' && read !== null && !Array.isArray(read))
      return read as Parameters;
  } catch {
    // Said below.
  }
  throw new CliError(`--parameters: expected a JSON object, got ${parameters}`);
}

const NUMBERS = ['rows', 'hits'] as const;

/** A plan as rows of a table: what runs for each row of an operator stands below it, further to the right. */
const planRows = (steps: readonly PlanStep[], depth = 0): (string | number)[][] =>
  steps.flatMap((step) => [
    [`${'  '.repeat(depth)}${step.operator}`, step.details, ...NUMBERS.map((name) => step[name])],
    ...planRows(step.children, depth + 1),
  ]);

/** Prints what came of a query. */
function show(result: QueryResult, options: QueryGraphOptions): void {
  const { columns, rows, changes, outcome, plan } = result;
  // The plan is what was asked for: rows are only in its numbers, and in JSON.
  if (plan !== undefined && outputFormat(options) !== 'json') {
    print(
      {
        about: [['rows', count(rows.length)]],
        columns: ['operator', 'details', ...NUMBERS],
        rows: planRows(plan),
        json: () => plan,
      },
      options,
    );
    return;
  }
  const plain = ['csv', 'tsv'].includes(outputFormat(options));
  const changed = Object.entries(changes)
    .filter(([, n]) => n > 0)
    .map(([what, n]) => `${what} ${count(n)}`);
  print(
    {
      about: [
        ['rows', `${count(rows.length)}${outcome === 'rowLimit' ? ', there are more' : ''}`],
        ...(changed.length > 0 ? [['changes', changed.join(', ')] as const] : []),
      ],
      columns,
      rows: rows.map((row) => columns.map((name) => cell(row[name] ?? null, plain))),
      ...(columns.length === 0 && { table: null }),
      json: () => ({
        columns,
        rows: JSON.parse(json(rows)),
        changes,
        outcome,
        ...(plan && { plan }),
      }),
    },
    options,
  );
}

/** The message of a query has its own caret. */
function told(error: unknown, file: string): unknown {
  if (isSublinearError(error) && /^(text|query)$/.test(error.argument ?? ''))
    return new CliError(error.message);
  return explain(error, { bytes: nameOf(file) }, nameOf(file));
}

export async function queryGraph(
  file: string,
  text: string | undefined,
  options: QueryGraphOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const parameters = parametersOf(options);
  const { output, top } = options;
  await assertApart([], { '--output': output });
  if (text === undefined && options.explain)
    throw new CliError('--explain: expected a query, or :explain before it when it is typed');
  if (text === undefined && file === '-')
    throw new CliError('-: expected a file, since queries come on standard input');
  const engine = await engineFor(['property'], options);
  const { signal } = interrupt;
  try {
    const { PropertyGraph } = engine.property;
    const graph =
      file === 'new'
        ? PropertyGraph.create()
        : await PropertyGraph.loadAsync(chunks(file, progress), { signal });
    graph.useProcedures({ files: (name) => readFile(name) });
    if (text === undefined) {
      const failures = await (await import('./repl.js')).repl({
        graph,
        parameters,
        top,
        signal,
        show: (result) => show(result, options),
        tell: (error) => {
          const { message } = told(error, file) as Error;
          return message;
        },
      });
      if (output !== undefined) await writeFile(output, graph.saveInPieces());
      // Who types has seen it; who pipes wants to know.
      if (failures > 0 && !process.stdin.isTTY) process.exitCode = EXIT.badInput;
      return;
    }
    if (options.explain) {
      process.stdout.write(graph.explain(text));
      return;
    }
    const result = await graph.queryAsync(text, parameters, { maxRows: top, signal });
    if (output !== undefined) await writeFile(output, graph.saveInPieces());
    show(result, options);
  } catch (error) {
    throw told(error, file);
  } finally {
    engine.dispose();
  }
}
