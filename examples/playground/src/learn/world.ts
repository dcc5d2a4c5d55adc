// A world of arms with hidden rates. Every draw is a function of seed, round and arm: whoever plays, plays the same world.

export const ARMS = ['A', 'B', 'C', 'D'] as const;
export type Arm = (typeof ARMS)[number];

/** Whom one plays against. */
export const POLICIES = ['Thompson sampling', 'LinUCB', 'UCB1'] as const;

/** `same`: an arm has one rate; `visitor`: one for visitors by day and another for those in the evening. */
export type Kind = 'same' | 'visitor';

export interface World {
  kind: Kind;
  seed: number;
}

/** A number in [0, 1) that depends on all of the whole numbers given. The mixing steps are those of MurmurHash3. */
function draw(...numbers: number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) / 2 ** 32;
}

// What a draw is for, so that no two of them are the same.
const [RATE, ORDER, VISIT, REWARD] = [1, 2, 3, 4];

/** Probability of a reward for each arm: by day, and in the evening. */
export function ratesOf({ kind, seed }: World): { day: number[]; evening: number[] } {
  const day = [0.2, 0.4, 0.55, 0.75]
    .map((rate, k) => ({
      rate: rate + 0.1 * (draw(seed, RATE, k) - 0.5),
      order: draw(seed, ORDER, k),
    }))
    .sort((a, b) => a.order - b.order)
    .map(({ rate }) => rate);
  // Two places on: another arm is the best one in the evening.
  const evening = kind === 'same' ? day : day.map((_, k) => day[(k + 2) % day.length]!);
  return { day, evening };
}

export const isEvening = ({ seed }: World, round: number) => draw(seed, VISIT, round) < 0.5;

/** What a policy that takes contexts is told of a visitor: a constant, and which of the two it is. */
export const contextOf = (evening: boolean) => [1, evening ? 1 : -1];

/** The reward that an arm has in store for a round, whoever takes it. */
export function rewardOf(world: World, round: number, arm: number): number {
  const { day, evening } = ratesOf(world);
  const rate = (isEvening(world, round) ? evening : day)[arm]!;
  return draw(world.seed, REWARD, round, arm) < rate ? 1 : 0;
}

export interface Course {
  /** Number of the arm that was taken in each round. */
  arms: Uint8Array;
  /** Rewards until then. */
  won: Uint32Array;
  /** Until then: rate of the best arm less that of the one taken, both for the visitor of the round. */
  regret: Float64Array;
}

/** What came of taking these arms, round after round. */
export function courseOf(world: World, arms: Uint8Array): Course {
  const { day, evening } = ratesOf(world);
  const won = new Uint32Array(arms.length);
  const regret = new Float64Array(arms.length);
  let [sum, lost] = [0, 0];
  for (const [round, arm] of arms.entries()) {
    const rates = isEvening(world, round) ? evening : day;
    lost += Math.max(...rates) - rates[arm]!;
    sum += draw(world.seed, REWARD, round, arm) < rates[arm]! ? 1 : 0;
    won[round] = sum;
    regret[round] = lost;
  }
  return { arms, won, regret };
}
