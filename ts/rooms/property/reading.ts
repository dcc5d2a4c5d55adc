// What can be read of a graph, a snapshot and a transaction beside queries.
import { savePieces, saveWhole } from '../../runtime/file.js';
import { giveGraphology, projectedEdges } from './exchange.js';
import { GraphQueries } from './queries.js';
import type { GraphologyTarget, PartOptions, ProjectedEdges } from './types.js';

/** SL_PROPERTY_FACTS */
const FACTS = 12;

/** A state of a graph. */
export abstract class GraphState extends GraphQueries {
  /** @internal */
  protected numbers(operation: string): Float64Array {
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(FACTS);
      raw.facts(at);
      return runtime.copyF64(at, FACTS);
    });
  }

  /** @internal A number that grows with each change. */
  get version(): number {
    return this.numbers('PropertyGraph.saveIn')[9] as number;
  }

  /** How many nodes there are. */
  get nodeCount(): number {
    return this.numbers('PropertyGraph.nodeCount')[0] as number;
  }

  /** How many relationships there are. */
  get edgeCount(): number {
    return this.numbers('PropertyGraph.edgeCount')[1] as number;
  }

  /** @internal */
  protected override facts(): Readonly<Record<string, unknown>> {
    return { nodes: this.nodeCount, edges: this.edgeCount };
  }

  /**
   * Gives nodes and relationships to a graphology graph, which must be a directed one that allows parallel edges: keys are the ids,
   * labels and types the attributes `label` and `type`.
   *
   * @returns `into`
   *
   * @example
   * ```ts
   * import { MultiDirectedGraph } from 'graphology';
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Person {name: 'Ada'})-[:KNOWS]->(:Person {name: 'Charles'})");
   * const other = graph.toGraphology(new MultiDirectedGraph());
   * console.log(other.order, other.getNodeAttributes('0')); // 2 { name: 'Ada', label: 'Person' }
   * ```
   */
  toGraphology<G extends GraphologyTarget>(into: G): G {
    return giveGraphology('PropertyGraph.toGraphology', this, into);
  }

  /**
   * A part of the graph as arrays: `Graph.fromEdges(graph.project({ type: 'LINK' }).edges)` is a graph that the other modules take.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query('CREATE (:Other), (:Page)-[:LINK {n: 2}]->(:Page)');
   * const { nodes, edges } = graph.project({ label: 'Page', weight: 'n' });
   * console.log(nodes, edges.to, edges.weights); // Uint32Array(2) [ 1, 2 ] Uint32Array(1) [ 1 ] Float64Array(1) [ 2 ]
   * ```
   */
  project(options?: PartOptions): ProjectedEdges {
    const operation = 'PropertyGraph.project';
    const { runtime } = this;
    const raw = this.use(operation);
    return projectedEdges(
      { runtime, operation, graph: raw, later: false, signal: undefined },
      options,
    );
  }

  /**
   * The graph as bytes: `PropertyGraph.load` takes them, in every engine and on every machine. Ids of what was deleted are not
   * kept: those above them move down.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (:Person {name: 'Ada'})");
   * using again = PropertyGraph.load(graph.save());
   * console.log(again.query('MATCH (p) RETURN p.name AS name').rows); // [ { name: 'Ada' } ]
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'PropertyGraph.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.PropertyGraph.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB: the graph as it was at the first one.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * let bytes = 0;
   * for (const piece of graph.saveInPieces()) bytes += piece.length;
   * console.log(bytes === graph.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'PropertyGraph.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.PropertyGraph.save(use()), use);
  }
}
