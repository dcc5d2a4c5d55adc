// Matchings, vertex covers, assignments.

import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  task,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import type { Graph } from '../graph/class.js';
import { ask, question, type Timeless, type Work } from './ask.js';

/** What {@link MatchingFunctions.maximumMatching} gives. */
export interface MaximumMatching extends Work {
  /** How many edges it has. */
  size: number;
  /** The partner of each node; 4294967295 for those without. */
  mates: Uint32Array<ArrayBuffer>;
  /**
   * Why there is no larger one. `'cover'`: each edge has an end among these `size` nodes (Konig). `'barrier'`: without
   * these nodes the graph has nodes.length + nodeCount - 2 size components of odd size (Tutte, Berge).
   */
  proof: { kind: 'cover' | 'barrier'; nodes: Uint32Array<ArrayBuffer> };
}

/** What {@link MatchingFunctions.vertexCover} gives. */
export interface VertexCover extends Work {
  /** Nodes that touch every edge, ascending. */
  nodes: Uint32Array<ArrayBuffer>;
  /** So many are needed at least; there are at most twice as many. */
  lowerBound: number;
}

/** A matrix of costs. */
export interface Costs {
  rows: number;
  cols: number;
  /** rows * cols numbers, a row after the other; `Infinity` (for the largest sum `-Infinity`) for what must not be. */
  costs: RealArray;
}

/** Options of {@link MatchingFunctions.assignment}. */
export interface AssignmentOptions {
  /** The largest sum instead of the least. `false` by default. */
  maximum?: boolean;
}

/** What {@link MatchingFunctions.assignment} gives. */
export interface Assignment extends Work {
  /** The column of each row; 4294967295 for rows without, where there are more rows than columns. */
  columns: Uint32Array<ArrayBuffer>;
  /** Sum of the costs that are taken. */
  value: number;
  /** No assignment is better by more: 0 for whole costs whose sums are below 2^53, else rounding. */
  errorBound: number;
  /**
   * Prices that prove it: no cost is below (for the largest sum: above) the sum of its two prices but for rounding, those
   * that are taken equal it, and what has no partner has price 0.
   */
  rowPrices: Float64Array<ArrayBuffer>;
  columnPrices: Float64Array<ArrayBuffer>;
}

/** The functions of this part of the room. */
export interface MatchingFunctions {
  /**
   * A matching of an undirected graph with as many edges as there can be, and the nodes that prove it. Weights do not
   * count, loops are no part of it.
   *
   * Bipartite graphs: Hopcroft, Karp 1973, doi:10.1137/0202019, O(edges sqrt(nodes)). Others: Edmonds 1965,
   * doi:10.4153/CJM-1965-045-4; Gabow 1976, doi:10.1145/321941.321942, O(nodes^3) at worst.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, maximumMatching } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const { size, mates, proof } = maximumMatching(path);
   * console.log(size, mates, proof.kind); // 2 Uint32Array(4) [ 1, 0, 3, 2 ] cover
   * ```
   */
  maximumMatching(graph: Graph): MaximumMatching;

  /**
   * {@link maximumMatching} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, maximumMatchingAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await maximumMatchingAsync(edge)).size); // 1
   * ```
   */
  maximumMatchingAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<MaximumMatching>;

  /**
   * Nodes of an undirected graph that touch every edge: at most twice as many as are needed, with a bound on how many that
   * are. A node with a loop is always one of them. In a bipartite graph {@link maximumMatching} proves itself with a cover
   * of least size. O(edges + nodes).
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, vertexCover } = await load();
   * using star = Graph.fromEdges({ from: [0, 0, 0], to: [1, 2, 3], directed: false });
   * const { nodes, lowerBound } = vertexCover(star);
   * console.log(nodes, lowerBound); // Uint32Array(1) [ 0 ] 1
   * ```
   */
  vertexCover(graph: Graph): VertexCover;

  /**
   * {@link vertexCover} as a promise. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, vertexCoverAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * console.log((await vertexCoverAsync(edge)).lowerBound); // 1
   * ```
   */
  vertexCoverAsync(graph: Graph, options?: AsyncOptions<WorkProgress>): Promise<VertexCover>;

  /**
   * The assignment problem: each row of a matrix gets a column of its own, or each column a row where there are fewer, so
   * that the costs add up to least.
   *
   * Jonker, Volgenant 1987, doi:10.1007/BF02278710; Crouse 2016, doi:10.1109/TAES.2016.140952. O(min^2 max) of rows and
   * columns.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `RANGE` (costs, rows, cols); SublinearError `UNSUPPORTED` (no
   *   assignment avoids what must not be), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { assignment } = await load();
   * const { columns, value } = assignment({ rows: 2, cols: 3, costs: [4, 1, 3, 2, 0, 5] });
   * console.log(columns, value); // Uint32Array(2) [ 1, 0 ] 3
   * ```
   */
  assignment(matrix: Costs, options?: AssignmentOptions): Assignment;

  /**
   * {@link assignment} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { assignmentAsync } = await load();
   * const gains = { rows: 2, cols: 2, costs: [4, 1, 3, 2] };
   * console.log((await assignmentAsync(gains, { maximum: true })).value); // 6
   * ```
   */
  assignmentAsync(
    matrix: Costs,
    options?: AssignmentOptions & AsyncOptions<WorkProgress>,
  ): Promise<Assignment>;
}

/** @internal */
export function createMatchings(runtime: Runtime): MatchingFunctions {
  const matching = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.matching, {}, (answer): MaximumMatching => {
      const [, edgeOperations, size, , bipartite, count] = answer.numbers as number[];
      return {
        size: size as number,
        mates: answer.u32(3, graph.nodeCount),
        proof: {
          kind: bipartite ? 'cover' : 'barrier',
          nodes: answer.u32(6, count as number),
        },
        work: { edgeOperations: edgeOperations as number },
      };
    }),
  );

  const cover = task(runtime, [], (call: Call<Timeless<object>>, graph: Graph) =>
    ask(call, graph, question.cover, {}, (answer): VertexCover => {
      const [, edgeOperations, count, , lowerBound] = answer.numbers as number[];
      return {
        nodes: answer.u32(3, count as number),
        lowerBound: lowerBound as number,
        work: { edgeOperations: edgeOperations as number },
      };
    }),
  );

  return {
    maximumMatching: (graph) => matching.now('maximumMatching', graph, undefined),
    maximumMatchingAsync: (graph, options) =>
      matching.later('maximumMatchingAsync', graph, options),
    vertexCover: (graph) => cover.now('vertexCover', graph, undefined),
    vertexCoverAsync: (graph, options) => cover.later('vertexCoverAsync', graph, options),
    assignment(matrix, given) {
      const operation = 'assignment';
      const options = check.options(operation, given, ['maximum']);
      const made = assigner(runtime);
      try {
        return runNow(runtime, operation, options, (call: AssignmentCall) =>
          made.begin(call, matrix),
        );
      } finally {
        made.free();
      }
    },
    async assignmentAsync(matrix, given) {
      const operation = 'assignmentAsync';
      const options = check.options(operation, given, ['maximum', ...asyncKeys]);
      const made = assigner(runtime);
      try {
        return await runLater(runtime, operation, options, (call: AssignmentCall) =>
          made.begin(call, matrix),
        );
      } finally {
        made.free();
      }
    },
  };
}

type AssignmentCall = Call<Timeless<AssignmentOptions>>;

/** One assignment: the C object is made by `begin`, and freed whatever happened. */
function assigner(runtime: Runtime) {
  let raw: ReturnType<typeof runtime.raw.Assignment.create>;
  return {
    begin(call: AssignmentCall, matrix: Costs): Begun<WorkProgress, Assignment> {
      const { operation, scratch, options } = call;
      if (typeof matrix !== 'object' || matrix === null)
        throw check.typeError(operation, 'matrix', '{ rows, cols, costs }', matrix);
      const input = check.options(operation, matrix, ['rows', 'cols', 'costs']);
      const rows = check.integer(operation, 'rows', input.rows, 1, 0xffff_fffe);
      const columns = check.integer(operation, 'cols', input.cols, 1, 0xffff_fffe);
      const maximum = check.boolean(operation, 'maximum', options.maximum ?? false);
      const costs = scratch.doubles('costs', input.costs);
      if (costs.length !== rows * columns)
        throw check.shapeError(operation, 'costs', rows * columns, costs.length);
      const made = runtime.made(
        operation,
        runtime.raw.Assignment.create(rows, columns, costs.address, Number(maximum)),
      );
      raw = made;
      const result = (): Assignment => {
        const at = scratch.f64(8);
        runtime.check(operation, made.read(at));
        const [, edgeOperations, value, errorBound, taken, rowPrices, columnPrices] = Array.from(
          runtime.copyF64(at, 8),
        ) as [number, number, number, number, number, number, number];
        return {
          columns: runtime.copyU32(taken, rows),
          value,
          errorBound,
          rowPrices: runtime.copyF64(rowPrices, rows),
          columnPrices: runtime.copyF64(columnPrices, columns),
          work: { edgeOperations },
        };
      };
      return { raw: made, holds: [], result };
    },
    free() {
      if (runtime.alive) raw?.delete();
    },
  };
}
