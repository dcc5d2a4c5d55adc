// What bandits have beside choosing: names of arms, numbers, files.
import { banditFacts, banditOptions } from '../../generated/fields/bandit.js';
import type { Bandit as RawBandit } from '../../generated/raw/learning.js';
import { SublinearError, SublinearRangeError } from '../../runtime/errors.js';
import { take } from '../../runtime/fields.js';
import { savePieces, saveWhole } from '../../runtime/file.js';
import { WasmObject } from '../../runtime/object.js';
import * as check from '../../runtime/validate.js';
import { type ArmId, type PolicyName, policies } from './options.js';

/** What is known of the arms' names. */
export interface Names {
  /** By number; undefined: the number is free. */
  of: (ArmId | undefined)[];
  numbers: Map<ArmId, number>;
}

/** Something that has arms with names, which come and go, and that is saved: the part of a `Bandit` that is not choosing. */
export abstract class Arms extends WasmObject<RawBandit> {
  /** @internal */
  protected names: Names = { of: [], numbers: new Map() };
  #sizes: { dimension: number; shared: number } | undefined;
  /** Where context and scores lie; they move when an arm is added. */
  #at: { context: number; scores: number } | undefined;

  /** @internal */
  protected override facts() {
    return { policy: this.policy, arms: this.names.numbers.size };
  }

  // --- what it is -----------------------------------------------------------------------------------------------------

  /** Names of the arms, in the order in which arrays have them. */
  get arms(): ArmId[] {
    this.use('Bandit.arms');
    return this.names.of.filter((name) => name !== undefined);
  }

  /** Which policy it is. */
  get policy(): PolicyName {
    return policies[this.#option('policy')] as PolicyName;
  }

  /** Numbers in a context; 0 for none. */
  get dimension(): number {
    return this.size(this.use('Bandit.dimension')).dimension;
  }

  /** Choices made. */
  get choices(): number {
    return this.#fact('choices');
  }

  /** Rewards learned from. */
  get rewards(): number {
    return this.#fact('rewards');
  }

  /** Choices that wait for a reward. */
  get waiting(): number {
    return this.#fact('waiting');
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('Bandit.bytesUsed').bytes();
  }

  #fact(name: (typeof banditFacts)[number]): number {
    this.use(`Bandit.${name}`).facts(this.runtime.out);
    return take(this.runtime, banditFacts)[name];
  }

  #option(name: (typeof banditOptions)[number]): number {
    this.use(`Bandit.${name}`).options(this.runtime.out);
    return take(this.runtime, banditOptions)[name];
  }

  /** @internal */
  protected size(raw: RawBandit) {
    if (this.#sizes === undefined) {
      raw.options(this.runtime.out);
      const { dimension, shared } = take(this.runtime, banditOptions);
      this.#sizes = { dimension, shared };
    }
    return this.#sizes;
  }

  /** @internal */
  protected places(raw: RawBandit) {
    this.#at ??= { context: raw.context(), scores: raw.scores() };
    return this.#at;
  }

  // --- arms -----------------------------------------------------------------------------------------------------------

  /**
   * A new arm, which knows nothing. Its place in `arms` is that of an arm that was removed before, or the end.
   *
   * @throws RangeError `RANGE` (the name is taken); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { ucb1 } = await load();
   * using bandit = ucb1({ arms: ['red', 'blue'] });
   * bandit.addArm('green');
   * bandit.removeArm('red');
   * console.log(bandit.arms); // [ 'blue', 'green' ]
   * ```
   */
  addArm(arm: ArmId): void {
    this.add('Bandit.addArm', 'arm', arm);
  }

  /** @internal */
  protected add(operation: string, argument: string, arm: unknown): void {
    const raw = this.use(operation);
    if (typeof arm !== 'string' && !(typeof arm === 'number' && Number.isFinite(arm)))
      throw check.typeError(operation, argument, 'string or finite number', arm);
    const { of, numbers } = this.names;
    if (numbers.has(arm))
      throw check.rangeError(operation, argument, 'a name that no other arm has', arm);
    this.#at = undefined;
    this.runtime.check(operation, raw.addArm(this.runtime.out));
    const number = this.runtime.outU32();
    of[number] = arm;
    numbers.set(arm, number);
  }

  /**
   * Forgets an arm. Rewards of its choices that come later teach nothing.
   *
   * @throws RangeError `INDEX` (there is no such arm)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { ucb1 } = await load();
   * using bandit = ucb1({ arms: [1, 2] });
   * const { id, arm } = bandit.choose();
   * bandit.removeArm(arm);
   * console.log(bandit.reward(id, 1)); // false
   * ```
   */
  removeArm(arm: ArmId): void {
    const operation = 'Bandit.removeArm';
    const raw = this.use(operation);
    const number = this.numberOf(operation, 'arm', arm);
    this.runtime.check(operation, raw.removeArm(number));
    this.names.of[number] = undefined;
    this.names.numbers.delete(arm);
  }

  /** @internal */
  protected numberOf(operation: string, argument: string, arm: unknown): number {
    const number = this.names.numbers.get(arm as ArmId);
    if (number !== undefined) return number;
    const message = `"${argument}" expected an arm of this bandit, got ${check.show(arm)}`;
    throw new SublinearRangeError('INDEX', operation, message, { argument });
  }

  // --- files ----------------------------------------------------------------------------------------------------------

  #labels(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.names.of.map((name) => name ?? null)));
  }

  #writer(operation: string) {
    const labels = this.#labels();
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(labels.length);
      runtime.u8.set(labels, at);
      return runtime.raw.Bandit.save(this.use(operation), at, labels.length);
    });
  }

  /**
   * Everything as bytes: what {@link Bandit.load} makes of them chooses and learns as this one would have, the draws of its
   * random numbers and the choices that wait for a reward included.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { Bandit, betaThompson } = await load();
   * using bandit = betaThompson({ arms: ['a', 'b', 'c'] });
   * using copy = Bandit.load(bandit.save());
   * console.log(copy.choose().arm === bandit.choose().arm); // true
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Bandit.save';
    this.use(operation);
    return saveWhole(this.runtime, operation, () => this.#writer(operation));
  }

  /**
   * The same in pieces of at most 1 MiB. The file is that of the moment of the first piece: the bandit may go on meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/bandit';
   *
   * const { ucb1 } = await load();
   * using bandit = ucb1({ arms: ['a', 'b'] });
   * let bytes = 0;
   * for (const piece of bandit.saveInPieces()) bytes += piece.length;
   * console.log(bytes === bandit.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'Bandit.saveInPieces';
    const use = () => this.use(operation);
    return savePieces(this.runtime, operation, () => this.#writer(operation), use);
  }

  /** @internal The names that were saved: null for places without an arm, as C has them. */
  protected readNames(operation: string): void {
    const { runtime } = this;
    const raw = this.use(operation);
    const from = raw.labels();
    const bytes = runtime.u8.slice(from, from + raw.labelsBytes());
    raw.facts(runtime.out);
    const { slots, arms } = take(runtime, banditFacts);
    const names = parsed(bytes);
    const numbers = new Map<ArmId, number>();
    let right = names?.length === slots;
    for (const [number, name] of (right && names ? names : []).entries()) {
      const isName = typeof name === 'string' || typeof name === 'number';
      right &&= isName ? !numbers.has(name) : name === null;
      // A name where there is an arm, and nowhere else.
      right &&= isName === raw.hasArm(number);
      if (isName) numbers.set(name, number);
    }
    if (!right || numbers.size !== arms) {
      const message = '"bytes": unknown or unsupported format, expected a name for each arm';
      throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
    }
    this.names = {
      of: (names as (ArmId | null)[]).map((name) => name ?? undefined),
      numbers,
    };
  }
}

function parsed(bytes: Uint8Array): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
