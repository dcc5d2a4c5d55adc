// Logs of choices, as columns or as rows, in the form that the C core reads.
import { asTyped } from '../../runtime/brand.js';
import { SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { ArmId } from './options.js';

/** One choice of a log. */
export interface LogRow {
  /** The arm that was chosen. */
  action: ArmId;
  reward: number;
  /** The probability with which it was chosen; `Choice.propensity` of a bandit. */
  propensity: number;
  /** What was known; every row has as many numbers. */
  context?: Float64Array | Float32Array | readonly number[];
}

/** A log as columns, one number for each choice. */
export interface LogColumns {
  /** Names of the arms that were chosen, or a `Uint32Array` of numbers below the number of arms. */
  actions: Uint32Array | readonly ArmId[];
  rewards: RealArray;
  /** The probabilities with which they were chosen. */
  propensities: RealArray;
  /** Row after row, `dimension` numbers each. */
  contexts?: RealArray;
  dimension?: number;
}

/** A log as it is checked for types; what the numbers are the C core checks. */
export interface Log {
  arms: ArmId[];
  chosen: Uint32Array;
  rewards: Float64Array | Float32Array;
  propensities: Float64Array | Float32Array;
  contexts: Float64Array | Float32Array;
  dimension: number;
}

const COLUMNS = ['actions', 'rewards', 'propensities', 'contexts', 'dimension'] as const;
const ROW = ['action', 'reward', 'propensity', 'context'] as const;

/** Reads a log. `arms`: the names there are, in the order in which probabilities have them; else in order of appearance. */
export function readLog(operation: string, log: unknown, arms: readonly ArmId[] | undefined): Log {
  const columns = Array.isArray(log) ? columnsOf(operation, log) : log;
  if (typeof columns !== 'object' || columns === null)
    throw check.typeError(operation, 'log', 'array of rows, or object of columns', log);
  const given = check.options<LogColumns>(operation, columns as LogColumns, COLUMNS);
  if (given.propensities === undefined) throw notLogged(operation);
  const rewards = realArray(operation, 'rewards', given.rewards);
  const propensities = realArray(operation, 'propensities', given.propensities);
  const actions = actionsOf(operation, given.actions, arms);
  const dimension = given.dimension ?? 0;
  check.integer(operation, 'dimension', dimension, 0, 4095);
  const contexts =
    given.contexts === undefined ? NONE : realArray(operation, 'contexts', given.contexts);
  const rows = rewards.length;
  const lengths = { actions: actions.chosen.length, propensities: propensities.length };
  for (const [name, length] of Object.entries(lengths))
    if (length !== rows) throw check.shapeError(operation, name, rows, length);
  if (contexts.length !== rows * dimension)
    throw check.shapeError(operation, 'contexts', rows * dimension, contexts.length);
  return { ...actions, rewards, propensities, contexts, dimension };
}

const NONE = new Float64Array(0);

function notLogged(operation: string): SublinearError {
  const message =
    '"propensities" are missing: without the probability of each logged choice nothing can be said about another policy; log the propensity that choose() gives';
  return new SublinearError('UNSUPPORTED', operation, message, { argument: 'propensities' });
}

function columnsOf(operation: string, rows: readonly unknown[]): LogColumns {
  // How many rows there are is known when they have been read.
  const actions: ArmId[] = [];
  const rewards: number[] = [];
  const propensities: number[] = [];
  const contexts: Float64Array[] = [];
  let dimension = 0;
  let logged = 0;
  for (const [i, value] of rows.entries()) {
    if (typeof value !== 'object' || value === null)
      throw check.typeError(operation, `log[${i}]`, 'object', value);
    const row = check.options<LogRow>(operation, value as LogRow, ROW);
    actions.push(row.action);
    rewards.push(check.number(operation, `log[${i}].reward`, row.reward));
    if (row.propensity !== undefined) logged++;
    propensities.push(
      row.propensity === undefined
        ? Number.NaN
        : check.number(operation, `log[${i}].propensity`, row.propensity),
    );
    const context =
      row.context === undefined ? NONE : realArray(operation, `log[${i}].context`, row.context);
    if (i === 0) dimension = context.length;
    if (context.length !== dimension)
      throw check.shapeError(operation, `log[${i}].context`, dimension, context.length);
    if (dimension > 0) contexts.push(Float64Array.from(context));
  }
  if (actions.length > 0 && logged === 0) throw notLogged(operation);
  const all = new Float64Array(contexts.length * dimension);
  for (const [i, context] of contexts.entries()) all.set(context, i * dimension);
  return {
    actions,
    rewards: Float64Array.from(rewards),
    propensities: Float64Array.from(propensities),
    contexts: all,
    dimension,
  };
}

function actionsOf(
  operation: string,
  actions: unknown,
  arms: readonly ArmId[] | undefined,
): { arms: ArmId[]; chosen: Uint32Array } {
  if (!Array.isArray(actions)) {
    const chosen = asTyped(operation, 'actions', actions, 'Uint32Array');
    const most = chosen.reduce((a, b) => Math.max(a, b), 0);
    if (arms === undefined && most >= 1 << 20)
      throw check.rangeError(operation, 'actions', 'numbers of arms below 2^20', most);
    return { arms: arms ? [...arms] : Array.from({ length: most + 1 }, (_, i) => i), chosen };
  }
  const numbers = new Map<ArmId, number>((arms ?? []).map((arm, i) => [arm, i]));
  const chosen: number[] = [];
  for (const [i, arm] of actions.entries()) {
    if (typeof arm !== 'string' && typeof arm !== 'number')
      throw check.typeError(operation, `actions[${i}]`, 'string or number', arm);
    let number = numbers.get(arm);
    if (number === undefined) {
      if (arms !== undefined) {
        const message = `"actions[${i}]" expected one of the arms, got ${check.show(arm)}`;
        throw new SublinearRangeError('INDEX', operation, message, {
          argument: 'actions',
          position: i,
        });
      }
      number = numbers.size;
      numbers.set(arm, number);
    }
    chosen.push(number);
  }
  return { arms: arms ? [...arms] : [...numbers.keys()], chosen: Uint32Array.from(chosen) };
}
