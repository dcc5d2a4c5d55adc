// Nodes and edges that a file describes one by one.

import { SublinearError } from '../../runtime/errors.js';
import type { NodeLabel } from '../../runtime/labels.js';
import { boolean, options as checkOptions, show, string } from '../../runtime/validate.js';
import { NameTable } from './names.js';
import type { EdgesInput, GraphFileOptions } from './types.js';

export const graphFileKeys = ['directed', 'weight', 'label', 'parallel', 'dtype'] as const;

export class EdgeGatherer {
  /** The attribute of an edge that is its weight, or null. */
  readonly weightName: string | null;
  /** The attribute of a node that it is called by; undefined for its id. */
  readonly labelName: string | undefined;
  readonly #given: GraphFileOptions;
  readonly #ids = new NameTable();
  readonly #declared: boolean[] = [];
  readonly #called: (NodeLabel | undefined)[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #weights: (number | undefined)[] = [];
  readonly #ways: boolean[] = [];

  constructor(
    readonly operation: string,
    readonly argument: string,
    given: GraphFileOptions,
  ) {
    const { weight = 'weight', label, directed } = checkOptions(operation, given, graphFileKeys);
    if (weight !== null) string(operation, 'weight', weight);
    if (label !== undefined) string(operation, 'label', label);
    if (directed !== undefined) boolean(operation, 'directed', directed);
    this.weightName = weight;
    this.labelName = label;
    this.#given = given;
  }

  /** An error about what the file says. */
  fault(message: string, line?: number): SublinearError {
    const where = line === undefined ? `"${this.argument}": ` : `line ${line}: `;
    return new SublinearError('PARSE', this.operation, where + message, {
      argument: this.argument,
      ...(line !== undefined && { line }),
    });
  }

  /** A node that the file lists; `label` is its attribute of the name that was asked for. */
  node(id: NodeLabel, label: NodeLabel | undefined, line?: number): number {
    const node = this.#ids.place(id);
    if (this.#declared[node]) throw this.fault(`node ${show(id)} twice`, line);
    this.#declared[node] = true;
    this.#called[node] = label;
    return node;
  }

  /** Puts a label to a node that was listed before. */
  call(node: number, label: NodeLabel): void {
    this.#called[node] = label;
  }

  /** `weight`: undefined where the file has none. */
  edge(from: NodeLabel, to: NodeLabel, weight: number | undefined, directed: boolean): void {
    this.#from.push(this.#ids.place(from));
    this.#to.push(this.#ids.place(to));
    this.#weights.push(weight);
    this.#ways.push(directed);
  }

  /** A weight as an attribute says it. */
  weightIn(value: unknown, line?: number): number {
    const weight = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof weight === 'number' && weight > 0 && Number.isFinite(weight)) return weight;
    throw this.fault(`weight ${show(value)}, expected a finite number above 0`, line);
  }

  /**
   * All of it. Without `missing`, what an edge without weight counts beside edges with one, that is a fault. Where the file
   * lists no nodes at all, those of the edges are all. `said`: what the file says of all edges, for one without any.
   */
  input(missing?: number, said = false): EdgesInput {
    const { parallel, dtype } = this.#given;
    const nodes = this.#declared.some(Boolean);
    const lost = nodes ? this.#ids.labels.findIndex((_, node) => !this.#declared[node]) : -1;
    if (lost >= 0)
      throw this.fault(`an edge of ${show(this.#ids.labels[lost])}, which is no node of the file`);
    if (this.#ids.labels.length === 0) {
      const message = `"${this.argument}" has no nodes`;
      throw new SublinearError('EMPTY', this.operation, message, { argument: this.argument });
    }
    const ways = this.#ways.length > 0 ? this.#ways : [said];
    const directed = this.#given.directed ?? ways.some(Boolean);
    if (this.#given.directed === undefined && directed) this.#bothWays();
    return {
      from: this.#from,
      to: this.#to,
      ...this.#allWeights(missing),
      directed,
      labels: this.#labels(),
      ...(parallel && { parallel }),
      ...(dtype && { dtype }),
    };
  }

  // Of a mixed graph. An undirected loop in a directed graph is one edge, like a directed one.
  #bothWays(): void {
    for (let k = 0, count = this.#ways.length; k < count; k++) {
      if (this.#ways[k] || this.#from[k] === this.#to[k]) continue;
      this.#from.push(this.#to[k] as number);
      this.#to.push(this.#from[k] as number);
      this.#weights.push(this.#weights[k]);
    }
  }

  #allWeights(missing: number | undefined): { weights?: number[] } {
    const some = this.#weights.some((weight) => weight !== undefined);
    if (!some) return {};
    const lost = this.#weights.indexOf(undefined);
    if (lost >= 0 && missing === undefined)
      throw this.fault(`edge ${lost + 1} has no ${show(this.weightName)}, and others have one`);
    return { weights: this.#weights.map((weight) => weight ?? (missing as number)) };
  }

  #labels(): NodeLabel[] {
    if (this.labelName === undefined) return this.#ids.labels;
    return this.#ids.labels.map((id, node) => {
      const label = this.#called[node];
      if (label !== undefined) return label;
      throw this.fault(`node ${show(id)} has no ${show(this.labelName)} to be called by`);
    });
  }
}
