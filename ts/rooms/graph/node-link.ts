// Graphs as JSON in the form of nodes and links.
//
// Based on: what networkx (node_link_data), graphology (export), D3, Cytoscape.js (elements) and sigma write; no document
// defines it.

import type { NodeLabel } from '../../runtime/labels.js';
import { options as checkOptions, show } from '../../runtime/validate.js';
import { EdgeGatherer, graphFileKeys } from './gather.js';
import type { EdgesInput, GraphFileOptions } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an element says about `name`: itself, or where libraries keep the attributes of users. */
function field(element: Fields, name: string): unknown {
  for (const place of [element, element.attributes, element.data]) {
    if (isObject(place) && Object.hasOwn(place, name) && place[name] !== null) return place[name];
  }
  return undefined;
}

const isLabel = (value: unknown): value is NodeLabel =>
  typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value));

/** What names a node, or undefined where it is known by its place only. */
function idOf(node: unknown): NodeLabel | undefined {
  if (isLabel(node)) return node;
  if (!isObject(node)) return undefined;
  for (const name of ['id', 'key']) {
    const id = field(node, name);
    if (isLabel(id)) return id;
  }
  return undefined;
}

interface Parts {
  nodes: readonly unknown[] | undefined;
  edges: readonly unknown[];
  /** What the file says about all edges. */
  directed: boolean | undefined;
}

function partsOf(gather: EdgeGatherer, data: unknown): Parts {
  if (!isObject(data))
    throw gather.fault(`expected an object with nodes and edges, got ${show(data)}`);
  const elements = data.elements;
  // Cytoscape also writes one list in which edges are known by their ends.
  if (Array.isArray(elements)) {
    const isEdge = (each: unknown) => isObject(each) && field(each, 'source') !== undefined;
    return {
      nodes: elements.filter((each) => !isEdge(each)),
      edges: elements.filter(isEdge),
      directed: undefined,
    };
  }
  const { nodes, edges, links } = isObject(elements) ? elements : data;
  const list = edges ?? links;
  if (!Array.isArray(list)) throw gather.fault('expected an array called "edges" or "links"');
  if (nodes !== undefined && !Array.isArray(nodes)) throw gather.fault('"nodes" is no array');
  const type = isObject(data.options) ? data.options.type : undefined;
  const directed =
    typeof data.directed === 'boolean'
      ? data.directed
      : type === 'directed' || type === 'undirected'
        ? type === 'directed'
        : undefined;
  return { nodes, edges: list, directed };
}

function parsed(gather: EdgeGatherer, data: unknown): unknown {
  if (typeof data !== 'string') return data;
  try {
    return JSON.parse(data.charCodeAt(0) === 0xfeff ? data.slice(1) : data); // a byte order mark
  } catch (error) {
    throw gather.fault(`no JSON: ${(error as Error).message}`);
  }
}

/** The edges of node-link data: an object, or its text. */
export function nodeLinkEdges(
  operation: string,
  data: unknown,
  given: GraphFileOptions,
): EdgesInput {
  const gather = new EdgeGatherer(operation, 'data', given);
  const { nodes, edges, directed } = partsOf(gather, parsed(gather, data));
  // Where no node has an id, links count the nodes, as in old files of D3; names are labels then.
  const counted = nodes?.every((node) => idOf(node) === undefined) ?? false;
  for (const [i, node] of (nodes ?? []).entries()) {
    const id = counted ? i : idOf(node);
    if (id === undefined) throw gather.fault(`node ${i} has no "id" or "key"`);
    const name = gather.labelName ?? 'label';
    const label = isObject(node) ? field(node, name) : undefined;
    gather.node(id, isLabel(label) ? label : undefined);
  }
  for (const [i, edge] of edges.entries()) {
    const [source, target] = Array.isArray(edge)
      ? [edge[0], edge[1]]
      : isObject(edge)
        ? [field(edge, 'source') ?? field(edge, 'from'), field(edge, 'target') ?? field(edge, 'to')]
        : [];
    // D3 puts the nodes themselves in place of their ids.
    const end = (value: unknown) =>
      counted && isObject(value) && typeof value.index === 'number' ? value.index : idOf(value);
    const [from, to] = [end(source), end(target)];
    if (from === undefined || to === undefined)
      throw gather.fault(`edge ${i} has no "source" and "target" that name nodes`);
    const { weightName } = gather;
    const weight =
      weightName === null
        ? undefined
        : Array.isArray(edge)
          ? edge[2]
          : field(edge as Fields, weightName);
    if (weight !== undefined && typeof weight !== 'number')
      throw gather.fault(`edge ${i}: ${show(weightName)} is ${show(weight)}, expected a number`);
    const undirected = isObject(edge) && (edge.undirected === true || edge.directed === false);
    gather.edge(from, to, weight, directed ?? !undirected);
  }
  return gather.input(undefined, directed);
}

/** The same with options as a user gives them. */
export function edgesOfJson(
  operation: string,
  data: unknown,
  options: GraphFileOptions | undefined,
): EdgesInput {
  return nodeLinkEdges(operation, data, checkOptions(operation, options, graphFileKeys));
}
