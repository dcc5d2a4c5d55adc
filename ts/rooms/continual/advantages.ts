// Generalised advantage estimates.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { endings, exactly } from './policy-given.js';
import type { AdvantageData } from './policy-types.js';

/** The functions of this part of the room. */
export interface PolicyFunctions {
  /**
   * Generalised advantage estimates of steps x environments, one step after another. O(steps * environments).
   *
   * @throws RangeError `SHAPE`, `RANGE` (not a multiple of `environments`), `NOT_FINITE`, `OPTION`, `EMPTY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { advantages } = await load();
   * // With lambda 1 they are the rewards that come, less the estimate.
   * const [first] = advantages({ rewards: [1, 2, 4], values: [0, 0, 0], next: [0, 0, 0], ended: [0, 0, 1], discount: 0.5, lambda: 1 });
   * console.log(first); // 3
   * ```
   */
  advantages(data: AdvantageData): Float32Array<ArrayBuffer>;
}

/** @internal */
export function createPolicyFunctions(runtime: Runtime): PolicyFunctions {
  return {
    advantages(data) {
      const operation = 'advantages';
      const given = check.options<AdvantageData>(operation, data, [
        'environments',
        'rewards',
        'values',
        'next',
        'ended',
        'discount',
        'lambda',
      ]);
      const environments = check.integer(operation, 'environments', given.environments ?? 1, 1);
      const discount = check.number(operation, 'discount', given.discount);
      const lambda = check.number(operation, 'lambda', given.lambda);
      return runtime.scratch(operation, (scratch) => {
        const { address, length } = scratch.floats('rewards', given.rewards);
        if (length % environments !== 0)
          throw check.rangeError(
            operation,
            'rewards',
            `a multiple of ${environments} numbers`,
            length,
          );
        const values = exactly(operation, scratch, 'values', given.values, length);
        const next = exactly(operation, scratch, 'next', given.next, length);
        const ended = endings(operation, scratch, given.ended, length);
        const out = scratch.bytes(4 * length);
        const steps = length / environments;
        const { raw } = runtime;
        const rest = [ended, discount, lambda, out] as const;
        runtime.check(
          operation,
          raw.advantages(steps, environments, address, values, next, ...rest),
        );
        return runtime.copyF32(out, length);
      });
    },
  };
}
