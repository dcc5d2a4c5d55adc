// Features and tables of runs as the C core takes them.
import { asTyped, kindOf } from '../../runtime/brand.js';
import * as check from '../../runtime/validate.js';
import type { Features, RunTable } from './types.js';

/** How a run ended, as csrc/chooser/tree.h numbers it. */
export const [SOLVED, FAILED, CENSORED] = [0, 1, 2] as const;

/** Names of the features, or how many there are. */
export type FeatureNames = number | readonly string[];

export const countOf = (names: FeatureNames) => (typeof names === 'number' ? names : names.length);

/** A number for each feature; NaN where it is unknown. */
export function readFeatures(
  operation: string,
  name: string,
  given: Features,
  names: FeatureNames,
): Float64Array<ArrayBuffer> {
  const count = countOf(names);
  if (typeof given !== 'object' || given === null)
    throw check.typeError(operation, name, 'numbers, or an object of them', given);
  const kind = kindOf(given);
  if (Array.isArray(given) || kind !== undefined) {
    const list = (kind ? asTyped(operation, name, given, kind) : given) as readonly number[];
    if (list.length !== count) throw check.shapeError(operation, name, count, list.length);
    const row = new Float64Array(count);
    for (let i = 0; i < count; i++) row[i] = check.number(operation, `${name}[${i}]`, list[i]);
    return row;
  }
  if (typeof names === 'number' && count > 0)
    throw check.typeError(operation, name, 'an array: these features have no names', given);
  const row = new Float64Array(count).fill(Number.NaN);
  for (const [i, key] of (typeof names === 'number' ? [] : names).entries()) {
    const value = Object.hasOwn(given, key)
      ? (given as Readonly<Record<string, unknown>>)[key]
      : undefined;
    if (value === undefined) continue;
    row[i] =
      typeof value === 'boolean' ? Number(value) : check.number(operation, `${name}.${key}`, value);
  }
  return row;
}

/** A table whose shapes and types have been checked. */
export interface ReadTable {
  tasks: number;
  methods: number;
  /** A row for each task. */
  features: Float64Array[];
  /** tasks * methods: NaN where it was not run. */
  costs: Float64Array;
  endings: Uint32Array;
}

export function readTable(
  operation: string,
  table: RunTable,
  names: FeatureNames,
  methods: number,
  timeout: number,
): ReadTable {
  const given = check.options<RunTable>(operation, table, [
    'features',
    'costs',
    'solved',
    'censored',
  ]);
  for (const key of ['features', 'costs'] as const)
    if (!Array.isArray(given[key]))
      throw check.typeError(operation, key, 'array of rows', given[key]);
  const tasks = given.features.length;
  const row = <T>(name: 'costs' | 'solved' | 'censored', i: number): ArrayLike<T> => {
    const list = given[name]?.[i] as ArrayLike<T> | undefined;
    const isList = Array.isArray(list) || ArrayBuffer.isView(list);
    if (!isList) throw check.typeError(operation, `${name}[${i}]`, 'array', list);
    if ((list as ArrayLike<T>).length !== methods)
      throw check.shapeError(operation, `${name}[${i}]`, methods, (list as ArrayLike<T>).length);
    return list as ArrayLike<T>;
  };
  for (const name of ['costs', 'solved', 'censored'] as const) {
    const list = given[name];
    if (list !== undefined && list.length !== tasks)
      throw check.shapeError(operation, name, tasks, list.length);
  }
  const costs = new Float64Array(tasks * methods);
  const endings = new Uint32Array(tasks * methods);
  const features: Float64Array[] = [];
  for (let i = 0; i < tasks; i++) {
    features.push(readFeatures(operation, `features[${i}]`, given.features[i] as Features, names));
    const numbers = row<number>('costs', i);
    const solved = given.solved && row<boolean>('solved', i);
    const censored = given.censored && row<boolean>('censored', i);
    for (let m = 0; m < methods; m++) {
      const cost = check.number(operation, `costs[${i}][${m}]`, numbers[m]);
      const at = i * methods + m;
      costs[at] = cost;
      if (censored && check.boolean(operation, `censored[${i}][${m}]`, censored[m]))
        endings[at] = CENSORED;
      else if (solved)
        endings[at] = check.boolean(operation, `solved[${i}][${m}]`, solved[m]) ? SOLVED : FAILED;
      else endings[at] = cost < timeout ? SOLVED : FAILED;
    }
  }
  return { tasks, methods, features, costs, endings };
}

/** The penalised cost of one run: what did not solve the task below the timeout, or was not run, is penalised. */
export function penalised(
  { costs, endings, methods }: ReadTable,
  task: number,
  method: number,
  timeout: number,
  penalty: number,
): number {
  const at = task * methods + method;
  const cost = costs[at] as number;
  return endings[at] === SOLVED && cost <= timeout ? cost : penalty * timeout;
}
