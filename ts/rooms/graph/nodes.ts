// A graph as it is read: its nodes, their names and their neighbours.

import type { Graph as RawGraph } from '../../generated/raw/network.js';
import { F32, F64 } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { NamedNodes } from './named.js';
import type { Components, NodeRef } from './types.js';

/** What a graph says about its nodes and their edges. */
export abstract class GraphNodes extends NamedNodes<RawGraph> {
  /** Number of nodes. */
  get nodeCount(): number {
    return this.use('Graph.nodeCount').nodeCount;
  }

  /** Number of edges; undirected ones and loops are counted once. */
  get edgeCount(): number {
    return this.use('Graph.edgeCount').edgeCount;
  }

  /** Whether edges lead one way only. */
  get directed(): boolean {
    return this.use('Graph.directed').directed;
  }

  /** Whether edges have weights. */
  get weighted(): boolean {
    return this.use('Graph.weighted').valueType() !== 0;
  }

  /**
   * Bytes that this graph holds now, with its copies in other bundles. What is derived later (incoming edges, strengths)
   * comes on top when it is.
   */
  get bytesUsed(): number {
    return this.use('Graph.bytesUsed').bytes() + this.bytesCopied;
  }

  /**
   * The nodes that edges from `node` lead to, ascending. A copy. O(degree).
   *
   * @param node - its number, or what it is called
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using star = Graph.fromEdges({ from: [0, 0, 0], to: [3, 1, 2], directed: false });
   * console.log(star.neighbors(0)); // Uint32Array(3) [ 1, 2, 3 ]
   * ```
   */
  neighbors(node: NodeRef): Uint32Array<ArrayBuffer> {
    const operation = 'Graph.neighbors';
    const { address, count } = this.#edgesOf(operation, this.use(operation), node);
    return this.runtime.copyU32(address, count);
  }

  /**
   * The weights of the edges from `node`, in the order of {@link Graph.neighbors}; ones for an unweighted graph. A copy.
   * O(degree).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [2, 1], weights: [0.25, 4] });
   * console.log(graph.neighborWeights(0)); // Float64Array(2) [ 4, 0.25 ]
   * ```
   */
  neighborWeights(node: NodeRef): Float64Array<ArrayBuffer> {
    const operation = 'Graph.neighborWeights';
    const { count, weights, type } = this.#edgesOf(operation, this.use(operation), node);
    if (type === F64) return this.runtime.copyF64(weights, count);
    if (type === F32) return new Float64Array(this.runtime.copyF32(weights, count));
    return new Float64Array(count).fill(1);
  }

  /**
   * Calls `visit` for each edge from `node`, without copying anything; the weight is 1 in an unweighted graph. O(degree).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [1, 2], weights: [1, 3] });
   * let total = 0;
   * graph.forEachNeighbor(0, (neighbor, weight) => (total += weight));
   * console.log(total); // 4
   * ```
   */
  forEachNeighbor(node: NodeRef, visit: (neighbor: number, weight: number) => void): void {
    const operation = 'Graph.forEachNeighbor';
    const raw = this.use(operation);
    const { address, count, weights, type } = this.#edgesOf(operation, raw, node);
    if (typeof visit !== 'function') throw check.typeError(operation, 'visit', 'function', visit);
    const { runtime } = this;
    for (let k = 0; k < count; k++) {
      // What was called in between may have moved the memory, or disposed the graph.
      this.use(operation);
      const neighbor = runtime.u32[address / 4 + k] as number;
      const weight =
        type === F64
          ? runtime.f64[weights / 8 + k]
          : type === F32
            ? runtime.f32[weights / 4 + k]
            : 1;
      visit(neighbor, weight as number);
    }
  }

  #edgesOf(operation: string, raw: RawGraph, ref: NodeRef) {
    const { runtime } = this;
    const node = this.numberOf(operation, 'node', ref);
    runtime.check(operation, raw.neighbors(node, runtime.out, runtime.out + 4));
    runtime.check(operation, raw.neighborWeights(node, runtime.out + 8));
    const [address, count, weights] = [runtime.outU32(0), runtime.outU32(1), runtime.outU32(2)];
    return { address, count, weights, type: raw.valueType() };
  }

  /**
   * Number of edges from `node`; the same as {@link Graph.outDegree}. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log(pair.degree(0), pair.degree(1)); // 1 1
   * ```
   */
  degree(node: NodeRef): number {
    return this.#degree('Graph.degree', 'outDegree', node);
  }

  /**
   * Number of edges that lead away from `node`; a loop counts once. O(1).
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 0], to: [1, 2] });
   * console.log(graph.outDegree(0), graph.outDegree(1)); // 2 0
   * ```
   */
  outDegree(node: NodeRef): number {
    return this.#degree('Graph.outDegree', 'outDegree', node);
  }

  /**
   * Number of edges that lead to `node`; a loop counts once. O(1), but the first call on a directed graph makes the
   * incoming edges and keeps them: O(edges).
   *
   * @throws RangeError `INDEX`
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [2, 2] });
   * console.log(graph.inDegree(2)); // 2
   * ```
   */
  inDegree(node: NodeRef): number {
    return this.#degree('Graph.inDegree', 'inDegree', node);
  }

  #degree(operation: string, which: 'outDegree' | 'inDegree', ref: NodeRef): number {
    const raw = this.use(operation);
    const node = this.numberOf(operation, 'node', ref);
    this.runtime.check(operation, raw[which](node, this.runtime.out));
    return this.runtime.outU32();
  }

  /**
   * The connected components: edges are taken both ways, also in a directed graph (weak components). O(edges + nodes) in
   * practice.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 3], to: [2, 4] });
   * const { count, labels, sizes } = graph.components();
   * console.log(count, labels, sizes); // 3 Uint32Array(5) [ 0, 1, 0, 2, 2 ] Uint32Array(3) [ 2, 1, 2 ]
   * ```
   */
  components(): Components {
    const operation = 'Graph.components';
    const raw = this.use(operation);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const length = raw.nodeCount;
      const address = scratch.u32(length);
      raw.components(address, runtime.out);
      const count = runtime.outU32();
      const labels = runtime.copyU32(address, length);
      const sizes = new Uint32Array(count);
      for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
      return { count, labels, sizes };
    });
  }

  /** @internal */
  protected override get kind() {
    return 'Graph';
  }

  /** @internal */
  protected override facts() {
    return { nodes: this.nodeCount, edges: this.edgeCount };
  }
}
