// Objects whose nodes may be called something: graphs, and what is made of them and kept.

import { SublinearRangeError } from '../../runtime/errors.js';
import { tag } from '../../runtime/file.js';
import type { NodeLabel, NodeLabels } from '../../runtime/labels.js';
import { WasmObject } from '../../runtime/object.js';
import type { RawObject } from '../../runtime/runtime.js';
import { type IndexArray, indexArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { holds, isName } from './names.js';
import type { NodeList, NodeRef } from './types.js';

/** What an object says about the names of its nodes. */
export abstract class NamedNodes<R extends RawObject> extends WasmObject<R> {
  #labels: NodeLabels | undefined;

  /** Number of nodes. */
  abstract get nodeCount(): number;

  /**
   * The name of the class, for errors.
   *
   * @internal
   */
  protected abstract get kind(): string;

  /**
   * What `node` is called: its name, its id in the file when the graph was read with `compactIds`, its key when it came from
   * graphology, else its number. Ids above 2^53 - 1 are bigints. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * console.log(graph.labelOf(0), graph.labelOf(1)); // 700 800
   * ```
   */
  labelOf(node: number): NodeLabel {
    const operation = `${this.kind}.labelOf`;
    this.use(operation);
    check.integer(operation, 'node', node);
    if (node >= this.nodeCount) throw nodeError(operation, 'node', node);
    return this.#labels ? this.#labels.of(node) : node;
  }

  /**
   * What several nodes are called, for instance those of a result: `graph.labelsOf(result.nodes)`. O(nodes).
   *
   * @throws TypeError when `nodes` is no list of numbers
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800\n700 900', { compactIds: true });
   * console.log(graph.labelsOf(graph.neighbors(0))); // [ 800, 900 ]
   * ```
   */
  labelsOf(nodes: IndexArray): NodeLabel[] {
    const operation = `${this.kind}.labelsOf`;
    this.use(operation);
    const { nodeCount } = this;
    return Array.from(indexArray(operation, 'nodes', nodes), (node, i) => {
      if (node >= nodeCount) throw nodeError(operation, 'nodes', i);
      return this.#labels ? this.#labels.of(node) : node;
    });
  }

  /**
   * The node that is called `label`, or undefined when there is none. Where no node has just this label, a number is taken
   * for its text and the other way round: graphology keeps the key 1 as '1'. O(1), O(log nodes) for ids.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * console.log(graph.nodeOf(800), graph.nodeOf(1)); // 1 undefined
   * ```
   */
  nodeOf(label: NodeLabel): number | undefined {
    this.use(`${this.kind}.nodeOf`);
    if (this.#labels) return this.#labels.find(label);
    const isNode = typeof label === 'number' && Number.isInteger(label) && label >= 0;
    return isNode && label < this.nodeCount ? label : undefined;
  }

  /**
   * The number of a node that a method is given: numbers are node numbers, strings and bigints are names.
   *
   * @internal
   */
  numberOf(operation: string, argument: string, ref: NodeRef, most = 0xffff_ffff): number {
    if (typeof ref !== 'string' && typeof ref !== 'bigint') {
      check.integer(operation, argument, ref, 0, most);
      const labels = this.#labels;
      // An id in place of a number.
      if (labels === undefined || ref < labels.length || labels.find(ref) === undefined) return ref;
      const message = `"${argument}" expected a node number below ${labels.length}, got ${ref}; the node of this name is '${ref}'`;
      throw new SublinearRangeError('INDEX', operation, message, { argument });
    }
    const node = this.nodeOf(ref);
    if (node !== undefined) return node;
    const why = this.#labels ? 'a node of the graph' : 'a node number: this graph has no names';
    const message = `"${argument}" expected ${why}, got ${check.show(ref)}`;
    throw new SublinearRangeError('INDEX', operation, message, { argument });
  }

  /**
   * The same for a list.
   *
   * @internal
   */
  numbersOf(operation: string, argument: string, refs: NodeList): IndexArray {
    if (!Array.isArray(refs) || !holds(refs, isName)) return refs as IndexArray;
    return Array.from(refs, (ref, i) => this.numberOf(operation, `${argument}[${i}]`, ref));
  }

  /** @internal */
  get labels(): NodeLabels | undefined {
    return this.#labels;
  }

  /**
   * Gives the names to what writes a file: the tag of their section, or 0, and their bytes.
   *
   * @internal
   */
  protected writeLabels<T>(
    operation: string,
    write: (labelKind: number, address: number, bytes: number) => T,
  ): T {
    const { tag: letters, bytes } = this.#labels?.save() ?? { tag: '', bytes: new Uint8Array() };
    return this.runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(bytes.length);
      this.runtime.u8.set(bytes, address);
      return write(tag(letters), address, bytes.length);
    });
  }

  /** @internal */
  withLabels(labels: NodeLabels | undefined): this {
    this.#labels = labels;
    return this;
  }
}

function nodeError(operation: string, argument: string, position: number) {
  const message = `"${argument}" at position ${position}: index out of range, expected a node of the graph`;
  return new SublinearRangeError('INDEX', operation, message, { argument, position });
}
