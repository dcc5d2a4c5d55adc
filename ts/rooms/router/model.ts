// Which of some models should answer.
import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { begunMaking, runMade, runMadeAsync } from '../../runtime/making.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { RealArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import {
  finite,
  namesOf,
  type Reason,
  type RouteOptions,
  rank,
  real,
  routeKeys,
  sideBySide,
} from './choice.js';
import { type Embed, type Estimated, LearnedRouter, type Query } from './learned.js';
import { begin, type ModelOptions, modelKeys, rowsOf } from './options.js';

/** A model, and what its answer to each example was worth. */
export interface Model {
  name: string;
  /** A number for each example: 1 for a right answer and 0 for a wrong one, or any other measure. */
  values: RealArray;
  /** What a call costs, in units of the values; 0 by default. */
  cost?: number;
}

export interface ModelFitOptions extends ModelOptions {
  /** Gives the vector of a text that is routed. */
  embed?: Embed;
}

export interface ModelRouteOptions extends RouteOptions {
  /**
   * Two models: the second one is taken where its gain by the scores is above this, whatever the costs; the router's own
   * `limit` by default.
   */
  threshold?: number;
}

/** What {@link ModelRouter.route} gives. */
export interface ModelDecision {
  /** The model to call, or null. */
  route: string | null;
  reason: Reason;
  /** The expected value of its answer over that of the first model's. */
  gain: number;
  /** The next best one that may be called. */
  runnerUp: { route: string; gain: number } | null;
  /** The model that would be called if none were unavailable or too dear, where that is another one. */
  insteadOf: string | null;
  /** Calibrated gains over the first model, in the order of `routes`. */
  gains: Float64Array<ArrayBuffer>;
  /** Expected values, not calibrated. */
  scores: Float64Array<ArrayBuffer>;
}

/** A threshold between two models, and what it does to vectors like the held-out ones. */
export interface GainThreshold {
  /** For `threshold` and `limit`: the second model is called where its gain by the scores is larger. */
  threshold: number;
  /** Share of the vectors that the second model gets. */
  strongShare: Estimated;
  /** Mean value of the answers. */
  quality: Estimated;
  /** False where no threshold has the quality asked for; this one has the best. */
  reached: boolean;
}

/**
 * Chooses the model that answers a query: from examples of which it is known what the answer of each model was worth, the
 * first, cheapest one is taken unless the expected gain of another one is above what it costs more. What is learned is the
 * gain, not where the first model errs: questions that all models get wrong are no reason to pay for a large one.
 *
 * Ong et al. 2024, RouteLLM, arXiv:2406.18665.
 */
export class ModelRouter extends LearnedRouter {
  /**
   * Learns from examples.
   *
   * @param vectors - a vector for each example
   * @param models - the cheapest first
   * @throws RangeError `EMPTY`, `SHAPE`, `NOT_FINITE`, `RANGE` (a name twice), `OPTION`; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * // The small model is right where the number is small.
   * const vectors = Array.from({ length: 200 }, (_, i) => [i / 200]);
   * using router = ModelRouter.fit(vectors, [
   *   { name: 'small', values: vectors.map(([x]) => (x! < 0.5 ? 1 : 0)) },
   *   { name: 'large', values: vectors.map(() => 1), cost: 0.2 },
   * ]);
   * console.log(router.route([0.1]).route, router.route([0.9]).route); // small large
   * ```
   */
  static fit(
    vectors: readonly RealArray[],
    models: readonly Model[],
    options?: ModelFitOptions,
  ): ModelRouter {
    const operation = 'ModelRouter.fit';
    const runtime = runtimeOf(this, operation);
    const given = check.options<ModelFitOptions>(operation, options, modelKeys);
    const made = make(runtime, operation, vectors, models, given);
    return runMade(made, () => runNow(runtime, operation, {}, () => begunMaking(made, operation)));
  }

  /**
   * `ModelRouter.fit` in slices of about 8 ms that let other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * using router = await ModelRouter.fitAsync(
   *   [[0], [1], [0], [1]],
   *   [
   *     { name: 'small', values: [1, 0, 1, 0] },
   *     { name: 'large', values: [1, 1, 1, 1] },
   *   ],
   * );
   * console.log(router.trained, router.calibration); // 4 none
   * ```
   */
  static async fitAsync(
    vectors: readonly RealArray[],
    models: readonly Model[],
    options?: ModelFitOptions & AsyncOptions<WorkProgress>,
  ): Promise<ModelRouter> {
    const operation = 'ModelRouter.fitAsync';
    const runtime = runtimeOf(this, operation);
    const { signal, onProgress, ...given } = check.options<
      ModelFitOptions & AsyncOptions<WorkProgress>
    >(operation, options, [...modelKeys, ...asyncKeys]);
    const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const made = make(runtime, operation, vectors, models, given);
    return runMadeAsync(made, () =>
      runLater(runtime, operation, control, () => begunMaking(made, operation)),
    );
  }

  /** The threshold between two models that `route()` applies; null, as at first, for costs. It is saved with the router. */
  get limit(): number | null {
    return this.names.limit;
  }
  set limit(value: number | null) {
    this.use('limit');
    if (value !== null && this.names.routes.length !== 2)
      throw check.rangeError('limit', 'limit', 'null: there are more than two models', value);
    // Infinities are not JSON; no gain is as large as this.
    this.names.limit =
      value === null ? null : Math.max(-1e100, Math.min(1e100, real('limit', 'limit', value)));
  }

  /**
   * The model for a query. O(models * dimension).
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE` (query), `INDEX` (a name that is no model), `RANGE` (an option that is NaN);
   *   SublinearError `STATE` (a text without `embed`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * const vectors = Array.from({ length: 200 }, (_, i) => [i / 200]);
   * using router = ModelRouter.fit(vectors, [
   *   { name: 'small', values: vectors.map(([x]) => 1 - x!) },
   *   { name: 'large', values: vectors.map(() => 1) },
   * ]);
   * const { route, gain } = router.route([0.5], { costs: { large: 0.7 } });
   * console.log(route, gain); // small 0
   * ```
   */
  route(query: Query, options?: ModelRouteOptions): ModelDecision {
    const operation = 'ModelRouter.route';
    this.use(operation);
    return this.#decide(operation, this.vectorOf(operation, query), options);
  }

  /**
   * The same where `embed` answers later.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * using router = ModelRouter.fit(
   *   [[0], [1], [0], [1]],
   *   [
   *     { name: 'small', values: [1, 0, 1, 0] },
   *     { name: 'large', values: [1, 1, 1, 1], cost: 0.5 },
   *   ],
   *   { embed: async (text) => [text.length > 20 ? 1 : 0] },
   * );
   * console.log((await router.routeAsync('a question that is rather long')).route); // large
   * ```
   */
  async routeAsync(query: Query, options?: ModelRouteOptions): Promise<ModelDecision> {
    const operation = 'ModelRouter.routeAsync';
    this.use(operation);
    return this.#decide(operation, await this.vectorLater(operation, query), options);
  }

  #decide(operation: string, vector: RealArray, options?: ModelRouteOptions): ModelDecision {
    const given = check.options<ModelRouteOptions>(operation, options, [...routeKeys, 'threshold']);
    const threshold = given.threshold ?? this.names.limit;
    const { probabilities: gains, scores } = this.score(operation, vector);
    const { routes } = this.names;
    let ranked: ReturnType<typeof rank>;
    if (threshold === null) {
      ranked = rank(operation, this.names, gains, given);
    } else {
      real(operation, 'threshold', threshold);
      if (routes.length !== 2)
        throw check.rangeError(
          operation,
          'threshold',
          'no threshold: more than two models',
          threshold,
        );
      // What a threshold says replaces what costs say; `maxCost` still applies.
      const above = (scores[1] as number) - (scores[0] as number) > threshold;
      const worth = Float64Array.from(routes, (_, k) => Number(above === (k === 1)));
      ranked = rank(operation, this.names, worth, given, { net: true });
    }
    const { first, second, reason, best } = ranked;
    return {
      route: first === undefined ? null : (routes[first] as string),
      reason,
      gain: first === undefined ? 0 : (gains[first] as number),
      runnerUp:
        second === undefined
          ? null
          : { route: routes[second] as string, gain: gains[second] as number },
      insteadOf: best === first ? null : (routes[best] as string),
      gains,
      scores,
    };
  }

  /**
   * The threshold between two models that gives the second one a share of the queries, or the one with the smallest share at
   * which the mean value is at least `quality`, measured on the held-out examples. Set `limit` to it.
   *
   * @throws RangeError `OPTION`; SublinearError `STATE` (nothing was held out), `UNSUPPORTED` (more than two models)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * const vectors = Array.from({ length: 400 }, (_, i) => [((i * 7) % 400) / 400]);
   * using router = ModelRouter.fit(vectors, [
   *   { name: 'small', values: vectors.map(([x]) => (x! < 0.5 ? 1 : 0)) },
   *   { name: 'large', values: vectors.map(() => 1) },
   * ]);
   * const { threshold, strongShare } = router.threshold({ strongShare: 0.3 });
   * router.limit = threshold;
   * console.log(strongShare.value, router.route([0.9]).route); // 0.3 large
   * ```
   */
  threshold(aim: { strongShare: number } | { quality: number }): GainThreshold {
    const operation = 'ModelRouter.threshold';
    const { strongShare, quality } = check.options<{ strongShare?: number; quality?: number }>(
      operation,
      aim,
      ['strongShare', 'quality'],
    );
    if ((strongShare === undefined) === (quality === undefined))
      throw check.typeError(operation, 'aim', '{ strongShare } or { quality }', aim);
    const target = check.number(operation, 'aim', strongShare ?? quality);
    const found = this.find(operation, strongShare === undefined ? 1 : 0, target);
    return {
      threshold: found.threshold,
      strongShare: found.share,
      quality: found.quality,
      reached: found.reached,
    };
  }

  /**
   * Two models: gains by the scores of the held-out examples, the largest first, and the values of both models there. The
   * quality of every threshold can be computed from them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * const vectors = Array.from({ length: 100 }, (_, i) => [i / 100]);
   * using router = ModelRouter.fit(vectors, [
   *   { name: 'small', values: vectors.map(() => 0) },
   *   { name: 'large', values: vectors.map(([x]) => x!) },
   * ]);
   * const { gains } = router.heldOut();
   * console.log(gains.length, gains[0]! >= gains[1]!); // 25 true
   * ```
   */
  heldOut(): {
    gains: Float64Array<ArrayBuffer>;
    weak: Float64Array<ArrayBuffer>;
    strong: Float64Array<ArrayBuffer>;
  } {
    const rows = this.heldRows('ModelRouter.heldOut');
    const column = (k: number) => rows.filter((_, i) => i % 3 === k);
    return { gains: column(0), weak: column(1), strong: column(2) };
  }

  /**
   * A router from the bytes that {@link LearnedRouter.save} gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * using router = ModelRouter.fit(
   *   [[0], [1]],
   *   [
   *     { name: 'small', values: [1, 0] },
   *     { name: 'large', values: [1, 1] },
   *   ],
   * );
   * using again = ModelRouter.load(router.save());
   * console.log(again.routes); // [ 'small', 'large' ]
   * ```
   */
  static load(bytes: BytesSource, options?: { embed?: Embed }): ModelRouter {
    const operation = 'ModelRouter.load';
    const runtime = runtimeOf(this, operation);
    return LearnedRouter.readAs(ModelRouter, runtime, operation, true, bytes, options);
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { ModelRouter } = await load();
   * using router = ModelRouter.fit(
   *   [[0], [1]],
   *   [
   *     { name: 'small', values: [1, 0] },
   *     { name: 'large', values: [1, 1] },
   *   ],
   * );
   * using again = await ModelRouter.loadAsync(new Blob([router.save()]).stream());
   * console.log(again.dimension); // 1
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions & { embed?: Embed },
  ): Promise<ModelRouter> {
    const operation = 'ModelRouter.loadAsync';
    const runtime = runtimeOf(this, operation);
    return LearnedRouter.readLaterAs(ModelRouter, runtime, operation, true, bytes, options);
  }
}

function make(
  runtime: Runtime,
  operation: string,
  vectors: readonly RealArray[],
  models: readonly Model[],
  given: ModelFitOptions,
): ModelRouter {
  const routes = namesOf(operation, 'models', models);
  const costs = Array.from(models, (model, k) => {
    const { cost } = check.options<Model>(operation, model, ['name', 'values', 'cost']);
    return cost === undefined ? 0 : finite(operation, `models[${k}].cost`, cost);
  });
  if (!Array.isArray(vectors)) throw check.typeError(operation, 'vectors', 'array', vectors);
  const rows = rowsOf(operation, 'vectors', vectors);
  const values = sideBySide(operation, models, 'models', rows.count);
  return runtime.scratch(operation, (scratch) => {
    const options = { scorer: 'ridge' as const, ...given };
    const raw = begin(runtime, operation, scratch, rows, routes.length, { values }, options);
    return LearnedRouter.begunAs(
      ModelRouter,
      runtime,
      operation,
      raw,
      { routes, costs },
      given.embed,
    );
  });
}
