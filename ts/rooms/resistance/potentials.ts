// Effective resistances and potentials: an undirected graph as a network of conductances.

import type { OutcomeName } from '../../generated/codes.js';
import { potentialsOptions, potentialsResult } from '../../generated/fields/resistance.js';
import type { Potentials as RawPotentials } from '../../generated/raw/solver.js';
import { isSublinearError } from '../../runtime/errors.js';
import { give, take } from '../../runtime/fields.js';
import { type EdgeResistance, type NodeScore, potentials } from '../../runtime/iterable.js';
import { rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import { type AsyncOptions, type Begun, type Call, task, timeBudget } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Graph } from '../graph/class.js';
import { limit, type QuestionProgress } from '../graph/question.js';
import { withEdges, withNodes } from '../graph/scores.js';
import type { NodeList, NodeRef } from '../graph/types.js';

interface Limits {
  /** Edge operations in all; then the outcome is `'workLimit'`. No limit by default. */
  maxWork?: number;
  /** Milliseconds; then the outcome is `'timeLimit'`. No limit by default. */
  maxTimeMs?: number;
}

/** Options of {@link PotentialFunctions.effectiveResistance}. */
export interface ResistanceOptions extends Limits {
  source: NodeRef;
  target: NodeRef;
  /** Error over resistance, between 0 and 1. 1e-6 by default. */
  tolerance?: number;
}

/** What {@link PotentialFunctions.effectiveResistance} gives. */
export interface Resistance {
  /** The effective resistance; `Infinity` when the nodes are not connected, 0 of a node to itself. */
  resistance: number;
  /** Proved, rounding included. */
  errorBound: number;
  /** `'converged'`: `errorBound` is at most tolerance times resistance. */
  outcome: OutcomeName;
  work: { edgeOperations: number; iterations: number };
}

/** Options of {@link PotentialFunctions.effectiveResistances}. */
export interface ResistancesOptions extends Limits {
  from: NodeList;
  to: NodeList;
  /** Error over resistance of each pair, between 0 and 1. 1e-6 by default. */
  tolerance?: number;
}

/** What {@link PotentialFunctions.effectiveResistances} gives. */
export interface Resistances {
  /** In the order of the pairs. */
  resistances: Float64Array<ArrayBuffer>;
  /** Proved, one for each pair. `Infinity` for pairs that a budget left out (their resistance is then NaN). */
  errorBounds: Float64Array<ArrayBuffer>;
  /** `'converged'`: every pair is within the tolerance; otherwise how the first that is not ended. */
  outcome: OutcomeName;
  work: { edgeOperations: number; iterations: number };
}

/** Options of {@link PotentialFunctions.edgeResistances}. */
export interface EdgeResistancesOptions extends Limits {
  /** Relative error of every edge, between 0 and 1. 0.3 by default; half of it costs four times as much. */
  epsilon?: number;
  /** Probability that all edges are within `epsilon` at once, between 0 and 1. 0.99 by default. */
  confidence?: number;
  /** Seed of the random signs, an integer >= 0. 0 by default. */
  seed?: number;
}

/** What {@link PotentialFunctions.edgeResistances} gives. Iterating gives `{ from, to, resistance }`. */
export interface EdgeResistances extends Iterable<EdgeResistance> {
  /** The edges as `graph.toEdges()` lists them. */
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  /** Estimates; 0 for loops. */
  resistances: Float64Array<ArrayBuffer>;
  /** Relative error of all of them with probability `confidence`; `Infinity` when a budget allowed too few solves. */
  relativeError: number;
  confidence: number;
  seed: number;
  /** Linear systems solved. */
  solves: number;
  outcome: OutcomeName;
  work: { edgeOperations: number; iterations: number };
}

/** Options of {@link PotentialFunctions.harmonicPotentials}. */
export interface PotentialsOptions extends Limits {
  /** Nodes, each once, and the potentials they are held at. */
  boundary: { nodes: NodeList; values: RealArray };
  /** Error over the spread of the boundary's values, between 0 and 1. 1e-6 by default. */
  tolerance?: number;
}

/** What {@link PotentialFunctions.harmonicPotentials} gives. Iterating gives `{ node, score }`. */
export interface HarmonicPotentials extends Iterable<NodeScore> {
  /** One for each node; NaN in components without a boundary node. */
  potentials: Float64Array<ArrayBuffer>;
  /** Proved, rounding included: no potential that is not NaN is further off. */
  errorBound: number;
  /** Nodes that no boundary node reaches. */
  undeterminedNodes: number;
  /** `'converged'`, or `'singular'` when there are undetermined nodes (the others are right all the same). */
  outcome: OutcomeName;
  work: { edgeOperations: number; iterations: number };
}

/** The functions of this part of the room. */
export interface PotentialFunctions {
  /**
   * The effective resistance between two nodes of an undirected graph, its weights taken as conductances: the voltage
   * between them when one unit of current flows. A solve of the Laplacian; what the solver builds is kept with the graph.
   * The bound does not rest on the solver: what its potentials leave over is sent along a spanning tree, whose energy
   * bounds the error (Thomson's principle).
   *
   * @throws SublinearError `UNSUPPORTED` (directed graph), `MEMORY`
   * @throws RangeError `INDEX` (source, target), `OPTION` (tolerance)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, effectiveResistance } = await load();
   * // A square: two ways around, of one and of three edges.
   * using square = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 0], directed: false });
   * const { resistance, errorBound } = effectiveResistance(square, { source: 0, target: 1 });
   * console.log(resistance.toFixed(6), errorBound < 1e-6); // 0.750000 true
   * ```
   */
  effectiveResistance(graph: Graph, options: ResistanceOptions): Resistance;

  /**
   * {@link effectiveResistance} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, effectiveResistanceAsync } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], weights: [2, 4], directed: false });
   * const { resistance } = await effectiveResistanceAsync(path, { source: 0, target: 2 });
   * console.log(resistance.toFixed(6)); // 0.750000
   * ```
   */
  effectiveResistanceAsync(
    graph: Graph,
    options: ResistanceOptions & AsyncOptions<QuestionProgress>,
  ): Promise<Resistance>;

  /**
   * {@link effectiveResistance} of several pairs: one solve each, with what the solver has built for the first.
   *
   * @throws as there, and RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, effectiveResistances } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], nodeCount: 4, directed: false });
   * const { resistances } = effectiveResistances(graph, { from: [0, 0, 0], to: [1, 2, 3] });
   * console.log(Array.from(resistances, (r) => r.toFixed(3))); // [ '1.000', '2.000', 'Infinity' ]
   * ```
   */
  effectiveResistances(graph: Graph, options: ResistancesOptions): Resistances;

  /**
   * Effective resistances of all edges at once, within `epsilon` with the probability asked for: random signs on the edges
   * and about 4 ln(edges) / epsilon^2 solves, whatever the number of edges. Weight times resistance is the probability
   * that an edge is in a random spanning tree, and its importance for spectral sparsification.
   *
   * Spielman, Srivastava 2011 (arXiv:0803.0929); the number of solves is that of Achlioptas 2003.
   *
   * @throws SublinearError `UNSUPPORTED` (directed graph), `MEMORY`; RangeError `RANGE` (epsilon), `OPTION` (confidence)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, edgeResistances } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
   * const found = edgeResistances(path, { epsilon: 0.5, seed: 7 });
   * for (const { from, to, resistance } of found) console.log(from, to, Math.abs(resistance - 1) <= 0.5);
   * console.log(found.relativeError <= 0.5, found.confidence); // true 0.99
   * ```
   */
  edgeResistances(graph: Graph, options?: EdgeResistancesOptions): EdgeResistances;

  /**
   * {@link edgeResistances} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, edgeResistancesAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * const { resistances } = await edgeResistancesAsync(edge, { epsilon: 0.5 });
   * console.log(resistances[0]?.toFixed(3)); // 1.000
   * ```
   */
  edgeResistancesAsync(
    graph: Graph,
    options: EdgeResistancesOptions & AsyncOptions<QuestionProgress>,
  ): Promise<EdgeResistances>;

  /**
   * Potentials with fixed boundary values (the Dirichlet problem): every other node gets the weighted mean of its
   * neighbours. Also the probability that a walk reaches one part of the boundary first, and label spreading from a few
   * known nodes. The bound is proved, and every potential lies between the least and the largest value given.
   *
   * @throws SublinearError `UNSUPPORTED` (directed graph), `MEMORY`
   * @throws RangeError `EMPTY`, `INDEX`, `ARGUMENT` (a node twice), `NOT_FINITE`, `SHAPE` (boundary), `OPTION` (tolerance)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, harmonicPotentials } = await load();
   * using path = Graph.fromEdges({ from: [0, 1, 2, 3], to: [1, 2, 3, 4], directed: false });
   * const { potentials } = harmonicPotentials(path, { boundary: { nodes: [0, 4], values: [0, 1] } });
   * console.log(Array.from(potentials, (v) => v.toFixed(2))); // [ '0.00', '0.25', '0.50', '0.75', '1.00' ]
   * ```
   */
  harmonicPotentials(graph: Graph, options: PotentialsOptions): HarmonicPotentials;

  /**
   * {@link harmonicPotentials} in slices of about 8 ms that let other tasks run. The graph is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/resistance';
   *
   * const { Graph, harmonicPotentialsAsync } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], nodeCount: 4, directed: false });
   * const boundary = { nodes: [0, 2], values: [1, 3] };
   * const { potentials, outcome } = await harmonicPotentialsAsync(path, { boundary });
   * console.log(potentials[1]?.toFixed(3), potentials[3], outcome); // 2.000 NaN singular
   * ```
   */
  harmonicPotentialsAsync(
    graph: Graph,
    options: PotentialsOptions & AsyncOptions<QuestionProgress>,
  ): Promise<HarmonicPotentials>;
}

/** C's word for a question that is about no pair. */
const NO_NODE = 0xffff_ffff;
const limitNames = ['maxWork', 'maxTimeMs'] as const;

/** The answer as C writes it. */
interface Found {
  outcome: OutcomeName;
  value: number;
  errorBound: number;
  undetermined: number;
  solves: number;
  values: Float64Array<ArrayBuffer>;
  work: { edgeOperations: number; iterations: number };
}

/** @internal */
export function createPotentials(runtime: Runtime): PotentialFunctions {
  function read(operation: string, raw: RawPotentials): Found {
    runtime.check(operation, raw.finish(runtime.out));
    const found = take(runtime, potentialsResult);
    const { value, errorBound, undetermined, solves, iterations } = found;
    return {
      outcome: runtime.outcome(found.outcome),
      value,
      errorBound,
      undetermined,
      solves,
      values: runtime.copyF64(found.values, found.count),
      work: { edgeOperations: found.work, iterations },
    };
  }

  /** The C object of a graph without a boundary: made once, freed with the graph. */
  function network(operation: string, graph: Graph): RawPotentials {
    const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
    return graph.companion(runtime, 'potentials', () =>
      runtime.made(operation, runtime.raw.Potentials.create(rawGraph, 0, 0)),
    );
  }

  const shared = (operation: string, tolerance: number, given: Limits) => ({
    tolerance: check.number(operation, 'tolerance', tolerance),
    confidence: 0,
    seed: 0,
    maxWork: limit(operation, 'maxWork', given.maxWork),
  });

  const pair = task(
    runtime,
    ['source', 'target', 'tolerance', ...limitNames] as (keyof ResistanceOptions)[],
    (
      { operation, options }: Call<ResistanceOptions>,
      graph: Graph,
    ): Begun<QuestionProgress, Resistance> => {
      const raw = network(operation, graph);
      const { tolerance = 1e-6 } = options;
      const source = graph.numberOf(operation, 'source', options.source, NO_NODE - 1);
      const target = graph.numberOf(operation, 'target', options.target, NO_NODE - 1);
      const given = shared(operation, tolerance, options);
      const at = give(runtime, potentialsOptions, given);
      runtime.check(operation, raw.begin(at, source, target, 0));
      const result = () => {
        const { value, errorBound, outcome, work } = read(operation, raw);
        return { resistance: value, errorBound, outcome, work };
      };
      return { raw, holds: [graph], result };
    },
  );

  function effectiveResistances(graph: Graph, given: ResistancesOptions): Resistances {
    const operation = 'effectiveResistances';
    const names = ['from', 'to', 'tolerance', ...limitNames] as const;
    const { from, to, ...rest } = check.options(operation, given, names);
    rawOf(runtime, operation, 'graph', graph, Graph);
    const pairs = runtime.scratch(operation, (scratch) => {
      const list = (name: string, nodes: NodeList) =>
        scratch.indices(name, graph.numbersOf(operation, name, nodes));
      const [starts, ends] = [list('from', from), list('to', to)];
      if (starts.length !== ends.length)
        throw check.shapeError(operation, 'to', starts.length, ends.length);
      const { length } = starts;
      return [runtime.copyU32(starts.address, length), runtime.copyU32(ends.address, length)];
    }) as [Uint32Array, Uint32Array];
    const { length } = pairs[0];
    const end = performance.now() + (timeBudget(operation, rest.maxTimeMs) ?? Infinity);
    const result: Resistances = {
      resistances: runtime.array(operation, Float64Array, length).fill(Number.NaN),
      errorBounds: runtime.array(operation, Float64Array, length).fill(Infinity),
      outcome: 'converged',
      work: { edgeOperations: 0, iterations: 0 },
    };
    const { work } = result;
    for (let i = 0; i < length; i++) {
      const options = { ...rest, source: pairs[0][i] as number, target: pairs[1][i] as number };
      if (rest.maxWork !== undefined) options.maxWork = rest.maxWork - work.edgeOperations;
      if (rest.maxTimeMs !== undefined) options.maxTimeMs = end - performance.now();
      const spent = (options.maxWork ?? 1) <= 0 ? 'workLimit' : 'timeLimit';
      if (Math.min(options.maxWork ?? 1, options.maxTimeMs ?? 1) <= 0) {
        if (result.outcome === 'converged') result.outcome = spent;
        break;
      }
      const found = pair.now(operation, graph, options);
      result.resistances[i] = found.resistance;
      result.errorBounds[i] = found.errorBound;
      work.edgeOperations += found.work.edgeOperations;
      work.iterations += found.work.iterations;
      if (result.outcome === 'converged') result.outcome = found.outcome;
    }
    return result;
  }

  const sketch = task(
    runtime,
    ['epsilon', 'confidence', 'seed', ...limitNames] as (keyof EdgeResistancesOptions)[],
    (
      { operation, options }: Call<EdgeResistancesOptions>,
      graph: Graph,
    ): Begun<QuestionProgress, EdgeResistances> => {
      const raw = network(operation, graph);
      const { epsilon = 0.3, confidence = 0.99, seed = 0 } = options;
      if (!(check.number(operation, 'epsilon', epsilon) > 0 && epsilon < 1))
        throw check.rangeError(operation, 'epsilon', 'a number in (0, 1)', epsilon);
      const given = {
        tolerance: epsilon,
        confidence: check.number(operation, 'confidence', confidence),
        seed: check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER),
        maxWork: limit(operation, 'maxWork', options.maxWork),
      };
      try {
        const at = give(runtime, potentialsOptions, given);
        runtime.check(operation, raw.begin(at, NO_NODE, NO_NODE, 0));
      } catch (error) {
        // What users call epsilon is C's tolerance.
        if (!isSublinearError(error) || error.argument !== 'tolerance') throw error;
        const wanted = 'a relative error that 2^20 solves can reach';
        throw check.rangeError(operation, 'epsilon', wanted, epsilon);
      }
      const { from, to } = graph.toEdges();
      const result = () => {
        const { values, errorBound, solves, outcome, work } = read(operation, raw);
        const answer = { from, to, resistances: values, relativeError: errorBound };
        const all = { ...answer, confidence, seed, solves, outcome, work };
        return withEdges(all, graph) as EdgeResistances;
      };
      return { raw, holds: [graph], result };
    },
  );

  const fixed = task(
    runtime,
    ['boundary', 'tolerance', ...limitNames] as (keyof PotentialsOptions)[],
    (
      { operation, options }: Call<PotentialsOptions>,
      graph: Graph,
    ): Begun<QuestionProgress, HarmonicPotentials> => {
      const rawGraph = rawOf(runtime, operation, 'graph', graph, Graph);
      const { boundary, tolerance = 1e-6 } = options;
      if (typeof boundary !== 'object' || boundary === null)
        throw check.typeError(operation, 'boundary', '{ nodes, values }', boundary);
      const given = shared(operation, tolerance, options);
      // Another boundary is another system; what an aborted call has left goes first.
      graph.dropCompanion('fixed potentials');
      const raw = runtime.scratch(operation, (scratch) => {
        const places = graph.numbersOf(operation, 'boundary.nodes', boundary.nodes);
        const nodes = scratch.indices('boundary.nodes', places);
        const values = scratch.doubles('boundary.values', boundary.values);
        if (nodes.length === 0)
          throw check.rangeError(operation, 'boundary.nodes', 'at least one node', boundary.nodes);
        if (values.length !== nodes.length)
          throw check.shapeError(operation, 'boundary.values', nodes.length, values.length);
        const made = graph.companion(runtime, 'fixed potentials', () => {
          const { address, length } = nodes;
          return runtime.made(operation, runtime.raw.Potentials.create(rawGraph, address, length));
        });
        const at = give(runtime, potentialsOptions, given);
        runtime.check(operation, made.begin(at, NO_NODE, NO_NODE, values.address));
        return made;
      });
      const result = () => {
        const { values, errorBound, undetermined, outcome, work } = read(operation, raw);
        graph.dropCompanion('fixed potentials');
        const answer = { potentials: values, errorBound, undeterminedNodes: undetermined };
        return withNodes({ ...answer, outcome, work }, graph, potentials);
      };
      return { raw, holds: [graph], result };
    },
  );

  return {
    effectiveResistance: (graph, options) => pair.now('effectiveResistance', graph, options),
    effectiveResistanceAsync: (graph, options) =>
      pair.later('effectiveResistanceAsync', graph, options),
    effectiveResistances: (graph, options) => effectiveResistances(graph, options),
    edgeResistances: (graph, options) => sketch.now('edgeResistances', graph, options ?? {}),
    edgeResistancesAsync: (graph, options) => sketch.later('edgeResistancesAsync', graph, options),
    harmonicPotentials: (graph, options) => fixed.now('harmonicPotentials', graph, options),
    harmonicPotentialsAsync: (graph, options) =>
      fixed.later('harmonicPotentialsAsync', graph, options),
  };
}
