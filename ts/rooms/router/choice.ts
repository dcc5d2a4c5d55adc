// Which of the routes that may be taken is worth most.
import { SublinearRangeError } from '../../runtime/errors.js';
import { realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

/** What limits a choice. */
export interface RouteOptions {
  /** What each route costs, by name, in units of what a right answer is worth; instead of the costs given to `fit()`. */
  costs?: Readonly<Record<string, number>>;
  /** Routes that cost more are not taken. */
  maxCost?: number;
  /** Routes that cannot be taken now, such as those whose {@link CircuitBreaker} is open. */
  unavailable?: readonly string[];
}

/**
 * Why: `chosen`; or no route, because the confidence is too small (`abstain`), all routes are `unavailable`, or those that are
 * not cost too much (`cost`).
 */
export type Reason = 'chosen' | 'abstain' | 'unavailable' | 'cost';

/** @internal */
export const routeKeys = ['costs', 'maxCost', 'unavailable'] as const;

/** @internal The two routes that are worth most of those that may be taken. */
export interface Ranked {
  first: number | undefined;
  second: number | undefined;
  /** Why there is none. */
  reason: Reason;
  /** The best one if nothing were forbidden. */
  best: number;
}

/**
 * @internal
 * @param options - `net`: costs have been taken off, or do not count. `scores`: the largest decides between routes that are worth
 *   the same; without them the first one is taken.
 */
export function rank(
  operation: string,
  names: { routes: string[]; costs: number[] },
  worth: Float64Array,
  given: RouteOptions,
  { net = false, scores }: { net?: boolean; scores?: Float64Array } = {},
): Ranked {
  const { maxCost, unavailable } = given;
  const costs = costsOf(operation, names, given.costs);
  if (maxCost !== undefined) real(operation, 'maxCost', maxCost);
  const better = (k: number, value: number, than: number, most: number) =>
    value > most ||
    (value === most && scores !== undefined && (scores[k] as number) > (scores[than] as number));
  const closed =
    unavailable === undefined ? undefined : new Set(placesOf(operation, names.routes, unavailable));
  let open = 0;
  let first: number | undefined;
  let second: number | undefined;
  let best = 0;
  let [most, next, all] = [0, 0, 0];
  for (let k = 0; k < worth.length; k++) {
    const cost = costs[k] as number;
    const value = (worth[k] as number) - (net ? 0 : cost);
    if (k === 0 || better(k, value, best, all)) [best, all] = [k, value];
    if (closed?.has(k)) continue;
    open++;
    if (maxCost !== undefined && cost > maxCost) continue;
    if (first === undefined || better(k, value, first, most)) {
      [second, next] = [first, most];
      [first, most] = [k, value];
    } else if (second === undefined || better(k, value, second, next)) {
      [second, next] = [k, value];
    }
  }
  const reason = open === 0 ? 'unavailable' : first === undefined ? 'cost' : 'chosen';
  return { first, second, reason, best };
}

function costsOf(
  operation: string,
  names: { routes: string[]; costs: number[] },
  costs: unknown,
): number[] {
  if (costs === undefined) return names.costs;
  if (typeof costs !== 'object' || costs === null)
    throw check.typeError(operation, 'costs', 'object', costs);
  const all = [...names.costs];
  for (const [name, cost] of Object.entries(costs))
    all[placeOf(operation, 'costs', names.routes, name)] = finite(operation, 'costs', cost);
  return all;
}

function placesOf(operation: string, routes: string[], given: unknown): number[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw check.typeError(operation, 'unavailable', 'array', given);
  return Array.from(given, (name, i) => placeOf(operation, `unavailable[${i}]`, routes, name));
}

/** @internal */
export function placeOf(
  operation: string,
  argument: string,
  routes: string[],
  name: unknown,
): number {
  const place = routes.indexOf(name as string);
  if (place >= 0) return place;
  const message = `"${argument}" expected a route of this router, got ${check.show(name)}`;
  throw new SublinearRangeError('INDEX', operation, message, { argument });
}

/** @internal A number or an infinity. */
export function real(operation: string, argument: string, value: unknown): number {
  const number = check.number(operation, argument, value);
  if (Number.isNaN(number)) throw check.rangeError(operation, argument, 'number', number);
  return number;
}

/** @internal */
export function finite(operation: string, argument: string, value: unknown): number {
  const number = check.number(operation, argument, value);
  if (!Number.isFinite(number))
    throw check.rangeError(operation, argument, 'finite number', number);
  return number;
}

/** @internal Names of routes, each once. */
export function namesOf(operation: string, argument: string, given: unknown): string[] {
  if (!Array.isArray(given)) throw check.typeError(operation, argument, 'array', given);
  const names = Array.from(given, (one: { name?: unknown } | null, i) =>
    check.string(operation, `${argument}[${i}].name`, one?.name),
  );
  if (new Set(names).size !== names.length)
    throw check.rangeError(operation, argument, 'each name once', names);
  return names;
}

/** @internal Arrays of the same length side by side: a row for each place. */
export function sideBySide(
  operation: string,
  lists: readonly { values: unknown }[],
  argument: string,
  rows: number,
): Float32Array {
  const all = new Float32Array(rows * lists.length);
  for (const [k, { values }] of lists.entries()) {
    const view = realArray(operation, `${argument}[${k}].values`, values);
    if (view.length !== rows)
      throw check.shapeError(operation, `${argument}[${k}].values`, rows, view.length);
    for (let i = 0; i < rows; i++) all[i * lists.length + k] = view[i] as number;
  }
  return all;
}
