// A circuit breaker without a clock.
import * as check from '../../runtime/validate.js';

export interface BreakerOptions {
  /** So many failures in a row open it; 5 by default. */
  failures?: number;
  /** Milliseconds for which it stays open; 30,000 by default. */
  cooldownMs?: number;
  /** So many successes in a row close it again, when it is half open; 1 by default. */
  successes?: number;
}

/** `open`: not to be called. `halfOpen`: one call at a time, to see whether it works again. */
export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** Everything a breaker knows, as plain data. */
export interface BreakerSnapshot {
  failures: number;
  successes: number;
  /** When it opened, in the caller's milliseconds; null while it is closed. */
  openedAt: number | null;
  /** A call is on its way while it is half open. */
  trying: boolean;
}

/**
 * Keeps a route that fails from being called. Pure state: the time is an argument, so that it can be tested, saved, and
 * shared by servers. It needs no WebAssembly.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from 'sublinear/router';
 *
 * const breaker = new CircuitBreaker({ failures: 2, cooldownMs: 1000 });
 * breaker.report(false, 0);
 * breaker.report(false, 10);
 * console.log(breaker.state(500), breaker.state(1010)); // open halfOpen
 * ```
 */
export class CircuitBreaker {
  readonly #options: Required<BreakerOptions>;
  #snapshot: BreakerSnapshot = { failures: 0, successes: 0, openedAt: null, trying: false };

  /** `snapshot`: what `snapshot()` of another one gave. */
  constructor(options?: BreakerOptions, snapshot?: BreakerSnapshot) {
    const operation = 'CircuitBreaker';
    const {
      failures = 5,
      cooldownMs = 30_000,
      successes = 1,
    } = check.options<BreakerOptions>(operation, options, ['failures', 'cooldownMs', 'successes']);
    check.integer(operation, 'failures', failures, 1);
    check.integer(operation, 'successes', successes, 1);
    if (!(check.number(operation, 'cooldownMs', cooldownMs) >= 0))
      throw check.rangeError(operation, 'cooldownMs', 'number >= 0', cooldownMs);
    this.#options = { failures, cooldownMs, successes };
    if (snapshot === undefined) return;
    const given = check.options<BreakerSnapshot>(operation, snapshot, [
      'failures',
      'successes',
      'openedAt',
      'trying',
    ]);
    this.#snapshot = {
      failures: check.integer(operation, 'snapshot.failures', given.failures),
      successes: check.integer(operation, 'snapshot.successes', given.successes),
      openedAt:
        given.openedAt === null ? null : time(operation, 'snapshot.openedAt', given.openedAt),
      trying: check.boolean(operation, 'snapshot.trying', given.trying),
    };
  }

  /**
   * What it is at a time.
   *
   * @throws TypeError, RangeError (now: not a finite number)
   *
   * @example
   * ```ts
   * import { CircuitBreaker } from 'sublinear/router';
   *
   * console.log(new CircuitBreaker().state(0)); // closed
   * ```
   */
  state(now: number): BreakerState {
    const { openedAt } = this.#snapshot;
    if (openedAt === null) return 'closed';
    const passed = time('CircuitBreaker.state', 'now', now) - openedAt;
    return passed >= this.#options.cooldownMs ? 'halfOpen' : 'open';
  }

  /**
   * May a call be made now? While it is half open the first one to ask may, and others may not until its `report()`.
   *
   * @example
   * ```ts
   * import { CircuitBreaker } from 'sublinear/router';
   *
   * const breaker = new CircuitBreaker({ failures: 1, cooldownMs: 100 });
   * breaker.report(false, 0);
   * console.log(breaker.allows(50), breaker.allows(100), breaker.allows(101)); // false true false
   * ```
   */
  allows(now: number): boolean {
    const state = this.state(now);
    if (state !== 'halfOpen') return state === 'closed';
    if (this.#snapshot.trying) return false;
    this.#snapshot.trying = true;
    return true;
  }

  /**
   * How a call went. A failure while it is half open opens it anew; what comes in while it is open, from calls that were on
   * their way, changes nothing.
   *
   * @example
   * ```ts
   * import { CircuitBreaker } from 'sublinear/router';
   *
   * const breaker = new CircuitBreaker({ failures: 1, cooldownMs: 100 });
   * breaker.report(false, 0);
   * if (breaker.allows(100)) breaker.report(true, 120);
   * console.log(breaker.state(120)); // closed
   * ```
   */
  report(ok: boolean, now: number): void {
    const operation = 'CircuitBreaker.report';
    check.boolean(operation, 'ok', ok);
    time(operation, 'now', now);
    const state = this.state(now);
    const s = this.#snapshot;
    if (state === 'open') return;
    s.trying = false;
    if (!ok) {
      s.failures++;
      s.successes = 0;
      if (state === 'halfOpen' || s.failures >= this.#options.failures) s.openedAt = now;
      return;
    }
    s.successes++;
    if (state === 'closed' || s.successes >= this.#options.successes)
      this.#snapshot = { failures: 0, successes: 0, openedAt: null, trying: false };
  }

  /**
   * Everything it knows, to be kept or sent: `new CircuitBreaker(options, snapshot)` goes on from there.
   *
   * @example
   * ```ts
   * import { CircuitBreaker } from 'sublinear/router';
   *
   * const breaker = new CircuitBreaker();
   * breaker.report(false, 5);
   * console.log(breaker.snapshot().failures); // 1
   * ```
   */
  snapshot(): BreakerSnapshot {
    return { ...this.#snapshot };
  }
}

function time(operation: string, argument: string, value: unknown): number {
  const now = check.number(operation, argument, value);
  if (!Number.isFinite(now)) throw check.rangeError(operation, argument, 'finite number', now);
  return now;
}
