// Runs the cases of the kit and says what is not as they expect: values, their order, side effects, errors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Expectation } from './cases.js';
import {
  type NodeValue,
  type RelationshipValue,
  readNotation,
  textOf,
  type Value,
} from './values.js';

interface Problem {
  type: string;
  detail: string;
  phase: string;
  message: string;
}

export interface Answer {
  error?: Problem;
  columns: string[];
  rows: Value[][];
}

/** Something that answers queries: the native driver, or a raw module. */
export interface Asked {
  /** An empty graph; no procedures, no parameters. */
  reset(): void;
  define(signature: string, rows: string[][]): void;
  parameter(name: string, literal: string): void;
  ask(query: string): Promise<Answer> | Answer;
}

const observed = {
  nodes: 'MATCH (n) RETURN n',
  relationships: 'MATCH ()-[r]->() RETURN r',
};

/** What a graph has, as sets of texts that name each thing. */
async function observe(asked: Asked) {
  const sets: Record<string, Set<string>> = {
    nodes: new Set(),
    relationships: new Set(),
    properties: new Set(),
    labels: new Set(),
  };
  for (const [what, query] of Object.entries(observed)) {
    const answer = await asked.ask(query);
    if (answer.error) throw new Error(`${query}: ${answer.error.message}`);
    for (const row of answer.rows) {
      const item = row[0] as NodeValue | RelationshipValue;
      sets[what]!.add(String(item.id));
      for (const [key, value] of item.entries)
        sets.properties!.add(JSON.stringify([what, item.id, key, textOf(value)]));
      if (item.kind === 'node') for (const label of item.labels) sets.labels!.add(label);
    }
  }
  return sets;
}

const missing = (from: Set<string>, of: Set<string>) =>
  [...from].filter((item) => !of.has(item)).length;

type Sets = Awaited<ReturnType<typeof observe>>;

function judgeEffects(expected: Record<string, number>, before: Sets, after: Sets): string | null {
  const found: string[] = [];
  for (const what of ['nodes', 'relationships', 'properties', 'labels'])
    for (const [sign, count] of [
      ['+', missing(after[what]!, before[what]!)],
      ['-', missing(before[what]!, after[what]!)],
    ] as const) {
      const wanted = expected[sign + what] ?? 0;
      if (count !== wanted) found.push(`${sign}${what} ${count}, not ${wanted}`);
    }
  return found.length > 0 ? `side effects: ${found.join('; ')}` : null;
}

function judgeRows(expected: Expectation, { columns, rows }: Answer): string | null {
  const [names, ...wantedRows] = expected.rows!.length > 0 ? expected.rows! : [columns];
  if ([...names!].sort().join('|') !== [...columns].sort().join('|'))
    return `columns ${columns}, not ${names}`;
  const places = names!.map((name) => columns.indexOf(name));
  const loose = expected.listsUnordered;
  const found = rows.map((row) => places.map((place) => textOf(row[place]!, loose)).join(' | '));
  const wanted = wantedRows.map((row) =>
    row.map((cell) => textOf(readNotation(cell), loose)).join(' | '),
  );
  const order = (list: string[]) => (expected.ordered ? list : [...list].sort());
  const [a, b] = [order(found).join('\n'), order(wanted).join('\n')];
  return found.length === wanted.length && a === b
    ? null
    : `rows\n${a || '(none)'}\nnot\n${b || '(none)'}`;
}

function judgeError(expected: NonNullable<Expectation['error']>, error: Problem | undefined) {
  const { type, detail, phase } = expected;
  if (!error) return `no ${type} ${detail}`;
  const same =
    error.type === type &&
    (detail === '*' || error.detail === detail) &&
    (phase === 'any time' || error.phase === phase);
  const found = `${error.type} ${error.detail} at ${error.phase}`;
  return same ? null : `${found}, not ${type} ${detail} at ${phase}: ${error.message}`;
}

function judge(expected: Expectation, answer: Answer): string | null {
  if (expected.error !== null) return judgeError(expected.error, answer.error);
  if (answer.error) {
    const { type, detail, phase, message } = answer.error;
    return `${type} ${detail} at ${phase}: ${message}`;
  }
  if (expected.rows === null) return null;
  if (expected.rows.length === 0 && answer.rows.length === 0) return null;
  return judgeRows(expected, answer);
}

/** Why a case fails, or null. `graphs`: the folder of the named graphs. */
export async function runCase(asked: Asked, one: Case, graphs: string): Promise<string | null> {
  asked.reset();
  const setup = [...one.setup];
  if (one.graph !== null)
    setup.unshift(readFileSync(join(graphs, one.graph, `${one.graph}.cypher`), 'utf8'));
  for (const query of setup) {
    const answer = await asked.ask(query);
    if (answer.error) return `setting up: ${answer.error.type} ${answer.error.message}`;
  }
  for (const { signature, rows } of one.procedures) asked.define(signature, rows);
  for (const [name, value] of one.parameters) asked.parameter(name, value);
  const before = await observe(asked);
  const answer = await asked.ask(one.query);
  const judged = judge(one.expected, answer);
  if (judged !== null) return judged;
  // What is refused or fails changes nothing.
  const effects = one.expected.effects ?? (answer.error ? {} : null);
  if (effects !== null) {
    const why = judgeEffects(effects, before, await observe(asked));
    if (why !== null) return why;
  }
  for (const control of one.controls) {
    const why = judge(control.expected, await asked.ask(control.query));
    if (why !== null) return `control query: ${why}`;
  }
  return null;
}

/** Passed and all cases of each folder. */
export function countByFolder(cases: Case[], failed: Set<string>): Map<string, [number, number]> {
  const counts = new Map<string, [number, number]>();
  for (const { folder, name } of cases) {
    const [passed, all] = counts.get(folder) ?? [0, 0];
    counts.set(folder, [passed + (failed.has(name) ? 0 : 1), all + 1]);
  }
  return counts;
}
