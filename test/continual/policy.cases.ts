// Policies through both doors: the same actions, weights and gradients to the bit.
import type { PolicyLearner, PolicyOptions, PolicyRows } from 'sublinear/continual';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import torch from '../vectors/continual/policies.json' with { type: 'json' };

type Gradient = (typeof torch.gradients)[number];
type Advantages = Omit<(typeof torch.advantages)[number], 'advantages'>;

interface PolicyDoor {
  make: (options: PolicyOptions) => unknown;
  act: (policy: unknown, observations: Float32Array) => number[];
  reward: (policy: unknown, rewards: number[], next: Float32Array, ended: number[]) => boolean;
  update: (policy: unknown, factor?: number) => number[];
  forget: (policy: unknown) => void;
  chances: (policy: unknown, observations: Float32Array) => number[];
  parameters: (policy: unknown) => number[];
  set: (policy: unknown, parameters: Float32Array) => void;
  gradient: (policy: unknown, rows: Rows) => number[];
  advantages: (data: Advantages) => number[];
  free: (policy: unknown) => void;
}
type Rows = { [Name in keyof PolicyRows]: number[] };

export const doors: RoomDoors<'continual', PolicyDoor> = {
  room: 'continual',
  bundle: 'training',
  table: 'continual-policy',
  embind: ({ PolicyLearner, advantages }) => {
    const of = (token: unknown) => token as PolicyLearner;
    return {
      make: (options) => PolicyLearner.create(options),
      act: (token, observations) => [...of(token).act(observations)],
      reward: (token, rewards, next, ended) => of(token).reward(rewards, next, ended),
      update(token, factor) {
        const { outcome: _, ...numbers } = of(token).update(factor ? { factor } : {});
        return Object.values(numbers);
      },
      forget: (token) => of(token).forget(),
      chances(token, observations) {
        const { probabilities, values } = of(token).chances(observations);
        return [...probabilities, ...values];
      },
      parameters: (token) => [...of(token).parameters()],
      set: (token, parameters) => of(token).setParameters(parameters),
      gradient(token, { observations, actions, logarithms, advantages: gains, returns }) {
        const rows = { observations, actions, logarithms, advantages: gains, returns };
        const { loss, gradient } = of(token).gradient(rows);
        return [loss, ...gradient];
      },
      advantages: (data) => [...advantages(data)],
      free: (token) => of(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

const NAMES = [
  ...['activation', 'method', 'environments', 'steps', 'epochs', 'batch', 'normalise'],
  ...['learningRate', 'discount', 'lambda', 'clip', 'entropy', 'valueWeight', 'maxGradient'],
  'seed',
];
const WORDS = ['relu', 'tanh', 'ppo', 'reinforce'];

class RawDoor implements PolicyDoor {
  readonly #module: RawModule;
  constructor(module: RawModule) {
    this.#module = module;
  }
  #call(name: string, ...args: number[]): void {
    this.#module.check(this.#module.call[`sl_abi_policy_${name}`]!(...args));
  }
  #facts(token: unknown): number[] {
    return this.#module.with([new Float64Array(9)], (out) => {
      this.#call('facts', token as number, out!);
      return [...this.#module.f64(out!, 9)];
    });
  }
  make({ inputs, actions, hidden = [64, 64], ...given }: PolicyOptions): number {
    const module = this.#module;
    const options = module.with([new Float64Array(15)], (at) => {
      this.#call('options_default', at!);
      return module.f64(at!, 15);
    });
    for (const [name, value] of Object.entries(given))
      options[NAMES.indexOf(name)] =
        typeof value === 'string' ? WORDS.indexOf(value) % 2 : Number(value);
    return module.with([new Uint32Array(hidden), options], (widths, at) =>
      module.made(module.call.sl_abi_policy_create!(inputs, actions, widths!, hidden.length, at!)),
    );
  }
  act(token: unknown, observations: Float32Array): number[] {
    const environments = this.#facts(token)[3]!;
    return this.#module.with([observations, new Uint32Array(environments)], (x, out) => {
      this.#call('act', token as number, x!, out!);
      return [...this.#module.u32(out!, environments)];
    });
  }
  reward(token: unknown, rewards: number[], next: Float32Array, ended: number[]): boolean {
    return this.#module.with(
      [new Float32Array(rewards), next, new Uint32Array(ended), new Uint32Array(1)],
      (r, x, e, out) => {
        this.#call('reward', token as number, r!, x!, e!, out!);
        return this.#module.u32(out!, 1)[0] === 1;
      },
    );
  }
  update(token: unknown, factor = 1): number[] {
    this.#call('update', token as number, factor);
    return this.#module.with([new Uint32Array(1), new Float64Array(8)], (outcome, out) => {
      do this.#module.check(this.#module.call.sl_abi_job_step!(token as number, 100_000, outcome!));
      while (this.#module.u32(outcome!, 1)[0] === 9);
      this.#call('result', token as number, out!);
      return [...this.#module.f64(out!, 8)].slice(1);
    });
  }
  forget = (token: unknown) => this.#call('forget', token as number);
  chances(token: unknown, observations: Float32Array): number[] {
    const [inputs, actions] = this.#facts(token);
    const rows = observations.length / inputs!;
    return this.#module.with([observations, new Float32Array(rows * (actions! + 1))], (x, out) => {
      this.#call('probabilities', token as number, rows, x!, out!, out! + 4 * rows * actions!);
      return [...this.#module.f32(out!, rows * (actions! + 1))];
    });
  }
  parameters(token: unknown): number[] {
    return this.#module.with([new Uint32Array(2)], (out) => {
      this.#call('parameters', token as number, out!, out! + 4);
      const [address, count] = this.#module.u32(out!, 2);
      return [...this.#module.f32(address!, count!)];
    });
  }
  set(token: unknown, parameters: Float32Array): void {
    this.#module.with([parameters], (at) =>
      this.#call('set_parameters', token as number, at!, parameters.length),
    );
  }
  gradient(token: unknown, rows: Rows): number[] {
    const [inputs, , parameters] = this.#facts(token);
    return this.#module.with(
      [
        new Float32Array(rows.observations),
        new Uint32Array(rows.actions),
        new Float32Array(rows.logarithms),
        new Float32Array(rows.advantages),
        new Float32Array(rows.returns),
        new Float64Array(1),
        new Float32Array(parameters!),
      ],
      (x, actions, logarithms, advantages, returns, loss, out) => {
        this.#call(
          'gradient',
          token as number,
          rows.observations.length / inputs!,
          x!,
          actions!,
          logarithms!,
          advantages!,
          returns!,
          loss!,
          out!,
        );
        return [this.#module.f64(loss!, 1)[0]!, ...this.#module.f32(out!, parameters!)];
      },
    );
  }
  advantages(data: Advantages): number[] {
    const { environments, rewards, values, next, ended, discount, lambda } = data;
    const count = rewards.length;
    return this.#module.with(
      [
        new Float32Array(rewards),
        new Float32Array(values),
        new Float32Array(next),
        new Uint32Array(ended),
        new Float32Array(count),
      ],
      (r, v, n, e, out) => {
        const steps = count / environments;
        this.#call('advantages', steps, environments, r!, v!, n!, e!, discount, lambda, out!);
        return [...this.#module.f32(out!, count)];
      },
    );
  }
  free(token: unknown): void {
    this.#call('destroy', token as number);
  }
}

/** How far two lists are apart, by the length of the second. */
function apart(a: readonly number[], b: readonly number[]): number {
  const length = (list: readonly number[]) => Math.hypot(...list);
  return length(a.map((x, i) => x - b[i]!)) / length(b);
}

/** Two environments that pay for the action that the observation is; episodes of three steps, of which some are cut. */
function play(door: PolicyDoor, policy: unknown, steps: number, seed: number) {
  const draw = random(seed);
  const actions: number[] = [];
  let seen = Float32Array.from([draw(), draw()], Math.round);
  for (let t = 0; t < steps; t++) {
    const chosen = door.act(policy, seen);
    actions.push(...chosen);
    const rewards = chosen.map((action, e) => Number(action === seen[e]));
    const next = Float32Array.from([draw(), draw()], Math.round);
    const full = door.reward(policy, rewards, next, t % 3 === 2 ? [1, 2] : [0, 0]);
    expect(full).toBe(t === 29);
    seen = next;
  }
  return actions;
}

const small: PolicyOptions = {
  inputs: 1,
  actions: 2,
  hidden: [6],
  environments: 2,
  steps: 30,
  batch: 16,
  learningRate: 0.02,
  discount: 0.5,
};

export const cases: Case<PolicyDoor>[] = [
  ...torch.gradients.map((given: Gradient) => ({
    name: `gradient as PyTorch's: ${given.name}`,
    run(door: PolicyDoor) {
      const policy = door.make(given.options as PolicyOptions);
      door.set(policy, new Float32Array(given.parameters));
      const [loss, ...gradient] = door.gradient(policy, given);
      door.free(policy);
      return { loss, gradient };
    },
    check({ loss, gradient }: { loss: number; gradient: number[] }) {
      expect(Math.abs(loss / given.loss - 1)).toBeLessThan(1e-5);
      expect(gradient).toHaveLength(given.gradient.length);
      expect(apart(gradient, given.gradient)).toBeLessThan(1e-6);
    },
  })),
  {
    name: 'advantages are the sums of what comes',
    run: (door) => torch.advantages.map(({ advantages: _, ...data }) => door.advantages(data)),
    check(found: number[][]) {
      for (const [i, list] of found.entries())
        expect(apart(list, torch.advantages[i]!.advantages)).toBeLessThan(1e-6);
    },
  },
  ...(['ppo', 'reinforce'] as const).map((method) => ({
    name: `what is rewarded becomes probable: ${method}`,
    run(door: PolicyDoor) {
      const { batch, ...rest } = small;
      const policy = door.make(method === 'ppo' ? small : { ...rest, method, learningRate: 0.1 });
      const before = door.chances(policy, Float32Array.of(0, 1));
      const rounds = Array.from({ length: 30 }, (_, i) => {
        const actions = play(door, policy, 30, i);
        return { actions, update: door.update(policy, 1 - i / 60) };
      });
      const after = door.chances(policy, Float32Array.of(0, 1));
      const parameters = door.parameters(policy);
      door.free(policy);
      return { before, rounds, after, parameters };
    },
    check({
      before,
      rounds,
      after,
    }: Record<'before' | 'after', number[]> & { rounds: { update: number[] }[] }) {
      for (const p of before.slice(0, 4)) expect(Math.abs(p - 0.5)).toBeLessThan(0.05);
      expect(Math.min(after[0]!, after[3]!)).toBeGreaterThan(0.9);
      const [rows, updates] = rounds[0]!.update;
      expect([rows, updates]).toEqual([60, method === 'ppo' ? 40 : 1]);
    },
  })),
  {
    name: 'an update by part of the steps, and none after they are forgotten',
    run(door) {
      const policy = door.make(small);
      play(door, policy, 4, 1);
      const update = door.update(policy);
      play(door, policy, 4, 2);
      door.forget(policy);
      const refused = attempt(() => door.update(policy));
      door.free(policy);
      return { update, refused };
    },
    check({ update, refused }: { update: number[]; refused: unknown }) {
      expect(update.slice(0, 2)).toEqual([8, 10]);
      expect(refused).toMatchObject({ refused: 'STATE', argument: 'policy' });
    },
  },
  {
    name: 'refusals',
    run(door) {
      const policy = door.make(small);
      const two = Float32Array.of(0, 1);
      const none = [0, 0];
      const refusals = [
        ...[
          { actions: 1 },
          { hidden: [0] },
          { hidden: [65_536, 65_536] },
          { environments: 0 },
          { steps: 65_537 },
          { epochs: 0 },
          { batch: 0 },
          { learningRate: 0 },
          { discount: 1.5 },
          { lambda: -1 },
          { clip: 1 },
          { entropy: -1 },
          { valueWeight: Number.NaN },
          { maxGradient: 0 },
          { inputs: 65_536, environments: 4096, steps: 65_536 },
        ].map((options) => () => door.make({ ...small, ...options })),
        () => door.update(policy),
        () => door.reward(policy, none, two, none),
        () => door.act(policy, Float32Array.of(1, Number.NaN)),
        () => door.act(policy, two),
        () => door.act(policy, two),
        () => door.update(policy),
        () => door.reward(policy, [0, Number.POSITIVE_INFINITY], two, none),
        () => door.reward(policy, none, Float32Array.of(1, 2e6), none),
        () => door.reward(policy, none, two, [0, 3]),
        () => Number(door.reward(policy, none, two, none)),
        () => door.update(policy, 2),
        () => door.set(policy, new Float32Array(3)),
        () => door.set(policy, new Float32Array(45).fill(Number.NaN)),
        () => door.chances(policy, new Float32Array(0)),
        () => door.gradient(policy, { ...oneRow, actions: [2] }),
        () => door.gradient(policy, { ...oneRow, logarithms: [0.5] }),
        () => door.gradient(policy, { ...oneRow, returns: [Number.NaN] }),
        () => door.advantages({ ...oneStep, lambda: 2 }),
      ].map(attempt);
      door.free(policy);
      return refusals;
    },
    check(refusals: ({ refused: string; argument: string } | number | number[])[]) {
      const said = refusals.map((each) =>
        typeof each === 'object' && 'refused' in each ? `${each.refused} ${each.argument}` : 'done',
      );
      expect(said).toEqual([
        'OPTION actions',
        'OPTION hidden',
        'OVERFLOW hidden',
        'OPTION environments',
        'OPTION steps',
        'OPTION epochs',
        'OPTION batch',
        'OPTION learningRate',
        'OPTION discount',
        'OPTION lambda',
        'OPTION clip',
        'OPTION entropy',
        'OPTION valueWeight',
        'OPTION maxGradient',
        'OVERFLOW steps',
        'STATE policy',
        'STATE policy',
        'NOT_FINITE observations',
        'done',
        'STATE policy',
        'STATE policy',
        'NOT_FINITE rewards',
        'NOT_FINITE next',
        'OPTION ended',
        'done',
        'OPTION factor',
        'SHAPE values',
        'NOT_FINITE values',
        'EMPTY observations',
        'INDEX actions',
        'NOT_FINITE logarithms',
        'NOT_FINITE returns',
        'OPTION lambda',
      ]);
    },
  },
];

const oneStep: Advantages = {
  environments: 1,
  rewards: [1],
  values: [1],
  next: [1],
  ended: [0],
  discount: 1,
  lambda: 1,
};
const oneRow: Rows = {
  observations: [1],
  actions: [0],
  logarithms: [-1],
  advantages: [1],
  returns: [1],
};
