// More than one run of PageRank: several sources in one call, and a ranking that follows changes of its graph.

import type { OutcomeName } from '../../generated/codes.js';
import type { PageRank as RawPageRank } from '../../generated/raw/network.js';
import { asTyped, kindOf, lengthOfList } from '../../runtime/brand.js';
import { rankings, withIterator, withOwnIterator, withRows } from '../../runtime/iterable.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  timeBudget,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { withNodes } from '../graph/scores.js';
import type { NodeList } from '../graph/types.js';
import {
  type AnyOptions,
  begin,
  giveOptions,
  optionsOf,
  personalKeys,
  result,
} from './single-run.js';
import type {
  DenseScores,
  PageRankProgress,
  PersonalizedPageRankOptions,
  ScoresInfo,
  Source,
  SparseScores,
} from './types.js';

/** Options of {@link RunFunctions.personalizedPageRankBatch}. `maxWork` is for each source, `maxTimeMs` for all. */
export interface BatchOptions
  extends Omit<PersonalizedPageRankOptions, 'source' | 'dense' | 'into'> {
  /** One row of the result for each: nodes by number or name, also as a typed array, or `{ nodes, weights }`. */
  sources: NodeList | readonly Source[];
}

/**
 * What {@link RunFunctions.personalizedPageRankBatch} gives: columns with an element for each source, and the rankings one
 * after another. Iterating gives the rows.
 */
export interface BatchScores
  extends Iterable<SparseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>> {
  /** rows + 1 numbers: row i stands at `offsets[i]` .. `offsets[i + 1] - 1` of `nodes` and `scores`. */
  offsets: Uint32Array<ArrayBuffer>;
  nodes: Uint32Array<ArrayBuffer>;
  scores: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** Proved L1 error of each row, as `errorBound` of a single call. */
  errorBounds: Float64Array<ArrayBuffer>;
  /** How each row ended. */
  outcomes: OutcomeName[];
  /** The method that gave each row. */
  methods: ScoresInfo['method'][];
  /** Sweeps or iterations of each row over the whole graph. */
  iterations: Uint32Array<ArrayBuffer>;
  /** Nodes that got a score, and edges that were followed, for each row. */
  touchedNodes: Uint32Array<ArrayBuffer>;
  edgeOperations: Float64Array<ArrayBuffer>;
  /** Places of each row that are proved, with `topK` and a tolerance. */
  provedPlaces: Uint32Array<ArrayBuffer>;
  /** Each row as `personalizedPageRank` returns it, with arrays of its own. Made when it is first asked for. */
  readonly rows: SparseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>[];
}

/** Options of {@link RunFunctions.trackPageRank}. */
export interface TrackOptions
  extends Omit<PersonalizedPageRankOptions, 'source' | 'dense' | 'into'> {
  /** Where walks restart; every node when it is left out. */
  source?: Source;
}

/** A ranking that is brought up to date after changes of edges. Made by {@link RunFunctions.trackPageRank}. */
export interface PageRankTracker {
  /** The graph that the result belongs to. */
  readonly graph: Graph;
  /** The current scores; `dense` ones without `topK` when every node is a source, else a list. */
  readonly result:
    | SparseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>
    | DenseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>;
  /**
   * Goes on to a changed graph, of the same kind and with no fewer nodes (see `graph.edited`), and returns the new result.
   * What is computed anew is the residual at nodes whose edges differ; what that moves is pushed on. The error bound is
   * that of the new graph. The graph before it must still be there, and may be disposed afterwards. When the call fails or
   * is aborted the tracker stays with the graph before.
   *
   * @throws SublinearError `UNSUPPORTED` (directed and undirected, fewer nodes), `MEMORY`, `DISPOSED`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, trackPageRank } = await load();
   * using before = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * const tracker = trackPageRank(before, { source: 0, tolerance: 1e-9 });
   * using after = before.edited({ add: { from: [1], to: [0] } });
   * const { errorBound, scores } = tracker.update(after);
   * console.log(errorBound <= 1e-9, scores[0]?.toFixed(4)); // true 0.4522
   * ```
   */
  update(graph: Graph): PageRankTracker['result'];
  /**
   * The same in slices of about 8 ms that let other tasks run. Both graphs are busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, trackPageRank } = await load();
   * using before = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const tracker = trackPageRank(before, {});
   * using after = before.edited({ add: { from: [1], to: [2] }, nodeCount: 3 });
   * const { scores } = await tracker.updateAsync(after);
   * console.log(scores.length, scores.indexOf(Math.max(...scores))); // 3 1
   * ```
   */
  updateAsync(
    graph: Graph,
    options?: AsyncOptions<PageRankProgress>,
  ): Promise<PageRankTracker['result']>;
  /**
   * Gives its workspace back before the graph is disposed, which does it as well.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, trackPageRank } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0] });
   * const tracker = trackPageRank(graph, { source: 0 });
   * const { result } = tracker;
   * tracker.dispose();
   * console.log(result.scores.length); // 3
   * ```
   */
  dispose(): void;
  /** `using` calls it; does what `dispose()` does. */
  [Symbol.dispose]: () => void;
}

/** The functions of this part of the room. */
export interface RunFunctions {
  /**
   * {@link DiffusionRoom.personalizedPageRank} from several sources in one call: the workspace and the checks are shared, the
   * result is one table with a row for each source. A pool of workers cuts typed arrays of sources into parts and puts the
   * tables together: `replica.batch(sources, 1, (graph, part, { diffusion }) => ...)`, see docs/workers.md. Without a tolerance, `topK` asks for the fast, unproved ranking in
   * every row.
   *
   * @throws as there; `sources` names the one at fault
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, personalizedPageRankBatch } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0] });
   * const batch = personalizedPageRankBatch(ring, { sources: [0, 2], topK: 2, tolerance: 1e-6 });
   * console.log(batch.nodes, batch.offsets); // Uint32Array(4) [ 0, 1, 2, 3 ] Uint32Array(3) [ 0, 2, 4 ]
   * for (const { node, score } of batch.rows[1]!) console.log(node, score.toFixed(3));
   * ```
   */
  personalizedPageRankBatch(graph: Graph, options: BatchOptions): BatchScores;

  /**
   * PageRank of a graph whose edges change: computes it once, then {@link PageRankTracker.update} follows each change at a
   * cost that depends on what the change moves. With `source` for one distribution, without for every node.
   *
   * Ohsaka, Maehara, Kawarabayashi 2015, doi:10.1145/2783258.2783297; Zhang, Lofgren, Goel 2016 (arXiv:1603.07796).
   *
   * @throws as {@link DiffusionRoom.personalizedPageRank}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/diffusion';
   *
   * const { Graph, trackPageRank } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * const tracker = trackPageRank(graph, { source: 0, topK: 1, tolerance: 1e-6 });
   * for (const { node } of tracker.result) console.log(node); // 1
   * tracker.dispose();
   * ```
   */
  trackPageRank(graph: Graph, options: TrackOptions): PageRankTracker;
}

type Row = SparseScores<Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>;

const trackKeys = personalKeys.filter((key) => key !== 'dense' && key !== 'into');
const batchKeys = [...trackKeys.filter((key) => key !== 'source'), 'sources'] as const;

let trackers = 0;

/** @internal */
export function createRuns(runtime: Runtime): RunFunctions {
  return {
    personalizedPageRankBatch: (graph, options) => batch(runtime, graph, options),
    trackPageRank: (graph, options) => new Tracker(runtime, graph, options),
  };
}

function batch(runtime: Runtime, graph: Graph, given: BatchOptions): BatchScores {
  const operation = 'personalizedPageRankBatch';
  const {
    sources: all,
    maxTimeMs,
    ...options
  } = check.options(operation, given, batchKeys as readonly (keyof BatchOptions)[]);
  // Of a typed array the elements are taken, whatever its class says its length is.
  const kind = kindOf(all);
  const sources =
    kind === undefined ? all : asTyped(operation, 'sources', all as Uint32Array, kind);
  if (kind === undefined && !Array.isArray(sources))
    throw check.typeError(operation, 'sources', 'array', sources);
  const budget = timeBudget(operation, maxTimeMs);
  const end = performance.now() + (budget ?? Infinity);
  const count = lengthOfList(operation, 'sources', sources as readonly unknown[]);
  const rows: Row[] = [];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const asked: AnyOptions = { ...options, source: sources[i] as Source };
    // A row that the budget does not reach is begun and ended: what it has is nothing, with its bound.
    if (budget !== undefined) asked.maxTimeMs = Math.max(1e-3, end - performance.now());
    const row = runNow(runtime, operation, asked, (call) => begin(call, graph, 'personal')) as Row;
    rows.push(row);
    // The rows lie outside the module, where its limit would not stop them.
    bytes += row.nodes.byteLength + row.scores.byteLength;
    if (bytes > runtime.memoryLimit) throw runtime.memoryError(operation, bytes);
  }
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, { nodes }] of rows.entries())
    offsets[i + 1] = (offsets[i] as number) + nodes.length;
  const total = offsets[rows.length] as number;
  const nodes = new Uint32Array(total);
  const scores = options.output === 'float32' ? new Float32Array(total) : new Float64Array(total);
  for (const [i, row] of rows.entries()) {
    nodes.set(row.nodes, offsets[i]);
    scores.set(row.scores, offsets[i]);
  }
  const table = {
    offsets,
    nodes,
    scores,
    errorBounds: Float64Array.from(rows, ({ errorBound }) => errorBound),
    outcomes: rows.map(({ outcome }) => outcome),
    methods: rows.map(({ method }) => method),
    iterations: Uint32Array.from(rows, ({ iterations }) => iterations),
    touchedNodes: Uint32Array.from(rows, ({ work }) => work.touchedNodes),
    edgeOperations: Float64Array.from(rows, ({ work }) => work.edgeOperations),
    provedPlaces: Uint32Array.from(rows, ({ provedPlaces }) => provedPlaces),
  };
  const whole = withRows(withIterator(table, rankings));
  if (graph.labels === undefined) return whole as unknown as BatchScores;
  const plain = (whole as unknown as Iterable<Row>)[Symbol.iterator];
  const labelled = function* () {
    for (const row of { [Symbol.iterator]: () => plain.call(whole) }) yield withNodes(row, graph);
  };
  return withRows(withOwnIterator({ ...table }, labelled, rankings)) as unknown as BatchScores;
}

class Tracker implements PageRankTracker {
  declare [Symbol.dispose]: () => void;
  static {
    // WebKit has no Symbol.dispose yet.
    if (Symbol.dispose !== undefined) {
      Object.defineProperty(Tracker.prototype, Symbol.dispose, {
        value: function (this: Tracker) {
          this.dispose();
        },
      });
    }
  }

  readonly #runtime: Runtime;
  readonly #options: AnyOptions;
  readonly #name = `tracked PageRank ${trackers++}`;
  graph: Graph;
  result: PageRankTracker['result'];

  constructor(runtime: Runtime, graph: Graph, given: TrackOptions) {
    const operation = 'trackPageRank';
    this.#runtime = runtime;
    const keys = trackKeys as readonly (keyof TrackOptions)[];
    const options = check.options(operation, given, keys);
    // A ranking that only looks settled leaves no state to go on from.
    this.#options = { ...options, tolerance: options.tolerance ?? 1e-6 };
    this.graph = graph;
    const kind = this.#options.source === undefined ? 'global' : 'personal';
    const name = this.#name;
    try {
      this.result = runNow(runtime, operation, this.#options, (call) =>
        begin(call, graph, kind, name),
      ) as PageRankTracker['result'];
    } catch (error) {
      // Nobody holds a tracker that could be disposed.
      if (graph instanceof Graph) graph.dropCompanion(name);
      throw error;
    }
  }

  update(graph: Graph): PageRankTracker['result'] {
    const operation = 'PageRankTracker.update';
    const change = this.#change(graph);
    try {
      return runNow(this.#runtime, operation, this.#options, change.begin);
    } catch (error) {
      change.undo();
      throw error;
    }
  }

  async updateAsync(
    graph: Graph,
    options: AsyncOptions<PageRankProgress> = {},
  ): Promise<PageRankTracker['result']> {
    const operation = 'PageRankTracker.updateAsync';
    const given = { ...this.#options, ...check.options(operation, options, asyncKeys) };
    const change = this.#change(graph);
    try {
      return await runLater(this.#runtime, operation, given, change.begin);
    } catch (error) {
      change.undo();
      throw error;
    }
  }

  dispose(): void {
    this.graph.dropCompanion(this.#name);
  }

  /** A run on the new graph's own workspace; its result makes it the current one. `undo` leaves the old one. */
  #change(graph: Graph) {
    let begun = false;
    return {
      begin: (call: Call<AnyOptions>) => {
        const following = this.#follow(call, graph);
        begun = true;
        return following;
      },
      // Not before it has begun: the workspace may be that of a call which is running.
      undo: () => {
        if (begun) graph.dropCompanion(this.#name);
      },
    };
  }

  #follow(
    { runtime, operation }: Call<AnyOptions>,
    graph: Graph,
  ): Begun<PageRankProgress, PageRankTracker['result']> {
    const before = this.graph;
    rawOf(runtime, operation, 'graph', before, Graph);
    const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
    const create = (of: typeof rawGraph) => () =>
      runtime.made(operation, runtime.raw.PageRank.create(of));
    const previous = before.companion<RawPageRank>(runtime, this.#name, () => {
      throw check.typeError(operation, 'tracker', 'a tracker that was not disposed', this);
    });
    if (graph === before)
      throw check.typeError(operation, 'graph', 'a graph other than the current one', graph);
    const raw = graph.companion(runtime, this.#name, create(rawGraph));
    const { output = 'float64', topK, source } = this.#options;
    const given = { ...this.#options, method: 'auto' as const };
    try {
      const options = optionsOf(operation, given, 'personal');
      runtime.check(operation, raw.follow(previous, giveOptions(runtime, options)));
    } catch (error) {
      graph.dropCompanion(this.#name);
      throw error;
    }
    const read = () => {
      const dense = source === undefined && topK === undefined;
      this.result = result(runtime, operation, raw, graph, { dense, output }) as typeof this.result;
      this.graph = graph;
      before.dropCompanion(this.#name);
      return this.result;
    };
    return {
      raw,
      holds: [before, graph],
      progress: () => ({ error: raw.error() }),
      result: read,
    };
  }
}
