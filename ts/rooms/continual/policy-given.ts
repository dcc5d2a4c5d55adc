// Arguments of policies, as the C core takes them.
import { policyOptions } from '../../generated/fields/continual.js';
import type { Policy as RawPolicy } from '../../generated/raw/training.js';
import { giveOver } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray, Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { PolicyOptions } from './policy-types.js';

const ofPpo = ['epochs', 'batch', 'lambda', 'clip'] as const;
const whole = ['environments', 'steps', 'epochs', 'batch', 'seed'] as const;
const reals = [
  'learningRate',
  'discount',
  'lambda',
  'clip',
  'entropy',
  'valueWeight',
  'maxGradient',
] as const;
/** @internal */
export const policyKeys = [
  'inputs',
  'actions',
  'hidden',
  'activation',
  'method',
  'normalise',
  ...whole,
  ...reals,
] as const satisfies readonly (keyof PolicyOptions)[];

/** @internal */
export const policyRowKeys = [
  'observations',
  'actions',
  'logarithms',
  'advantages',
  'returns',
] as const;

/** @internal The C object. */
export function make(runtime: Runtime, operation: string, given: PolicyOptions): RawPolicy | null {
  const method =
    given.method === undefined
      ? undefined
      : check.choice(operation, 'method', given.method, { ppo: 0, reinforce: 1 });
  for (const name of ofPpo)
    if (method === 1 && given[name] !== undefined)
      throw check.rangeError(operation, name, "an option of method 'ppo' alone", given[name]);
  const numbers: Partial<Record<(typeof whole)[number] | (typeof reals)[number], number>> = {};
  for (const name of whole)
    if (given[name] !== undefined) numbers[name] = check.integer(operation, name, given[name]);
  for (const name of reals)
    if (given[name] !== undefined) numbers[name] = check.number(operation, name, given[name]);
  const options = {
    ...numbers,
    method,
    inputs: check.integer(operation, 'inputs', given.inputs),
    actions: check.integer(operation, 'actions', given.actions),
    activation:
      given.activation === undefined
        ? undefined
        : check.choice(operation, 'activation', given.activation, { relu: 0, tanh: 1 }),
    normalise:
      given.normalise === undefined
        ? undefined
        : check.boolean(operation, 'normalise', given.normalise),
  };
  return runtime.scratch(operation, (scratch) => {
    const hidden = scratch.indices('hidden', given.hidden ?? [64, 64]);
    const at = giveOver(runtime, policyOptions, (to) => runtime.raw.policyDefaults(to), {
      ...options,
      hidden: hidden.address,
      hiddenLayers: hidden.length,
    });
    return runtime.raw.Policy.create(at);
  });
}

/** @internal `count` numbers where C reads them. */
export function exactly(
  operation: string,
  scratch: Scratch,
  argument: string,
  value: RealArray,
  count: number,
): number {
  const { address, length } = scratch.floats(argument, value);
  if (length !== count) throw check.shapeError(operation, argument, count, length);
  return address;
}

/** @internal */
export function endings(
  operation: string,
  scratch: Scratch,
  ended: IndexArray | undefined,
  count: number,
): number {
  const { address, length } = scratch.indices('ended', ended ?? new Uint32Array(count));
  if (length !== count) throw check.shapeError(operation, 'ended', count, length);
  return address;
}
