// What both routers have beside choosing: numbers, thresholds, files.
import { routerFacts, routerThreshold } from '../../generated/fields/router.js';
import type { Router as RawRouter } from '../../generated/raw/learning.js';
import { SublinearError } from '../../runtime/errors.js';
import { take } from '../../runtime/fields.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Calibration, calibrations, type Scorer, scorers } from './options.js';

/** A text, or the vector of one. */
export type Query = string | RealArray;

/** Gives the vector of a text, at once or later. */
export type Embed = (text: string) => RealArray | PromiseLike<RealArray>;

/** A number with an interval that holds it with 95 % for vectors like the held-out ones. */
export interface Estimated {
  value: number;
  interval: [low: number, high: number];
}

/** @internal Scores of one vector. */
export interface Scores {
  probabilities: Float64Array<ArrayBuffer>;
  scores: Float64Array<ArrayBuffer>;
}

/** @internal What stands in the file beside the numbers. */
export interface Names {
  routes: string[];
  /** Costs, by routes. */
  costs: number[];
  /** The limit that is applied where a call gives none. */
  limit: number | null;
}

/** Something that has learned from examples which route to take. */
export abstract class LearnedRouter extends WasmObject<RawRouter> {
  /** @internal */
  protected names: Names = { routes: [], costs: [], limit: null };
  /** @internal */
  protected embed: Embed | undefined;
  #size: { dimension: number; routes: number } | undefined;

  /** @internal */
  protected override facts() {
    return { scorer: this.scorer, routes: this.names.routes.length };
  }

  /** Names of the routes, in the order in which arrays have them. */
  get routes(): string[] {
    this.use('routes');
    return [...this.names.routes];
  }

  /** What vectors are scored by. */
  get scorer(): Scorer {
    return scorers[this.#fact('scorer')] as Scorer;
  }

  /** The calibration that was made: see `calibrate`. */
  get calibration(): Calibration {
    return calibrations[this.#fact('calibration')] as Calibration;
  }

  /** Numbers of a vector. */
  get dimension(): number {
    return this.#fact('dimension');
  }

  /** Examples that were learned from. */
  get trained(): number {
    return this.#fact('trained');
  }

  /** Examples that were held out. */
  get held(): number {
    return this.#fact('held');
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  /** @internal */
  protected numbers(operation: string) {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).facts(runtime.out));
    return take(runtime, routerFacts);
  }

  #fact(name: (typeof routerFacts)[number]): number {
    return this.numbers(name)[name];
  }

  /** @internal */
  protected size(operation: string) {
    this.#size ??= this.numbers(operation);
    return this.#size;
  }

  /** @internal Scores a vector. */
  protected score(operation: string, query: RealArray): Scores {
    const { runtime } = this;
    const view = realArray(operation, 'query', query);
    const raw = this.use(operation);
    const { dimension, routes } = this.size(operation);
    if (view.length !== dimension)
      throw check.shapeError(operation, 'query', dimension, view.length);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(2 * routes + Math.ceil(dimension / 2));
      const vector = at + 16 * routes;
      runtime.f32.set(view, vector / 4);
      runtime.check(operation, raw.score(vector, at, at + 8 * routes));
      return {
        probabilities: runtime.copyF64(at, routes),
        scores: runtime.copyF64(at + 8 * routes, routes),
      };
    });
  }

  /** @internal The vector of a query, for calls that answer at once. */
  protected vectorOf(operation: string, query: Query): RealArray {
    if (typeof query !== 'string') return query;
    const vector = this.#embed(operation, query);
    if (isLater(vector))
      throw new SublinearError(
        'STATE',
        operation,
        '"embed" gives its vectors later: call the asynchronous form',
        { argument: 'embed' },
      );
    return vector;
  }

  /** @internal */
  protected async vectorLater(operation: string, query: Query): Promise<RealArray> {
    return typeof query === 'string' ? this.#embed(operation, query) : query;
  }

  #embed(operation: string, text: string): RealArray | PromiseLike<RealArray> {
    if (this.embed === undefined)
      throw new SublinearError(
        'STATE',
        operation,
        '"query" is a text: give `embed` to fit() or load(), or a vector',
        { argument: 'query' },
      );
    return this.embed(text);
  }

  /** @internal A threshold, as C finds it. */
  protected find(operation: string, aim: 0 | 1, target: number) {
    const { runtime } = this;
    runtime.check(operation, this.use(operation).threshold(aim, target, runtime.out));
    const t = take(runtime, routerThreshold);
    return {
      threshold: t.threshold,
      share: { value: t.share, interval: [t.shareLow, t.shareHigh] } as Estimated,
      quality: { value: t.quality, interval: [t.qualityLow, t.qualityHigh] } as Estimated,
      reached: t.reached === 1,
    };
  }

  /** @internal Rows of the held-out examples, three numbers each. */
  protected heldRows(operation: string): Float64Array<ArrayBuffer> {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(2);
      runtime.check(operation, this.use(operation).held(at, at + 4));
      const [address, count] = runtime.copyU32(at, 2);
      return runtime.copyF64(address as number, 3 * (count as number));
    });
  }

  // --- files ----------------------------------------------------------------------------------------------------------

  #writer(operation: string) {
    const labels = new TextEncoder().encode(JSON.stringify(this.names));
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(labels.length);
      runtime.u8.set(labels, at);
      return runtime.raw.Router.save(this.use(operation), at, labels.length);
    });
  }

  /**
   * Everything as bytes, names, costs and thresholds included; the function `embed` is not.
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
   * console.log(again.route([0, 2]).route); // b
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    this.use('save');
    return saveWhole(this.runtime, 'save', () => this.#writer('save'));
  }

  /**
   * The same in pieces of at most 1 MiB.
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
   * let bytes = 0;
   * for (const piece of router.saveInPieces()) bytes += piece.length;
   * console.log(bytes === router.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const use = () => this.use('saveInPieces');
    return savePieces(this.runtime, 'saveInPieces', () => this.#writer('saveInPieces'), use);
  }

  // --- what both classes are made by ----------------------------------------------------------------------------------

  /** @internal A router of this class that is still to learn. */
  static begunAs<Router extends LearnedRouter>(
    Class: { prototype: Router },
    runtime: Runtime,
    operation: string,
    raw: RawRouter | null,
    names: Omit<Names, 'limit'>,
    embed: Embed | undefined,
  ): Router {
    const router = adopt(runtime, operation, Class, raw);
    router.names = { ...names, limit: null };
    router.embed = embed;
    return router;
  }

  /** @internal A router of this class from a file. `byValue`: which of the two it must be. */
  protected static readAs<Router extends LearnedRouter>(
    Class: { prototype: Router },
    runtime: Runtime,
    operation: string,
    byValue: boolean,
    bytes: BytesSource,
    options: { embed?: Embed } | undefined,
  ): Router {
    const { embed } = check.options<{ embed?: Embed }>(operation, options, ['embed']);
    const file = LearnedRouter.#file(Class, runtime, operation, byValue, embed);
    return loadFile(runtime, operation, bytes, file);
  }

  /** @internal The same for bytes that are still coming. */
  protected static readLaterAs<Router extends LearnedRouter>(
    Class: { prototype: Router },
    runtime: Runtime,
    operation: string,
    byValue: boolean,
    bytes: AsyncBytesSource,
    options: (LoadAsyncOptions & { embed?: Embed }) | undefined,
  ): Promise<Router> {
    const { embed, ...given } = check.options<LoadAsyncOptions & { embed?: Embed }>(
      operation,
      options,
      [...asyncKeys, 'embed'],
    );
    const file = LearnedRouter.#file(Class, runtime, operation, byValue, embed);
    return loadFileAsync(runtime, operation, bytes, file, given);
  }

  static #file<Router extends LearnedRouter>(
    Class: { prototype: Router },
    runtime: Runtime,
    operation: string,
    byValue: boolean,
    embed: Embed | undefined,
  ): Loading<RawRouter, Router> {
    return {
      kind: 'ROUT',
      build: (reader) => runtime.raw.Router.load(reader),
      wrap(raw) {
        const router = adopt(runtime, operation, Class, raw);
        try {
          router.#readNames(operation, byValue);
          router.embed = embed;
          return router;
        } catch (error) {
          router.dispose();
          throw error;
        }
      },
    };
  }

  /** The names that were saved. */
  #readNames(operation: string, byValue: boolean): void {
    const { runtime } = this;
    const raw = this.use(operation);
    const numbers = this.numbers(operation);
    const from = raw.labels();
    const names = parsed(runtime.u8.slice(from, from + raw.labelsBytes()));
    if (names === undefined || names.routes.length !== numbers.routes)
      throw badFile(operation, 'a name and a cost for each route');
    if (byValue !== (numbers.byValue === 1))
      throw badFile(operation, byValue ? 'SemanticRouter.load()' : 'ModelRouter.load()');
    if (byValue && names.limit !== null && names.routes.length !== 2)
      throw badFile(operation, 'no limit between more than two models');
    this.names = names;
  }
}

/** @internal */
export function isLater<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null)?.then === 'function';
}

function badFile(operation: string, expected: string): SublinearError {
  const message = `"bytes": unknown or unsupported format, expected ${expected}`;
  return new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
}

function parsed(bytes: Uint8Array): Names | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Names;
    const { routes, costs, limit } = value;
    const right =
      Array.isArray(routes) &&
      routes.every((name) => typeof name === 'string') &&
      new Set(routes).size === routes.length &&
      Array.isArray(costs) &&
      costs.length === routes.length &&
      costs.every((cost) => typeof cost === 'number' && Number.isFinite(cost)) &&
      (limit === null || typeof limit === 'number');
    return right ? { routes, costs, limit } : undefined;
  } catch {
    return undefined;
  }
}
