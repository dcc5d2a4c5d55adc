// A pole on a cart, with the physics and the limits of Gymnasium's CartPole-v1: many of them at once.
//
// Barto, Sutton, Anderson 1983, doi:10.1109/TSMC.1983.6313077; Gymnasium, gymnasium/envs/classic_control/cartpole.py.
import type { PolicyLearner, PolicyUpdate } from 'sublinear/continual';

const [GRAVITY, CART, POLE, HALF, FORCE, SECONDS] = [9.8, 1, 0.1, 0.5, 10, 0.02];
const [FARTHEST, STEEPEST] = [2.4, (12 * Math.PI) / 180];

/** Steps after which an episode is cut short; each is worth 1. */
const LONGEST = 500;

/** Environments that begin anew by themselves when an episode has ended. */
export class CartPoles {
  /** Place, speed, angle and angular speed of each. */
  readonly observations: Float64Array;
  /** What followed the last step, before anything began anew. */
  readonly next: Float64Array;
  readonly rewards: Float32Array;
  /** 0: it goes on, 1: the pole has fallen, 2: cut short. */
  readonly ended: Uint32Array;
  /** Lengths of the episodes that have ended, in their order. */
  readonly episodes: number[] = [];
  readonly #steps: Uint32Array;
  readonly #random: () => number;

  constructor(count: number, random: () => number) {
    this.observations = new Float64Array(4 * count);
    this.next = new Float64Array(4 * count);
    this.rewards = new Float32Array(count).fill(1);
    this.ended = new Uint32Array(count);
    this.#steps = new Uint32Array(count);
    this.#random = random;
    for (let i = 0; i < count; i++) this.#begin(i);
  }

  #begin(i: number): void {
    for (let j = 0; j < 4; j++) this.observations[4 * i + j] = 0.1 * this.#random() - 0.05;
    this.#steps[i] = 0;
  }

  /** One step of each: 0 pushes to the left, 1 to the right. */
  step(actions: ArrayLike<number>): void {
    for (let i = 0; i < this.ended.length; i++) {
      const at = 4 * i;
      const [x = 0, speed = 0, angle = 0, turn = 0] = this.observations.subarray(at, at + 4);
      const force = actions[i] === 1 ? FORCE : -FORCE;
      const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
      const all = CART + POLE;
      const pushed = (force + POLE * HALF * turn * turn * sine) / all;
      const turning =
        (GRAVITY * sine - cosine * pushed) / (HALF * (4 / 3 - (POLE * cosine * cosine) / all));
      const faster = pushed - (POLE * HALF * turning * cosine) / all;
      const after = [
        x + SECONDS * speed,
        speed + SECONDS * faster,
        angle + SECONDS * turn,
        turn + SECONDS * turning,
      ];
      this.next.set(after, at);
      this.observations.set(after, at);
      const steps = (this.#steps[i] as number) + 1;
      this.#steps[i] = steps;
      const fallen =
        Math.abs(after[0] as number) > FARTHEST || Math.abs(after[2] as number) > STEEPEST;
      this.ended[i] = fallen ? 1 : steps >= LONGEST ? 2 : 0;
      if (this.ended[i] === 0) continue;
      this.episodes.push(steps);
      this.#begin(i);
    }
  }
}

/** Updates of a policy from its environments; the learning rate falls from one to the next. */
export function* train(
  policy: Pick<PolicyLearner, 'act' | 'reward' | 'update'>,
  poles: CartPoles,
  updates: number,
): Generator<PolicyUpdate, void, undefined> {
  for (let update = 0; update < updates; update++) {
    for (let full = false; !full; ) {
      poles.step(policy.act(poles.observations));
      full = policy.reward(poles.rewards, poles.next, poles.ended);
    }
    yield policy.update({ factor: 1 - update / updates });
  }
}

/** The mean length of episodes in which the most probable action is taken, one for each environment. */
export function measure(policy: Pick<PolicyLearner, 'best'>, poles: CartPoles): number {
  const lengths = new Uint32Array(poles.ended.length);
  for (let step = 1; step <= LONGEST; step++) {
    poles.step(policy.best(poles.observations));
    for (const [i, ended] of poles.ended.entries())
      if (ended !== 0 && lengths[i] === 0) lengths[i] = step;
  }
  return lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
}
