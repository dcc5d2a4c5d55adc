// What a chooser does from task to task: choosing, reporting, keeping and saving what it knows.
import type { Chooser as RawChooser } from '../../generated/raw/chooser.js';
import { savePieces, saveWhole } from '../../runtime/file.js';
import { WasmObject } from '../../runtime/object.js';
import * as check from '../../runtime/validate.js';
import { type Label, labelBytes, policies, readOptions } from './label.js';
import { CENSORED, FAILED, readFeatures, SOLVED } from './table.js';
import type {
  Choice,
  ChooseOptions,
  ChooserPolicy,
  ChooserStats,
  Features,
  MethodScore,
  RunReport,
  Witness,
} from './types.js';
import { decisionBytes, reportBytes } from './witness.js';

/** Bits of `how` in csrc/chooser/chooser.h. */
const [EXPLORE, DECIDE, SCHEDULE] = [1, 2, 4] as const;
/** Numbers before those of the methods. */
const HEAD = 4;
const SLOTS = 4;
const FACTS = 20;

/** A chooser from task to task; {@link Chooser} has all of it. */
export abstract class LearningChooser extends WasmObject<RawChooser> {
  #label: Label | undefined;

  /**
   * Called with the canonical bytes of each decision and report, in their order, before the call returns: for a log whose
   * entries are chained by a hash, as docs/chooser.md shows. What it throws the call throws, after the chooser has changed.
   */
  onDecision: Witness | undefined;

  /** @internal */
  protected override facts() {
    return { methods: this.methods, features: this.features };
  }

  /** @internal Called once, by create and load. */
  configure(label: Label): this {
    this.#label = label;
    return this;
  }

  /** @internal */
  get names(): Label {
    return this.#label as Label;
  }

  /** @internal What the C core says of it. */
  factsOf(operation: string): Float64Array {
    const raw = this.use(operation);
    return this.runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(FACTS);
      raw.facts(at);
      return this.runtime.copyF64(at, FACTS);
    });
  }

  /** Names of the methods, in their order. */
  get methods(): string[] {
    return [...this.names.methods];
  }

  /** Names of the features, or how many there are. */
  get features(): number | string[] {
    const { features } = this.names;
    return typeof features === 'number' ? features : [...features];
  }

  /** What a cost is. */
  get cost(): string {
    return this.names.cost;
  }

  /** Cost at which a run is given up. */
  get timeout(): number {
    return this.factsOf('Chooser.timeout')[4] as number;
  }

  /**
   * Chooses a method for a task. With a schedule, run its entries in their order until one solves the task, and report each.
   *
   * @throws RangeError `SHAPE` (features), `RANGE` (eligible), `EMPTY` (eligible: none)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b', 'c'], features: 0, timeout: 100 });
   * for (const [method, cost] of [['a', 5], ['b', 3], ['c', 1]] as const) chooser.report([], method, { cost });
   * const { method, scores } = chooser.choose([], { explore: false, eligible: ['a', 'b'] });
   * console.log(method, scores[2]?.predicted.toFixed(3)); // b 1.000
   * ```
   */
  choose(features: Features, options?: ChooseOptions): Choice {
    const operation = 'Chooser.choose';
    const given = check.options<ChooseOptions>(operation, options, [
      'eligible',
      'explore',
      'schedule',
    ]);
    const explore = check.boolean(operation, 'explore', given.explore ?? true);
    const schedule = check.boolean(operation, 'schedule', given.schedule ?? false);
    const row = readFeatures(operation, 'features', features, this.names.features);
    const fits = given.eligible && this.#eligible(operation, given.eligible);
    const how = (explore ? EXPLORE : 0) | (schedule ? SCHEDULE : 0) | DECIDE;
    const choice = this.chooseRow(operation, row, fits, how);
    const method = this.names.methods.indexOf(choice.method);
    this.onDecision?.(decisionBytes(choice.id, method, row));
    return choice;
  }

  #eligible(operation: string, eligible: readonly string[]): Uint8Array {
    if (!Array.isArray(eligible))
      throw check.typeError(operation, 'eligible', 'array of names', eligible);
    const fits = new Uint8Array(this.names.methods.length);
    for (const [i, name] of eligible.entries())
      fits[this.#number(operation, `eligible[${i}]`, name)] = 1;
    return fits;
  }

  #number(operation: string, argument: string, name: string): number {
    check.string(operation, argument, name);
    const at = this.names.methods.indexOf(name);
    if (at < 0)
      throw check.rangeError(operation, argument, `one of ${this.names.methods.join(', ')}`, name);
    return at;
  }

  /** @internal */
  chooseRow(
    operation: string,
    row: Float64Array,
    fits: Uint8Array | undefined,
    how: number,
  ): Choice {
    const { runtime } = this;
    const { methods } = this.names;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const count = HEAD + 4 * methods.length + 2 * SLOTS;
      const from = scratch.f64(Math.max(row.length, 1));
      const to = scratch.f64(count);
      const eligible = fits ? scratch.bytes(fits.length) : 0;
      runtime.f64.set(row, from / 8);
      if (fits) runtime.u8.set(fits, eligible);
      runtime.check(operation, raw.choose(from, eligible, how, to));
      const numbers = runtime.copyF64(to, count);
      const name = (at: number) => methods[numbers[at] as number] as string;
      const scores = methods.map((method, i): MethodScore => {
        const [predicted, risk, drawn, runs] = numbers.subarray(HEAD + 4 * i) as unknown as [
          number,
          number,
          number,
          number,
        ];
        return { method, predicted, risk, drawn, runs };
      });
      const entries = numbers[3] as number;
      const at = HEAD + 4 * methods.length;
      const schedule: Choice['schedule'] = [];
      for (let k = 0; k < entries; k++)
        schedule.push([name(at + 2 * k), numbers[at + 2 * k + 1] as number]);
      if (entries === 0) schedule.push([name(0), this.timeout]);
      return {
        method: name(0),
        id: numbers[1] as number,
        schedule,
        safe: numbers[2] === 1,
        scores,
      };
    });
  }

  /**
   * Reports what a run has cost. Several methods may be reported for one decision.
   *
   * @param task - the id of one of the last 1024 decisions of this object, or the features of a task
   * @throws RangeError `INDEX` (an id that is not known any more), `RANGE` or `NOT_FINITE` (cost); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['fast', 'sure'], features: 0, timeout: 100, maxRisk: 0.3 });
   * for (let i = 0; i < 20; i++) {
   *   chooser.report([], 'fast', { cost: 1, solved: i % 2 === 0 });
   *   chooser.report([], 'sure', { cost: 50 });
   * }
   * const { method, safe } = chooser.choose([]);
   * console.log(method, safe); // sure true
   * ```
   */
  report(task: number | Features, method: string, run: RunReport): void {
    const operation = 'Chooser.report';
    const { runtime } = this;
    const given = check.options<RunReport>(operation, run, ['cost', 'solved', 'censored']);
    const cost = check.number(operation, 'cost', given.cost);
    const solved = check.boolean(operation, 'solved', given.solved ?? true);
    const censored = check.boolean(operation, 'censored', given.censored ?? false);
    const ending = censored ? CENSORED : solved ? SOLVED : FAILED;
    const number = this.#number(operation, 'method', method);
    const id =
      typeof task === 'number'
        ? check.integer(operation, 'id', task, 1, Number.MAX_SAFE_INTEGER)
        : 0;
    const row =
      typeof task === 'number'
        ? new Float64Array()
        : readFeatures(operation, 'features', task, this.names.features);
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const from = scratch.f64(Math.max(row.length, 1));
      runtime.f64.set(row, from / 8);
      runtime.check(operation, raw.report(id, from, number, cost, ending));
    });
    this.onDecision?.(reportBytes(id, row, number, cost, ending));
  }

  /** @internal The number of the method that is expected to cost least. */
  best(operation: string, row: Float64Array): number {
    return this.names.methods.indexOf(this.chooseRow(operation, row, undefined, 0).method);
  }

  /**
   * Keeps a copy of what is known now, in place of the one before.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: 0, timeout: 100 });
   * chooser.report([], 'a', { cost: 3 });
   * chooser.checkpoint();
   * chooser.report([], 'a', { cost: 90 });
   * chooser.rollback();
   * console.log(chooser.stats().reports); // 1
   * ```
   */
  checkpoint(): void {
    const operation = 'Chooser.checkpoint';
    this.runtime.check(operation, this.use(operation).checkpoint());
  }

  /**
   * Forgets what was learnt since the checkpoint, which stays.
   *
   * @throws SublinearError `STATE` (no checkpoint), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100 });
   * chooser.checkpoint();
   * chooser.report([], 'a', { cost: 90 });
   * chooser.rollback();
   * console.log(chooser.stats().runs); // 0
   * ```
   */
  rollback(): void {
    this.restore('Chooser.rollback');
  }

  /** @internal */
  restore(operation: string): void {
    const raw = this.use(operation);
    this.runtime.check(operation, raw.exchange());
    this.runtime.check(operation, raw.checkpoint());
  }

  /**
   * Adds methods at the end, of which nothing is known: exploring tries them first. A method that is gone is left out of
   * `eligible`.
   *
   * @throws RangeError `RANGE` (a name twice), `OPTION` (more than 256); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100 });
   * for (let i = 0; i < 9; i++) chooser.report([], 'a', { cost: 9 });
   * chooser.addMethods(['b']);
   * console.log(chooser.choose([]).method, chooser.choose([], { explore: false }).method); // b a
   * ```
   */
  addMethods(names: readonly string[]): void {
    const operation = 'Chooser.addMethods';
    const { runtime } = this;
    if (!Array.isArray(names)) throw check.typeError(operation, 'names', 'array of names', names);
    const added = Array.from(names, (name, i) => check.string(operation, `names[${i}]`, name));
    const { methods, ...rest } = this.names;
    const { label } = readOptions(operation, {
      ...rest,
      methods: [...methods, ...added],
      timeout: 1,
    });
    const bytes = labelBytes(label);
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(bytes.length);
      runtime.u8.set(bytes, at);
      runtime.check(operation, raw.setMethods(label.methods.length, at, bytes.length));
    });
    this.#label = label;
  }

  /**
   * Forgets all that is known but the checkpoint.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100 });
   * chooser.report([], 'a', { cost: 1 });
   * chooser.clear();
   * console.log(chooser.stats().runs); // 0
   * ```
   */
  clear(): void {
    this.use('Chooser.clear').clear();
  }

  /**
   * How much is known.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100, capacity: 8 });
   * for (let i = 0; i < 20; i++) chooser.report([], 'a', { cost: i });
   * const { reports, runs } = chooser.stats();
   * console.log(reports, runs); // 20 8
   * ```
   */
  stats(): ChooserStats {
    const facts = this.factsOf('Chooser.stats');
    const number = (i: number) => facts[i] as number;
    return {
      policy: Object.keys(policies)[number(2)] as ChooserPolicy,
      reports: number(12),
      decisions: number(13),
      runs: number(14),
      bytes: number(18),
      hasCheckpoint: number(15) === 1,
    };
  }

  /**
   * The chooser as bytes: {@link Chooser.load} takes them, in every engine and on every machine, and makes the same choices.
   * The checkpoint, and decisions that were not reported, are not among them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100 });
   * chooser.report([1], 'a', { cost: 1 });
   * using again = Chooser.load(chooser.save());
   * console.log(again.methods, again.stats().reports); // [ 'a', 'b' ] 1
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Chooser.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Chooser.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory.
   *
   * @throws SublinearError `STATE` (it has changed meanwhile)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100 });
   * let bytes = 0;
   * for (const piece of chooser.saveInPieces()) bytes += piece.length;
   * console.log(bytes === chooser.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Chooser.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Chooser.save(use()), use);
  }
}
