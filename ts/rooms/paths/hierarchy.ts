// A graph prepared for routes and tables of distances that are asked often.
import type { Hierarchy as RawHierarchy } from '../../generated/raw/paths.js';
import { runtimeOf } from '../../runtime/bind.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { withSavedLabels } from '../graph/file.js';
import { NamedNodes } from '../graph/named.js';
import type { NodeList, NodeRef } from '../graph/types.js';
import { type LengthOptions, NONE, type Work } from './ask.js';

/** A path that {@link ContractionHierarchy.route} gives. */
export interface Route {
  /** Sum of the lengths of its edges; `Infinity`: there is no path. */
  length: number;
  /** The nodes from source to target; none when there is no path. */
  nodes: Uint32Array<ArrayBuffer>;
  /** Nodes that the two searches have settled. */
  settledNodes: number;
}

/** What {@link ContractionHierarchy.distances} gives. */
export interface DistanceTable extends Work {
  /** A row for each source, a column for each target; `Infinity` where there is no path. */
  distances: Float64Array<ArrayBuffer>;
  rows: number;
  cols: number;
}

/**
 * A graph prepared once for many questions: nodes are ranked by importance, and shortcuts put between them, so that a route
 * is found by climbing from both ends, and reads some hundred nodes of a road network. Made by
 * {@link HierarchyFunctions.buildHierarchy}. It holds all it needs, the names of the nodes too: the graph may be disposed.
 */
export class ContractionHierarchy extends NamedNodes<RawHierarchy> {
  /** @internal */
  protected override get kind() {
    return 'ContractionHierarchy';
  }

  /** @internal */
  protected override facts() {
    return { nodes: this.nodeCount, shortcuts: this.shortcuts };
  }

  #fact(name: string, which: number): number {
    const operation = `ContractionHierarchy.${name}`;
    const raw = this.use(operation);
    return this.runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(6);
      raw.facts(at);
      return this.runtime.f64[at / 8 + which] as number;
    });
  }

  /** Nodes of the graph. */
  get nodeCount(): number {
    return this.#fact('nodeCount', 0);
  }

  /** Whether edges lead one way. */
  get directed(): boolean {
    return this.#fact('directed', 2) !== 0;
  }

  /** Arcs that were added. */
  get shortcuts(): number {
    return this.#fact('shortcuts', 4);
  }

  /**
   * Nodes that were left when contracting another one would have added too many shortcuts: 0 for road networks. Graphs with
   * hubs have such a core, and a route searches it as it is: a large one makes {@link RouteFunctions.shortestPath} the better
   * choice.
   */
  get coreNodes(): number {
    return this.#fact('coreNodes', 5);
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('ContractionHierarchy.bytesUsed').bytes();
  }

  /**
   * A shortest path between two nodes. Of paths whose lengths differ by rounding alone either may be given; whole lengths
   * are exact. The first call makes a workspace of 96 bytes a node.
   *
   * Geisberger, Sanders, Schultes, Vetter 2012, doi:10.1287/trsc.1110.0401.
   *
   * @param source - its number, or what it is called
   * @throws RangeError `INDEX` (source, target); SublinearError `MEMORY`, `BUSY` (while `distancesAsync` runs), `FORMAT` (loaded
   *   from a file that nobody has saved)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, Graph } = await load();
   * using roads = Graph.fromEdges({ from: [0, 1, 0], to: [1, 2, 2], weights: [1, 1, 5] });
   * using hierarchy = buildHierarchy(roads);
   * const { length, nodes } = hierarchy.route(0, 2);
   * console.log(length, nodes); // 2 Uint32Array(3) [ 0, 1, 2 ]
   *
   * using flights = Graph.fromEdges({ from: ['Oslo', 'Bonn'], to: ['Bonn', 'Rome'] });
   * using byName = buildHierarchy(flights);
   * console.log(byName.labelsOf(byName.route('Oslo', 'Rome').nodes)); // [ 'Oslo', 'Bonn', 'Rome' ]
   * ```
   */
  route(source: NodeRef, target: NodeRef): Route {
    const operation = 'ContractionHierarchy.route';
    const { runtime } = this;
    const from = this.numberOf(operation, 'source', source, NONE);
    const to = this.numberOf(operation, 'target', target, NONE);
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(4);
      runtime.check(operation, raw.route(from, to, at));
      const [length, count, address, settledNodes] = runtime.copyF64(at, 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      return { length, nodes: runtime.copyU32(address, count), settledNodes };
    });
  }

  /**
   * The distances from each source to each target: a search for each of them, not one for each pair. Nodes may stand in the
   * lists more than once.
   *
   * Knopp, Sanders, Schultes, Schulz, Wagner 2007, doi:10.1137/1.9781611972870.4.
   *
   * @throws RangeError `INDEX` or `EMPTY` (sources, targets), `OVERFLOW` (2^32 pairs and more); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, Graph } = await load();
   * using line = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * using hierarchy = buildHierarchy(line);
   * const { distances } = hierarchy.distances([0, 3], [1, 2, 3]);
   * console.log(distances); // Float64Array(6) [ 1, 2, 3, 2, 1, 0 ]
   * ```
   */
  distances(sources: NodeList, targets: NodeList): DistanceTable {
    const operation = 'ContractionHierarchy.distances';
    return runNow(this.runtime, operation, {}, (call) => this.#table(call, sources, targets));
  }

  /**
   * {@link ContractionHierarchy.distances} in slices of about 8 ms that let other tasks run. The hierarchy is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * using hierarchy = buildHierarchy(edge);
   * const { distances } = await hierarchy.distancesAsync([0, 1], [0, 1]);
   * console.log(distances); // Float64Array(4) [ 0, 1, Infinity, 0 ]
   * ```
   */
  async distancesAsync(
    sources: NodeList,
    targets: NodeList,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<DistanceTable> {
    const operation = 'ContractionHierarchy.distancesAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#table(call, sources, targets));
  }

  #table(
    { operation, scratch }: Call<object>,
    sources: NodeList,
    targets: NodeList,
  ): Begun<WorkProgress, DistanceTable> {
    const { runtime } = this;
    const from = scratch.indices('sources', this.numbersOf(operation, 'sources', sources));
    const to = scratch.indices('targets', this.numbersOf(operation, 'targets', targets));
    // A list runs the code of its getters while it is read.
    const raw = this.use(operation);
    runtime.check(operation, raw.beginTable(from.address, from.length, to.address, to.length));
    const result = (): DistanceTable => {
      const at = scratch.f64(4);
      runtime.check(operation, this.use(operation).readTable(at));
      const [, edgeOperations, address] = Array.from(runtime.copyF64(at, 4)) as [
        number,
        number,
        number,
      ];
      return {
        distances: runtime.copyF64(address, from.length * to.length),
        rows: from.length,
        cols: to.length,
        work: { edgeOperations },
      };
    };
    return { raw, holds: [this], result };
  }

  /**
   * The hierarchy as bytes, with the names of its nodes: `ContractionHierarchy.load` takes them, in every engine and on every
   * machine, without preparing again.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, ContractionHierarchy, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * using hierarchy = buildHierarchy(edge);
   * using again = ContractionHierarchy.load(hierarchy.save());
   * console.log(again.route(0, 1).length); // 1
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'ContractionHierarchy.save';
    this.use(operation);
    return saveWhole(this.runtime, operation, () => this.#file(operation));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * using hierarchy = buildHierarchy(edge);
   * let bytes = 0;
   * for (const piece of hierarchy.saveInPieces()) bytes += piece.length;
   * console.log(bytes === hierarchy.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'ContractionHierarchy.saveInPieces';
    const use = () => this.use(operation);
    return savePieces(this.runtime, operation, () => this.#file(operation), use);
  }

  #file(operation: string) {
    const raw = this.use(operation);
    return this.writeLabels(operation, (kind, address, bytes) =>
      this.runtime.raw.Hierarchy.save(raw, kind, address, bytes),
    );
  }

  /**
   * A hierarchy from the bytes that {@link ContractionHierarchy.save} gave. Untrusted bytes are safe: what is wrong is an
   * error, and what loads can be asked; that its lengths are those of some graph cannot be seen from the bytes.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, ContractionHierarchy, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using hierarchy = buildHierarchy(edge);
   * using again = ContractionHierarchy.load(hierarchy.saveInPieces());
   * console.log(again.nodeCount, again.directed); // 2 false
   * ```
   */
  static load(bytes: BytesSource): ContractionHierarchy {
    const operation = 'ContractionHierarchy.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, hierarchyFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, ContractionHierarchy, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * using hierarchy = buildHierarchy(edge);
   * using again = await ContractionHierarchy.loadAsync(new Blob([hierarchy.save()]).stream());
   * console.log(again.nodeCount); // 2
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<ContractionHierarchy> {
    const operation = 'ContractionHierarchy.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, hierarchyFile(runtime, operation), given);
  }
}

function hierarchyFile(
  runtime: Runtime,
  operation: string,
): Loading<RawHierarchy, ContractionHierarchy> {
  return {
    kind: 'CHRY',
    build: (reader) => runtime.raw.Hierarchy.load(reader),
    wrap: (raw, reader) =>
      withSavedLabels(operation, adopt(runtime, operation, ContractionHierarchy, raw), reader),
  };
}

/** The functions of this part of the room. */
export interface HierarchyFunctions {
  readonly ContractionHierarchy: typeof ContractionHierarchy;

  /**
   * Prepares a graph for many routes and tables of distances: {@link ContractionHierarchy}. Takes some 50 us a node on road
   * networks, several times as much on grids of nearly equal lengths, which have no important roads. A graph that is asked a
   * few times is better served by {@link RouteFunctions.prepareRoutes}.
   *
   * @throws RangeError `RANGE` (the largest weight times the number of nodes is above 2^1023); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchy, Graph } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0], weights: [1, 2, 3, 4], directed: false });
   * using hierarchy = buildHierarchy(ring);
   * console.log(hierarchy.route(0, 2).length); // 3
   * ```
   */
  buildHierarchy(graph: Graph, options?: LengthOptions): ContractionHierarchy;

  /**
   * {@link buildHierarchy} in slices of about 8 ms that let other tasks run. The graph is free meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/paths';
   *
   * const { buildHierarchyAsync, Graph } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1] });
   * using hierarchy = await buildHierarchyAsync(edge, { signal: AbortSignal.timeout(1000) });
   * console.log(hierarchy.shortcuts); // 0
   * ```
   */
  buildHierarchyAsync(
    graph: Graph,
    options?: LengthOptions & AsyncOptions<WorkProgress>,
  ): Promise<ContractionHierarchy>;
}

/** @internal */
export function createHierarchies(runtime: Runtime): HierarchyFunctions {
  const make = (operation: string, graph: Graph, { weighted = true }: LengthOptions) => {
    check.boolean(operation, 'weighted', weighted);
    const raw = rawOf(runtime, operation, 'graph', graph, Graph);
    const made = runtime.raw.Hierarchy.create(raw, weighted);
    return adopt(runtime, operation, ContractionHierarchy, made).withLabels(graph.labels);
  };
  return {
    ContractionHierarchy: runtime.bind(ContractionHierarchy),
    buildHierarchy(graph, options) {
      const operation = 'buildHierarchy';
      const made = make(operation, graph, check.options(operation, options, ['weighted']));
      return runMade(made, () =>
        runNow(runtime, operation, {}, () => begunMaking(made, operation)),
      );
    },
    async buildHierarchyAsync(graph, options) {
      const operation = 'buildHierarchyAsync';
      const { weighted, ...control } = check.options<LengthOptions & AsyncOptions<WorkProgress>>(
        operation,
        options,
        ['weighted', ...asyncKeys],
      );
      const made = make(operation, graph, weighted === undefined ? {} : { weighted });
      return runMadeAsync(made, () =>
        runLater(runtime, operation, control, () => begunMaking(made, operation)),
      );
    },
  };
}
