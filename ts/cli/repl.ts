// sublinear query films.slv    without a query: one after the other, as they are typed.
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PropertyGraph } from '../rooms/property/class.js';
import type { Parameters, QueryResult } from '../rooms/property/types.js';

const HELP = `A query ends with ; and may take several lines.
  :schema          labels, types and properties, and how many there are
  :explain QUERY   how a query would be run; PROFILE before a query says how it was
  :help            this text
  :quit            ends, as the end of the input does`;

const COMMANDS = [':schema', ':explain', ':help', ':quit'];
const MOST_REMEMBERED = 500;

/** What a session needs of the verb. */
export interface Session {
  graph: PropertyGraph;
  parameters: Parameters;
  top: number;
  signal: AbortSignal | undefined;
  /** Shows a result. */
  show(result: QueryResult): void;
  /** An error as one says it to people. */
  tell(error: unknown): string;
}

/** Whether a text ends with a semicolon that stands in no string, name or comment. */
export function isWhole(text: string): boolean {
  let ended = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      if (end < 0) return ended;
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) return false;
      at = end + 1;
    } else if (c === "'" || c === '"' || c === '`') {
      for (at++; at < text.length && text[at] !== c; at++) if (text[at] === '\\' && c !== '`') at++;
      if (at >= text.length) return false;
      ended = false;
    } else if (c === ';') ended = true;
    else if (!/\s/.test(c)) ended = false;
  }
  return ended;
}

/** Without semicolons at its end. */
const bare = (text: string) => text.trim().replace(/[;\s]+$/, '');

/** What there is, a line each. */
export function schemaOf(graph: PropertyGraph): string {
  const line = (name: string, text: string) => `${name.padEnd(14)}${text || 'none'}`;
  const list = (text: string) =>
    graph
      .query(text)
      .rows.map(({ name, n }) => `${String(name)} (${String(n)})`)
      .join(', ');
  const keys = graph
    .query('CALL db.propertyKeys() YIELD propertyKey AS name RETURN name ORDER BY name')
    .rows.map(({ name }) => String(name));
  return [
    line('nodes', String(graph.nodeCount)),
    line('relationships', String(graph.edgeCount)),
    line(
      'labels',
      list('MATCH (n) UNWIND labels(n) AS name RETURN name, count(*) AS n ORDER BY name'),
    ),
    line('types', list('MATCH ()-[r]->() RETURN type(r) AS name, count(*) AS n ORDER BY name')),
    line('properties', keys.join(', ')),
  ].join('\n');
}

const historyFile = () => join(homedir(), '.sublinear_history');

function remembered(): string[] {
  try {
    return readFileSync(historyFile(), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Labels, types, properties, commands and words of the language that begin as the last word does. */
function completing(graph: PropertyGraph) {
  const words =
    'MATCH OPTIONAL WHERE RETURN WITH UNWIND CREATE MERGE SET REMOVE DELETE DETACH ORDER BY SKIP LIMIT DISTINCT CALL YIELD UNION'.split(
      ' ',
    );
  return (line: string): [string[], string] => {
    const word = /[\w:.]*$/.exec(line)?.[0] ?? '';
    const mark = /^.*[:.]/.exec(word)?.[0] ?? '';
    const names = (text: string) => graph.query(text).rows.map(({ name }) => String(name));
    const all = word.startsWith(':')
      ? [
          ...COMMANDS,
          ...names('CALL db.labels() YIELD label AS name RETURN name').map((n) => `:${n}`),
        ]
      : mark.endsWith(':')
        ? [
            ...names('CALL db.labels() YIELD label AS name RETURN name'),
            ...names('CALL db.relationshipTypes() YIELD relationshipType AS name RETURN name'),
          ].map((name) => mark + name)
        : mark.endsWith('.')
          ? names('CALL db.propertyKeys() YIELD propertyKey AS name RETURN name').map(
              (n) => mark + n,
            )
          : words;
    const fit = (each: string) => each.toLowerCase().startsWith(word.toLowerCase());
    return [all.filter(fit), word];
  };
}

/** Reads queries to the end of the input. The number of those that failed. */
export async function repl(session: Session): Promise<number> {
  const { graph, parameters, top, signal } = session;
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const past = terminal ? remembered() : [];
  const lines = createInterface({
    input: process.stdin,
    terminal,
    ...(terminal && {
      output: process.stdout,
      history: past.slice(-MOST_REMEMBERED).reverse(),
      historySize: MOST_REMEMBERED,
      completer: completing(graph),
    }),
  });
  const prompt = (text: string) => {
    if (!terminal) return;
    lines.setPrompt(text);
    lines.prompt();
  };
  let failures = 0;
  let typed = '';
  const attempt = async (run: () => Promise<void> | void) => {
    try {
      await run();
    } catch (error) {
      if (signal?.aborted) throw error;
      failures++;
      process.stderr.write(`${session.tell(error)}\n`);
    }
  };
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const query = (text: string) =>
    attempt(async () =>
      session.show(
        await graph.queryAsync(text, parameters, { maxRows: top, ...(signal && { signal }) }),
      ),
    );
  if (terminal) say('Queries end with ; - :help says more.');
  prompt('> ');
  try {
    for await (const line of lines) {
      const command = typed === '' ? /^\s*:(\w+)\s*(.*)$/s.exec(line) : null;
      if (command) {
        const [, name, rest = ''] = command;
        if (name === 'quit' || name === 'exit') break;
        if (name === 'help') say(HELP);
        else if (name === 'schema')
          await attempt(() => {
            say(schemaOf(graph));
          });
        else if (name === 'explain')
          await attempt(() => {
            say(graph.explain(bare(rest)).trimEnd());
          });
        else {
          failures++;
          process.stderr.write(`:${name} is no command; known: ${COMMANDS.join(', ')}\n`);
        }
      } else {
        typed += (typed === '' ? '' : '\n') + line;
        if (typed.trim() === '') typed = '';
        else if (isWhole(typed)) {
          const text = bare(typed);
          typed = '';
          if (text !== '') await query(text);
        }
      }
      prompt(typed === '' ? '> ' : '. ');
    }
    if (bare(typed) !== '') await query(bare(typed));
  } finally {
    lines.close();
    if (terminal) {
      const history = (lines as unknown as { history?: string[] }).history ?? [];
      try {
        writeFileSync(historyFile(), `${history.slice().reverse().join('\n')}\n`, { mode: 0o600 });
      } catch {
        // A home that cannot be written has no history.
      }
    }
  }
  return failures;
}
