// Bandits and evaluations through both doors: the same choices, propensities and estimates to the bit. Expected values are closed
// forms.
import type { Bandit } from 'sublinear/bandit';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

type Policy =
  | 'linUcb'
  | 'linTs'
  | 'epsilonGreedy'
  | 'softmax'
  | 'betaThompson'
  | 'gaussianThompson'
  | 'ucb1'
  | 'klUcb';

interface Options {
  arms: number;
  dimension?: number;
  shared?: number;
  exploration?: number;
  decay?: number;
  window?: number;
  pending?: number;
  samples?: number;
  seed?: number;
}

interface Choice {
  id: number;
  arm: number;
  propensity: number;
  error: number;
  scores: number[];
}

interface Log {
  arms: number;
  actions: number[];
  rewards: number[];
  propensities: number[];
  contexts: number[];
  dimension: number;
}

/** Arms are numbers; bandits are opaque tokens. `x`: the context, then the shared features of each arm. */
interface BanditDoor {
  make: (policy: Policy, options: Options) => unknown;
  choose: (bandit: unknown, x: number[], eligible?: number[], cost?: number[]) => Choice;
  reward: (bandit: unknown, id: number, reward: number) => boolean;
  learn: (bandit: unknown, arm: number, x: number[], reward: number) => void;
  carry: (bandit: unknown, from: unknown, arms: number, weight: number) => void;
  probabilities: (bandit: unknown, x: number[]) => number[];
  estimates: (bandit: unknown, x: number[]) => number[];
  weights: (bandit: unknown, arm: number, numbers: number) => number[];
  addArm: (bandit: unknown, arm: number) => void;
  removeArm: (bandit: unknown, arm: number) => void;
  evaluate: (log: Log, target: number[], resamples: number) => number[];
  free: (bandit: unknown) => void;
}

const POLICIES: readonly Policy[] = [
  'linUcb',
  'linTs',
  'epsilonGreedy',
  'softmax',
  'betaThompson',
  'gaussianThompson',
  'ucb1',
  'klUcb',
];
const METHODS = ['ips', 'snips', 'clipped', 'dm', 'dr'] as const;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

export const doors: RoomDoors<'bandit', BanditDoor> = {
  room: 'bandit',
  bundle: 'learning',
  embind: (room) => {
    const b = (token: unknown) => token as Bandit;
    const split = (bandit: Bandit, x: number[]) =>
      [
        x.slice(0, bandit.dimension),
        x.length > bandit.dimension ? { shared: x.slice(bandit.dimension) } : {},
      ] as const;
    return {
      make(policy, { arms, exploration, ...rest }) {
        const name = {
          linUcb: 'alpha',
          linTs: 'v',
          epsilonGreedy: 'epsilon',
          softmax: 'temperature',
        } as Record<string, string>;
        const options = {
          arms: range(arms),
          ...rest,
          ...(exploration !== undefined && { [name[policy] ?? 'exploration']: exploration }),
        };
        return room[policy](options as never);
      },
      choose(token, x, eligible, cost) {
        const [context, shared] = split(b(token), x);
        const { id, arm, propensity, standardError, scores } = b(token).choose(context, {
          ...shared,
          ...(eligible && { eligible }),
          ...(cost && { cost }),
        });
        return { id, arm: arm as number, propensity, error: standardError, scores: [...scores] };
      },
      reward: (token, id, reward) => b(token).reward(id, reward),
      learn(token, arm, x, reward) {
        const [context, shared] = split(b(token), x);
        b(token).learn(arm, context, reward, shared);
      },
      carry: (token, from, arms, weight) => expect(b(token).carry(b(from), weight)).toBe(arms),
      probabilities: (token, x) => [...b(token).probabilities(...split(b(token), x))],
      estimates(token, x) {
        const { means, deviations } = b(token).estimates(...split(b(token), x));
        return [...means, ...deviations];
      },
      weights(token, arm) {
        const { own, shared } = b(token).weights(arm);
        return [...own, ...shared];
      },
      addArm: (token, arm) => b(token).addArm(arm),
      removeArm: (token, arm) => b(token).removeArm(arm),
      evaluate({ arms, actions, ...log }, target, resamples) {
        const { estimates } = room.evaluate({ ...log, actions: new Uint32Array(actions) }, target, {
          arms: range(arms),
          resamples,
        });
        return estimates.flatMap((e) => [
          e.value ?? Number.NaN,
          e.stderr ?? Number.NaN,
          e.interval?.[0] ?? Number.NaN,
          e.interval?.[1] ?? Number.NaN,
          e.ess,
          e.maxWeight,
          e.support,
          Number(e.refused === 'support'),
        ]);
      },
      free: (token) => b(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

class RawDoor implements BanditDoor {
  readonly #module: RawModule;
  constructor(module: RawModule) {
    this.#module = module;
  }

  #out(numbers: number, write: (at: number) => number): number[] {
    return this.#module.with([new Float64Array(numbers)], (at) => {
      this.#module.check(write(at!));
      return [...this.#module.f64(at!, numbers)];
    });
  }
  #slots(token: unknown): number {
    return this.#out(6, (at) => this.#module.call.sl_abi_bandit_facts!(token as number, at))[0]!;
  }
  #put(token: unknown, x: number[]): void {
    const module = this.#module;
    module.with([new Uint32Array(1)], (at) => {
      module.check(module.call.sl_abi_bandit_context!(token as number, at!));
      const to = module.u32(at!, 1)[0]!;
      const view = module.view();
      for (const [i, value] of x.entries()) view.setFloat64(to + 8 * i, value, true);
    });
  }

  make(policy: Policy, { arms, ...given }: Options): number {
    const module = this.#module;
    const names = [
      ...['policy', 'dimension', 'shared', 'exploration', 'ridge', 'mean', 'noise', 'successes'],
      ...['failures', 'decay', 'window', 'pending', 'samples', 'seed'],
    ];
    const options = this.#out(14, (at) => module.call.sl_abi_bandit_options_default!(at));
    options[0] = POLICIES.indexOf(policy);
    if (policy === 'epsilonGreedy' || policy === 'softmax') options[3] = 0.1;
    for (const [name, value] of Object.entries(given)) options[names.indexOf(name)] = value;
    const bandit = module.with([new Float64Array(options)], (at) =>
      module.made(module.call.sl_abi_bandit_create!(at!)),
    );
    for (let arm = 0; arm < arms; arm++) this.addArm(bandit);
    return bandit;
  }
  choose(token: unknown, x: number[], eligible?: number[], cost?: number[]): Choice {
    const { call } = this.#module;
    this.#put(token, x);
    return this.#module.with(
      [new Uint32Array(eligible ?? []), new Float64Array(cost ?? [])],
      (list, costs) => {
        const [id, arm, propensity, error] = this.#out(4, (at) =>
          call.sl_abi_bandit_choose!(
            token as number,
            eligible ? list! : 0,
            eligible?.length ?? 0,
            cost ? costs! : 0,
            at,
          ),
        ) as [number, number, number, number];
        const at = this.#module.alloc(4);
        this.#module.check(call.sl_abi_bandit_scores!(token as number, at));
        const scores = [...this.#module.f64(this.#module.u32(at, 1)[0]!, this.#slots(token))];
        call.sl_abi_free!(at);
        return { id, arm, propensity, error, scores };
      },
    );
  }
  reward(token: unknown, id: number, reward: number): boolean {
    return this.#module.with([new Uint32Array(1)], (at) => {
      this.#module.check(this.#module.call.sl_abi_bandit_reward!(token as number, id, reward, at!));
      return this.#module.u32(at!, 1)[0] === 1;
    });
  }
  learn(token: unknown, arm: number, x: number[], reward: number): void {
    this.#put(token, x);
    this.#module.check(this.#module.call.sl_abi_bandit_learn!(token as number, arm, reward));
  }
  carry(token: unknown, from: unknown, arms: number, weight: number): void {
    const { call } = this.#module;
    for (const arm of range(arms))
      this.#module.check(
        call.sl_abi_bandit_carry!(token as number, arm, from as number, arm, weight),
      );
  }
  probabilities(token: unknown, x: number[]): number[] {
    this.#put(token, x);
    return this.#out(this.#slots(token), (at) =>
      this.#module.call.sl_abi_bandit_probabilities!(token as number, 0, 0, 0, at),
    );
  }
  estimates(token: unknown, x: number[]): number[] {
    this.#put(token, x);
    return this.#out(2 * this.#slots(token), (at) =>
      this.#module.call.sl_abi_bandit_estimates!(token as number, at),
    );
  }
  weights(token: unknown, arm: number, numbers: number): number[] {
    return this.#out(numbers, (at) =>
      this.#module.call.sl_abi_bandit_weights!(token as number, arm, at),
    );
  }
  addArm(token: unknown): void {
    this.#module.with([new Uint32Array(1)], (at) =>
      this.#module.check(this.#module.call.sl_abi_bandit_add_arm!(token as number, at!)),
    );
  }
  removeArm(token: unknown, arm: number): void {
    this.#module.check(this.#module.call.sl_abi_bandit_remove_arm!(token as number, arm));
  }
  evaluate(log: Log, target: number[], resamples: number): number[] {
    const module = this.#module;
    const options = this.#out(7, (at) => module.call.sl_abi_evaluation_options_default!(at));
    options[4] = resamples;
    return module.with(
      [
        new Uint32Array(log.actions),
        ...[log.rewards, log.propensities, log.contexts, target, options].map(
          (list) => new Float64Array(list),
        ),
        new Uint32Array(1),
      ],
      (actions, rewards, propensities, contexts, asks, options, outcome) => {
        const rows = log.rewards.length;
        const job = module.made(
          module.call.sl_abi_evaluation_create!(
            rows,
            log.arms,
            log.dimension,
            actions!,
            rewards!,
            propensities!,
            log.dimension > 0 ? contexts! : 0,
            asks!,
            target.length === log.arms ? 1 : rows,
            options!,
          ),
        );
        try {
          do module.check(module.call.sl_abi_job_step!(job, 1000, outcome!));
          while (module.u32(outcome!, 1)[0] === 9);
          return this.#out(40, (at) => module.call.sl_abi_evaluation_read!(job, at));
        } finally {
          module.check(module.call.sl_abi_evaluation_destroy!(job));
        }
      },
    );
  }
  free(token: unknown): void {
    this.#module.check(this.#module.call.sl_abi_bandit_destroy!(token as number));
  }
}

/** Plays some rounds; rewards of two arms differ, and come two choices late. */
function play(door: BanditDoor, policy: Policy, options: Options, rounds = 60): unknown {
  const draw = random(7);
  const bandit = door.make(policy, options);
  const { arms, dimension = 0, shared = 0 } = options;
  const made: Choice[] = [];
  for (let t = 0; t < rounds; t++) {
    const x = range(dimension + shared * arms).map(() => 2 * draw() - 1);
    const choice = door.choose(bandit, x);
    made.push(choice);
    const late = made[t - 2];
    if (late) door.reward(bandit, late.id, draw() < 0.2 + 0.6 * (late.arm % 2) ? 1 : 0);
  }
  const x = range(dimension + shared * arms).map((i) => i / 3 - 1);
  const result = { made, estimates: door.estimates(bandit, x), of: door.probabilities(bandit, x) };
  door.free(bandit);
  return result;
}

const kinds: [string, Policy, Options][] = [
  ['LinUCB', 'linUcb', { arms: 3, dimension: 5 }],
  ['LinUCB of 67 numbers', 'linUcb', { arms: 2, dimension: 67, exploration: 0.5 }],
  ['hybrid LinUCB', 'linUcb', { arms: 3, dimension: 4, shared: 3 }],
  ['LinUCB that decays', 'linUcb', { arms: 3, dimension: 6, decay: 0.9 }],
  ['LinTS of two arms', 'linTs', { arms: 2, dimension: 3 }],
  ['LinTS of four arms in a window', 'linTs', { arms: 4, dimension: 7, window: 20, samples: 30 }],
  ['epsilon-greedy', 'epsilonGreedy', { arms: 4, exploration: 0.3 }],
  ['epsilon-greedy with contexts', 'epsilonGreedy', { arms: 4, dimension: 2 }],
  ['softmax', 'softmax', { arms: 3, decay: 0.95 }],
  ['Beta Thompson', 'betaThompson', { arms: 3, samples: 20 }],
  ['Beta Thompson in a window', 'betaThompson', { arms: 2, window: 15, samples: 20, seed: 5 }],
  ['Gaussian Thompson', 'gaussianThompson', { arms: 5, samples: 20 }],
  ['UCB1', 'ucb1', { arms: 4 }],
  ['KL-UCB', 'klUcb', { arms: 4, decay: 0.99 }],
];

function made(rows: number): Log {
  const draw = random(3);
  const log: Log = {
    arms: 3,
    actions: [],
    rewards: [],
    propensities: [],
    contexts: [],
    dimension: 2,
  };
  for (let i = 0; i < rows; i++) {
    const x = [draw(), draw()];
    const p = [0.5, 0.3, 0.2];
    const u = draw();
    const arm = u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
    log.actions.push(arm);
    log.propensities.push(p[arm]!);
    log.contexts.push(...x);
    log.rewards.push(x[0]! * arm + (draw() < 0.5 ? 0 : 0.1));
  }
  return log;
}

export const cases: Case<BanditDoor>[] = [
  ...[1, 0.3].flatMap((weight) =>
    ([0, 6] as const).map((dimension) => ({
      name: `carried with the power ${weight}, dimension ${dimension}: as rows of that weight`,
      run(door: BanditDoor) {
        const draw = random(12);
        const policy = dimension > 0 ? 'linUcb' : 'gaussianThompson';
        const options = dimension > 0 ? { arms: 2, dimension } : { arms: 2 };
        const row = () => ({ x: range(dimension).map(() => 2 * draw() - 1), r: draw() });
        const [source, target, both] = range(3).map(() => door.make(policy, options));
        for (const arm of [0, 1])
          for (let i = 0; i < 20; i++) {
            const [theirs, own] = [row(), row()];
            door.learn(source, arm, theirs.x, theirs.r);
            door.learn(target, arm, own.x, own.r);
            door.learn(both, arm, own.x, own.r);
            const by = Math.sqrt(weight);
            if (dimension > 0)
              door.learn(
                both,
                arm,
                theirs.x.map((x) => by * x),
                by * theirs.r,
              );
            else if (weight === 1) door.learn(both, arm, [], theirs.r);
          }
        const { x } = row();
        const before = door.estimates(source, x);
        door.carry(target, source, 2, weight);
        const found = [target, both].map((bandit) => door.estimates(bandit, x));
        const same = door.estimates(source, x);
        for (const bandit of [source, target, both]) door.free(bandit);
        return { found, before, same };
      },
      check({ found, before, same }: { found: number[][]; before: number[]; same: number[] }) {
        expect(same).toEqual(before);
        if (dimension > 0 || weight === 1)
          for (const [i, number] of found[0]!.entries())
            expect(number).toBeCloseTo(found[1]![i]!, 9);
      },
    })),
  ),
  {
    name: 'what cannot be carried is refused, and nothing changes',
    run(door) {
      const plain = door.make('linUcb', { arms: 1, dimension: 2 });
      const others: [Policy, Options][] = [
        ['linUcb', { arms: 1, dimension: 3 }],
        ['linUcb', { arms: 1, dimension: 2, shared: 1 }],
      ];
      const bandits = others.map(([policy, options]) => door.make(policy, options));
      const windowed = door.make('linUcb', { arms: 1, dimension: 2, window: 5 });
      const [binary, real] = [
        door.make('betaThompson', { arms: 1 }),
        door.make('gaussianThompson', { arms: 1 }),
      ];
      door.learn(plain, 0, [1, 2], 3);
      const before = door.estimates(plain, [1, 1]);
      const refusals = [
        ...bandits.map((from) => () => door.carry(plain, from, 1, 0.5)),
        () => door.carry(windowed, plain, 1, 0.5),
        () => door.carry(binary, real, 1, 0.5),
        () => door.carry(plain, plain, 1, 0),
        () => door.carry(plain, plain, 1, 1.5),
      ].map(attempt);
      const after = door.estimates(plain, [1, 1]);
      for (const bandit of [plain, ...bandits, windowed, binary, real]) door.free(bandit);
      return { refusals, before, after };
    },
    check({
      refusals,
      before,
      after,
    }: {
      refusals: { refused: string; argument: string }[];
      before: number[];
      after: number[];
    }) {
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'SHAPE from',
        'UNSUPPORTED from',
        'UNSUPPORTED window',
        'UNSUPPORTED from',
        'OPTION weight',
        'OPTION weight',
      ]);
      expect(after).toEqual(before);
    },
  },
  ...kinds.map(
    ([name, policy, options]): Case<BanditDoor> => ({
      name: `${name}: choices, propensities, estimates`,
      run: (door) => play(door, policy, options),
      check(result: { made: Choice[]; of: number[] }) {
        for (const { propensity } of result.made) {
          expect(propensity).toBeGreaterThan(0);
          expect(propensity).toBeLessThanOrEqual(1);
        }
        expect(result.of.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      },
    }),
  ),
  {
    name: 'what one reward teaches a linear model, in closed form',
    run(door) {
      const bandit = door.make('linUcb', { arms: 2, dimension: 2 });
      door.learn(bandit, 0, [3, 4], 10);
      const result = [
        door.weights(bandit, 0, 2),
        door.estimates(bandit, [3, 4]),
        door.choose(bandit, [3, 4], [1, 0], [0, 2]).scores,
      ];
      door.free(bandit);
      return result;
    },
    check([weights, estimates, scores]: number[][]) {
      // (I + x x')^-1 x r = x r / 26
      expect(weights![0]).toBeCloseTo(30 / 26, 14);
      expect(weights![1]).toBeCloseTo(40 / 26, 14);
      expect(estimates![0]).toBeCloseTo(250 / 26, 13);
      expect(estimates![2]).toBeCloseTo(Math.sqrt(25 / 26), 14);
      expect(scores![0]).toBeCloseTo(250 / 26 + Math.sqrt(25 / 26), 13);
      expect(scores![1]).toBeCloseTo(5 - 2, 13);
    },
  },
  {
    name: 'arms come and go, rewards come once',
    run(door) {
      const bandit = door.make('ucb1', { arms: 2, pending: 3 });
      const first = door.choose(bandit, []);
      const result = [
        door.reward(bandit, first.id, 1),
        attempt(() => door.reward(bandit, first.id, 1)),
        attempt(() => door.reward(bandit, 9, 1)),
        attempt(() => door.reward(bandit, 1, Number.NaN)),
        attempt(() => door.reward(bandit, 1, 2)),
      ];
      door.addArm(bandit, 2);
      const second = door.choose(bandit, [], [2]);
      door.removeArm(bandit, 2);
      result.push(door.reward(bandit, second.id, 1), door.choose(bandit, []).arm < 2);
      for (let i = 0; i < 3; i++) door.choose(bandit, []);
      result.push(attempt(() => door.reward(bandit, 3, 1)));
      door.free(bandit);
      return result;
    },
    check: (result: unknown[]) =>
      expect(result).toEqual([
        true,
        { refused: 'STATE', argument: 'id', at: -1 },
        { refused: 'INDEX', argument: 'id', at: -1 },
        { refused: 'NOT_FINITE', argument: 'reward', at: -1 },
        { refused: 'RANGE', argument: 'reward', at: -1 },
        false,
        true,
        { refused: 'STATE', argument: 'id', at: -1 },
      ]),
  },
  {
    name: 'refuses contexts that are no numbers',
    run(door) {
      const bandit = door.make('linUcb', { arms: 1, dimension: 2 });
      const result = [Number.NaN, Number.POSITIVE_INFINITY, 1e200].map((x) =>
        attempt(() => door.choose(bandit, [0, x])),
      );
      door.free(bandit);
      return result;
    },
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { refused: 'NOT_FINITE', argument: 'context', at: 1 },
        { refused: 'NOT_FINITE', argument: 'context', at: 1 },
        { refused: 'RANGE', argument: 'context', at: -1 },
      ]),
  },
  {
    name: 'evaluates a log by every method',
    run: (door) => [
      door.evaluate(made(300), [0.2, 0.2, 0.6], 100),
      door.evaluate(made(300), [1, 0, 0], 0),
      door.evaluate(made(20), [1, 0, 0], 50),
    ],
    check([all, one, few]: number[][]) {
      // x is uniform: the value is 0.5 (0.2 + 2 * 0.6) + 0.05.
      for (let m = 0; m < METHODS.length; m++) {
        expect(all![8 * m]).toBeGreaterThan(0.55);
        expect(all![8 * m]).toBeLessThan(0.95);
        expect(all![8 * m + 2]).toBeLessThan(all![8 * m + 3]!);
        expect(one![8 * m + 2]).toBeNaN();
        expect(few![8 * m]).toBeNaN();
        expect(few![8 * m + 7]).toBe(1);
      }
    },
  },
  {
    name: 'names the row of a log that is wrong',
    run: (door) =>
      (
        [
          ['propensities', 0],
          ['propensities', Number.NaN],
          ['propensities', 1.01],
          ['rewards', Number.NaN],
          ['contexts', Number.NEGATIVE_INFINITY],
          ['actions', 3],
        ] as const
      ).map(([column, value]) => {
        const log = made(40);
        log[column][column === 'contexts' ? 34 : 17] = value;
        return attempt(() => door.evaluate(log, [0.2, 0.2, 0.6], 0));
      }),
    check: (result: unknown[]) =>
      expect(result).toEqual(
        [
          ['RANGE', 'propensities'],
          ['RANGE', 'propensities'],
          ['RANGE', 'propensities'],
          ['NOT_FINITE', 'rewards'],
          ['NOT_FINITE', 'contexts'],
          ['INDEX', 'actions'],
        ].map(([refused, argument]) => ({ refused, argument, at: 17 })),
      ),
  },
];
