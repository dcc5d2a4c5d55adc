// Property graphs from graphology, to graphology, and to arrays for the graphs of other modules.
import * as check from '../../runtime/validate.js';
import type { GraphologyLike } from '../graph/graphology.js';
import type { Access } from './host.js';
import { arraysOf, type Part } from './projection.js';
import type {
  EdgesInput,
  GraphologyNames,
  GraphologyTarget,
  GraphValue,
  NodesInput,
  Parameter,
  PartOptions,
  ProjectedEdges,
} from './types.js';
import { put } from './wire.js';

/** Things of one kind: their properties as columns, filled up with nulls where they come later. */
class Group {
  count = 0;
  readonly columns: Record<string, Parameter[]> = {};

  add(properties: Readonly<Record<string, unknown>>): number {
    for (const [key, value] of Object.entries(properties)) {
      if (value === undefined || value === null) continue;
      if (!Object.hasOwn(this.columns, key)) put(this.columns, key, []);
      const column = this.columns[key] as Parameter[];
      while (column.length < this.count) column.push(null);
      column.push(value as Parameter);
    }
    return this.count++;
  }

  filled(): Record<string, Parameter[]> {
    for (const column of Object.values(this.columns))
      while (column.length < this.count) column.push(null);
    return this.columns;
  }
}

interface Target {
  addNodes(nodes: NodesInput): number;
  addEdges(edges: EdgesInput): number;
}

function labelsIn(operation: string, name: string, key: string, value: unknown): string[] {
  const list = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  for (const label of list)
    if (typeof label !== 'string' || label === '')
      throw check.typeError(operation, `${name} of node ${key}`, 'a name or a list of them', label);
  return list as string[];
}

/** Puts nodes and edges of a graphology graph into an empty one. */
export function takeGraphology(
  operation: string,
  into: Target,
  source: GraphologyLike,
  given: GraphologyNames | undefined,
): void {
  const options = check.options<GraphologyNames>(operation, given, ['key', 'label', 'type']);
  const { key: keyName = 'key', label = 'label', type = 'type' } = options;
  for (const [name, value] of Object.entries({ key: keyName, label, type }))
    check.string(operation, name, value);
  const { forEachNode, forEachEdge } = (source ?? {}) as Partial<GraphologyLike>;
  if (typeof forEachNode !== 'function' || typeof forEachEdge !== 'function')
    throw check.typeError(operation, 'graph', 'a graphology graph', source);

  const groups = new Map<string, { labels: string[]; group: Group; first: number }>();
  const places = new Map<string, [group: { first: number }, place: number]>();
  const visit = (key: string, attributes: Record<string, unknown>) => {
    const labels = labelsIn(operation, label, key, attributes[label]);
    const name = JSON.stringify(labels);
    const found = groups.get(name) ?? { labels, group: new Group(), first: 0 };
    groups.set(name, found);
    const { [label]: _, ...properties } = attributes;
    places.set(key, [found, found.group.add({ ...properties, [keyName]: key })]);
  };
  (
    source.forEachNode as (
      visit: (key: string, attributes: Record<string, unknown>) => void,
    ) => void
  )(visit);
  for (const found of groups.values()) {
    const { labels, group } = found;
    found.first = into.addNodes({ label: labels, count: group.count, columns: group.filled() });
  }

  const types = new Map<string, { from: number[]; to: number[]; group: Group }>();
  const idOf = (key: string) => {
    const [group, place] = places.get(key) as [{ first: number }, number];
    return group.first + place;
  };
  source.forEachEdge((key, attributes: Record<string, unknown>, from, to) => {
    const name = attributes[type] ?? 'EDGE';
    if (typeof name !== 'string' || name === '')
      throw check.typeError(operation, `${type} of edge ${key}`, 'a name', name);
    const found = types.get(name) ?? { from: [], to: [], group: new Group() };
    types.set(name, found);
    const { [type]: _, ...properties } = attributes;
    found.group.add(properties);
    found.from.push(idOf(from));
    found.to.push(idOf(to));
  });
  for (const [name, { from, to, group }] of types)
    into.addEdges({ type: name, from, to, columns: group.filled() });
}

/** What is needed of a property graph to give it away. */
interface Source {
  query(text: string): { rows: Record<string, GraphValue>[] };
}

/** Gives nodes and relationships to a graphology graph. */
export function giveGraphology<G extends GraphologyTarget>(
  operation: string,
  source: Source,
  into: G,
): G {
  for (const name of ['addNode', 'addEdgeWithKey'] as const)
    if (typeof into?.[name] !== 'function')
      throw check.typeError(operation, 'into', 'a graphology graph', into);
  for (const { id, labels, properties } of source.query(
    'MATCH (n) RETURN id(n) AS id, labels(n) AS labels, properties(n) AS properties',
  ).rows) {
    const [first, ...more] = labels as string[];
    const label = more.length > 0 ? labels : first;
    into.addNode(String(id), {
      ...(properties as object),
      ...(label !== undefined && { label }),
    });
  }
  for (const { id, from, to, type, properties } of source.query(
    `MATCH (a)-[r]->(b)
     RETURN id(r) AS id, id(a) AS from, id(b) AS to, type(r) AS type, properties(r) AS properties`,
  ).rows)
    into.addEdgeWithKey(String(id), String(from), String(to), { ...(properties as object), type });
  return into;
}

/** A part of a graph as `Graph.fromEdges` takes it. */
export function projectedEdges(access: Access, given: PartOptions | undefined): ProjectedEdges {
  const { operation } = access;
  const options = check.options<PartOptions>(operation, given, ['label', 'type', 'weight']);
  for (const [name, value] of Object.entries(options)) check.string(operation, name, value);
  const { nodes, ids, from, to, weights } = arraysOf(access, options as Part);
  const edges = { from, to, nodeCount: nodes.length };
  return {
    nodes,
    relationships: ids,
    edges: options.weight === undefined ? edges : { ...edges, weights },
  };
}
