// Learners through both doors: the same weights, answers and files to the bit.
import type { ContinualLearner, LearnerOptions } from 'sublinear/continual';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import { loadRaw, writeRaw } from '../support/files.js';
import type { RawModule } from '../support/raw.js';

interface Times {
  epochs?: number;
  batch?: number;
  step?: number;
}

interface LearnerDoor {
  make: (options: LearnerOptions) => unknown;
  learn: (learner: unknown, x: Float32Array, answers: number[], times?: Times) => number[];
  consolidate: (learner: unknown, x: Float32Array) => void;
  evaluate: (learner: unknown, x: Float32Array, answers: number[]) => number[];
  predict: (learner: unknown, x: Float32Array) => number[];
  gradient: (learner: unknown, x: Float32Array, answers: number[]) => number[];
  parameters: (learner: unknown) => number[];
  fisher: (learner: unknown) => number[];
  set: (learner: unknown, parameters: Float32Array) => void;
  checkpoint: (learner: unknown, loss: number) => number;
  checkpoints: (learner: unknown) => number[][];
  rollback: (learner: unknown, id?: number) => number[];
  remembered: (learner: unknown) => number;
  save: (learner: unknown) => Uint8Array;
  load: (bytes: Uint8Array) => unknown;
  free: (learner: unknown) => void;
}

export const doors: RoomDoors<'continual', LearnerDoor> = {
  room: 'continual',
  bundle: 'training',
  embind: ({ ContinualLearner }) => {
    const of = (token: unknown) => token as ContinualLearner;
    return {
      make: (options) => ContinualLearner.create(options),
      learn(token, x, answers, times) {
        const { rows, updates, loss } = of(token).learn(x, answers, times);
        return [rows, updates, loss];
      },
      consolidate: (token, x) => of(token).consolidate(x),
      evaluate(token, x, answers) {
        const { rows, loss, accuracy } = of(token).evaluate(x, answers);
        return [rows, loss, accuracy];
      },
      predict: (token, x) => [...of(token).predict(x).values],
      gradient: (token, x, answers) => [...of(token).gradient(x, answers)],
      parameters: (token) => [...of(token).parameters()],
      fisher: (token) => [...of(token).fisher()],
      set: (token, parameters) => of(token).setParameters(parameters),
      checkpoint: (token, loss) => of(token).checkpoint(loss).id,
      checkpoints: (token) =>
        of(token)
          .checkpoints()
          .map(({ id, loss, examples }) => [id, loss, examples]),
      rollback(token, id) {
        const { id: taken, loss, examples } = of(token).rollback(id);
        return [taken, loss, examples];
      },
      remembered: (token) => of(token).remembered,
      save: (token) => of(token).save(),
      load: (bytes) => ContinualLearner.load(bytes),
      free: (token) => of(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

const NAMES = [
  ...['activation', 'loss', 'optimizer', 'learningRate', 'momentum', 'weightDecay', 'clip'],
  ...['replay', 'perClass', 'replayRows', 'replayWeight', 'balanced', 'ewc', 'ewcDecay'],
  ...['distillation', 'temperature', 'checkpoints', 'seed'],
];
const WORDS = ['relu', 'tanh', 'crossEntropy', 'squared', 'sgd', 'adam'];

class RawDoor implements LearnerDoor {
  readonly #module: RawModule;
  constructor(module: RawModule) {
    this.#module = module;
  }
  #call(name: string, ...args: number[]): void {
    this.#module.check(this.#module.call[`sl_abi_learner_${name}`]!(...args));
  }
  #numbers(token: unknown, name: string, count: number, ...args: number[]): number[] {
    return this.#module.with([new Float64Array(count)], (out) => {
      this.#call(name, token as number, ...args, out!);
      return [...this.#module.f64(out!, count)];
    });
  }
  #facts = (token: unknown) => this.#numbers(token, 'facts', 10);
  #array(token: unknown, name: string, width = 1): number[] {
    return this.#module.with([new Uint32Array(2)], (out) => {
      this.#call(name, token as number, out!, out! + 4);
      const [address, count] = this.#module.u32(out!, 2);
      return [...this.#module.f32(address!, count! * width)];
    });
  }
  /** Begins a job with examples and runs it. */
  #run(token: unknown, name: string, x: Float32Array, answers?: number[], ...args: number[]) {
    this.#given(token, x, answers, (rows, at, given) =>
      this.#call(name, token as number, rows, at, ...given, ...args),
    );
    this.#module.with([new Uint32Array(1)], (outcome) => {
      do this.#module.check(this.#module.call.sl_abi_job_step!(token as number, 100_000, outcome!));
      while (this.#module.u32(outcome!, 1)[0] === 9);
    });
  }
  #given<T>(
    token: unknown,
    x: Float32Array,
    answers: number[] | undefined,
    body: (rows: number, at: number, given: number[]) => T,
  ): T {
    const [inputs, , , loss] = this.#facts(token);
    const numbers = loss === 0 ? new Uint32Array(answers ?? [0]) : new Float32Array(answers ?? [0]);
    return this.#module.with([x, numbers], (at, given) => {
      const places = loss === 0 ? [given!, 0] : [0, given!];
      return body(x.length / inputs!, at!, answers === undefined ? [] : places);
    });
  }
  make({ inputs, outputs, hidden = [], ...given }: LearnerOptions): number {
    const module = this.#module;
    const options = module.with([new Float64Array(18)], (at) => {
      this.#call('options_default', at!);
      return module.f64(at!, 18);
    });
    for (const [name, value] of Object.entries(given))
      if (name === 'replay' && typeof value === 'object') {
        options[7] = (value as { perClass: number }).perClass;
        options[8] = 1;
      } else
        options[NAMES.indexOf(name)] =
          typeof value === 'string' ? WORDS.indexOf(value) % 2 : Number(value);
    return module.with([new Uint32Array(hidden), options], (widths, at) =>
      module.made(module.call.sl_abi_learner_create!(inputs, outputs, widths!, hidden.length, at!)),
    );
  }
  learn(token: unknown, x: Float32Array, answers: number[], times: Times = {}): number[] {
    const { epochs = 1, batch = 32, step = 1 } = times;
    this.#run(token, 'learn', x, answers, epochs, batch, step);
    return this.#numbers(token, 'result', 5).slice(1, 4);
  }
  consolidate = (token: unknown, x: Float32Array) => this.#run(token, 'consolidate', x);
  evaluate(token: unknown, x: Float32Array, answers: number[]): number[] {
    this.#run(token, 'evaluate', x, answers);
    const [, rows, , loss, accuracy] = this.#numbers(token, 'result', 5);
    return [rows!, loss!, accuracy!];
  }
  predict(token: unknown, x: Float32Array): number[] {
    this.#run(token, 'predict', x);
    return this.#array(token, 'answers', this.#facts(token)[1]);
  }
  gradient(token: unknown, x: Float32Array, answers: number[]): number[] {
    const count = this.#facts(token)[2]!;
    return this.#module.with([new Float32Array(count)], (out) => {
      this.#given(token, x, answers, (rows, at, given) =>
        this.#call('gradient', token as number, rows, at, ...given, out!),
      );
      return [...this.#module.f32(out!, count)];
    });
  }
  parameters = (token: unknown) => this.#array(token, 'parameters');
  fisher = (token: unknown) => this.#array(token, 'fisher');
  set(token: unknown, parameters: Float32Array): void {
    this.#module.with([parameters], (at) =>
      this.#call('set_parameters', token as number, at!, parameters.length),
    );
  }
  checkpoint(token: unknown, loss: number): number {
    return this.#module.with([new Uint32Array(1)], (out) => {
      this.#call('checkpoint_make', token as number, loss, out!);
      return this.#module.u32(out!, 1)[0]!;
    });
  }
  checkpoints(token: unknown): number[][] {
    return Array.from({ length: this.#facts(token)[6]! }, (_, i) =>
      this.#numbers(token, 'checkpoint_read', 3, i),
    );
  }
  rollback = (token: unknown, id = 0) => this.#numbers(token, 'rollback', 3, id);
  remembered = (token: unknown) => this.#facts(token)[4]!;
  save = (token: unknown) =>
    writeRaw(this.#module, this.#module.call.sl_abi_learner_save!(token as number, 0, 0));
  load(bytes: Uint8Array): number {
    const module = this.#module;
    return loadRaw(module, 'CLRN', bytes, true, 1000, (reader) =>
      module.made(module.call.sl_abi_learner_load!(reader)),
    );
  }
  free(token: unknown): void {
    this.#call('destroy', token as number);
  }
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Points around a corner of the square for each of `classes`, which are known by it. */
function corners(classes: number[], rows: number, seed: number) {
  const draw = random(seed);
  const labels = range(rows).map((i) => classes[i % classes.length]!);
  const x = new Float32Array(2 * rows);
  for (const [i, label] of labels.entries()) {
    x[2 * i] = (label & 1 ? 1 : -1) + 0.5 * (draw() - 0.5);
    x[2 * i + 1] = (label & 2 ? 1 : -1) + 0.5 * (draw() - 0.5);
  }
  return { x, labels };
}

const small: LearnerOptions = { inputs: 2, outputs: 4, hidden: [8], learningRate: 0.02, seed: 3 };
/** Two classes, then the two others. */
const tasks = [corners([0, 1], 80, 1), corners([2, 3], 80, 2)];
const held = corners([0, 1, 2, 3], 80, 3);

const learners: [name: string, options: LearnerOptions, least: number, most: number][] = [
  ['nothing against forgetting', { ...small, balanced: false }, 0, 0.6],
  ['replay of each class', { ...small, replay: { perClass: 5 }, replayRows: 16 }, 0.95, 1],
  [
    'replay, with SGD and tanh',
    { ...small, replay: 20, optimizer: 'sgd', activation: 'tanh' },
    0.95,
    1,
  ],
  ['a penalty and distillation', { ...small, ewc: 50, ewcDecay: 0.9, distillation: 2 }, 0, 1],
];

/** sum (a - b)^2 */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);

export const cases: Case<LearnerDoor>[] = [
  ...learners.map(([name, options, least, most]) => ({
    name: `two tasks, one after the other: ${name}`,
    run(door: LearnerDoor) {
      const learner = door.make(options);
      const learned = tasks.map(({ x, labels }) => {
        const result = door.learn(learner, x, labels, { epochs: 8, batch: 8 });
        door.consolidate(learner, x);
        return result;
      });
      const measured = door.evaluate(learner, held.x, held.labels);
      const answers = door.predict(learner, held.x.slice(0, 8));
      const [parameters, fisher] = [door.parameters(learner), door.fisher(learner)];
      const remembered = door.remembered(learner);
      door.free(learner);
      return { learned, measured, answers, parameters, fisher, remembered };
    },
    check({
      learned,
      measured,
      answers,
      fisher,
      remembered,
    }: Record<'measured' | 'answers' | 'fisher', number[]> & {
      learned: number[][];
      remembered: number;
    }) {
      expect(learned.map(([rows, updates]) => [rows, updates])).toEqual([
        [80, 80],
        [80, 80],
      ]);
      expect(measured[2]).toBeGreaterThanOrEqual(least);
      expect(measured[2]).toBeLessThanOrEqual(most);
      for (const i of range(4)) {
        const row = answers.slice(4 * i, 4 * i + 4);
        expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      }
      expect(Math.min(...fisher)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...fisher)).toBeGreaterThan(0);
      expect(remembered).toBe(options.replay ? 20 : 0);
    },
  })),
  {
    name: 'a line is found, which least squares give as well',
    run(door) {
      const learner = door.make({
        inputs: 1,
        outputs: 1,
        loss: 'squared',
        optimizer: 'sgd',
        learningRate: 0.05,
      });
      const x = Float32Array.of(0, 1, 2, 3);
      const result = door.learn(learner, x, [0, 2, 3, 7], { epochs: 400, batch: 4 });
      const parameters = door.parameters(learner);
      const gradient = door.gradient(learner, x, [0, 2, 3, 7]);
      door.free(learner);
      return { result, parameters, gradient };
    },
    // Normal equations: slope 11/5, intercept -3/10; squares of the residuals 1.8 together.
    check({ result, parameters, gradient }: Record<string, number[]>) {
      expect(parameters![0]).toBeCloseTo(2.2, 3);
      expect(parameters![1]).toBeCloseTo(-0.3, 3);
      expect(result![2]).toBeCloseTo(0.225, 4);
      for (const g of gradient!) expect(g).toBeCloseTo(0, 2);
    },
  },
  {
    name: 'the gradient is that of differences of the loss',
    run(door) {
      const options = { ...small, hidden: [5, 3], activation: 'tanh' } as const;
      const learner = door.make(options);
      const parameters = door.parameters(learner);
      const gradient = door.gradient(learner, held.x, held.labels);
      const differences = parameters.map((_, i) => {
        const h = 1 / 256;
        const loss = (by: number) => {
          const moved = Float32Array.from(parameters);
          moved[i] = parameters[i]! + by;
          door.set(learner, moved);
          return door.evaluate(learner, held.x, held.labels)[1]!;
        };
        return (loss(h) - loss(-h)) / (2 * h);
      });
      door.free(learner);
      return { gradient, differences };
    },
    check({ gradient, differences }: Record<'gradient' | 'differences', number[]>) {
      expect(gradient).toHaveLength(15 + 18 + 16);
      const length = apart(gradient, new Float32Array(gradient.length));
      expect(apart(gradient, differences)).toBeLessThan(1e-6 * length);
    },
  },
  {
    name: 'a step of Reptile goes a part of the way',
    run(door) {
      const ends = [1, 0.25].map((step) => {
        const learner = door.make(small);
        const before = door.parameters(learner);
        door.learn(learner, tasks[0]!.x, tasks[0]!.labels, { epochs: 2, step });
        const after = door.parameters(learner);
        door.free(learner);
        return { before, after };
      });
      return ends;
    },
    check([whole, part]: { before: number[]; after: number[] }[]) {
      expect(part!.before).toEqual(whole!.before);
      const wanted = whole!.after.map((x, i) => whole!.before[i]! + 0.25 * (x - whole!.before[i]!));
      expect(apart(part!.after, wanted)).toBeLessThan(1e-10);
    },
  },
  {
    name: 'checkpoints: the ring, and the way back',
    run(door) {
      const learner = door.make({ ...small, replay: 30, checkpoints: 2 });
      const [one, two] = tasks as [(typeof tasks)[0], (typeof tasks)[0]];
      door.learn(learner, one.x, one.labels);
      const kept = door.parameters(learner);
      door.checkpoint(learner, 0.5);
      door.learn(learner, two.x, two.labels);
      door.checkpoint(learner, 0.9);
      door.checkpoint(learner, 0.7);
      const ring = door.checkpoints(learner);
      const taken = door.rollback(learner);
      const after = door.parameters(learner);
      const gone = attempt(() => door.rollback(learner, 2));
      const remembered = door.remembered(learner);
      door.free(learner);
      return { kept, ring, taken, after, gone, remembered };
    },
    check(result: Record<string, unknown>) {
      expect(result.ring).toEqual([
        [1, 0.5, 80],
        [3, 0.7, 160],
      ]);
      expect(result.taken).toEqual([1, 0.5, 80]);
      expect(result.after).toEqual(result.kept);
      expect(result.gone).toMatchObject({ refused: 'INDEX', argument: 'id' });
      // What the second task had brought is forgotten; what it had displaced does not come back.
      expect(result.remembered).toBeLessThan(30);
      expect(result.remembered).toBeGreaterThan(5);
    },
  },
  {
    name: 'a file goes on as if nothing had happened',
    run(door) {
      const learner = door.make({ ...small, replay: { perClass: 4 }, ewc: 10, distillation: 1 });
      const [one, two] = tasks as [(typeof tasks)[0], (typeof tasks)[0]];
      door.learn(learner, one.x, one.labels);
      door.consolidate(learner, one.x);
      door.checkpoint(learner, 1);
      const bytes = door.save(learner);
      const again = door.load(bytes);
      const same = door.save(again);
      const ends = [learner, again].map((each) => {
        door.learn(each, two.x, two.labels);
        const end = { parameters: door.parameters(each), rollback: door.rollback(each) };
        door.free(each);
        return end;
      });
      return { bytes, same, ends };
    },
    check({ bytes, same, ends }: { bytes: Uint8Array; same: Uint8Array; ends: unknown[] }) {
      expect(same).toEqual(bytes);
      expect(ends[1]).toEqual(ends[0]);
    },
  },
  {
    name: 'refusals',
    run: (door) => {
      const made = door.make(small);
      const x = Float32Array.of(1, 2);
      const refusals = [
        () => door.make({ ...small, outputs: 1 }),
        () => door.make({ ...small, hidden: [8, 0] }),
        () => door.make({ ...small, hidden: [65_536, 65_536] }),
        () => door.make({ ...small, learningRate: 0 }),
        () => door.make({ ...small, momentum: 1 }),
        () => door.make({ ...small, clip: Number.NaN }),
        () => door.make({ ...small, temperature: 0 }),
        () => door.make({ ...small, replay: 2 ** 31 }),
        () => door.learn(made, x, [4]),
        () => door.learn(made, new Float32Array(0), []),
        () => door.learn(made, Float32Array.of(1, Number.NaN), [0]),
        () => door.learn(made, Float32Array.of(1, 2e6), [0]),
        () => door.learn(made, x, [0], { epochs: 0 }),
        () => door.learn(made, x, [0], { batch: 5000 }),
        () => door.learn(made, x, [0], { step: 0 }),
        () => door.set(made, new Float32Array(3)),
        () => door.set(made, new Float32Array(60).fill(Number.POSITIVE_INFINITY)),
        () => door.checkpoint(made, Number.NaN),
        () => door.rollback(made),
        () => door.load(new Uint8Array(40)),
      ].map(attempt);
      const [, loss] = door.evaluate(made, x, [0]);
      door.free(made);
      return { refusals, loss };
    },
    check({ refusals }: { refusals: { refused: string; argument: string }[] }) {
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'OPTION outputs',
        'OPTION hidden',
        'OVERFLOW hidden',
        'OPTION learningRate',
        'OPTION momentum',
        'OPTION clip',
        'OPTION temperature',
        'OVERFLOW replay',
        'INDEX answers',
        'EMPTY inputs',
        'NOT_FINITE inputs',
        'NOT_FINITE inputs',
        'OPTION epochs',
        'OPTION batch',
        'OPTION step',
        'SHAPE values',
        'NOT_FINITE values',
        'NOT_FINITE loss',
        'STATE checkpoints',
        'FORMAT bytes',
      ]);
    },
  },
];
