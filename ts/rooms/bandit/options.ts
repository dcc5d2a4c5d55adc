// What the policies take: options as users know them, and as the C core does.
import { SublinearRangeError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import { show } from '../../runtime/validate.js';

/** What an arm is called. */
export type ArmId = string | number;

/** Options of every policy. */
export interface BanditOptions {
  /** What the arms are called, each name once; none by default: `addArm()` adds more. */
  arms?: readonly ArmId[];
  /**
   * The weight of everything that was learned, after each reward, for rewards that change with time: 0.5 to 1, which is the
   * default and forgets nothing. At 0.99 the last hundred rewards or so count. Not together with `window`.
   */
  decay?: number;
  /** Only so many last rewards (of all arms together) count: 0, which is the default, for all. */
  window?: number;
  /** Choices that wait for a reward at most, 10,000 by default; the oldest ones are forgotten then. */
  pending?: number;
  /** A whole number, 1 by default: the same seed, the same choices. */
  seed?: number;
}

/** Options of policies that learn a linear model of the reward for each arm. */
export interface LinearOptions extends BanditOptions {
  /** Numbers in a context. A feature that is always 1 gives the model a constant. */
  dimension: number;
  /** Strength of the ridge penalty of the models, 1 by default. */
  ridge?: number;
}

export interface LinUcbOptions extends LinearOptions {
  /** How many standard deviations above its mean an arm is taken to be, 1 by default. */
  alpha?: number;
  /** Features whose weights all arms share, for the hybrid form; 0 by default. No decay and no window with them. */
  shared?: number;
}

/** Options of policies whose probabilities have no closed form for three and more arms. */
export interface SampledOptions {
  /**
   * Draws that estimate the probability of a choice, 100 by default. With 0 it is not known (NaN) for three arms and more, and
   * a choice costs no more than one draw of each arm.
   */
  samples?: number;
}

export interface LinTsOptions extends LinearOptions, SampledOptions {
  /** The draws have so many standard deviations of the model, 1 by default. */
  v?: number;
}

/** Options of policies that take contexts, or none. */
export interface EstimateOptions extends BanditOptions {
  /** Numbers in a context; 0, the default, for none: the policy learns the mean of each arm. */
  dimension?: number;
  /** Strength of the ridge penalty, or the number of rewards that the prior mean counts for; 1 by default. */
  ridge?: number;
  /** Without contexts: the mean of an arm before its first reward, 0 by default. */
  priorMean?: number;
}

export interface EpsilonGreedyOptions extends EstimateOptions {
  /** How often any arm is taken, a probability; 0.1 by default. */
  epsilon?: number;
}

export interface SoftmaxOptions extends EstimateOptions {
  /** Arms are taken with probabilities in proportion to e^(mean / temperature); 0.1 by default. */
  temperature?: number;
}

export interface BetaOptions extends BanditOptions, SampledOptions {
  /** The prior of each arm is Beta(successes, failures); 1 and 1 by default. */
  successes?: number;
  failures?: number;
}

export interface GaussianOptions extends BanditOptions, SampledOptions {
  /** Standard deviation of a reward around its mean, which is known; 1 by default. */
  noise?: number;
  /** The prior of each mean is normal with this mean, 0 by default... */
  priorMean?: number;
  /** ... and this precision (1 / variance), 1 by default. */
  priorPrecision?: number;
}

export interface UcbOptions extends BanditOptions {
  /** Factor of the confidence radius (UCB1), or of log t (KL-UCB); 1 by default. */
  exploration?: number;
}

/** Names of the policies in the order of sl_bandit_policy. */
export const policies = [
  'linUcb',
  'linTs',
  'epsilonGreedy',
  'softmax',
  'betaThompson',
  'gaussianThompson',
  'ucb1',
  'klUcb',
] as const;

export type PolicyName = (typeof policies)[number];

/** The options of the C core that a policy is made with; what is undefined is its default. */
export interface CoreOptions {
  policy: number;
  dimension?: number | undefined;
  shared?: number | undefined;
  exploration?: number | undefined;
  ridge?: number | undefined;
  priorMean?: number | undefined;
  noise?: number | undefined;
  successes?: number | undefined;
  failures?: number | undefined;
  decay?: number | undefined;
  window?: number | undefined;
  pending?: number | undefined;
  samples?: number | undefined;
  seed?: number | undefined;
}

type Field = Exclude<keyof CoreOptions, 'policy'>;

/** What an option is called in the C core, and what it has to be to cross. */
type Kind = readonly [Field, 'whole' | 'number', most?: number];

const common = {
  decay: ['decay', 'number'],
  window: ['window', 'whole'],
  pending: ['pending', 'whole'],
  seed: ['seed', 'whole', Number.MAX_SAFE_INTEGER],
} as const;
const linear = {
  ...common,
  dimension: ['dimension', 'whole'],
  ridge: ['ridge', 'number'],
} as const;
const sampled = { samples: ['samples', 'whole'] } as const;
const estimate = { ...linear, priorMean: ['priorMean', 'number'] } as const;

/** The options of each policy. */
const optionsOf = {
  linUcb: { ...linear, alpha: ['exploration', 'number', 1e6], shared: ['shared', 'whole'] },
  linTs: { ...linear, ...sampled, v: ['exploration', 'number', 1e6] },
  epsilonGreedy: { ...estimate, epsilon: ['exploration', 'number', 1] },
  softmax: { ...estimate, temperature: ['exploration', 'number', 1e6] },
  betaThompson: {
    ...common,
    ...sampled,
    successes: ['successes', 'number'],
    failures: ['failures', 'number'],
  },
  gaussianThompson: {
    ...common,
    ...sampled,
    noise: ['noise', 'number'],
    priorMean: ['priorMean', 'number'],
    priorPrecision: ['ridge', 'number'],
  },
  ucb1: { ...common, exploration: ['exploration', 'number', 1e6] },
  klUcb: { ...common, exploration: ['exploration', 'number', 1e6] },
} as const satisfies Record<PolicyName, Record<string, Kind>>;

const EXPLORATION: Partial<Record<PolicyName, number>> = { epsilonGreedy: 0.1, softmax: 0.1 };

/** Checks what a user gives for a policy; the arms are left to the caller. */
export function readOptions(
  operation: PolicyName,
  given: BanditOptions | undefined,
): { core: CoreOptions; arms: readonly unknown[] } {
  const kinds: Record<string, Kind> = optionsOf[operation];
  const names = ['arms', ...Object.keys(kinds)];
  const options = check.options(operation, given as Record<string, unknown> | undefined, names);
  const { arms = [] } = options;
  if (!Array.isArray(arms)) throw check.typeError(operation, 'arms', 'array', arms);
  const core: CoreOptions = {
    policy: policies.indexOf(operation),
    exploration: EXPLORATION[operation],
  };
  for (const [name, [field, type, most]] of Object.entries(kinds)) {
    const value = options[name];
    if (value === undefined) continue;
    if (type === 'whole') check.integer(operation, name, value, 0, most);
    else check.number(operation, name, value);
    core[field] = value as number;
    // The C core has one name for what is called differently here.
    const least = name === 'temperature' ? 1e-9 : 0;
    if (
      field === 'exploration' &&
      !((value as number) >= least && (value as number) <= Number(most))
    )
      throw outside(operation, name, `number in ${least}..${most}`, value);
    if (name === 'priorPrecision' && !((value as number) >= 1e-9 && (value as number) <= 1e9))
      throw outside(operation, name, 'number in 1e-9..1e9', value);
  }
  return { core, arms };
}

function outside(operation: string, argument: string, expected: string, value: unknown) {
  const message = `"${argument}" expected ${expected}, got ${show(value)}`;
  return new SublinearRangeError('OPTION', operation, message, { argument });
}
