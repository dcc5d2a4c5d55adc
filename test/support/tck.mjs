// The Technology Compatibility Kit of openCypher: its cases, as its features state them, and the programs that answer them.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';

/**
 * A case: one scenario, or one row of an outline.
 * @typedef {object} Case
 * @property {string} folder     "clauses/match"
 * @property {string} name       "clauses/match/Match1 [2] Matching all nodes", with #row for rows of outlines
 * @property {string[]} tags
 * @property {string | null} graph  a named graph of the kit
 * @property {string[]} setup    queries that run before
 * @property {{ signature: string, rows: string[][] }[]} procedures  rows begin with the names of the columns
 * @property {[string, string][]} parameters  names and values, as literals
 * @property {string} query
 * @property {{ query: string }[]} controls   queries afterwards, with expectations of their own
 * @property {Expectation} expected
 */

/**
 * @typedef {object} Expectation
 * @property {{ type: string, phase: string, detail: string } | null} error
 * @property {string[][] | null} rows  the first one has the names of the columns; null: nothing is said
 * @property {boolean} ordered
 * @property {boolean} listsUnordered
 * @property {Record<string, number> | null} effects  null: nothing is said
 */

const nothing = () => ({
  error: null,
  rows: null,
  ordered: false,
  listsUnordered: false,
  effects: null,
});

const table = (step) =>
  step.argument?.dataTable.rows.map((row) => row.cells.map((cell) => cell.value)) ?? [];

function readStep(step, result) {
  const { text } = step;
  const query = step.argument?.docString?.content;
  const error = /^an? (\w+) should be raised at (compile time|runtime|any time): (.+)$/.exec(text);
  const named = /^the ([\w-]+) graph$/.exec(text);
  const procedure = /^there exists a procedure (.+?)\s*:$/.exec(text);
  const target = result.controls.at(-1)?.expected ?? result.expected;
  if (error) target.error = { type: error[1], phase: error[2], detail: error[3].trim() };
  else if (named) result.graph = named[1];
  else if (procedure) result.procedures.push({ signature: procedure[1], rows: table(step) });
  else if (/^an(y| empty) graph$/.test(text)) return;
  else if (/^(after )?having executed:$/.test(text)) result.setup.push(query);
  else if (/^parameters are:$/.test(text)) result.parameters.push(...table(step));
  else if (/^executing query:$/.test(text)) result.query = query;
  else if (/^executing control query:$/.test(text))
    result.controls.push({ query, expected: nothing() });
  else if (text === 'no side effects') target.effects = {};
  else if (text === 'the side effects should be:')
    target.effects = Object.fromEntries(table(step).map(([key, n]) => [key, Number(n)]));
  else if (text === 'the result should be empty') target.rows = [];
  else if (text.startsWith('the result should be')) {
    target.rows = table(step);
    target.ordered = text.includes('in order');
    target.listsUnordered = text.includes('ignoring element order');
  } else throw new Error(`a step of the kit that is not known: ${text}`);
}

/**
 * All cases below a folder of features, in the order of files and lines.
 * @param {string} folder
 * @returns {Case[]}
 */
export function readCases(folder) {
  const cases = [];
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.feature'));
  for (const file of files.sort()) {
    let id = 0;
    const newId = () => String(id++);
    const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
    const document = parser.parse(readFileSync(join(folder, file), 'utf8'));
    const times = new Map();
    for (const pickle of compile(document, file, newId)) {
      const scenario = pickle.astNodeIds[0];
      const row = (times.get(scenario) ?? 0) + 1;
      times.set(scenario, row);
      const path = relative('.', file).replace('.feature', '');
      const result = {
        folder: path.slice(0, path.lastIndexOf('/')),
        name: `${path} ${pickle.name}${pickle.astNodeIds.length > 1 ? ` #${row}` : ''}`,
        tags: pickle.tags.map((tag) => tag.name),
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

const message = (command, text) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${command} ${bytes.length}\n`), bytes, Buffer.from('\n')]);
};

/** The native driver (tools/native/cypher_driver.c) as an object that is asked and answers in turn. */
export class Driver {
  #child;
  #waiting = [];
  #text = '';

  constructor(program) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.setEncoding('utf8');
    this.#child.stdout.on('data', (text) => {
      this.#text += text;
      for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        this.#waiting.shift()?.resolve(JSON.parse(line));
      }
    });
    this.#child.stdin.on('error', () => {});
    this.#child.on('close', (code, signal) => {
      this.closed = true;
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error(`the driver ended: ${signal ?? code}`));
    });
  }

  tell(command, text) {
    this.#child.stdin.write(text === undefined ? `${command}\n` : message(command, text));
  }

  ask(command, text) {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the driver has ended'));
      this.#waiting.push({ resolve, reject });
      this.tell(command, text);
    });
  }

  end() {
    this.#child.stdin.end();
  }
}

/** Why a compilation is not what the case expects, or null. */
export function judgeCompilation(expected, answer) {
  const { error } = expected;
  const found = answer.error;
  if (error === null || error.phase === 'runtime')
    return found ? `refused: ${found.type} ${found.detail}: ${found.message}` : null;
  if (!found) return error.phase === 'any time' ? null : `accepted, not ${error.type} ${error.detail}`;
  const same = found.type === error.type && (error.detail === '*' || found.detail === error.detail);
  return same ? null : `${found.type} ${found.detail}, not ${error.type} ${error.detail}: ${found.message}`;
}
