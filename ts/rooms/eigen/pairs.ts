// How the C core is asked, and its answer read.
import type { Eigen as RawEigen } from '../../generated/raw/direct.js';
import { ownedLater, ownedNow } from '../../runtime/owned.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { AsyncOptions, Call, WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import {
  type EigenLimits,
  type EigenMethod,
  type EigenPairs,
  methodNames,
  whichNames,
} from './types.js';

/** Numbers of sl_eigen_create and sl_eigen_read. */
const PROBLEM = 9;
const FACTS = 12;

const numbersOf = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
const whichNumbers = numbersOf(whichNames);
const methodNumbers = numbersOf(methodNames);

export const limitKeys = [
  'tolerance',
  'maxIterations',
  'seed',
  'verify',
  'method',
  'maxTimeMs',
] as const;

/** What is wanted, as numbers in scratch memory. */
export function problem(
  { runtime, operation, options, scratch }: Call<EigenLimits>,
  k: number,
  which: string,
  sigma: number,
  skipNull: boolean,
): number {
  const { tolerance = 1e-12, maxIterations = 10_000, seed = 0 } = options;
  const { verify = true, method = 'auto' } = options;
  const numbers = [
    check.integer(operation, 'k', k, 0, 0xffff_ffff),
    check.choice(operation, 'which', which, whichNumbers),
    check.choice(operation, 'method', method, methodNumbers),
    check.number(operation, 'sigma', sigma),
    check.number(operation, 'tolerance', tolerance),
    check.integer(operation, 'maxIterations', maxIterations, 0, 0xffff_ffff),
    check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER),
    Number(check.boolean(operation, 'skipNull', skipNull)),
    Number(check.boolean(operation, 'verify', verify)),
  ];
  const at = scratch.f64(PROBLEM);
  runtime.f64.set(numbers, at / 8);
  return at;
}

/** Makes the C object, whose work the call is. */
type Make = (call: Call<EigenLimits>) => RawEigen | null;

/** Runs a problem to its end. */
export function now<Result>(
  runtime: Runtime,
  operation: string,
  options: EigenLimits,
  make: Make,
  read: (pairs: EigenPairs, n: number) => Result,
): Result {
  return ownedNow(runtime, operation, options, make, reader(runtime, operation, read));
}

/** The same in slices. */
export function later<Result>(
  runtime: Runtime,
  operation: string,
  options: EigenLimits & AsyncOptions<WorkProgress>,
  make: Make,
  read: (pairs: EigenPairs, n: number) => Result,
): Promise<Result> {
  return ownedLater(runtime, operation, options, make, reader(runtime, operation, read));
}

const reader =
  <Result>(runtime: Runtime, operation: string, read: (pairs: EigenPairs, n: number) => Result) =>
  (raw: RawEigen): Result => {
    raw.shape(runtime.out);
    const [n, k] = [runtime.outF64(), runtime.outF64(1)];
    return read(readPairs(runtime, operation, raw, n, k), n);
  };

function readPairs(
  runtime: Runtime,
  operation: string,
  raw: RawEigen,
  n: number,
  k: number,
): EigenPairs {
  return runtime.scratch(operation, (scratch) => {
    const facts = scratch.f64(FACTS);
    const arrays = [1, n, 1, 1, 1].map((length) => scratch.f64(length * k)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    runtime.check(operation, raw.read(facts, ...arrays));
    const [
      outcome,
      pairs,
      method,
      iterations,
      sigma,
      below,
      certified,
      components,
      factorizations,
      fill,
      ,
      converged,
    ] = Array.from(runtime.copyF64(facts, FACTS)) as Numbers;
    const [values, vectors, residuals, errorBounds, angleBounds] = arrays;
    return {
      values: runtime.copyF64(values, pairs),
      vectors: runtime.copyF64(vectors, n * pairs),
      residuals: runtime.copyF64(residuals, pairs),
      errorBounds: runtime.copyF64(errorBounds, pairs),
      angleBounds: runtime.copyF64(angleBounds, pairs),
      outcome: runtime.outcome(outcome),
      converged,
      ...(certified >= 0 && { certified }),
      iterations,
      method: methodNames[method] as Exclude<EigenMethod, 'auto'>,
      ...(!Number.isNaN(sigma) && { sigma }),
      ...(below >= 0 && { countBelow: below }),
      ...(components > 0 && { components }),
      factorizations,
      fill,
    };
  });
}

type Numbers = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
