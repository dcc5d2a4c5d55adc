// Hyperbolic space in the Poincare ball: distances, translations, and the maps to and from tangent vectors. Indexes of
// points are `Hnsw` and `Flat` of the room `hnsw` with `metric: 'poincare'`.

import type { Runtime } from '../../runtime/runtime.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

export * from '../../runtime/errors.js';

/** Points or tangent vectors, one after another; rounded to float32. */
export type PointArray = Float32Array | Float64Array | readonly number[];

export interface BallOptions {
  /** Numbers in a point. Both arrays hold as many points. */
  dimension: number;
}

export interface DistanceOptions extends BallOptions {
  /** The curvature of the space is `-curvature`. 1 by default. */
  curvature?: number;
}

/**
 * What `engine.use('hyperbolic')` and `load()` give. A point has a length below 1. In these coordinates the maps do not
 * depend on the curvature; distances do.
 */
export interface HyperbolicRoom {
  /**
   * Distances of pairs of points: arcosh(1 + 2 |x - y|^2 / ((1 - |x|^2) (1 - |y|^2))) / sqrt(curvature). O(elements).
   *
   * @throws RangeError `RANGE` for a point on or outside the ball (`position` is the point), `NOT_FINITE`, `SHAPE`,
   * `OPTION` for a curvature that is not positive
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hyperbolic';
   *
   * const { poincareDistance } = await load();
   * const [d] = poincareDistance([0, 0], [0.5, 0], { dimension: 2 });
   * console.log(d!.toFixed(6)); // 1.098612
   * ```
   */
  poincareDistance(x: PointArray, y: PointArray, options: DistanceOptions): Float64Array;

  /**
   * Moebius addition x + y: what becomes of y when the origin is moved to x. Neither commutative nor associative.
   *
   * @throws RangeError `RANGE`, `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hyperbolic';
   *
   * const { mobiusAdd } = await load();
   * console.log(mobiusAdd([0.5, 0], [0.5, 0], { dimension: 2 })[0]!.toFixed(3)); // 0.800
   * ```
   */
  mobiusAdd(x: PointArray, y: PointArray, options: BallOptions): Float32Array;

  /**
   * The ends of the geodesics that start at `points` with the velocities `tangents` and take time 1. Ends that rounding
   * would put onto the boundary are put just inside, all others stay where they are.
   *
   * @throws RangeError `RANGE`, `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hyperbolic';
   *
   * const { expMap } = await load();
   * console.log(expMap([0, 0], [1, 0], { dimension: 2 })[0]!.toFixed(4)); // 0.7616
   * ```
   */
  expMap(points: PointArray, tangents: PointArray, options: BallOptions): Float32Array;

  /**
   * The velocities at `points` that lead to `targets` in time 1: the inverse of {@link HyperbolicRoom.expMap}.
   *
   * @throws RangeError `RANGE`, `NOT_FINITE`, `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/hyperbolic';
   *
   * const { expMap, logMap } = await load();
   * const tangents = logMap([0.1, 0], [0.3, 0.4], { dimension: 2 });
   * const [x, y] = expMap([0.1, 0], tangents, { dimension: 2 });
   * console.log(x!.toFixed(4), y!.toFixed(4)); // 0.3000 0.4000
   * ```
   */
  logMap(points: PointArray, targets: PointArray, options: BallOptions): Float32Array;
}

/** @internal */
export function createRoom(runtime: Runtime): HyperbolicRoom {
  const raw = runtime.raw;

  /** Puts two arrays of points in, calls, and gives what `read` makes of the results, 8 bytes an element at most. */
  function pairs<T>(
    operation: string,
    names: readonly [string, string],
    arrays: readonly [PointArray, PointArray],
    dimension: number,
    call: (x: number, y: number, count: number, out: number) => number,
    read: (out: number, count: number) => T,
  ): T {
    check.integer(operation, 'dimension', dimension, 1, 0xffff_ffff);
    const x = realArray(operation, names[0], arrays[0]);
    const y = realArray(operation, names[1], arrays[1]);
    const count = Math.floor(x.length / dimension);
    if (count * dimension !== x.length)
      throw check.shapeError(operation, names[0], (count + 1) * dimension, x.length);
    if (y.length !== x.length) throw check.shapeError(operation, names[1], x.length, y.length);
    runtime.assertAlive(operation);
    return runtime.scratch(operation, (scratch) => {
      const [from, to] = [scratch.bytes(4 * x.length), scratch.bytes(4 * x.length)];
      const out = scratch.bytes(8 * x.length);
      runtime.f32.set(x, from / 4);
      runtime.f32.set(y, to / 4);
      runtime.check(operation, call(from, to, count, out));
      return read(out, count);
    });
  }

  const ball = (operation: string, options: BallOptions) =>
    check.options(operation, options, ['dimension']).dimension;

  return {
    poincareDistance(x, y, options) {
      const operation = 'poincareDistance';
      const keys = ['dimension', 'curvature'] as const;
      const { dimension, curvature = 1 } = check.options(operation, options, keys);
      check.number(operation, 'curvature', curvature);
      return pairs(
        operation,
        ['x', 'y'],
        [x, y],
        dimension,
        (from, to, count, out) => raw.poincareDistance(from, to, count, dimension, curvature, out),
        (out, count) => runtime.copyF64(out, count),
      );
    },
    mobiusAdd(x, y, options) {
      const dimension = ball('mobiusAdd', options);
      return pairs(
        'mobiusAdd',
        ['x', 'y'],
        [x, y],
        dimension,
        (from, to, count, out) => raw.poincareAdd(from, to, count, dimension, out),
        (out, count) => runtime.copyF32(out, count * dimension),
      );
    },
    expMap(points, tangents, options) {
      const dimension = ball('expMap', options);
      return pairs(
        'expMap',
        ['points', 'tangents'],
        [points, tangents],
        dimension,
        (from, to, count, out) => raw.poincareExp(from, to, count, dimension, out),
        (out, count) => runtime.copyF32(out, count * dimension),
      );
    },
    logMap(points, targets, options) {
      const dimension = ball('logMap', options);
      return pairs(
        'logMap',
        ['points', 'targets'],
        [points, targets],
        dimension,
        (from, to, count, out) => raw.poincareLog(from, to, count, dimension, out),
        (out, count) => runtime.copyF32(out, count * dimension),
      );
    },
  };
}
