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

  kill() {
    this.#child.kill('SIGKILL');
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

// ---- values: both what the engine gives and what the kit expects become one text ----------------------------------------

/** @typedef {{ kind: string, [key: string]: any }} Value */

/** Reads values as csrc/property/property.h writes them. */
class Wire {
  at = 0;

  constructor(hexadecimal) {
    this.bytes = Buffer.from(hexadecimal, 'hex');
  }

  get ends() {
    return this.at >= this.bytes.length;
  }

  u32() {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  text() {
    const length = this.u32();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  many(read) {
    return Array.from({ length: this.u32() }, read);
  }

  properties() {
    return this.many(() => [this.text(), this.value()]);
  }

  /** @returns {Value} */
  value() {
    const tag = this.bytes[this.at++];
    switch (tag) {
      case 0:
        return { kind: 'null' };
      case 1:
      case 2:
        return { kind: 'boolean', value: tag === 2 };
      case 3:
        this.at += 4;
        return { kind: 'integer', value: BigInt(this.bytes.readInt32LE(this.at - 4)) };
      case 4:
        this.at += 8;
        return { kind: 'integer', value: this.bytes.readBigInt64LE(this.at - 8) };
      case 5:
        this.at += 8;
        return { kind: 'float', value: this.bytes.readDoubleLE(this.at - 8) };
      case 6:
        return { kind: 'string', value: this.text() };
      case 7:
        return { kind: 'list', items: this.many(() => this.value()) };
      case 8:
        return { kind: 'map', entries: this.properties() };
      case 9:
        return {
          kind: 'node',
          id: this.u32(),
          labels: this.many(() => this.text()),
          entries: this.properties(),
        };
      case 10:
        return {
          kind: 'relationship',
          id: this.u32(),
          from: this.u32(),
          to: this.u32(),
          type: this.text(),
          entries: this.properties(),
        };
      case 11: {
        const length = this.u32();
        return { kind: 'path', items: Array.from({ length: 2 * length + 1 }, () => this.value()) };
      }
      case 12: // dates, times and durations: a byte that says which, and the text
        this.at += 1;
        return { kind: 'string', value: this.text() };
      default:
        throw new Error(`a value of an unknown kind: ${tag}`);
    }
  }
}

/** The answer of the driver to Q as names and rows of values. */
export function readAnswer(answer) {
  const columns = new Wire(answer.columns).value().items.map((name) => name.value);
  const wire = new Wire(answer.rows);
  const rows = Array.from({ length: answer.count }, () => columns.map(() => wire.value()));
  return { columns, rows };
}

/** Reads values as the kit writes them. */
class Notation {
  at = 0;

  constructor(text) {
    this.text = text;
  }

  space() {
    while (this.text[this.at] === ' ') this.at++;
  }

  take(token) {
    this.space();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  want(token) {
    if (!this.take(token))
      throw new Error(`expected ${token} at ${this.at} of ${this.text}`);
  }

  match(pattern) {
    this.space();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found?.[0] ?? null;
  }

  name() {
    if (!this.take('`')) return this.match(/[\p{L}_][\p{L}\p{N}_]*/uy) ?? '';
    const end = this.text.indexOf('`', this.at);
    const name = this.text.slice(this.at, end);
    this.at = end + 1;
    return name;
  }

  names(separator) {
    const names = [];
    while (this.take(separator)) names.push(this.name());
    return names;
  }

  entries() {
    const entries = [];
    if (!this.take('{') || this.take('}')) return entries;
    do {
      const key = this.name();
      this.want(':');
      entries.push([key, this.value()]);
    } while (this.take(','));
    this.want('}');
    return entries;
  }

  node() {
    this.want('(');
    const node = { kind: 'node', labels: this.names(':'), entries: this.entries() };
    this.want(')');
    return node;
  }

  relationship() {
    this.want('[');
    const relationship = {
      kind: 'relationship',
      type: this.names(':')[0],
      entries: this.entries(),
    };
    this.want(']');
    return relationship;
  }

  path() {
    const items = [this.node()];
    const directions = [];
    while (!this.take('>')) {
      const back = this.take('<');
      this.want('-');
      const relationship = this.relationship();
      this.want('-');
      if (!back) this.want('>');
      directions.push(back);
      items.push(relationship, this.node());
    }
    return { kind: 'path', items, directions };
  }

  list() {
    this.want('[');
    const items = [];
    if (this.take(']')) return { kind: 'list', items };
    do items.push(this.value());
    while (this.take(','));
    this.want(']');
    return { kind: 'list', items };
  }

  string() {
    let value = '';
    for (this.at++; this.text[this.at] !== "'"; this.at++) {
      if (this.text[this.at] === '\\' && /['\\]/.test(this.text[this.at + 1])) this.at++;
      value += this.text[this.at];
    }
    this.at++;
    return { kind: 'string', value };
  }

  /** @returns {Value} */
  value() {
    this.space();
    const next = this.text[this.at];
    if (next === "'") return this.string();
    if (next === '(') return this.node();
    if (next === '<' && this.take('<')) return this.path();
    if (next === '[') return /^\[\s*:/.test(this.text.slice(this.at)) ? this.relationship() : this.list();
    if (next === '{') return { kind: 'map', entries: this.entries() };
    const word = this.match(/[-+\w.]+/y);
    if (word === 'null') return { kind: 'null' };
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    if (/^-?\d+$/.test(word ?? '')) return { kind: 'integer', value: BigInt(word) };
    const special = { NaN: NaN, Inf: Infinity, '-Inf': -Infinity }[word];
    return { kind: 'float', value: special ?? Number(word) };
  }
}

/** @param {string} text @returns {Value} */
export const readNotation = (text) => new Notation(text).value();

const textOfEntries = (entries, loose) =>
  `{${entries
    .map(([key, value]) => `${JSON.stringify(key)}: ${textOf(value, loose)}`)
    .sort()
    .join(', ')}}`;

const directionsOf = (path) =>
  path.directions ??
  path.items.flatMap((item, i) => (i % 2 === 1 ? [item.from !== path.items[i - 1].id] : []));

/**
 * One text for equal values: without ids, maps and labels in order; `loose`: lists as well.
 * @param {Value} value
 */
export function textOf(value, loose = false) {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'float':
      return `float ${value.value === 0 ? 0 : value.value}`;
    case 'string':
      return JSON.stringify(value.value);
    case 'list': {
      const items = value.items.map((item) => textOf(item, loose));
      return `[${(loose ? items.sort() : items).join(', ')}]`;
    }
    case 'map':
      return textOfEntries(value.entries, loose);
    case 'node':
      return `(${[...value.labels].sort().join(':')} ${textOfEntries(value.entries, loose)})`;
    case 'relationship':
      return `[:${value.type} ${textOfEntries(value.entries, loose)}]`;
    case 'path':
      return `<${value.items.map((item) => textOf(item, loose)).join('')} ${directionsOf(value)}>`;
    default:
      return String(value.value);
  }
}

// ---- running ----------------------------------------------------------------------------------------------------------

const observed = {
  nodes: 'MATCH (n) RETURN n',
  relationships: 'MATCH ()-[r]->() RETURN r',
};

/** What a graph has, as sets of texts that name each thing. */
async function observe(driver) {
  const sets = { nodes: new Set(), relationships: new Set(), properties: new Set(), labels: new Set() };
  for (const [what, query] of Object.entries(observed)) {
    const answer = await driver.ask('Q', query);
    if (answer.error) throw new Error(`${query}: ${answer.error.message}`);
    for (const [item] of readAnswer(answer).rows) {
      sets[what].add(String(item.id));
      for (const [key, value] of item.entries)
        sets.properties.add(JSON.stringify([what, item.id, key, textOf(value)]));
      for (const label of item.labels ?? []) sets.labels.add(label);
    }
  }
  return sets;
}

const missing = (from, of) => [...from].filter((item) => !of.has(item)).length;

function judgeEffects(expected, before, after) {
  const found = [];
  for (const what of ['nodes', 'relationships', 'properties', 'labels'])
    for (const [sign, count] of [
      ['+', missing(after[what], before[what])],
      ['-', missing(before[what], after[what])],
    ])
      if (count !== (expected[sign + what] ?? 0))
        found.push(`${sign}${what} ${count}, not ${expected[sign + what] ?? 0}`);
  return found.length > 0 ? `side effects: ${found.join('; ')}` : null;
}

function judgeRows(expected, answer) {
  const { columns, rows } = readAnswer(answer);
  const [names, ...wantedRows] = expected.rows.length > 0 ? expected.rows : [columns];
  if ([...names].sort().join('|') !== [...columns].sort().join('|'))
    return `columns ${columns}, not ${names}`;
  const places = names.map((name) => columns.indexOf(name));
  const found = rows.map((row) =>
    places.map((place) => textOf(row[place], expected.listsUnordered)).join(' | '),
  );
  const wanted = wantedRows.map((row) =>
    row.map((cell) => textOf(readNotation(cell), expected.listsUnordered)).join(' | '),
  );
  const order = (list) => (expected.ordered ? list : [...list].sort());
  const [a, b] = [order(found).join('\n'), order(wanted).join('\n')];
  return a === b ? null : `rows\n${a || '(none)'}\nnot\n${b || '(none)'}`;
}

function judgeError(expected, error) {
  if (!error) return `no ${expected.type} ${expected.detail}`;
  const same =
    error.type === expected.type &&
    (expected.detail === '*' || error.detail === expected.detail) &&
    (expected.phase === 'any time' || error.phase === expected.phase);
  const { type, detail, phase } = expected;
  return same
    ? null
    : `${error.type} ${error.detail} at ${error.phase}, not ${type} ${detail} at ${phase}: ${error.message}`;
}

/**
 * Why a case fails, or null.
 * @param {Driver} driver
 * @param {Case} one
 * @param {string} graphs  the folder of the named graphs
 */
export async function runCase(driver, one, graphs) {
  driver.tell('N');
  const setup = [...one.setup];
  if (one.graph !== null)
    setup.unshift(readFileSync(join(graphs, one.graph, `${one.graph}.cypher`), 'utf8'));
  for (const query of setup) {
    const answer = await driver.ask('Q', query);
    if (answer.error) return `setting up: ${answer.error.type} ${answer.error.message}`;
  }
  for (const { signature, rows } of one.procedures)
    driver.tell('D', [signature, ...rows.map((row) => row.join('\t'))].join('\n'));
  for (const [name, value] of one.parameters) {
    driver.tell('P', name);
    driver.tell('V', value);
  }
  const before = await observe(driver);
  const answer = await driver.ask('Q', one.query);
  const judged = judge(one.expected, answer);
  if (judged !== null) return judged;
  const after = await observe(driver);
  const effects = judgeEffects(one.expected.effects ?? (answer.error ? {} : null) ?? {}, before, after);
  if (one.expected.effects !== null || answer.error) if (effects !== null) return effects;
  for (const control of one.controls) {
    const why = judge(control.expected, await driver.ask('Q', control.query));
    if (why !== null) return `control query: ${why}`;
  }
  return null;
}

function judge(expected, answer) {
  if (expected.error !== null) return judgeError(expected.error, answer.error);
  if (answer.error) return `${answer.error.type} ${answer.error.detail} at ${answer.error.phase}: ${answer.error.message}`;
  if (expected.rows === null) return null;
  return expected.rows.length === 0 && answer.count === 0 ? null : judgeRows(expected, answer);
}
