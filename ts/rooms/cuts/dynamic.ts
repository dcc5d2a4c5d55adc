// The minimum cut of a graph that changes.

import type { DynamicCut as RawDynamicCut } from '../../generated/raw/cuts.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, rawOf } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
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
import { NamedNodes } from '../graph/named.js';
import type { NodeList, NodeRef } from '../graph/types.js';
import { type Cut, sideOf, type Work } from './ask.js';

/** Changes of edges, one after the other, for {@link DynamicMinimumCut.apply}. */
export interface EdgeChanges {
  /** One end of each edge, by its number or its name. */
  from: NodeList;
  /** The other end. */
  to: NodeList;
  /**
   * What happens to its weight, a whole number: above 0 it is added, and makes the edge where there is none; below 0 it is
   * taken away; `-Infinity` takes the edge away. 1 each by default.
   */
  changes?: RealArray;
}

/** What {@link DynamicMinimumCut.apply} gives. */
export interface AppliedChanges extends Work {
  /** Weight of the minimum cut after each change. */
  values: Float64Array<ArrayBuffer>;
  /** The same after the last one. */
  value: number;
}

/** What {@link DynamicMinimumCut.cut} gives. */
export interface KeptCut extends Cut {
  /** Weight of the edges between the sides, added up again. */
  value: number;
}

/**
 * The minimum cut of an undirected graph whose edges come and go: exact after each change, mostly without looking at the
 * graph. Made by {@link DynamicFunctions.dynamicMinimumCut}. It holds all it needs, the names of the nodes too: the graph may
 * be disposed. Nodes stay what they are; one without edges makes the minimum cut 0. Weights are whole numbers, and their sum
 * is below 2^53.
 *
 * What an error or an abort leaves behind: the changes before it are made, and the object goes on from there.
 */
export class DynamicMinimumCut extends NamedNodes<RawDynamicCut> {
  /** @internal */
  protected override get kind() {
    return 'DynamicMinimumCut';
  }

  /** Nodes of the graph. */
  get nodeCount(): number {
    return this.#numbers('DynamicMinimumCut.nodeCount')[10] as number;
  }

  /** Weight of the minimum cut. */
  get value(): number {
    return this.#settled('DynamicMinimumCut.value')[2] as number;
  }

  /** Edges there are. */
  get edgeCount(): number {
    return this.#settled('DynamicMinimumCut.edgeCount')[5] as number;
  }

  /** Sum of all weights. */
  get totalWeight(): number {
    return this.#settled('DynamicMinimumCut.totalWeight')[6] as number;
  }

  /** How often the whole graph was searched, the first time included. */
  get searches(): number {
    return this.#settled('DynamicMinimumCut.searches')[7] as number;
  }

  /** Bytes in the module's memory. */
  get bytesUsed(): number {
    return this.use('DynamicMinimumCut.bytesUsed').bytes();
  }

  /**
   * Adds to the weight of an edge, which is made where there is none; gives the weight of the minimum cut then. O(1) in
   * most cases, the smaller degree of both nodes not counted.
   *
   * @throws RangeError `INDEX` (from, to), `RANGE` (weight: not whole, or not above 0; the sum of all weights leaves 2^53);
   *   SublinearError `ARGUMENT` (a loop), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using cut = dynamicMinimumCut(path);
   * console.log(cut.value, cut.insert(2, 0)); // 1 2
   * ```
   */
  insert(from: NodeRef, to: NodeRef, weight = 1): number {
    return this.#one('DynamicMinimumCut.insert', from, to, weight, 1);
  }

  /**
   * Takes from the weight of an edge, or the whole edge when no weight is given; gives the weight of the minimum cut then. An
   * edge that goes where the graph stays well connected needs a search of a small part of it.
   *
   * @throws RangeError `INDEX` (from, to), `RANGE` (weight); SublinearError `ARGUMENT` (there is no such edge, or it weighs
   *   less), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using ring = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], weights: [3, 4, 5], directed: false });
   * using cut = dynamicMinimumCut(ring);
   * console.log(cut.value, cut.remove(0, 1, 1), cut.remove(1, 2)); // 7 6 2
   * ```
   */
  remove(from: NodeRef, to: NodeRef, weight = Number.POSITIVE_INFINITY): number {
    return this.#one('DynamicMinimumCut.remove', from, to, weight, -1);
  }

  /**
   * Many changes in one call, and the weight of the minimum cut after each of them.
   *
   * Henzinger, Noe, Schulz 2022 (arXiv:2101.05033), with parts in place of the cactus of all minimum cuts.
   *
   * @throws RangeError `INDEX` (from, to), `SHAPE`, `RANGE` (changes); SublinearError `ARGUMENT` (a loop; more is taken away
   *   than there is), `MEMORY`: the changes before that one are made then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using cut = dynamicMinimumCut(path);
   * const { values } = cut.apply({ from: [0, 0, 1], to: [2, 1, 2], changes: [5, 1, -Infinity] });
   * console.log(values); // Float64Array(3) [ 2, 3, 2 ]
   * ```
   */
  apply(edges: EdgeChanges): AppliedChanges {
    const operation = 'DynamicMinimumCut.apply';
    return runNow(this.runtime, operation, {}, (call) => this.#begin(call, edges));
  }

  /**
   * {@link apply} in slices of about 8 ms that let other tasks run. The object is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using path = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using cut = dynamicMinimumCut(path);
   * console.log((await cut.applyAsync({ from: [2], to: [0] })).value); // 2
   * ```
   */
  async applyAsync(
    edges: EdgeChanges,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<AppliedChanges> {
    const operation = 'DynamicMinimumCut.applyAsync';
    const given = check.options(operation, options, asyncKeys);
    return runLater(this.runtime, operation, given, (call) => this.#begin(call, edges));
  }

  /**
   * A minimum cut itself: no cut is lighter, and its weight is that of its edges. O(nodes + edges of one side).
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 2], to: [1, 2, 0, 3], directed: false });
   * using kept = dynamicMinimumCut(graph);
   * const { side, cut } = kept.cut();
   * console.log(side, cut.weights); // Uint32Array(3) [ 0, 1, 2 ] Float64Array(1) [ 1 ]
   * ```
   */
  cut(): KeptCut {
    const operation = 'DynamicMinimumCut.cut';
    this.#settled(operation);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(NUMBERS);
      runtime.check(operation, this.use(operation).side(at));
      const [, , value, marks, count, from, to, weights] = Array.from(
        runtime.copyF64(at, NUMBERS),
      ) as [0, 0, number, number, number, number, number, number];
      const nodeCount = this.#numbers(operation)[10] as number;
      return {
        value,
        side: sideOf(runtime.copyU32(marks, nodeCount)),
        cut: {
          from: runtime.copyU32(from, count),
          to: runtime.copyU32(to, count),
          weights: runtime.copyF64(weights, count),
        },
      };
    });
  }

  /**
   * The weight of an edge; 0 where there is none.
   *
   * @throws RangeError `INDEX` (from, to)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], weights: [4], directed: false });
   * using cut = dynamicMinimumCut(edge);
   * cut.insert(1, 0, 3);
   * console.log(cut.weight(0, 1)); // 7
   * ```
   */
  weight(from: NodeRef, to: NodeRef): number {
    const operation = 'DynamicMinimumCut.weight';
    const { runtime } = this;
    const ends = this.#ends(operation, from, to);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(1);
      runtime.check(operation, this.use(operation).weight(...ends, at));
      return runtime.f64[at / 8] as number;
    });
  }

  /** @internal */
  protected override facts() {
    const { value, edgeCount } = this;
    return { value, edgeCount };
  }

  #ends(operation: string, from: NodeRef, to: NodeRef): [from: number, to: number] {
    return [this.numberOf(operation, 'from', from), this.numberOf(operation, 'to', to)];
  }

  #numbers(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(NUMBERS);
      runtime.check(operation, this.use(operation).read(at));
      return Array.from(runtime.copyF64(at, NUMBERS));
    });
  }

  /** The numbers, after what an error or an abort left over has been done. */
  #settled(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(NUMBERS);
      const raw = this.use(operation);
      const known = raw.read(at) === 0 && !Number.isNaN(runtime.f64[at / 8 + 2]);
      if (!known) runNow(runtime, operation, {}, (call) => this.begin(call));
      runtime.check(operation, raw.read(at));
      return Array.from(runtime.copyF64(at, NUMBERS));
    });
  }

  /**
   * Begins no changes: what is left over.
   *
   * @internal
   */
  begin({ operation }: Call<object>): Begun<WorkProgress, this> {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).begin(0, 0, 0, 0));
    return begunMaking(this, operation);
  }

  #one(operation: string, from: NodeRef, to: NodeRef, weight: number, sign: 1 | -1): number {
    const [start, end] = this.#ends(operation, from, to);
    if (typeof weight !== 'number')
      throw check.typeError(operation, 'weight', 'a whole number > 0', weight);
    const whole = Number.isSafeInteger(weight) && weight > 0;
    if (!whole && !(sign < 0 && weight === Number.POSITIVE_INFINITY))
      throw check.rangeError(operation, 'weight', 'a whole number > 0', weight);
    return runNow(this.runtime, operation, {}, (call) =>
      this.#begin(call, { from: [start], to: [end], changes: [sign * weight] }),
    ).value;
  }

  #begin(
    { operation, scratch }: Call<object>,
    edges: EdgeChanges,
  ): Begun<WorkProgress, AppliedChanges> {
    const { runtime } = this;
    if (typeof edges !== 'object' || edges === null)
      throw check.typeError(operation, 'edges', '{ from, to, changes }', edges);
    const given = check.options<EdgeChanges>(operation, edges, ['from', 'to', 'changes']);
    const from = scratch.indices('from', this.numbersOf(operation, 'from', given.from));
    const to = scratch.indices('to', this.numbersOf(operation, 'to', given.to));
    const changes =
      given.changes === undefined ? undefined : scratch.doubles('changes', given.changes);
    for (const [name, list] of [
      ['to', to],
      ['changes', changes],
    ] as const)
      if (list && list.length !== from.length)
        throw check.shapeError(operation, name, from.length, list.length);
    // A list runs the code of its getters while it is read.
    const raw = this.use(operation);
    const status = raw.begin(from.length, from.address, to.address, changes?.address ?? 0);
    runtime.check(operation, status);
    const result = (): AppliedChanges => {
      const [, edgeOperations, value, count, address] = this.#numbers(operation) as number[];
      return {
        values: runtime.copyF64(address as number, count as number),
        value: value as number,
        work: { edgeOperations: edgeOperations as number },
      };
    };
    return { raw, holds: [this], result };
  }
}

/** SL_DYNAMIC_CUT_NUMBERS */
const NUMBERS = 12;

/** The functions of this part of the room. */
export interface DynamicFunctions {
  readonly DynamicMinimumCut: typeof DynamicMinimumCut;

  /**
   * The minimum cut of an undirected graph, kept exact while edges come and go. The graph itself stays as it is: its edges are
   * copied. Weights, 1 each without, are whole numbers.
   *
   * Henzinger, Noe, Schulz 2022 (arXiv:2101.05033). A few readings of the graph, about 80 bytes a node and up to 100 an
   * edge.
   *
   * @throws SublinearError `UNSUPPORTED` (a directed graph: make it with `directed: false`; a single node), `MEMORY`;
   *   RangeError `RANGE` (weights that are not whole, or whose sum is not below 2^53)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCut } = await load();
   * using network = Graph.fromEdges({ from: ['A', 'B', 'C'], to: ['B', 'C', 'A'], directed: false });
   * using cut = dynamicMinimumCut(network);
   * console.log(cut.value, cut.remove('A', 'B'), cut.insert('A', 'B', 2)); // 2 1 2
   * ```
   */
  dynamicMinimumCut(graph: Graph): DynamicMinimumCut;

  /**
   * {@link dynamicMinimumCut} in slices of about 8 ms that let other tasks run. The graph is free meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/cuts';
   *
   * const { Graph, dynamicMinimumCutAsync } = await load();
   * using edge = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using cut = await dynamicMinimumCutAsync(edge);
   * console.log(cut.value); // 1
   * ```
   */
  dynamicMinimumCutAsync(
    graph: Graph,
    options?: AsyncOptions<WorkProgress>,
  ): Promise<DynamicMinimumCut>;
}

/** @internal */
export function createDynamic(runtime: Runtime): DynamicFunctions {
  const make = (operation: string, graph: Graph) => {
    const raw = rawOf(runtime, operation, 'graph', graph, Graph);
    const made = runtime.raw.DynamicCut.create(raw);
    return adopt(runtime, operation, DynamicMinimumCut, made).withLabels(graph.labels);
  };
  return {
    DynamicMinimumCut: runtime.bind(DynamicMinimumCut),
    dynamicMinimumCut(graph) {
      const operation = 'dynamicMinimumCut';
      const made = make(operation, graph);
      return runMade(made, () => runNow(runtime, operation, {}, (call) => made.begin(call)));
    },
    async dynamicMinimumCutAsync(graph, options) {
      const operation = 'dynamicMinimumCutAsync';
      const control = check.options<AsyncOptions<WorkProgress>>(operation, options, asyncKeys);
      const made = make(operation, graph);
      return runMadeAsync(made, () =>
        runLater(runtime, operation, control, (call) => made.begin(call)),
      );
    },
  };
}
