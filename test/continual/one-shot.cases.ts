// One-shot memories through both doors: the same plateaus and traces.
import type { OneShotLoad, OneShotMemory, OneShotOptions } from 'sublinear/continual';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import scipy from '../vectors/continual/one-shot.json' with { type: 'json' };

interface OneShotDoor {
  make: (options: OneShotOptions) => unknown;
  store: (memory: unknown, active: number[]) => number[];
  recall: (memory: unknown, active: number[], threshold?: number) => number[];
  facts: (memory: unknown) => number[];
  chances: (load: OneShotLoad) => number[];
  free: (memory: unknown) => void;
}

export const doors: RoomDoors<'continual', OneShotDoor> = {
  room: 'continual',
  bundle: 'training',
  table: 'continual-one-shot',
  embind: ({ OneShotMemory }) => {
    const of = (token: unknown) => token as OneShotMemory;
    return {
      make: (options) => OneShotMemory.create(options),
      store: (token, active) => [...of(token).store(active)],
      recall: (token, active, threshold) => [
        ...of(token).recall(active, threshold === undefined ? {} : { threshold }),
      ],
      facts: (token) => [of(token).inputs, of(token).neurons, of(token).items, of(token).weight],
      chances(load) {
        const { hit, falseAlarm, weight } = OneShotMemory.chances(load);
        return [hit, falseAlarm, weight];
      },
      free: (token) => of(token).dispose(),
    };
  },
  raw: (module) => new RawDoor(module),
};

class RawDoor implements OneShotDoor {
  readonly #module: RawModule;
  constructor(module: RawModule) {
    this.#module = module;
  }
  #call(name: string, ...args: number[]): void {
    this.#module.check(this.#module.call[`sl_abi_btsp_${name}`]!(...args));
  }
  make({ inputs, neurons, plateau = 0.005, connected = 0.6, seed = 1 }: OneShotOptions): number {
    const { call } = this.#module;
    return this.#module.made(call.sl_abi_btsp_create!(inputs, neurons, plateau, connected, seed));
  }
  #neurons(token: unknown, name: string, active: number[], ...args: number[]): number[] {
    const neurons = this.facts(token)[1]!;
    return this.#module.with(
      [new Uint32Array([...active, 0]), new Uint32Array(neurons + 1)],
      (at, out) => {
        this.#call(name, token as number, at!, active.length, ...args, out! + 4, out!);
        const count = this.#module.u32(out!, 1)[0]!;
        return [...this.#module.u32(out! + 4, count)];
      },
    );
  }
  store = (token: unknown, active: number[]) => this.#neurons(token, 'store', active);
  recall = (token: unknown, active: number[], threshold = Number.NaN) =>
    this.#neurons(token, 'recall', active, threshold);
  facts(token: unknown): number[] {
    return this.#module.with([new Float64Array(5)], (out) => {
      this.#call('facts', token as number, out!);
      const [inputs, neurons, items, , weight] = this.#module.f64(out!, 5);
      return [inputs!, neurons!, items!, weight!];
    });
  }
  chances(load: OneShotLoad): number[] {
    const { inputs, active, cue = active, items, plateau = 0.005, connected = 0.6 } = load;
    return this.#module.with([new Float64Array(3)], (out) => {
      this.#call('chances', inputs, active, cue, items, plateau, connected, out!);
      return [...this.#module.f64(out!, 3)];
    });
  }
  free(token: unknown): void {
    this.#call('destroy', token as number);
  }
}

/** Items of which each input is active with the probability active / inputs. */
function itemsOf(count: number, inputs: number, active: number): number[][] {
  const draw = random(8);
  return Array.from({ length: count }, () =>
    Array.from({ length: inputs }, (_, i) => i).filter(() => draw() < active / inputs),
  );
}

export const cases: Case<OneShotDoor>[] = [
  {
    name: "what recall is worth under a load, by SciPy's distributions",
    run: (door) => scipy.chances.map(({ load }) => door.chances(load)),
    check(found: number[][]) {
      for (const [i, { hit, falseAlarm, weight }] of scipy.chances.entries())
        for (const [k, wanted] of [hit, falseAlarm, weight].entries())
          expect(Math.abs(found[i]![k]! - wanted), `load ${i}`).toBeLessThan(1e-9 + 1e-3 * wanted);
    },
  },
  ...scipy.simulated.map(({ load, hit, falseAlarm }) => ({
    name: `${load.items} items, cues of ${load.cue} of ${load.active}: as simulated elsewhere`,
    run(door: OneShotDoor) {
      const { inputs, active, cue, items, plateau, connected } = load;
      const memory = door.make({ inputs, neurons: 1000, plateau, connected });
      const stored = itemsOf(items, inputs, active).map((item) => ({
        item,
        plateaus: new Set(door.store(memory, item)),
      }));
      const counts = { hits: 0, held: 0, wrong: 0, others: 0 };
      for (const { item, plateaus } of stored.filter((_, i) => i % (items / 100) === 0)) {
        const trace = door.recall(memory, item.slice(0, Math.round((item.length * cue) / active)));
        const right = trace.filter((neuron) => plateaus.has(neuron)).length;
        counts.hits += right;
        counts.held += plateaus.size;
        counts.wrong += trace.length - right;
        counts.others += 1000 - plateaus.size;
      }
      const facts = door.facts(memory);
      door.free(memory);
      return { counts, facts };
    },
    check({ counts, facts }: { counts: Record<string, number>; facts: number[] }) {
      // About 2,000 neurons that had a plateau and 98,000 that had none: six standard errors of each simulation.
      const { hits, held, wrong, others } = counts as Record<
        'hits' | 'held' | 'wrong' | 'others',
        number
      >;
      expect(Math.abs(hits / held - hit)).toBeLessThan(0.08);
      expect(Math.abs(wrong / others - falseAlarm)).toBeLessThan(0.0015);
      const rest = 0.5 * (1 - (1 - 0.04 * 0.02) ** load.items);
      expect(facts[3]).toBeGreaterThan(0.97 * rest);
      expect(facts[3]).toBeLessThan(1.03 * rest);
    },
  })),
  {
    name: 'one item, all connected: half of the synapses of its plateaus are 1, and no others',
    run(door) {
      const memory = door.make({ inputs: 64, neurons: 400, plateau: 0.25, connected: 1 });
      const item = Array.from({ length: 16 }, (_, i) => 4 * i);
      const before = door.recall(memory, item);
      const plateaus = door.store(memory, item);
      const traces = [1, 4, 8, 12, 17].map((threshold) => door.recall(memory, item, threshold));
      const elsewhere = door.recall(memory, [1, 2, 3], 0);
      const facts = door.facts(memory);
      door.free(memory);
      return { before, plateaus, traces, elsewhere, facts };
    },
    check(result: Record<string, number[]> & { traces: number[][] }) {
      const { before, plateaus, traces, elsewhere, facts } = result as never as {
        before: number[];
        plateaus: number[];
        traces: number[][];
        elsewhere: number[];
        facts: number[];
      };
      expect([before, elsewhere]).toEqual([[], []]);
      expect(Math.abs(plateaus.length - 100)).toBeLessThan(45);
      // A weight or more of 16: all but a share of 2^-16.
      expect(traces[0]).toEqual(plateaus);
      expect(Math.abs(traces[2]!.length / plateaus.length - 0.598)).toBeLessThan(0.25);
      expect(traces[4]).toEqual([]);
      for (const [i, trace] of traces.entries())
        expect(trace.every((neuron) => (traces[i - 1] ?? plateaus).includes(neuron))).toBe(true);
      expect(facts[3]! * 64 * 400).toBeCloseTo(8 * plateaus.length, -3);
    },
  },
  {
    name: 'refusals',
    run(door) {
      const memory = door.make({ inputs: 8, neurons: 4 });
      const load = { inputs: 100, active: 10, items: 5 };
      const refusals = [
        () => door.make({ inputs: 0, neurons: 4 }),
        () => door.make({ inputs: 8, neurons: 2 ** 20 + 1 }),
        () => door.make({ inputs: 2 ** 20, neurons: 2 ** 20 }),
        () => door.make({ inputs: 8, neurons: 4, plateau: 0 }),
        () => door.make({ inputs: 8, neurons: 4, connected: 1.5 }),
        () => door.store(memory, []),
        () => door.store(memory, [1, 8]),
        () => door.recall(memory, [3, 1, 3]),
        () => door.recall(memory, [3], -1),
        () => door.chances({ ...load, active: 101 }),
        () => door.chances({ ...load, cue: 11 }),
        () => door.chances({ ...load, items: 0 }),
        () => door.chances({ ...load, plateau: 1 }),
      ].map(attempt);
      // A refusal leaves nothing behind.
      const stored = door.store(memory, [3, 1]).length >= 0;
      door.free(memory);
      return { refusals, stored };
    },
    check({ refusals }: { refusals: { refused: string; argument: string }[] }) {
      expect(refusals.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        'OPTION inputs',
        'OPTION neurons',
        'OVERFLOW neurons',
        'OPTION plateau',
        'OPTION connected',
        'EMPTY active',
        'INDEX active',
        'ARGUMENT active',
        'OPTION threshold',
        'OPTION active',
        'OPTION cue',
        'OPTION items',
        'OPTION plateau',
      ]);
    },
  },
];
