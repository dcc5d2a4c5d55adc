// Adapters through both doors: the same vectors, gradients and parameters to the bit.
import type { LoraAdapter, TrainOptions } from 'sublinear/lora';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface Shape {
  inputs: number;
  outputs: number;
  rank: number;
  alpha: number;
  weights?: Float32Array;
}

interface Data {
  vectors: Float32Array;
  targets?: Float32Array;
  labels?: number[];
  documents?: Float32Array;
  skipped?: number[][];
}

interface LoraDoor {
  make: (shape: Shape) => unknown;
  apply: (adapter: unknown, vectors: Float32Array, unit: boolean) => number[];
  backward: (adapter: unknown, vectors: Float32Array, slopes: Float32Array) => number[];
  train: (adapter: unknown, data: Data, options: TrainOptions) => number[];
  descend: (adapter: unknown, gradient: Float32Array) => void;
  merge: (adapter: unknown, merged: boolean) => void;
  matrix: (adapter: unknown) => number[];
  parameters: (adapter: unknown) => number[];
  set: (adapter: unknown, parameters: Float32Array) => void;
  free: (adapter: unknown) => void;
}

const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;
const SCHEDULES = ['constant', 'cosine', 'linear', 'step'] as const;
const NAMES = [
  ...['loss', 'adapts', 'temperature', 'epochs', 'batch', 'clip', 'optimizer', 'rate', 'momentum'],
  ...[
    'beta1',
    'beta2',
    'epsilon',
    'decay',
    'schedule',
    'warmup',
    'last',
    'every',
    'factor',
    'seed',
  ],
];

export const doors: RoomDoors<'lora', LoraDoor> = {
  room: 'lora',
  bundle: 'training',
  embind: ({ LoraAdapter }) => {
    const of = (token: unknown) => token as LoraAdapter;
    return {
      make: (shape) => LoraAdapter.create(shape),
      apply: (token, vectors, unit) => [...of(token).apply(vectors, { unit })],
      backward(token, vectors, slopes) {
        const g = of(token).backward(vectors, slopes);
        return [...g.parameters, ...g.vectors];
      },
      train(token, { vectors, targets, labels = [], documents, skipped }, options) {
        const data = targets
          ? { vectors, targets }
          : documents
            ? { queries: vectors, documents, clicked: labels, ...(skipped && { skipped }) }
            : { vectors, labels };
        return [...of(token).train(data, options).losses];
      },
      descend(token, gradient) {
        of(token).optimizer('adam', { rate: 0.1 });
        of(token).descend(gradient, { clip: 1 });
      },
      merge: (token, merged) => (merged ? of(token).merge() : of(token).unmerge()),
      matrix: (token) => [...of(token).matrix()],
      parameters: (token) => [...of(token).parameters()],
      set: (token, parameters) => of(token).setParameters(parameters),
      free: (token) => of(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

class RawDoor implements LoraDoor {
  readonly #module: RawModule;
  readonly #shapes = new Map<unknown, Shape>();
  constructor(module: RawModule) {
    this.#module = module;
  }
  #shape(token: unknown): Shape {
    return this.#shapes.get(token)!;
  }
  #call(name: string, ...args: number[]): void {
    this.#module.check(this.#module.call[name]!(...args));
  }
  #run(token: unknown): void {
    this.#module.with([new Uint32Array(1)], (outcome) => {
      do this.#call('sl_abi_job_step', token as number, 1000, outcome!);
      while (this.#module.u32(outcome!, 1)[0] === 9);
    });
  }
  make(shape: Shape): number {
    const { inputs, outputs, rank, alpha, weights } = shape;
    const module = this.#module;
    const adapter = module.with([weights ?? new Float32Array(1)], (at) =>
      module.made(
        module.call.sl_abi_lora_create!(
          inputs,
          outputs,
          rank,
          alpha,
          1,
          weights ? at! : 0,
          weights?.length ?? 0,
        ),
      ),
    );
    this.#shapes.set(adapter, shape);
    return adapter;
  }
  apply(token: unknown, vectors: Float32Array, unit: boolean): number[] {
    const { inputs, outputs } = this.#shape(token);
    const rows = vectors.length / inputs;
    return this.#module.with([vectors, new Float32Array(rows * outputs)], (x, out) => {
      this.#call('sl_abi_lora_apply', token as number, x!, rows, Number(unit), out!);
      this.#run(token);
      return [...this.#module.f32(out!, rows * outputs)];
    });
  }
  backward(token: unknown, vectors: Float32Array, slopes: Float32Array): number[] {
    const { inputs, outputs, rank } = this.#shape(token);
    const rows = vectors.length / inputs;
    const count = rank * (inputs + outputs);
    return this.#module.with(
      [vectors, slopes, new Float32Array(count + vectors.length)],
      (x, s, out) => {
        const by = out! + 4 * count;
        this.#call('sl_abi_lora_backward', token as number, x!, s!, rows, out!, by);
        return [...this.#module.f32(out!, count + vectors.length)];
      },
    );
  }
  train(token: unknown, data: Data, given: TrainOptions): number[] {
    const module = this.#module;
    const { vectors, targets, labels, documents, skipped } = data;
    const options = module.with([new Float64Array(19)], (at) => {
      this.#call('sl_abi_lora_options_default', at!);
      return [...module.f64(at!, 19)];
    });
    options[0] = targets ? 0 : documents ? 2 : 1;
    const { optimizer = 'adamw' } = given;
    if (optimizer !== 'adamw') options[12] = 0;
    if (optimizer === 'sgd') options[7] = 0.01;
    for (const [name, value] of Object.entries(given)) {
      const words: readonly unknown[] =
        name === 'optimizer' ? OPTIMIZERS : name === 'schedule' ? SCHEDULES : ['queries', 'both'];
      options[NAMES.indexOf(name)] = typeof value === 'number' ? value : words.indexOf(value);
    }
    const { inputs, outputs } = this.#shape(token);
    const rows = vectors.length / inputs;
    const width = given.adapts === 'both' ? inputs : outputs;
    const begins = [0];
    for (const list of skipped ?? []) begins.push(begins.at(-1)! + list.length);
    return module.with(
      [
        vectors,
        targets ?? documents ?? new Float32Array(1),
        new Uint32Array(labels ?? [0]),
        new Uint32Array(begins),
        new Uint32Array([...(skipped ?? []).flat(), 0]),
        new Float64Array(options),
        new Uint32Array(2),
      ],
      (x, numbers, ids, from, all, settings, out) => {
        this.#call(
          'sl_abi_lora_learn',
          token as number,
          settings!,
          x!,
          rows,
          targets ? numbers! : 0,
          ids!,
          documents ? numbers! : 0,
          documents ? documents.length / width : 0,
          skipped ? from! : 0,
          skipped ? all! : 0,
        );
        this.#run(token);
        this.#call('sl_abi_lora_history', token as number, out!, out! + 4);
        const [address, count] = module.u32(out!, 2);
        return [...module.f64(address!, count!)];
      },
    );
  }
  descend(token: unknown, gradient: Float32Array): void {
    const settings = new Float64Array([1, 0.1, 0.9, 0.9, 0.999, 1e-8, 0]);
    this.#module.with([settings, gradient], (at, slopes) => {
      this.#call('sl_abi_lora_optimizer', token as number, at!);
      this.#call('sl_abi_lora_descend', token as number, slopes!, 1, 1);
    });
  }
  merge(token: unknown, merged: boolean): void {
    this.#call(merged ? 'sl_abi_lora_merge' : 'sl_abi_lora_unmerge', token as number);
  }
  matrix(token: unknown): number[] {
    const { inputs, outputs } = this.#shape(token);
    return this.#module.with([new Float32Array(inputs * outputs)], (at) => {
      this.#call('sl_abi_lora_matrix', token as number, at!);
      return [...this.#module.f32(at!, inputs * outputs)];
    });
  }
  parameters(token: unknown): number[] {
    return this.#module.with([new Uint32Array(2)], (at) => {
      this.#call('sl_abi_lora_parameters', token as number, at!, at! + 4);
      const [address, count] = this.#module.u32(at!, 2);
      return [...this.#module.f32(address!, count!)];
    });
  }
  set(token: unknown, parameters: Float32Array): void {
    this.#module.with([parameters], (at) =>
      this.#call('sl_abi_lora_set_parameters', token as number, at!, parameters.length),
    );
  }
  free(token: unknown): void {
    this.#call('sl_abi_lora_destroy', token as number);
  }
}

const draws = (seed: number, n: number) => {
  const draw = random(seed);
  return Float32Array.from({ length: n }, () => 2 * draw() - 1);
};
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const plain: Shape = { inputs: 9, outputs: 9, rank: 3, alpha: 6 };
const weighted: Shape = { inputs: 7, outputs: 5, rank: 2, alpha: 2, weights: draws(4, 35) };
const sets: [string, Shape, Data, TrainOptions][] = [
  ['targets', plain, { vectors: draws(1, 9 * 40), targets: draws(2, 9 * 40) }, { epochs: 4 }],
  [
    'classes',
    weighted,
    { vectors: draws(1, 7 * 50), labels: range(50).map((i) => i % 5) },
    { epochs: 3, optimizer: 'sgd', schedule: 'cosine', warmup: 2, batch: 8 },
  ],
  [
    'clicks',
    plain,
    {
      vectors: draws(1, 9 * 30),
      labels: range(30).map((i) => i % 12),
      documents: draws(3, 9 * 12),
    },
    { epochs: 3, batch: 7, temperature: 0.1, optimizer: 'adam', schedule: 'step', every: 2 },
  ],
  [
    'clicks that change documents as well',
    plain,
    {
      vectors: draws(1, 9 * 20),
      labels: range(20).map((i) => i % 12),
      documents: draws(3, 9 * 12),
      skipped: range(20).map((i) => range(i % 3).map((k) => (i + k + 1) % 12)),
    },
    { epochs: 12, batch: 6, rate: 0.02, adapts: 'both', schedule: 'linear', last: 0.1 },
  ],
];

export const cases: Case<LoraDoor>[] = [
  ...sets.map(([name, shape, data, options]) => ({
    name: `learned from ${name}`,
    run(door: LoraDoor) {
      const adapter = door.make(shape);
      const before = door.apply(adapter, data.vectors, false);
      const losses = door.train(adapter, data, options);
      const after = door.apply(adapter, data.vectors, true);
      const parameters = door.parameters(adapter);
      door.free(adapter);
      return { before, losses, after, parameters };
    },
    check({ losses, after }: { losses: number[]; after: number[] }) {
      expect(losses).toHaveLength(options.epochs!);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
      const first = after.slice(0, shape.outputs).reduce((sum, y) => sum + y * y, 0);
      expect(first).toBeCloseTo(1, 5);
    },
  })),
  {
    name: 'gradients, steps, and merging',
    run(door) {
      const adapter = door.make(weighted);
      const x = draws(5, 7 * 4);
      door.set(adapter, draws(6, 24));
      const gradient = door.backward(adapter, x, draws(7, 20));
      door.descend(adapter, new Float32Array(gradient.slice(0, 24)));
      const [parameters, before] = [door.parameters(adapter), door.apply(adapter, x, false)];
      door.merge(adapter, true);
      const merged = door.apply(adapter, x, false);
      const refused = attempt(() => door.set(adapter, draws(6, 24)));
      door.merge(adapter, false);
      const after = door.apply(adapter, x, false);
      const matrix = door.matrix(adapter);
      door.free(adapter);
      return { gradient, parameters, before, merged, after, matrix, refused };
    },
    check({
      before,
      merged,
      after,
      refused,
    }: Record<'before' | 'merged' | 'after', number[]> & { refused: { refused: string } }) {
      expect(after).toEqual(before);
      for (const [i, y] of merged.entries()) expect(y).toBeCloseTo(before[i]!, 4);
      expect(refused.refused).toBe('STATE');
    },
  },
  {
    name: 'refusals',
    run: (door) =>
      [
        () => door.make({ ...plain, rank: 10 }),
        () => door.make({ ...plain, outputs: 8 }),
        () => door.make({ ...weighted, weights: new Float32Array(3) }),
        () => door.make({ ...weighted, weights: new Float32Array(35).fill(Number.NaN) }),
        ...[
          { epochs: 0 },
          { clip: 0 },
          { rate: -1 },
          { optimizer: 'sgd' as const, momentum: 1 },
        ].map((options) => () => {
          const adapter = door.make(plain);
          try {
            door.train(adapter, { vectors: draws(1, 9), targets: draws(1, 9) }, options);
          } finally {
            door.free(adapter);
          }
        }),
      ].map(attempt),
    check(refusals: { refused: string; argument: string }[]) {
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'OPTION rank',
        'OPTION outputs',
        'SHAPE weights',
        'NOT_FINITE weights',
        'OPTION epochs',
        'OPTION clip',
        'OPTION rate',
        'OPTION momentum',
      ]);
    },
  },
];
