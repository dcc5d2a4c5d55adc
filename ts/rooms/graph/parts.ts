// What is made of a graph: files, changed graphs, matrices, arrays.

import type { Writer } from '../../generated/raw/network.js';
import { savePieces, saveWhole } from '../../runtime/file.js';
import { listedLabels, type NodeLabel } from '../../runtime/labels.js';
import { adopt, adoptAs } from '../../runtime/object.js';
import { F32 } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import { valuesIn } from '../../runtime/values.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { holds, isName, labelIn } from './names.js';
import { GraphNodes } from './nodes.js';
import { readers } from './readers.js';
import type {
  EdgeArrays,
  GraphChanges,
  GraphTextFormat,
  NodeList,
  WriteGraphOptions,
} from './types.js';

/** What a graph can be made into. */
export abstract class GraphParts extends GraphNodes {
  /**
   * The graph as bytes: its edges, weights, direction and labels. `Graph.load` takes them, in every engine and on every
   * machine. One copy of the file; see {@link Graph.saveInPieces} for a large one. O(size).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdgeList('700 800', { compactIds: true });
   * using again = Graph.load(graph.save());
   * console.log(again.edgeCount, again.labelOf(1)); // 1 800
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Graph.save';
    return saveWhole(this.runtime, operation, () => this.#file(operation));
  }

  /**
   * The same bytes piece by piece (up to 1 MB each), for files and streams: beside a piece only the labels are held in memory a
   * second time. A `Store` of `sublinear/store` takes them as they are.
   *
   * @throws SublinearError `DISPOSED` when the graph is disposed between two pieces
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * let bytes = 0;
   * for (const piece of graph.saveInPieces()) bytes += piece.length;
   * console.log(bytes === graph.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Graph.saveInPieces';
    const use = () => this.use(operation);
    return savePieces(this.runtime, operation, () => this.#file(operation), use);
  }

  #file(operation: string): Writer | null {
    const raw = this.use(operation);
    return this.writeLabels(operation, (kind, address, bytes) =>
      this.runtime.raw.Graph.save(raw, kind, address, bytes),
    );
  }

  /**
   * The graph as text that other programs read, with results at its nodes and edges. Nodes are called what they are called
   * here. `Graph.readAsync` reads all of these formats. O(nodes + edges) and as much memory as the text; see
   * {@link Graph.writeInPieces} for a large one.
   *
   * @param format - `'graphml'`, `'gexf'`, or JSON as `'nodeLink'`, `'graphology'` or `'cytoscape'`
   * @throws RangeError `RANGE` (`format`), `OPTION` (a column with a name that the format uses itself), `SHAPE` (a column of another
   *   length), `ARGUMENT` (names that the format cannot hold or tell apart); TypeError for columns of mixed kinds
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: ['Ada'], to: ['Bob'], weights: [2], directed: false });
   * const { nodes, edges } = JSON.parse(graph.write('nodeLink', { nodes: { community: [0, 1] } }));
   * console.log(nodes[1], edges[0]); // { id: 'Bob', community: 1 } { source: 'Ada', target: 'Bob', weight: 2 }
   * ```
   */
  write(format: GraphTextFormat, options?: WriteGraphOptions): string {
    return Array.from(this.#text('Graph.write', format, options)).join('');
  }

  /**
   * The same text piece by piece (some 64 KB each), for files and streams. The graph is copied when this is called.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: ['Ada'], to: ['Bob'] });
   * const file = new Blob([...graph.writeInPieces('gexf', { nodes: { rank: [0.25, 0.75] } })]);
   * using again = await Graph.readAsync(file);
   * console.log(again.labelsOf(again.neighbors('Ada'))); // [ 'Bob' ]
   * ```
   */
  writeInPieces(
    format: GraphTextFormat,
    options?: WriteGraphOptions,
  ): Generator<string, void, undefined> {
    return this.#text('Graph.writeInPieces', format, options);
  }

  #text(operation: string, format: GraphTextFormat, options: WriteGraphOptions | undefined) {
    const { directed, nodeCount } = this.use(operation);
    const labels = Array.from({ length: nodeCount }, (_, node) => this.labels?.of(node) ?? node);
    const graph = { labels, directed, edges: this.toEdges() };
    return readers.now(operation).writeGraph(operation, graph, format, options);
  }

  /**
   * A new graph: this one without the removed edges and with the added ones. This graph stays as it is. Removed edges go
   * first, so that an edge in both lists gets a new weight; added edges that exist are merged with them (without
   * weights they stay one edge). Ends may be names; new ones in `add` become nodes. Labels are kept unless there are new nodes
   * without names. O(edges + nodes), a fraction of building the graph again.
   *
   * @throws SublinearError `ARGUMENT` (`removed`: no such edge, or twice; `weights`: for a graph without),
   *   `NOT_POSITIVE`, `MEMORY`
   * @throws RangeError `OPTION` (nodeCount below that of the graph), `INDEX`, `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using next = graph.edited({ remove: { from: [0], to: [1] }, add: { from: [2], to: [3] }, nodeCount: 4 });
   * console.log(next.edgeCount, next.neighbors(2), graph.edgeCount); // 2 Uint32Array(2) [ 1, 3 ] 2
   * ```
   */
  edited(changes: GraphChanges): this {
    const operation = 'Graph.edited';
    const raw = this.use(operation);
    const { runtime } = this;
    const given = check.options(operation, changes, ['add', 'remove', 'nodeCount'] as const);
    const add = check.options(operation, given.add, ['from', 'to', 'weights'] as const);
    const remove = check.options(operation, given.remove, ['from', 'to'] as const);
    const named = this.#named(operation, add.from, add.to);
    const least = named?.labels.length ?? raw.nodeCount;
    const nodeCount = check.integer(operation, 'nodeCount', given.nodeCount ?? least);
    return runtime.scratch(operation, (scratch) => {
      const ends = (name: string, list: { from?: NodeList; to?: NodeList }) => {
        const numbers = (side: 'from' | 'to') =>
          scratch.indices(
            `${name}.${side}`,
            this.numbersOf(operation, `${name}.${side}`, list[side] ?? []),
          );
        const [from, to] = [numbers('from'), numbers('to')];
        if (to.length !== from.length)
          throw check.shapeError(operation, `${name}.to`, from.length, to.length);
        return { from: from.address, to: to.address, count: from.length };
      };
      const gone = ends('remove', remove);
      const come = ends('add', named ?? add);
      const type = raw.valueType();
      // Where edges have weights, one that comes without counts 1.
      const ones = () => new Float64Array(come.count).fill(1);
      const given = add.weights ?? (type === 0 ? undefined : ones());
      const dtype = type === F32 ? 'float32' : 'float64';
      const weights = valuesIn(operation, scratch, 'add.weights', given, given && dtype);
      if (weights && weights.length !== come.count)
        throw check.shapeError(operation, 'add.weights', come.count, weights.length);
      const edited = runtime.raw.Graph.edit(
        raw,
        nodeCount,
        gone.count,
        gone.from,
        gone.to,
        come.count,
        come.from,
        come.to,
        weights?.address ?? 0,
        weights?.type ?? 0,
      );
      const graph = adoptAs<this>(runtime, operation, this.constructor, edited);
      const labels = named ? listedLabels(named.labels) : this.labels;
      return labels && nodeCount === labels.length ? graph.withLabels(labels) : graph;
    });
  }

  /** The ends of edges that come by names of which some may be new; undefined for numbers. */
  #named(operation: string, from: NodeList | undefined, to: NodeList | undefined) {
    const { labels } = this;
    const lists = [from, to].map((list) => (Array.isArray(list) ? list : []));
    if (!labels || !lists.some((list) => holds(list, isName))) return undefined;
    const all = Array.from({ length: labels.length }, (_, node) => labels.of(node));
    const fresh = new Map<NodeLabel, number>();
    const place = (argument: string) => (value: unknown, i: number) => {
      const label = labelIn(operation, `${argument}[${i}]`, value);
      const known = labels.find(label) ?? fresh.get(label);
      if (known !== undefined) return known;
      fresh.set(label, all.length);
      return all.push(label) - 1;
    };
    const [starts, ends] = lists as [unknown[], unknown[]];
    return {
      from: Array.from(starts, place('add.from')),
      to: Array.from(ends, place('add.to')),
      labels: all,
    };
  }

  /**
   * The Laplacian D - W (plus `shift` on the diagonal) of an undirected graph; loops do not count. Without shift it is
   * singular: constants are its null space on each component. O(edges).
   *
   * @throws SublinearError `UNSUPPORTED` for a directed graph, `MEMORY`
   * @throws RangeError `OPTION` for a shift that is negative or not finite
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using pair = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using laplacian = pair.laplacian({ shift: 0.5 });
   * console.log(laplacian.toCsr().values); // Float64Array(4) [ 1.5, -1, -1, 1.5 ]
   * ```
   */
  laplacian(options?: { shift?: number }): SparseMatrix {
    const operation = 'Graph.laplacian';
    const raw = this.use(operation);
    const { shift = 0 } = check.options(operation, options, ['shift']);
    check.number(operation, 'shift', shift);
    const built = this.runtime.raw.Graph.laplacian(raw, shift);
    return adopt(this.runtime, operation, SparseMatrix, built);
  }

  /**
   * The adjacency matrix: entry (u, v) is the weight of the edge from u to v. A copy. O(edges).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1] });
   * using matrix = graph.adjacency();
   * console.log(matrix.dtype, matrix.get(0, 1)); // pattern 1
   * ```
   */
  adjacency(): SparseMatrix {
    const operation = 'Graph.adjacency';
    const raw = this.use(operation);
    return adopt(this.runtime, operation, SparseMatrix, this.runtime.raw.Graph.adjacency(raw));
  }

  /**
   * The edges as arrays, by start, then by end; undirected ones once, with from <= to. Copies. O(edges).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/graph';
   *
   * const { Graph } = await load();
   * using graph = Graph.fromEdges({ from: [2, 1], to: [0, 0], directed: false });
   * console.log(graph.toEdges()); // { from: Uint32Array(2) [ 0, 0 ], to: Uint32Array(2) [ 1, 2 ] }
   * ```
   */
  toEdges(): EdgeArrays {
    const operation = 'Graph.toEdges';
    const { directed, edgeCount } = this.use(operation);
    const matrix = this.adjacency();
    const { rows, rowPointers, columns, values } = matrix.toCsr();
    matrix.dispose();
    const { runtime } = this;
    const from = runtime.array(operation, Uint32Array, edgeCount);
    const to = runtime.array(operation, Uint32Array, edgeCount);
    const weights = values && new (values.constructor as Float64ArrayConstructor)(edgeCount);
    for (let u = 0, at = 0; u < rows; u++) {
      for (let k = rowPointers[u] as number; k < (rowPointers[u + 1] as number); k++) {
        const v = columns[k] as number;
        if (!directed && v < u) continue;
        from[at] = u;
        to[at] = v;
        if (weights && values) weights[at] = values[k] as number;
        at++;
      }
    }
    return { from, to, ...(weights && { weights }) };
  }
}
