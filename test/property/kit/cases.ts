// The Technology Compatibility Kit of openCypher: its cases, as its features state them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';

type Step = ReturnType<typeof compile>[number]['steps'][number];

export interface Expectation {
  error: { type: string; phase: string; detail: string } | null;
  /** The first one has the names of the columns; null: nothing is said. */
  rows: string[][] | null;
  ordered: boolean;
  listsUnordered: boolean;
  /** null: nothing is said. */
  effects: Record<string, number> | null;
}

/** A case: one scenario, or one row of an outline. */
export interface Case {
  /** "clauses/match" */
  folder: string;
  /** "clauses/match/Match1 [2] Matching all nodes", with #row for rows of outlines */
  name: string;
  /** A named graph of the kit. */
  graph: string | null;
  /** Queries that run before. */
  setup: string[];
  /** Rows begin with the names of the columns. */
  procedures: { signature: string; rows: string[][] }[];
  /** Names and values, as literals. */
  parameters: [string, string][];
  query: string;
  /** Queries afterwards, with expectations of their own. */
  controls: { query: string; expected: Expectation }[];
  expected: Expectation;
}

const nothing = (): Expectation => ({
  error: null,
  rows: null,
  ordered: false,
  listsUnordered: false,
  effects: null,
});

const table = (step: Step): string[][] =>
  step.argument?.dataTable?.rows.map((row) => row.cells.map((cell) => cell.value)) ?? [];

function readStep(step: Step, result: Case): void {
  const { text } = step;
  const query = step.argument?.docString?.content ?? '';
  const error = /^an? (\w+) should be raised at (compile time|runtime|any time): (.+)$/.exec(text);
  const named = /^the ([\w-]+) graph$/.exec(text);
  const procedure = /^there exists a procedure (.+?)\s*:$/.exec(text);
  const target = result.controls.at(-1)?.expected ?? result.expected;
  if (error) target.error = { type: error[1]!, phase: error[2]!, detail: error[3]!.trim() };
  else if (named) result.graph = named[1]!;
  else if (procedure) result.procedures.push({ signature: procedure[1]!, rows: table(step) });
  else if (/^an(y| empty) graph$/.test(text)) return;
  else if (/^(after )?having executed:$/.test(text)) result.setup.push(query);
  else if (text === 'parameters are:')
    for (const [name, value] of table(step)) result.parameters.push([name!, value!]);
  else if (text === 'executing query:') result.query = query;
  else if (text === 'executing control query:')
    result.controls.push({ query, expected: nothing() });
  else if (text === 'no side effects') target.effects = {};
  else if (text === 'the side effects should be:')
    target.effects = Object.fromEntries(table(step).map(([key, n]) => [key!, Number(n)]));
  else if (text === 'the result should be empty') target.rows = [];
  else if (text.startsWith('the result should be')) {
    target.rows = table(step);
    target.ordered = text.includes('in order');
    target.listsUnordered = text.includes('ignoring element order');
  } else throw new Error(`a step of the kit that is not known: ${text}`);
}

/** All cases below a folder of features, in the order of files and lines. */
export function readCases(folder: string): Case[] {
  const cases: Case[] = [];
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.feature'))
    .sort();
  for (const file of files) {
    let id = 0;
    const newId = () => String(id++);
    const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
    const document = parser.parse(readFileSync(join(folder, file), 'utf8'));
    const times = new Map<string, number>();
    const path = file.replaceAll('\\', '/').replace('.feature', '');
    for (const pickle of compile(document, file, newId)) {
      const scenario = pickle.astNodeIds[0]!;
      const row = (times.get(scenario) ?? 0) + 1;
      times.set(scenario, row);
      const result: Case = {
        folder: path.slice(0, path.lastIndexOf('/')),
        name: `${path} ${pickle.name}${pickle.astNodeIds.length > 1 ? ` #${row}` : ''}`,
        graph: null,
        setup: [],
        procedures: [],
        parameters: [],
        query: '',
        controls: [],
        expected: nothing(),
      };
      for (const step of pickle.steps) readStep(step, result);
      cases.push(result);
    }
  }
  return cases;
}
