// Routes that examples describe.

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
import { placeOf, rank, real, routeKeys } from './choice.js';
import { type Embed, isLater, LearnedRouter, type Query } from './learned.js';
import { begin, rowsOf, semanticKeys } from './options.js';
import { type ReadRoutes, readRoutes, vectorOf } from './read.js';
import type {
  ConfidenceThreshold,
  Decision,
  Explanation,
  FitOptions,
  Route,
  SemanticRouteOptions,
} from './types.js';

/**
 * Tells which of some routes a query belongs to, from examples of each, with a calibrated probability, a set that holds the
 * right one as often as promised, and a threshold that was measured on held-out examples.
 */
export class SemanticRouter extends LearnedRouter {
  /**
   * Learns from examples.
   *
   * @throws RangeError `EMPTY` (no routes' examples), `SHAPE`, `NOT_FINITE`, `RANGE` (a zero vector with `similarity`; a name
   *   twice), `OPTION` (`holdout`: a calibration that was asked for needs 10 held-out examples; `steps`; `l2`);
   *   SublinearError `STATE` (texts without `embed`, or one that answers later), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * const embed = (text: string) => [text.includes('refund') ? 1 : 0, text.includes('crash') ? 1 : 0, 0.1];
   * using router = SemanticRouter.fit(
   *   [
   *     { name: 'billing', texts: ['I want a refund', 'refund please'] },
   *     { name: 'support', texts: ['the app will crash', 'crash on start'] },
   *   ],
   *   { embed },
   * );
   * console.log(router.route('another crash').route, router.held); // support 0
   * ```
   */
  static fit(routes: readonly Route[], options?: FitOptions): SemanticRouter {
    const operation = 'SemanticRouter.fit';
    const runtime = runtimeOf(this, operation);
    const given = check.options<FitOptions>(operation, options, semanticKeys);
    const read = readRoutes(operation, routes);
    const vectors = read.examples.map((example) => {
      const vector = vectorOf(operation, example, given.embed);
      if (isLater(vector))
        throw check.typeError(operation, 'embed', 'function that answers at once', given.embed);
      return vector;
    });
    const made = make(runtime, operation, read, vectors, given);
    return runMade(made, () => runNow(runtime, operation, {}, () => begunMaking(made, operation)));
  }

  /**
   * `SemanticRouter.fit` in slices of about 8 ms that let other tasks run; `embed` may answer later.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * const embed = async (text: string) => [text.length, 1];
   * using router = await SemanticRouter.fitAsync(
   *   [{ name: 'short', texts: ['a', 'by'] }, { name: 'long', texts: ['a long text', 'another text'] }],
   *   { embed },
   * );
   * console.log((await router.routeAsync('the longest text of all')).route); // long
   * ```
   */
  static async fitAsync(
    routes: readonly Route[],
    options?: FitOptions & AsyncOptions<WorkProgress>,
  ): Promise<SemanticRouter> {
    const operation = 'SemanticRouter.fitAsync';
    const runtime = runtimeOf(this, operation);
    const { signal, onProgress, ...given } = check.options<FitOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      [...semanticKeys, ...asyncKeys],
    );
    const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const read = readRoutes(operation, routes);
    const vectors: RealArray[] = [];
    for (const example of read.examples) {
      signal?.throwIfAborted();
      vectors.push(await vectorOf(operation, example, given.embed));
    }
    runtime.assertAlive(operation);
    const made = make(runtime, operation, read, vectors, given);
    return runMadeAsync(made, () =>
      runLater(runtime, operation, control, () => begunMaking(made, operation)),
    );
  }

  /** Below this probability `route()` takes no route; 0 at first. It is saved with the router. */
  get minConfidence(): number {
    return this.names.limit ?? 0;
  }
  set minConfidence(value: number) {
    this.use('minConfidence');
    const number = check.number('minConfidence', 'minConfidence', value);
    if (!(number >= 0))
      throw check.rangeError('minConfidence', 'minConfidence', 'number >= 0', value);
    this.names.limit = number === Number.POSITIVE_INFINITY ? 2 : number;
  }

  /** Share of right routes among the held-out examples without a threshold; NaN where none were held out. */
  get accuracy(): number {
    return this.numbers('accuracy').accuracy;
  }

  /**
   * The route for a query. O(examples * dimension) for `similarity`, O(routes * dimension) for linear scorers.
   *
   * @throws RangeError `SHAPE`, `NOT_FINITE`, `RANGE` (query; an option that is NaN), `INDEX` (a name that is no route), `OPTION` (alpha);
   *   SublinearError `STATE` (a text without `embed`), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'small', vectors: [[1, 0], [1, 0.2]] },
   *   { name: 'large', vectors: [[0, 1], [0.2, 1]] },
   * ]);
   * const { route, insteadOf, reason } = router.route([0.1, 1], { unavailable: ['large'] });
   * console.log(route, insteadOf, reason); // small large chosen
   * ```
   */
  route(query: Query, options?: SemanticRouteOptions): Decision {
    const operation = 'SemanticRouter.route';
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
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: [[1, 0]] },
   *   { name: 'b', vectors: [[0, 1]] },
   * ]);
   * console.log((await router.routeAsync([1, 0.2])).route); // a
   * ```
   */
  async routeAsync(query: Query, options?: SemanticRouteOptions): Promise<Decision> {
    const operation = 'SemanticRouter.routeAsync';
    this.use(operation);
    return this.#decide(operation, await this.vectorLater(operation, query), options);
  }

  #decide(operation: string, vector: RealArray, options?: SemanticRouteOptions): Decision {
    const given = check.options<SemanticRouteOptions>(operation, options, decideKeys);
    const { minConfidence = this.minConfidence, alpha } = given;
    real(operation, 'minConfidence', minConfidence);
    const { probabilities, scores } = this.score(operation, vector);
    const { routes } = this.names;
    const { first, second, reason, best } = rank(operation, this.names, probabilities, given, {
      scores,
    });
    const p = first === undefined ? 0 : (probabilities[first] as number);
    const taken = first !== undefined && p >= minConfidence;
    const name = (k: number) => routes[k] as string;
    return {
      route: taken ? name(first) : null,
      reason: first !== undefined && !taken ? 'abstain' : reason,
      p,
      runnerUp:
        second === undefined ? null : { route: name(second), p: probabilities[second] as number },
      insteadOf: best === first ? null : name(best),
      set: this.#set(operation, scores, alpha ?? 0.1),
      probabilities,
      scores,
    };
  }

  /** The level of the last alpha that was asked for: most programs have one. */
  #level = { alpha: Number.NaN, level: 0 };

  #set(operation: string, scores: Float64Array, alpha: number): string[] {
    const { runtime } = this;
    const raw = this.use(operation);
    if (alpha !== this.#level.alpha) {
      check.number(operation, 'alpha', alpha);
      runtime.check(operation, raw.level(alpha, runtime.out));
      this.#level = { alpha, level: runtime.outF64(0) };
    }
    const { level } = this.#level;
    const { routes } = this.names;
    if (level === 0) return [...routes];
    const count = scores.length;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(2 * count);
      runtime.f64.set(scores, at / 8);
      runtime.check(operation, raw.softmax(at, at + 8 * count));
      const p = runtime.copyF64(at + 8 * count, count);
      const held: number[] = [];
      for (let k = 0; k < count; k++) if ((p[k] as number) >= level) held.push(k);
      held.sort((a, b) => (p[b] as number) - (p[a] as number) || a - b);
      return held.map((k) => routes[k] as string);
    });
  }

  /**
   * The least confidence at which routes should be taken, measured on the held-out examples: the one that routes a share of
   * the vectors, or the one that routes most of them with this accuracy. Set `minConfidence` to it.
   *
   * @throws RangeError `OPTION`; SublinearError `STATE` (nothing was held out)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * const around = (angle: number) =>
   *   Array.from({ length: 40 }, (_, i) => [Math.cos(angle + i / 40), Math.sin(angle + i / 40)]);
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: around(0) },
   *   { name: 'b', vectors: around(0.8) },
   * ]);
   * const { threshold, accuracy, reached } = router.threshold({ accuracy: 0.9 });
   * router.minConfidence = threshold;
   * console.log(reached, accuracy.value >= 0.9, router.held); // true true 20
   * ```
   */
  threshold(aim: { accuracy: number } | { coverage: number }): ConfidenceThreshold {
    const operation = 'SemanticRouter.threshold';
    const { accuracy, coverage } = check.options<{ accuracy?: number; coverage?: number }>(
      operation,
      aim,
      ['accuracy', 'coverage'],
    );
    if ((accuracy === undefined) === (coverage === undefined))
      throw check.typeError(operation, 'aim', '{ accuracy } or { coverage }', aim);
    const target = check.number(operation, 'aim', accuracy ?? coverage);
    const found = this.find(operation, accuracy === undefined ? 0 : 1, target);
    const { threshold, share, quality, reached } = found;
    return { threshold, coverage: share, accuracy: quality, reached };
  }

  /**
   * Why a query goes where it goes.
   *
   * @throws as {@link SemanticRouter.route}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: [[1, 0], [1, 1]] },
   *   { name: 'b', vectors: [[0, 1]] },
   * ]);
   * console.log(router.explain([1, 0.1]).examples[0]!.example); // 0
   * ```
   */
  explain(query: Query): Explanation {
    const operation = 'SemanticRouter.explain';
    this.use(operation);
    const vector = this.vectorOf(operation, query);
    const { probabilities, scores } = this.score(operation, vector);
    const order = Array.from(probabilities.keys()).sort(
      (a, b) =>
        (probabilities[b] as number) - (probabilities[a] as number) ||
        (scores[b] as number) - (scores[a] as number) ||
        a - b,
    );
    const [first, second] = order as [number, number];
    return {
      routes: order.map((k) => ({
        route: this.names.routes[k] as string,
        p: probabilities[k] as number,
        score: scores[k] as number,
      })),
      examples: this.scorer === 'similarity' ? this.#nearest(operation, vector, first) : [],
      coordinates:
        this.scorer === 'ridge' || this.scorer === 'logistic'
          ? this.#parts(operation, vector, first, second)
          : [],
    };
  }

  /**
   * The examples of a route that are most like a query: `similarity` only.
   *
   * @throws RangeError `INDEX` (no such route), `SHAPE`, `NOT_FINITE`; SublinearError `UNSUPPORTED` (another scorer)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/router';
   *
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: [[1, 0], [1, 1]] },
   *   { name: 'b', vectors: [[0, 1]] },
   * ]);
   * console.log(router.nearest([1, 0.9], 'a').map(({ example }) => example)); // [ 1, 0 ]
   * ```
   */
  nearest(query: Query, route: string): { example: number; similarity: number }[] {
    const operation = 'SemanticRouter.nearest';
    this.use(operation);
    const vector = this.vectorOf(operation, query);
    return this.#nearest(operation, vector, placeOf(operation, 'route', this.names.routes, route));
  }

  #nearest(operation: string, vector: RealArray, route: number) {
    const { runtime } = this;
    const MOST = 64;
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.floats('query', vector);
      const { dimension } = this.size(operation);
      if (length !== dimension) throw check.shapeError(operation, 'query', dimension, length);
      const near = scratch.f64(MOST);
      const ids = scratch.u32(MOST + 1);
      const count = ids + 4 * MOST;
      runtime.check(operation, this.use(operation).nearest(address, route, ids, near, count));
      const found = runtime.copyU32(count, 1)[0] as number;
      const similarities = runtime.copyF64(near, found);
      return Array.from(runtime.copyU32(ids, found), (example, i) => ({
        example,
        similarity: similarities[i] as number,
      }));
    });
  }

  #parts(operation: string, vector: RealArray, first: number, second: number) {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(2);
      runtime.check(operation, this.use(operation).parameters(at, at + 4));
      const [address, count] = runtime.copyU32(at, 2) as unknown as [number, number];
      const weights = runtime.copyF64(address, count);
      const { dimension } = this.size(operation);
      const of = (k: number, j: number) => weights[k * (dimension + 1) + j] as number;
      return Array.from(vector as ArrayLike<number>, (x, coordinate) => ({
        coordinate,
        part: Math.fround(x) * (of(first, coordinate) - of(second, coordinate)),
      }))
        .sort((a, b) => Math.abs(b.part) - Math.abs(a.part))
        .slice(0, 10);
    });
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
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: [[1, 0]] },
   *   { name: 'b', vectors: [[0, 1]] },
   * ]);
   * using again = SemanticRouter.load(router.save());
   * console.log(again.routes); // [ 'a', 'b' ]
   * ```
   */
  static load(bytes: BytesSource, options?: { embed?: Embed }): SemanticRouter {
    const operation = 'SemanticRouter.load';
    const runtime = runtimeOf(this, operation);
    return LearnedRouter.readAs(SemanticRouter, runtime, operation, false, bytes, options);
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
   * const { SemanticRouter } = await load();
   * using router = SemanticRouter.fit([
   *   { name: 'a', vectors: [[1, 0]] },
   *   { name: 'b', vectors: [[0, 1]] },
   * ]);
   * using again = await SemanticRouter.loadAsync(new Blob([router.save()]).stream());
   * console.log(again.dimension); // 2
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions & { embed?: Embed },
  ): Promise<SemanticRouter> {
    const operation = 'SemanticRouter.loadAsync';
    const runtime = runtimeOf(this, operation);
    return LearnedRouter.readLaterAs(SemanticRouter, runtime, operation, false, bytes, options);
  }
}

const decideKeys = [...routeKeys, 'minConfidence', 'alpha'] as const;

function make(
  runtime: Runtime,
  operation: string,
  read: ReadRoutes,
  vectors: RealArray[],
  given: FitOptions,
): SemanticRouter {
  const rows = rowsOf(operation, 'vectors', vectors);
  return runtime.scratch(operation, (scratch) => {
    const { routes, costs, labels } = read;
    const raw = begin(runtime, operation, scratch, rows, routes.length, { labels }, given);
    return LearnedRouter.begunAs(
      SemanticRouter,
      runtime,
      operation,
      raw,
      { routes, costs },
      given.embed,
    );
  });
}
