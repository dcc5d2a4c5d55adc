// sublinear query films.slv "MATCH (a:Actor) RETURN a.name"

import type { GraphValue, Parameters } from '../rooms/property/types.js';
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, chunks, nameOf, writeFile } from './files.js';
import { outputFormat, print } from './output.js';
import { CliError, count, interrupt, type Progress } from './terminal.js';

export interface QueryGraphOptions extends CommonOptions {
  parameters?: string;
  top: number;
  output?: string;
  explain?: boolean;
}

/** Integers of 64 bits are written as they are. */
const json = (value: GraphValue): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

const cell = (value: GraphValue): string | number =>
  typeof value === 'number' || typeof value === 'string' ? value : json(value);

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

export async function queryGraph(
  file: string,
  text: string,
  options: QueryGraphOptions,
  progress: Progress,
): Promise<void> {
  outputFormat(options);
  const parameters = parametersOf(options);
  const { output, top } = options;
  await assertApart([], { '--output': output });
  const engine = await engineFor(['property'], options);
  const { signal } = interrupt;
  try {
    const { PropertyGraph } = engine.property;
    const graph =
      file === 'new'
        ? PropertyGraph.create()
        : await PropertyGraph.loadAsync(chunks(file, progress), { signal });
    if (options.explain) {
      process.stdout.write(graph.explain(text));
      return;
    }
    const result = await graph.queryAsync(text, parameters, { maxRows: top, signal });
    if (output !== undefined) await writeFile(output, graph.saveInPieces());
    const { columns, rows, changes, outcome } = result;
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
        rows: rows.map((row) => columns.map((name) => cell(row[name] ?? null))),
        json: () => ({ columns, rows: JSON.parse(json(rows)), changes, outcome }),
      },
      options,
    );
  } catch (error) {
    // The message of a query has its own caret.
    if (isSublinearError(error) && /^(text|query)$/.test(error.argument ?? ''))
      throw new CliError(error.message);
    throw explain(error, { bytes: nameOf(file) }, nameOf(file));
  } finally {
    engine.dispose();
  }
}
