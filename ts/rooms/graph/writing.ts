// Graphs as text for other programs: GraphML, GEXF and JSON, with columns of results at their nodes and edges.
//
// Based on: U. Brandes and others, "GraphML Progress Report: Structural Layer Proposal", GD 2001,
// doi:10.1007/3-540-45848-4_59, with its attributes; the GEXF Working Group, "GEXF 1.3 Primer", 2022; and for JSON what
// networkx (node_link_graph), graphology (import) and Cytoscape.js (elements) read; no document defines it.

import { SublinearRangeError } from '../../runtime/errors.js';
import type { NodeLabel } from '../../runtime/labels.js';
import {
  options as checkOptions,
  choice,
  shapeError,
  show,
  typeError,
} from '../../runtime/validate.js';
import type { EdgeArrays, GraphColumn, GraphTextFormat, WriteGraphOptions } from './types.js';

/** A graph as it is written: copies, so that it may be disposed meanwhile. */
interface Written {
  labels: readonly NodeLabel[];
  directed: boolean;
  edges: EdgeArrays;
}

type Cell = number | string | boolean | bigint;
type Kind = 'double' | 'long' | 'boolean' | 'string';

interface Column {
  name: string;
  kind: Kind;
  /** Undefined where there is nothing to write: a number that is not finite, null or undefined. */
  at(index: number): Cell | undefined;
}

/** Names that say what an element is, in one of the formats. */
const taken: Record<'nodes' | 'edges', readonly string[]> = {
  nodes: ['id', 'key'],
  edges: ['id', 'key', 'source', 'target', 'weight', 'undirected'],
};

const formats = { graphml: 0, gexf: 0, nodeLink: 0, graphology: 0, cytoscape: 0 } as const;

/** About the length of a piece, in UTF-16 units. */
const pieceLength = 1 << 16;

/** Checks what is asked for, and gives the text piece by piece. */
export function writeGraph(
  operation: string,
  graph: Written,
  format: GraphTextFormat,
  options: WriteGraphOptions | undefined,
): Generator<string, void, undefined> {
  choice(operation, 'format', format, formats);
  const { nodes, edges } = checkOptions(operation, options, ['nodes', 'edges'] as const);
  const columns = {
    nodes: columnsOf(operation, 'nodes', nodes, graph.labels.length),
    edges: columnsOf(operation, 'edges', edges, graph.edges.from.length),
  };
  // JSON of networkx and graphology keeps numbers as they are; elsewhere ids are text.
  const ids = format === 'nodeLink' ? undefined : idsOf(operation, graph.labels);
  const text =
    format === 'graphml' || format === 'gexf'
      ? markup(operation, format, graph, ids as string[], columns)
      : json(format, graph, ids, columns);
  return inPieces(text);
}

function* inPieces(parts: Iterable<string>): Generator<string, void, undefined> {
  let held = '';
  for (const part of parts) {
    held += part;
    if (held.length < pieceLength) continue;
    yield held;
    held = '';
  }
  if (held !== '') yield held;
}

function columnsOf(
  operation: string,
  which: 'nodes' | 'edges',
  given: Readonly<Record<string, GraphColumn>> | undefined,
  count: number,
): Column[] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw typeError(operation, which, 'an object of columns', given);
  return Object.entries(given).map(([name, values]) => {
    const argument = `${which}.${name}`;
    if (taken[which].includes(name)) {
      const message = `"${argument}": the format has a ${show(name)} of its own; call the column something else`;
      throw new SublinearRangeError('OPTION', operation, message, { argument });
    }
    const isList = Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values);
    if (!isList) throw typeError(operation, argument, 'an array', values);
    const { length } = values;
    if (length !== count) throw shapeError(operation, argument, count, length);
    const kind = kindOf(operation, argument, values, count);
    return {
      name,
      kind,
      at(index) {
        const value = values[index] as Cell | null | undefined;
        if (value === null || value === undefined) return undefined;
        return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
      },
    };
  });
}

/** What all values of a column are. */
function kindOf(operation: string, argument: string, values: GraphColumn, count: number): Kind {
  if (values instanceof Float64Array || values instanceof Float32Array) return 'double';
  let kind: Kind | undefined;
  for (let i = 0; i < count; i++) {
    const value: unknown = values[i];
    if (value === null || value === undefined) continue;
    const is = kindOfCell(value);
    if (is === undefined)
      throw typeError(operation, `${argument}[${i}]`, 'number, string, boolean or bigint', value);
    const both = [kind, is].includes('double') && [kind, is].includes('long');
    if (kind !== undefined && kind !== is && !both)
      throw typeError(operation, `${argument}[${i}]`, kind, value);
    kind = both ? 'double' : is;
  }
  return kind ?? 'string';
}

function kindOfCell(value: unknown): Kind | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? 'long' : 'double';
    case 'bigint':
      return 'long';
    case 'boolean':
    case 'string':
      return typeof value as 'boolean' | 'string';
  }
  return undefined;
}

/** Labels as text, each another. */
function idsOf(operation: string, labels: readonly NodeLabel[]): string[] {
  const ids = labels.map(String);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      const message = `two nodes are called ${show(id)} as text: this format cannot tell them apart`;
      throw new SublinearRangeError('ARGUMENT', operation, message, { argument: 'format' });
    }
    seen.add(id);
  }
  return ids;
}

// ---- XML ----------------------------------------------------------------------------------------

/** What XML 1.0 has no way to write, not even as a number. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;
const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function* markup(
  operation: string,
  format: 'graphml' | 'gexf',
  graph: Written,
  ids: readonly string[],
  columns: { nodes: Column[]; edges: Column[] },
): Generator<string, void, undefined> {
  const escaped = (text: string) => {
    if (unwritable.test(text)) {
      const message = `${show(text)} has a character that XML cannot hold; 'nodeLink' or 'cytoscape' can`;
      throw new SublinearRangeError('ARGUMENT', operation, message, { argument: 'format' });
    }
    return text.replaceAll(/[&<>"\t\n\r]/g, (letter) => escapes[letter] as string);
  };
  const names = ids.map(escaped);
  const write = format === 'graphml' ? graphMl : gexf;
  yield* write(graph, names, columns, (cell) => escaped(String(cell)));
}

type Escape = (cell: Cell) => string;
interface Columns {
  nodes: Column[];
  edges: Column[];
}

function* graphMl(
  { directed, edges: { from, to, weights } }: Written,
  names: readonly string[],
  columns: Columns,
  escaped: Escape,
): Generator<string, void, undefined> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n';
  const key = (id: string, of: string, name: string, kind: string) =>
    `  <key id="${id}" for="${of}" attr.name="${name}" attr.type="${kind}"/>\n`;
  if (weights) yield key('weight', 'edge', 'weight', 'double');
  for (const [i, { name, kind }] of columns.nodes.entries())
    yield key(`n${i}`, 'node', escaped(name), kind);
  for (const [i, { name, kind }] of columns.edges.entries())
    yield key(`e${i}`, 'edge', escaped(name), kind);
  yield `  <graph edgedefault="${directed ? 'directed' : 'undirected'}">\n`;
  const data = (id: string, text: string) => `<data key="${id}">${text}</data>`;
  const cells = (letter: string, list: readonly Column[], at: number) =>
    list
      .map((column, i) => {
        const cell = column.at(at);
        return cell === undefined ? '' : data(`${letter}${i}`, escaped(cell));
      })
      .join('');
  for (const [u, name] of names.entries()) {
    const inner = cells('n', columns.nodes, u);
    yield inner === '' ? `    <node id="${name}"/>\n` : `    <node id="${name}">${inner}</node>\n`;
  }
  for (let k = 0; k < from.length; k++) {
    const ends = `source="${names[from[k] as number]}" target="${names[to[k] as number]}"`;
    const weight = weights ? data('weight', String(weights[k])) : '';
    const inner = weight + cells('e', columns.edges, k);
    yield inner === '' ? `    <edge ${ends}/>\n` : `    <edge ${ends}>${inner}</edge>\n`;
  }
  yield '  </graph>\n</graphml>\n';
}

function* gexf(
  { directed, edges: { from, to, weights } }: Written,
  names: readonly string[],
  columns: Columns,
  escaped: Escape,
): Generator<string, void, undefined> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n';
  yield `  <graph defaultedgetype="${directed ? 'directed' : 'undirected'}">\n`;
  for (const [of, list] of [
    ['node', columns.nodes],
    ['edge', columns.edges],
  ] as const) {
    if (list.length === 0) continue;
    yield `    <attributes class="${of}">\n`;
    for (const [i, { name, kind }] of list.entries())
      yield `      <attribute id="${i}" title="${escaped(name)}" type="${kind}"/>\n`;
    yield '    </attributes>\n';
  }
  const cells = (list: readonly Column[], at: number) => {
    const all = list
      .map((column, i) => {
        const cell = column.at(at);
        return cell === undefined ? '' : `<attvalue for="${i}" value="${escaped(cell)}"/>`;
      })
      .join('');
    return all === '' ? '' : `<attvalues>${all}</attvalues>`;
  };
  const place = placeOf(columns.nodes);
  yield '    <nodes>\n';
  for (const [u, name] of names.entries()) {
    const at = place(u);
    const position = at && `<viz:position x="${at.x}" y="${at.y}" z="0"/>`;
    const inner = cells(columns.nodes, u) + (position ?? '');
    const start = `      <node id="${name}" label="${name}"`;
    yield inner === '' ? `${start}/>\n` : `${start}>${inner}</node>\n`;
  }
  yield '    </nodes>\n    <edges>\n';
  for (let k = 0; k < from.length; k++) {
    const weight = weights ? ` weight="${weights[k]}"` : '';
    const ends = `source="${names[from[k] as number]}" target="${names[to[k] as number]}"${weight}`;
    const inner = cells(columns.edges, k);
    const start = `      <edge id="${k}" ${ends}`;
    yield inner === '' ? `${start}/>\n` : `${start}>${inner}</edge>\n`;
  }
  yield '    </edges>\n  </graph>\n</gexf>\n';
}

/** Where a node is drawn: the columns x and y. */
function placeOf(columns: readonly Column[]): (node: number) => { x: Cell; y: Cell } | undefined {
  const [x, y] = ['x', 'y'].map((name) => columns.find((column) => column.name === name));
  return (node) => {
    const [left, top] = [x?.at(node), y?.at(node)];
    return typeof left === 'number' && typeof top === 'number' ? { x: left, y: top } : undefined;
  };
}

// ---- JSON ---------------------------------------------------------------------------------------

// JSON has no bigint; what is above 2^53 stays text, so that no digit is lost.
const jsonCell = (cell: Cell): string =>
  typeof cell === 'bigint'
    ? BigInt(Number(cell)) === cell && Number.isSafeInteger(Number(cell))
      ? String(cell)
      : `"${cell}"`
    : JSON.stringify(cell);

function* json(
  format: 'nodeLink' | 'graphology' | 'cytoscape',
  { labels, directed, edges: { from, to, weights } }: Written,
  ids: readonly string[] | undefined,
  columns: Columns,
): Generator<string, void, undefined> {
  const id = ids
    ? (node: number) => JSON.stringify(ids[node])
    : (node: number) => jsonCell(labels[node] as NodeLabel);
  const fields = (list: readonly Column[], at: number) =>
    list.flatMap(({ name, at: cellOf }) => {
      const cell = cellOf(at);
      return cell === undefined ? [] : [`${JSON.stringify(name)}:${jsonCell(cell)}`];
    });
  const weight = (k: number) => (weights ? [`"weight":${weights[k]}`] : []);
  const place = placeOf(columns.nodes);
  const shape = {
    nodeLink: {
      head: `{"directed":${directed},"multigraph":false,"graph":{},"nodes":[`,
      middle: '],"edges":[',
      tail: ']}\n',
      node: (u: number) => `{${[`"id":${id(u)}`, ...fields(columns.nodes, u)].join()}}`,
      edge: (u: number, v: number, own: string[]) =>
        `{${[`"source":${id(u)}`, `"target":${id(v)}`, ...own].join()}}`,
    },
    graphology: {
      head: `{"options":{"type":"${directed ? 'directed' : 'undirected'}","multi":false,"allowSelfLoops":true},"attributes":{},"nodes":[`,
      middle: '],"edges":[',
      tail: ']}\n',
      node: (u: number) => `{"key":${id(u)},"attributes":{${fields(columns.nodes, u).join()}}}`,
      edge: (u: number, v: number, own: string[]) =>
        `{"source":${id(u)},"target":${id(v)},"attributes":{${own.join()}}${directed ? '' : ',"undirected":true'}}`,
    },
    cytoscape: {
      head: `{"data":{},"directed":${directed},"multigraph":false,"elements":{"nodes":[`,
      middle: '],"edges":[',
      tail: ']}}\n',
      node: (u: number) => {
        const data = `"data":{${[`"id":${id(u)}`, ...fields(columns.nodes, u)].join()}}`;
        const at = place(u);
        return at ? `{${data},"position":{"x":${at.x},"y":${at.y}}}` : `{${data}}`;
      },
      edge: (u: number, v: number, own: string[]) =>
        `{"data":{${[`"source":${id(u)}`, `"target":${id(v)}`, ...own].join()}}}`,
    },
  }[format];
  yield shape.head;
  for (let u = 0; u < labels.length; u++) yield (u > 0 ? ',\n' : '\n') + shape.node(u);
  yield shape.middle;
  for (let k = 0; k < from.length; k++) {
    const own = [...weight(k), ...fields(columns.edges, k)];
    yield (k > 0 ? ',\n' : '\n') + shape.edge(from[k] as number, to[k] as number, own);
  }
  yield shape.tail;
}
