// Policies and routers, in a worker of their own: a policy makes two calls a round, each with what came of the last one, and
// a message for each call would take longer than the call.
import { expose } from 'comlink';
import { createEngine } from 'sublinear';
import type { Bandit, Evaluation } from 'sublinear/bandit';
import { questions } from './questions.js';
import {
  ARMS,
  type Course,
  contextOf,
  courseOf,
  isEvening,
  ratesOf,
  rewardOf,
  type World,
} from './world.js';

/** Whose value is asked for: an arm, `uniform`, or LinUCB after its rounds. */
export type TargetName = (typeof ARMS)[number] | 'uniform' | 'linUcb';

export interface Judged extends Evaluation {
  /** What the target earns a round: known here, as the rates are. */
  truth: number;
}

export interface Routed {
  threshold: number;
  /** With intervals of 95 %, from the questions that were held out. */
  share: { value: number; interval: [number, number] };
  accuracy: { value: number; interval: [number, number] };
  held: number;
  /** Share of right answers on the questions held out when so many of them go to the large model: 0, 1, 2, ... */
  curve: Float64Array;
  /** On questions that nobody has seen, by the probabilities that they were made with. */
  fresh: { count: number; share: number; accuracy: number; small: number; large: number };
}

const FRESH = 4000;
/** What LinUCB has learned when it is in question, and where the log begins: a policy has not seen the rounds it is judged by. */
const LEARNED = 1000;
const LOGGED_FROM = 10_000;
const engine = createEngine({ modules: ['bandit', 'router'] });
const arms = [...ARMS];

/** Plays so many rounds from one on; the bandit is the caller's. */
function run(world: World, bandit: Bandit, rounds: number, first = 0): Row[] {
  return Array.from({ length: rounds }, (_, i) => {
    const context = contextOf(isEvening(world, first + i));
    const { id, arm, propensity } = bandit.choose(bandit.dimension === 0 ? undefined : context);
    const action = arm as Row['action'];
    const reward = rewardOf(world, first + i, arms.indexOf(action));
    bandit.reward(id, reward);
    return { action, reward, propensity, context };
  });
}

interface Row {
  action: (typeof ARMS)[number];
  reward: number;
  propensity: number;
  context: number[];
}

/** The router of the last question, what it was made of, and new questions with their gain by its scores. */
let fitted: ({ of: string } & Awaited<ReturnType<typeof fit>>) | undefined;

async function fit(count: number, seed: number) {
  const { ModelRouter } = (await engine).router;
  const known = questions(count, seed);
  const router = await ModelRouter.fitAsync(
    known.map(({ vector }) => vector),
    [
      { name: 'small', values: known.map(({ smallRight }) => smallRight) },
      { name: 'large', values: known.map(({ largeRight }) => largeRight) },
    ],
  );
  const unseen = questions(FRESH, seed + 1_000_000).map(({ vector, small, large }) => {
    const [first, second] = router.route(vector).scores;
    return { gain: second! - first!, small, large };
  });
  return { router, unseen };
}

const learning = {
  /** What each policy does in the world, in the order of `POLICIES`. */
  async play(world: World, rounds: number): Promise<Course[]> {
    const { betaThompson, linUcb, ucb1 } = (await engine).bandit;
    const { seed } = world;
    using thompson = betaThompson({ arms, seed, samples: 0 }); // nobody asks for its propensities
    using linear = linUcb({ arms, dimension: 2, seed });
    using bounds = ucb1({ arms, seed });
    return [thompson, linear, bounds].map((bandit) => {
      const rows = run(world, bandit, rounds);
      return courseOf(
        world,
        Uint8Array.from(rows, ({ action }) => arms.indexOf(action)),
      );
    });
  },

  /** What the log of an epsilon-greedy policy says about another policy, and what is true. */
  async judge(world: World, rounds: number, epsilon: number, name: TargetName): Promise<Judged> {
    const { epsilonGreedy, evaluate, linUcb } = (await engine).bandit;
    const { seed } = world;
    using logging = epsilonGreedy({ arms, dimension: 2, epsilon, seed });
    const log = run(world, logging, rounds, LOGGED_FROM);
    using linear = linUcb({ arms, dimension: 2, seed });
    if (name === 'linUcb') run(world, linear, LEARNED);
    const target = name === 'linUcb' ? linear : name === 'uniform' ? name : () => name;
    const { day, evening } = ratesOf(world);
    const earns = (rates: number[], isEvening: boolean) => {
      const probabilities =
        name === 'linUcb'
          ? [...linear.probabilities(contextOf(isEvening))]
          : arms.map((arm) => (name === 'uniform' ? 1 / arms.length : Number(arm === name)));
      return rates.reduce((sum, rate, k) => sum + probabilities[k]! * rate, 0);
    };
    const found = evaluate(log, target, { arms, methods: ['ips', 'snips', 'dr'] });
    return { ...found, truth: (earns(day, false) + earns(evening, true)) / 2 };
  },

  /** A threshold between two models, fitted on `count` questions, and what it does. */
  async route(count: number, seed: number, strongShare: number): Promise<Routed> {
    const of = `${count}, ${seed}`;
    if (fitted?.of !== of) {
      const made = await fit(count, seed);
      fitted?.router.dispose();
      fitted = { of, ...made };
    }
    const { router, unseen } = fitted;
    const { threshold, strongShare: share, quality } = router.threshold({ strongShare });
    const { weak, strong } = router.heldOut();
    const curve = new Float64Array(weak.length + 1);
    curve[0] = weak.reduce((sum, value) => sum + value, 0);
    for (let i = 0; i < weak.length; i++) curve[i + 1] = curve[i]! + strong[i]! - weak[i]!;
    const fresh = { count: FRESH, share: 0, accuracy: 0, small: 0, large: 0 };
    for (const { gain, small, large } of unseen) {
      const toLarge = gain > threshold; // as router.route(vector, { threshold }) decides
      fresh.share += Number(toLarge) / FRESH;
      fresh.accuracy += (toLarge ? large : small) / FRESH;
      fresh.small += small / FRESH;
      fresh.large += large / FRESH;
    }
    return {
      threshold,
      share,
      accuracy: quality,
      held: router.held,
      curve: curve.map((right) => right / weak.length),
      fresh,
    };
  },
};

export type Learning = typeof learning;
expose(learning);
