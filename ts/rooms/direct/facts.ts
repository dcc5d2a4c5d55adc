// What a factorisation says about itself.
import type { Factor as RawFactor } from '../../generated/raw/direct.js';
import { WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type FactorMethod, type FactorOrdering, methodNames, orderingName } from './methods.js';
import type { Inertia, LogDeterminant, ReplacedPivots } from './types.js';

/** Numbers of sl_factor_facts. */
const FACTS = 17;

/** What a {@link Factorization} says about itself. */
export abstract class FactorFacts extends WasmObject<RawFactor> {
  /** @internal */
  protected override facts() {
    return { size: this.size, method: this.method, fill: this.fill };
  }

  /** Number of rows. */
  get size(): number {
    return this.#fact('size', 0);
  }

  /** The method that made it. */
  get method(): Exclude<FactorMethod, 'auto'> {
    return methodNames[this.#fact('method', 2)] as Exclude<FactorMethod, 'auto'>;
  }

  /** The order of elimination that was taken. */
  get ordering(): Exclude<FactorOrdering, 'auto'> {
    return orderingName(this.#fact('ordering', 3));
  }

  /** Entries of the factors, their diagonal included. Zeros that dense panels store are not counted. */
  get fill(): number {
    return this.#fact('fill', 4);
  }

  /** Floating-point operations of the factorisation. */
  get flops(): number {
    return this.#fact('flops', 5);
  }

  /** Bytes that it holds, its copy of the matrix included. */
  get bytesUsed(): number {
    return this.#fact('bytesUsed', 6);
  }

  /** Pivots that were too small, and were replaced by small numbers. Refinement makes good what it can of that. */
  get replacedPivots(): ReplacedPivots {
    const [count, row] = this.#facts('replacedPivots').slice(9, 11) as [number, number];
    return { count, ...(row >= 0 && { row }) };
  }

  /**
   * Positive and negative eigenvalues, by Sylvester's law. `undefined` where it is not known: pivots were replaced, which
   * means that some eigenvalue may be 0.
   */
  get inertia(): Inertia | undefined {
    const [positive, negative] = this.#facts('inertia').slice(11, 13) as [number, number];
    return positive < 0 ? undefined : { positive, negative };
  }

  /**
   * The determinant, from the pivots. O(n).
   *
   * @throws SublinearError `STATE` (the last refactorisation failed)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/direct';
   *
   * const { factorize, SparseMatrix } = await load();
   * using matrix = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [1, 2, 2, 1] });
   * using factor = factorize(matrix);
   * const { sign, logAbs } = factor.logDeterminant();
   * console.log((sign * Math.exp(logAbs)).toFixed(6), factor.inertia); // -3.000000 { positive: 1, negative: 1 }
   * ```
   */
  logDeterminant(): LogDeterminant {
    const [sign, logAbs] = this.#facts('logDeterminant').slice(13, 15) as [number, number];
    if (sign === 0) throw this.#notMade('logDeterminant');
    return { sign, logAbs };
  }

  #facts(property: string): number[] {
    const operation = `Factorization.${property}`;
    const raw = this.use(operation);
    return factsOf(this.runtime, operation, raw);
  }

  #fact(property: string, which: number): number {
    return this.#facts(property)[which] as number;
  }

  #notMade(method: string): Error {
    // The C core says it of everything that needs a factor.
    const raw = this.use(`Factorization.${method}`);
    this.runtime.check(`Factorization.${method}`, raw.beginCondition());
    return new Error('unreachable');
  }
}

/** The numbers of sl_factor_facts. */
export function factsOf(runtime: Runtime, operation: string, raw: RawFactor): number[] {
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.f64(FACTS);
    raw.facts(address);
    // Not copied as an array: that is a part of what a small factorisation costs.
    const facts: number[] = [];
    for (let i = 0; i < FACTS; i++) facts.push(runtime.f64[address / 8 + i] as number);
    return facts;
  });
}
