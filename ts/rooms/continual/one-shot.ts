// A memory that learns in one shot.
import { btspChance, btspFacts, btspLoad, btspOptions } from '../../generated/fields/continual.js';
import type { Btsp as RawBtsp } from '../../generated/raw/training.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give, giveOver, take } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { IndexArray } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';

/** Options of `OneShotMemory.create`. */
export interface OneShotOptions {
  /** 1 to 2^20. */
  inputs: number;
  /** 1 to 2^20; with the inputs at most 2^33 pairs. */
  neurons: number;
  /** Probability that a neuron has a plateau while an item is stored, above 0 and below 1; 0.005 by default. */
  plateau?: number;
  /** Probability that an input has a synapse to a neuron, above 0 and at most 1; 0.6 by default. */
  connected?: number;
  /** Of the synapses, the plateaus and the changes; 1 by default. */
  seed?: number;
}

/** A load that a memory may have. */
export interface OneShotLoad {
  inputs: number;
  /** Active inputs of an item, at most 4096; they are drawn independently. */
  active: number;
  /** Active inputs that are shown to recall it; all by default. */
  cue?: number;
  /** Items that are stored, 1 to 1e9. */
  items: number;
  /** As in the options of a memory. */
  plateau?: number;
  connected?: number;
}

/** What recall is worth under a load. */
export interface OneShotChances {
  /** Probability that a neuron which had a plateau for the item fires. */
  hit: number;
  /** Probability that one which had none does. */
  falseAlarm: number;
  /** Share of synapses that are 1. */
  weight: number;
}

/** Options of `OneShotMemory.recall`. */
export interface RecallOptions {
  /** Weights of active inputs that make a neuron fire, 0 or more; by default the number of the smallest error. */
  threshold?: number;
}

const memoryKeys = ['inputs', 'neurons', 'plateau', 'connected', 'seed'] as const;

/**
 * Binary synapses from many inputs to many neurons, changed by plateau potentials alone: an item, a set of active inputs, is
 * stored by showing it once, and recalled by a part of it. A few neurons, drawn at random, have a plateau while it is stored;
 * their synapses from active inputs change, each with probability 1/2. The neurons that fire when it is shown again are its
 * trace. What is stored later does not weaken it; it raises what other neurons fire by mistake ({@link OneShotMemory.chances}).
 *
 * Wu, Maass 2025, Nature Communications 16, 342, doi:10.1038/s41467-024-55563-6.
 */
export class OneShotMemory extends WasmObject<RawBtsp> {
  /**
   * A memory of which all weights are 0. Two bits for each pair of input and neuron.
   *
   * @throws RangeError `OPTION`; SublinearError `OVERFLOW`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { OneShotMemory } = await load();
   * using memory = OneShotMemory.create({ inputs: 1000, neurons: 1000, plateau: 0.02 });
   * const item = Array.from({ length: 40 }, (_, i) => 7 * i);
   * const plateaus = memory.store(item);
   * const trace = memory.recall(item.slice(0, 30));
   * console.log(trace.every((neuron) => plateaus.includes(neuron))); // true
   * ```
   */
  static create(options: OneShotOptions): OneShotMemory {
    const operation = 'OneShotMemory.create';
    const runtime = runtimeOf(this, operation);
    const given = check.options<OneShotOptions>(operation, options, memoryKeys);
    const number = (name: 'plateau' | 'connected') =>
      given[name] === undefined ? undefined : check.number(operation, name, given[name]);
    const at = giveOver(runtime, btspOptions, (to) => runtime.raw.btspDefaults(to), {
      inputs: check.integer(operation, 'inputs', given.inputs),
      neurons: check.integer(operation, 'neurons', given.neurons),
      plateau: number('plateau'),
      connected: number('connected'),
      seed: given.seed === undefined ? undefined : check.integer(operation, 'seed', given.seed),
    });
    return adopt(runtime, operation, OneShotMemory, runtime.raw.Btsp.create(at));
  }

  /**
   * What recall is worth under a load, in closed form, at the threshold of the smallest error: the curve of capacity without a
   * simulation. At the sizes of the paper (25,000 inputs, 125 active, plateau 0.005) see docs/continual.md.
   *
   * @throws RangeError `OPTION`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { OneShotMemory } = await load();
   * const hit = (items: number) => OneShotMemory.chances({ inputs: 25_000, active: 125, items }).hit;
   * console.log(hit(1000).toFixed(2), hit(30_000).toFixed(2)); // 1.00 0.82
   * ```
   */
  static chances(load: OneShotLoad): OneShotChances {
    const operation = 'OneShotMemory.chances';
    const runtime = runtimeOf(this, operation);
    const given = check.options<OneShotLoad>(operation, load, [
      'inputs',
      'active',
      'cue',
      'items',
      'plateau',
      'connected',
    ]);
    const active = check.integer(operation, 'active', given.active);
    const question = {
      active,
      inputs: check.integer(operation, 'inputs', given.inputs),
      cue: check.integer(operation, 'cue', given.cue ?? active),
      items: check.number(operation, 'items', given.items),
      plateau: check.number(operation, 'plateau', given.plateau ?? 0.005),
      connected: check.number(operation, 'connected', given.connected ?? 0.6),
    };
    return runtime.scratch(operation, (scratch) => {
      // The result is written where the question lies: a copy of it.
      const at = scratch.f64(btspLoad.length);
      const from = give(runtime, btspLoad, question);
      runtime.f64.copyWithin(at / 8, from / 8, from / 8 + btspLoad.length);
      runtime.check(operation, runtime.raw.btspChances(at, runtime.out));
      return take(runtime, btspChance);
    });
  }

  #facts(operation: string) {
    this.use(operation).facts(this.runtime.out);
    return take(this.runtime, btspFacts);
  }

  /** @internal */
  protected override facts() {
    const { inputs, neurons, items } = this.#facts('facts');
    return { inputs, neurons, items };
  }

  get inputs(): number {
    return this.#facts('inputs').inputs;
  }
  get neurons(): number {
    return this.#facts('neurons').neurons;
  }
  /** Items that were stored. */
  get items(): number {
    return this.#facts('items').items;
  }
  /** Share of the synapses that are 1. */
  get weight(): number {
    return this.#facts('weight').weight;
  }
  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('bytesUsed').bytes();
  }

  /**
   * Stores an item: shown once. O(active * plateaus + neurons).
   *
   * @param active - numbers of its active inputs, each once
   * @returns the neurons that had a plateau, ascending
   * @throws RangeError `EMPTY`, `INDEX`, `ARGUMENT` (one twice)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { OneShotMemory } = await load();
   * using memory = OneShotMemory.create({ inputs: 100, neurons: 500, plateau: 0.1 });
   * memory.store([1, 2, 3, 5, 8, 13, 21, 34, 55, 89]);
   * console.log(memory.items, memory.weight > 0); // 1 true
   * ```
   */
  store(active: IndexArray): Uint32Array<ArrayBuffer> {
    const operation = 'OneShotMemory.store';
    return this.#neurons(operation, active, (at, count, out) =>
      this.use(operation).store(at, count, out, this.runtime.out),
    );
  }

  /**
   * The neurons that fire, ascending: the trace of an item of which these inputs are a part. O(active * neurons).
   *
   * @throws RangeError `EMPTY`, `INDEX`, `ARGUMENT` (one twice), `OPTION`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/continual';
   *
   * const { OneShotMemory } = await load();
   * using memory = OneShotMemory.create({ inputs: 100, neurons: 500, plateau: 0.1, connected: 1 });
   * const item = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
   * const plateaus = memory.store(item);
   * console.log(memory.recall(item, { threshold: 1 }).length === plateaus.length); // true
   * ```
   */
  recall(active: IndexArray, options?: RecallOptions): Uint32Array<ArrayBuffer> {
    const operation = 'OneShotMemory.recall';
    const { threshold } = check.options<RecallOptions>(operation, options, ['threshold']);
    const least =
      threshold === undefined ? Number.NaN : check.number(operation, 'threshold', threshold);
    if (threshold !== undefined && Number.isNaN(threshold))
      throw check.rangeError(operation, 'threshold', 'number >= 0', threshold);
    return this.#neurons(operation, active, (at, count, out) =>
      this.use(operation).recall(at, count, least, out, this.runtime.out),
    );
  }

  #neurons(
    operation: string,
    active: IndexArray,
    call: (at: number, count: number, out: number) => number,
  ): Uint32Array<ArrayBuffer> {
    const { runtime } = this;
    const { neurons } = this.#facts(operation);
    return runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('active', active);
      const out = scratch.u32(neurons);
      runtime.check(operation, call(address, length, out));
      return runtime.copyU32(out, runtime.outU32());
    });
  }
}
