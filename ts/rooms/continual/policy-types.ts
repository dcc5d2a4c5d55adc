// What policies take and give.
import type { OutcomeName } from '../../generated/codes.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';

/** Options of `PolicyLearner.create`. */
export interface PolicyOptions {
  /** Numbers of an observation, 1 to 65,536. */
  inputs: number;
  /** Actions to choose among, 2 to 65,536. */
  actions: number;
  /** Widths of the layers between, up to four, of the policy and of the estimates; `[64, 64]` by default. */
  hidden?: readonly number[];
  /** Of the layers between; `'tanh'` by default. */
  activation?: 'relu' | 'tanh';
  /**
   * `'ppo'` (the default): several passes in small batches, with a limit on how far probabilities move. `'reinforce'`: one
   * update by all that was collected, with the estimates as its baseline.
   */
  method?: 'ppo' | 'reinforce';
  /** Environments that act at once, 1 to 4096; 8 by default. */
  environments?: number;
  /** Steps of each that an update learns from, 1 to 65,536; 128 by default. */
  steps?: number;
  /** Of `'ppo'`: passes over what was collected, 1 to 1000; 10 by default. */
  epochs?: number;
  /** Of `'ppo'`: rows of a step of Adam, 1 to 65,536; 256 by default. */
  batch?: number;
  /** Whether advantages of a step of Adam have mean 0 and standard deviation 1; true by default. */
  normalise?: boolean;
  /** Of Adam, above 0 and at most 100; 0.001 by default. */
  learningRate?: number;
  /** Of later rewards, 0 to 1; 0.99 by default. */
  discount?: number;
  /** Of `'ppo'`: of the generalised advantage estimates, 0 to 1; 0.95 by default. */
  lambda?: number;
  /** Of `'ppo'`: ratios of probabilities count within 1 +- clip; above 0 and below 1, 0.2 by default. */
  clip?: number;
  /** Weight of the policy's entropy, which keeps it trying; 0 to 100, 0 by default. */
  entropy?: number;
  /** Weight of the estimates' half squared error, 0 to 100; 0.5 by default. */
  valueWeight?: number;
  /** Gradients that are longer are shortened to this; 0.5 by default. */
  maxGradient?: number;
  /** Of the first weights, the actions and the order of rows; 1 by default. */
  seed?: number;
}

/** Options of `PolicyLearner.update`. */
export interface UpdateOptions {
  /** Of the learning rate and of `clip` in this update, above 0 and at most 1, the default: what lets them fall. */
  factor?: number;
  /** Milliseconds. No limit by default. */
  maxTimeMs?: number;
}

/** What an update did. */
export interface PolicyUpdate {
  /** `'converged'`: all epochs were made. `'timeLimit'`; `'breakdown'`: it diverged, the weights are those from before. */
  outcome: OutcomeName;
  /** Rows that were collected. */
  rows: number;
  /** Steps of Adam. */
  updates: number;
  /** Means over the last epoch; NaN where none was made or it diverged. */
  policyLoss: number;
  /** Half the squared error of the estimates. */
  valueLoss: number;
  /** Of the policy, in nats. */
  entropy: number;
  /** How far the policy is from the one that acted: mean of r - 1 - log r, an estimate of the Kullback-Leibler divergence. */
  divergence: number;
  /** Share of ratios outside 1 +- clip. */
  clipped: number;
}

/** Probabilities of actions, and what is still to come. */
export interface ActionChances {
  /** `actions` for each observation. */
  probabilities: Float32Array<ArrayBuffer>;
  /** The estimated discounted sum of rewards from each observation on. */
  values: Float32Array<ArrayBuffer>;
}

/** Rows for `PolicyLearner.gradient`, one array entry (or `inputs` numbers) each. */
export interface PolicyRows {
  observations: RealArray;
  actions: IndexArray;
  /** Natural logarithms of the probabilities that the actions had when they were drawn. */
  logarithms: RealArray;
  advantages: RealArray;
  /** What the estimates should be. */
  returns: RealArray;
}

/** What `advantages` is made from: arrays of steps x environments, one step after another. */
export interface AdvantageData {
  environments?: number;
  rewards: RealArray;
  /** Estimates for the observations that were acted on. */
  values: RealArray;
  /** Estimates for those that followed. */
  next: RealArray;
  /** 0: it goes on, 1: it has ended, 2: it was cut short. All 0 by default. */
  ended?: IndexArray;
  discount: number;
  /** 0 trusts the estimates, 1 the rewards. */
  lambda: number;
}
