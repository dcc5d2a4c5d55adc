// Positions of nodes, step by step: ForceAtlas2.

import type { OutcomeName } from '../../generated/codes.js';
import type { Layout as RawLayout } from '../../generated/raw/communities.js';
import { asTyped } from '../../runtime/brand.js';
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
import type { NodeRef } from '../graph/types.js';
import type { EdgeOptions } from './ask.js';

/** Options of {@link LayoutFunctions.layout}. */
export interface LayoutOptions extends EdgeOptions {
  /** 2 by default. */
  dimensions?: 2 | 3;
  /** How strongly nodes repel each other, > 0. 2 by default; larger spreads everything. */
  scaling?: number;
  /** Pull towards the origin, >= 0. 1 by default; with 0, parts that are not connected drift apart. */
  gravity?: number;
  /** `true`: the pull grows with the distance. `false` by default. */
  strongGravity?: boolean;
  /** `true`: edges attract by the logarithm of their length, which makes clusters tighter. `false` by default. */
  linLog?: boolean;
  /** `true`: the attraction of a node is divided by its degree, which pushes hubs outwards. `false` by default. */
  dissuadeHubs?: boolean;
  /** A weight, over the mean weight, counts as its power with this exponent, 0 .. 16. 1 by default; 0: all alike. */
  edgeWeightInfluence?: number;
  /** How wide a group of nodes may appear that counts as one body, >= 0. 1.2 by default; 0: every pair, O(nodes^2). */
  theta?: number;
  /** > 0: larger is faster and less steady. 1 by default. */
  jitterTolerance?: number;
  /** Positions to begin with, `dimensions` numbers a node, one node after the other. At random by default. */
  initial?: RealArray;
  /** Seed of the random positions, an integer >= 0. 0 by default. */
  seed?: number;
}

/** What {@link Layout.step} gives. */
export interface LayoutStep {
  /** Steps since the layout was made. */
  steps: number;
  /** How far nodes moved in the last step, on average. Near 0 compared with the distances when it has settled. */
  movement: number;
  /** `'converged'`: all steps were made. `'timeLimit'`: some. */
  outcome: OutcomeName;
}

/** Options of {@link Layout.step}. */
export interface LayoutStepOptions {
  /** Milliseconds, after which no further step is begun. No limit by default. */
  maxTimeMs?: number;
}

const stepKeys = ['maxTimeMs'] as const;

/**
 * Positions of the nodes of a graph, which steps improve. Made by {@link LayoutFunctions.layout}. It holds all it needs, the
 * names of the nodes too: the graph may be disposed.
 */
export class Layout extends NamedNodes<RawLayout> {
  /** @internal */
  protected override get kind() {
    return 'Layout';
  }

  /** Numbers a node. */
  get dimensions(): number {
    return this.#numbers('Layout.dimensions')[4] as number;
  }

  /** Number of nodes. */
  get nodeCount(): number {
    return this.#numbers('Layout.nodeCount')[6] as number;
  }

  /** Bytes in the module's memory. */
  get bytesUsed(): number {
    return this.use('Layout.bytesUsed').bytes();
  }

  /**
   * Makes steps, one by default. The same layout and the same number of steps give the same positions, however they are
   * divided into calls. O(nodes log nodes + edges) a step.
   *
   * @throws RangeError `OPTION`; SublinearError `MEMORY` (positions stay)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], directed: false });
   * using drawing = layout(graph);
   * const { steps, outcome } = drawing.step(50);
   * console.log(steps, outcome, drawing.positions().length); // 50 converged 6
   * ```
   */
  step(count = 1, options?: LayoutStepOptions): LayoutStep {
    const operation = 'Layout.step';
    const given = check.options(operation, options, stepKeys);
    return runNow(this.runtime, operation, given, (call) => this.#begin(call, count));
  }

  /**
   * {@link step} in slices of about 8 ms that let other tasks run. The layout is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * using graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
   * using drawing = layout(graph, { dimensions: 3, seed: 7 });
   * console.log((await drawing.stepAsync(10)).steps); // 10
   * ```
   */
  async stepAsync(
    count = 1,
    options?: LayoutStepOptions & AsyncOptions<WorkProgress>,
  ): Promise<LayoutStep> {
    const operation = 'Layout.stepAsync';
    const given = check.options(operation, options, [...stepKeys, ...asyncKeys]);
    return runLater(this.runtime, operation, given, (call) => this.#begin(call, count));
  }

  /**
   * The positions: `dimensions` numbers a node, one node after the other. A copy, or written into an array of that length.
   * O(nodes).
   *
   * @throws RangeError `SHAPE` (into)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using drawing = layout(graph, { initial: [0, 0, 1, 2] });
   * console.log(drawing.positions()); // Float32Array(4) [ 0, 0, 1, 2 ]
   * ```
   */
  positions(into?: Float32Array): Float32Array {
    const operation = 'Layout.positions';
    const target =
      into === undefined ? undefined : asTyped(operation, 'into', into, 'Float32Array');
    const view = this.#view(operation);
    if (target === undefined) return view.slice();
    if (target.length !== view.length)
      throw check.shapeError(operation, 'into', view.length, target.length);
    target.set(view);
    return into as Float32Array;
  }

  /**
   * The positions as they lie in memory, without a copy, as a renderer wants them. **Use it at once**: any call that may
   * allocate can move the memory and leave this array empty. Calling `view()` again is cheap. Writing moves nodes. O(1).
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using drawing = layout(graph);
   * console.log(drawing.view().length); // 4
   * ```
   */
  view(): Float32Array {
    return this.#view('Layout.view');
  }

  /**
   * Puts a node somewhere, as when it is dragged; with `fixed` steps leave it there, until it is placed again without.
   *
   * @param node - its number, or what it is called
   * @param position - `dimensions` numbers; undefined for where it is
   * @throws RangeError `INDEX` (node), `SHAPE`, `NOT_FINITE` (position)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * using graph = Graph.fromEdges({ from: [0], to: [1], directed: false });
   * using drawing = layout(graph);
   * drawing.place(1, [5, 5], { fixed: true });
   * drawing.step(10);
   * console.log(drawing.positions().slice(2)); // Float32Array(2) [ 5, 5 ]
   * ```
   */
  place(node: NodeRef, position?: RealArray, options?: { fixed?: boolean }): this {
    const operation = 'Layout.place';
    const { fixed = false } = check.options<{ fixed?: boolean }>(operation, options, ['fixed']);
    const holds = Number(check.boolean(operation, 'fixed', fixed));
    const number = this.numberOf(operation, 'node', node);
    const { dimensions } = this;
    this.runtime.scratch(operation, (scratch) => {
      const at = position === undefined ? undefined : scratch.doubles('position', position);
      if (at && at.length !== dimensions)
        throw check.shapeError(operation, 'position', dimensions, at.length);
      const status = this.use(operation).place(number, at?.address ?? 0, holds);
      this.runtime.check(operation, status);
    });
    return this;
  }

  /** @internal */
  protected override facts() {
    const { dimensions, nodeCount } = this;
    return { nodeCount, dimensions, steps: this.#numbers('Layout')[1] };
  }

  #begin({ operation }: Call<object>, count: number): Begun<WorkProgress, LayoutStep> {
    check.integer(operation, 'count', count, 1, 0xffff_ffff);
    const raw = this.use(operation);
    this.runtime.check(operation, raw.begin(count));
    const result = (): LayoutStep => {
      const [, steps, movement, , , , , outcome] = this.#numbers(operation) as number[];
      return {
        steps: steps as number,
        movement: movement as number,
        outcome: this.runtime.outcome(outcome as number),
      };
    };
    return { raw, holds: [this], result, stopped: true };
  }

  #numbers(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      runtime.check(operation, this.use(operation).read(at));
      return Array.from(runtime.copyF64(at, 8));
    });
  }

  #view(operation: string): Float32Array {
    const [address, , , , dimensions, , nodeCount] = this.#numbers(operation) as number[];
    const start = (address as number) / 4;
    return this.runtime.f32.subarray(start, start + (dimensions as number) * (nodeCount as number));
  }
}

/** The functions of this part of the room. */
export interface LayoutFunctions {
  readonly Layout: typeof Layout;

  /**
   * Positions for drawing a graph, by ForceAtlas2: nodes repel each other in proportion to their degrees (Barnes and Hut's
   * approximation), edges pull their ends together, gravity holds it in place, and the speed adapts itself. The result is an
   * object whose steps may be shown as an animation. Directions do not count, loops do not pull.
   *
   * Jacomy, Venturini, Heymann, Bastian 2014, doi:10.1371/journal.pone.0098679. O(edges + nodes), about 100 bytes a node.
   *
   * @throws RangeError `OPTION`, `SHAPE`, `NOT_FINITE` (initial); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/communities';
   *
   * const { Graph, layout } = await load();
   * // Two triangles with an edge between them.
   * using graph = Graph.fromEdges({ from: [0, 1, 2, 3, 4, 5, 2], to: [1, 2, 0, 4, 5, 3, 3], directed: false });
   * using drawing = layout(graph, { seed: 1 });
   * drawing.step(200);
   * const at = drawing.positions();
   * const apart = (a: number, b: number) => Math.hypot(at[2 * a]! - at[2 * b]!, at[2 * a + 1]! - at[2 * b + 1]!);
   * console.log(apart(0, 1) < apart(0, 4)); // true
   * ```
   */
  layout(graph: Graph, options?: LayoutOptions): Layout;
}

const keys = [
  'dimensions',
  'scaling',
  'gravity',
  'strongGravity',
  'linLog',
  'dissuadeHubs',
  'edgeWeightInfluence',
  'theta',
  'jitterTolerance',
  'initial',
  'seed',
  'weighted',
] as const;

/** @internal */
export function createLayouts(runtime: Runtime): LayoutFunctions {
  return {
    Layout: runtime.bind(Layout),
    layout(graph, options) {
      const operation = 'layout';
      rawOf(runtime, operation, 'graph', graph, Graph);
      const given = check.options<LayoutOptions>(operation, options, keys);
      const flag = (name: 'strongGravity' | 'linLog' | 'dissuadeHubs') =>
        Number(check.boolean(operation, name, given[name] ?? false));
      const real = (
        name: 'scaling' | 'gravity' | 'theta' | 'edgeWeightInfluence' | 'jitterTolerance',
        usual: number,
      ) => check.number(operation, name, given[name] ?? usual);
      const settings = [
        check.integer(operation, 'dimensions', given.dimensions ?? 2, 2, 3),
        real('scaling', 2),
        real('gravity', 1),
        real('theta', 1.2),
        real('edgeWeightInfluence', 1),
        real('jitterTolerance', 1),
        flag('linLog'),
        flag('strongGravity'),
        flag('dissuadeHubs'),
        Number(check.boolean(operation, 'weighted', given.weighted ?? true)),
        check.integer(operation, 'seed', given.seed ?? 0),
        0,
      ];
      return runtime.scratch(operation, (scratch) => {
        const { initial } = given;
        const start = initial === undefined ? undefined : scratch.floats('initial', initial);
        const wanted = graph.nodeCount * (settings[0] as number);
        if (start && start.length !== wanted)
          throw check.shapeError(operation, 'initial', wanted, start.length);
        const at = scratch.f64(settings.length);
        runtime.f64.set(settings, at / 8);
        const raw = rawOf(runtime, operation, 'graph', graph, Graph);
        const made = runtime.raw.Layout.create(raw, at, start?.address ?? 0, start?.length ?? 0);
        return adopt(runtime, operation, Layout, made).withLabels(graph.labels);
      });
    },
  };
}
