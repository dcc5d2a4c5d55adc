// Graphs as GraphML and as GEXF.
//
// Based on: U. Brandes and others, "GraphML Progress Report: Structural Layer Proposal", GD 2001,
// doi:10.1007/3-540-45848-4_59, with its attributes; and the GEXF Working Group, "GEXF 1.3 Primer", 2022. Nested graphs are
// read as one; hyperedges are refused; positions, colours and changes in time are skipped.

import { EdgeGatherer } from './gather.js';
import type { EdgesInput, GraphFileOptions } from './types.js';
import { type XmlHandler, XmlReader } from './xml.js';

type Attributes = ReadonlyMap<string, string>;

/** The element that is being read, until it ends. */
interface Element {
  kind: 'node' | 'edge';
  attributes: Attributes;
  node?: number;
  weight?: string;
  label?: string;
}

abstract class Markup implements XmlHandler {
  readonly gather: EdgeGatherer;
  readonly xml: XmlReader;
  directed = true;
  /** Elements that have begun and not ended: nodes may hold others. */
  readonly open_: Element[] = [];
  protected readonly text_: string[] = [];

  constructor(operation: string, given: GraphFileOptions) {
    this.gather = new EdgeGatherer(operation, 'source', given);
    this.xml = new XmlReader(this, (message, line) => this.gather.fault(message, line));
  }

  abstract open(name: string, attributes: Attributes): void;
  abstract close(name: string): void;

  text(text: string): void {
    this.text_.push(text);
  }

  protected fault(message: string): Error {
    return this.gather.fault(message, this.xml.line);
  }

  protected need(attributes: Attributes, name: string, element: string): string {
    const value = attributes.get(name);
    if (value === undefined) throw this.fault(`<${element}> has no ${name}`);
    return value;
  }

  protected begin(kind: Element['kind'], attributes: Attributes): void {
    const element: Element = { kind, attributes };
    const { line } = this.xml;
    if (kind === 'node')
      element.node = this.gather.node(this.need(attributes, 'id', 'node'), undefined, line);
    this.open_.push(element);
  }

  protected end(kind: Element['kind']): void {
    const element = this.open_.pop();
    if (element?.kind !== kind) return;
    if (kind === 'node') {
      if (element.label !== undefined) this.gather.call(element.node as number, element.label);
      return;
    }
    const { attributes, weight } = element;
    const value = weight === undefined ? undefined : this.gather.weightIn(weight, this.xml.line);
    const [from, to] = ['source', 'target'].map((name) => this.need(attributes, name, 'edge'));
    this.gather.edge(from as string, to as string, value, this.wayOf(attributes));
  }

  /** Whether an edge is directed. */
  protected abstract wayOf(attributes: Attributes): boolean;

  abstract input(): EdgesInput;
}

class GraphMl extends Markup {
  readonly #keys = new Map<string, { name: string; of: string; default?: string }>();
  #key: string | undefined;
  #graphs = 0;
  #depth = 0;

  open(name: string, attributes: Attributes): void {
    this.text_.length = 0;
    switch (name) {
      case 'graph':
        if (this.#depth++ === 0 && this.#graphs++ > 0)
          throw this.fault('a second graph, expected one in a file');
        if (this.#depth === 1) this.directed = attributes.get('edgedefault') !== 'undirected';
        break;
      case 'key':
        this.#key = this.need(attributes, 'id', 'key');
        this.#keys.set(this.#key, {
          name: attributes.get('attr.name') ?? this.#key,
          of: attributes.get('for') ?? 'all',
        });
        break;
      case 'data':
        this.#key = this.need(attributes, 'key', 'data');
        break;
      case 'hyperedge':
        throw this.fault('a hyperedge, expected edges between two nodes');
      case 'node':
      case 'edge':
        this.begin(name, attributes);
    }
  }

  close(name: string): void {
    const text = this.text_.join('');
    const key = this.#key === undefined ? undefined : this.#keys.get(this.#key);
    switch (name) {
      case 'graph':
        this.#depth--;
        break;
      case 'default':
        if (key) key.default = text;
        break;
      case 'data': {
        const element = this.open_.at(-1);
        if (element?.kind === 'edge' && key?.name === this.gather.weightName) element.weight = text;
        if (element?.kind === 'node' && key?.name === this.gather.labelName) element.label = text;
        this.#key = undefined;
        break;
      }
      case 'node':
      case 'edge': {
        const element = this.open_.at(-1);
        const weight = this.#defaultOf('edge', this.gather.weightName);
        const label = this.#defaultOf('node', this.gather.labelName ?? null);
        if (element && name === 'edge' && weight !== undefined) element.weight ??= weight;
        if (element && name === 'node' && label !== undefined) element.label ??= label;
        this.end(name);
      }
    }
    this.text_.length = 0;
  }

  #defaultOf(kind: string, name: string | null): string | undefined {
    for (const key of this.#keys.values())
      if (key.name === name && (key.of === kind || key.of === 'all') && key.default !== undefined)
        return key.default;
    return undefined;
  }

  protected wayOf(attributes: Attributes): boolean {
    const said = attributes.get('directed');
    return said === undefined ? this.directed : said !== 'false';
  }

  input(): EdgesInput {
    if (this.#graphs === 0) throw this.fault('no <graph>');
    return this.gather.input(undefined, this.directed);
  }
}

class Gexf extends Markup {
  /** Titles of attributes by class and id. */
  readonly #titles = new Map<string, string>();
  #class = '';
  #graphs = 0;

  open(name: string, attributes: Attributes): void {
    const { weightName, labelName } = this.gather;
    switch (name) {
      case 'graph':
        if (this.#graphs++ > 0) throw this.fault('a second graph, expected one in a file');
        this.directed = this.#isDirected(attributes.get('defaultedgetype'));
        break;
      case 'attributes':
        this.#class = attributes.get('class') ?? '';
        break;
      case 'attribute': {
        const id = this.need(attributes, 'id', 'attribute');
        this.#titles.set(`${this.#class} ${id}`, attributes.get('title') ?? id);
        break;
      }
      case 'attvalue': {
        const element = this.open_.at(-1);
        const id = attributes.get('for') ?? attributes.get('id') ?? '';
        const title = element && this.#titles.get(`${element.kind} ${id}`);
        const value = attributes.get('value');
        if (element === undefined || value === undefined) break;
        if (element.kind === 'edge' && title === weightName) element.weight = value;
        if (element.kind === 'node' && title === labelName) element.label = value;
        break;
      }
      case 'node':
      case 'edge': {
        this.begin(name, attributes);
        const element = this.open_.at(-1) as Element;
        const weight = weightName === 'weight' ? attributes.get('weight') : undefined;
        const label = labelName === 'label' ? attributes.get('label') : undefined;
        if (name === 'edge' && weight !== undefined) element.weight = weight;
        if (name === 'node' && label !== undefined) element.label = label;
      }
    }
  }

  close(name: string): void {
    if (name === 'node' || name === 'edge') this.end(name);
    this.text_.length = 0;
  }

  // GEXF calls an edge that leads both ways mutual, and takes edges for undirected when nothing is said.
  #isDirected(type: string | undefined): boolean {
    return type === 'directed';
  }

  protected wayOf(attributes: Attributes): boolean {
    const type = attributes.get('type');
    return type === undefined ? this.directed : this.#isDirected(type);
  }

  input(): EdgesInput {
    if (this.#graphs === 0) throw this.fault('no <graph>');
    return this.gather.input(1, this.directed); // the weight of an edge that says none
  }
}

/** Reads text in pieces; `end` gives the edges. */
export function markupReader(
  operation: string,
  format: 'graphml' | 'gexf',
  given: GraphFileOptions,
): { write(piece: string): void; end(): EdgesInput } {
  const markup = format === 'graphml' ? new GraphMl(operation, given) : new Gexf(operation, given);
  return {
    write: (piece) => markup.xml.write(piece),
    end() {
      markup.xml.end();
      return markup.input();
    },
  };
}
