// A file that is open for questions: opened again, once, where it was replaced meanwhile.
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Cache } from './cache.js';
import type { Directory } from './directory.js';
import type { Keeping } from './keeping.js';
import type { CheckedOptions } from './source.js';
import type { Source, Traffic } from './traffic.js';

/** What opening gives: the head of the file in the module's memory, and what was read of the rest. */
export interface OpenedFile {
  readonly head: { dispose(): void };
  readonly directory: Directory;
  readonly cache: Cache;
  readonly keeping: Keeping | undefined;
}

/** Opens the file that is there now. */
export type OpenFile<T> = (
  runtime: Runtime,
  operation: string,
  source: Source,
  how: CheckedOptions,
  traffic: Traffic,
) => Promise<T>;

export class Held<T extends OpenedFile> {
  readonly runtime: Runtime;
  readonly source: Source;
  readonly how: CheckedOptions;
  readonly #open: OpenFile<T>;
  #opened: T | undefined;
  #reopening: Promise<void> | undefined;

  constructor(runtime: Runtime, source: Source, how: CheckedOptions, open: OpenFile<T>, opened: T) {
    this.runtime = runtime;
    this.source = source;
    this.how = { ...how, signal: undefined };
    this.#open = open;
    this.#opened = opened;
  }

  use(operation: string): T {
    this.runtime.assertAlive(operation);
    if (this.#opened === undefined)
      throw new SublinearError('DISPOSED', operation, 'this object was disposed');
    return this.#opened;
  }

  get disposed(): boolean {
    return this.#opened === undefined || !this.runtime.alive;
  }

  dispose(): void {
    this.#opened?.head.dispose();
    if (this.#opened !== undefined) this.source.close?.();
    this.#opened = undefined;
  }

  /** Asks the file; when it was replaced meanwhile, asks the new one if `fits` allows that. */
  async ask<A>(
    operation: string,
    signal: AbortSignal | undefined,
    traffic: Traffic,
    question: (opened: T) => Promise<A>,
    fits: (now: T, before: T) => boolean = () => true,
  ): Promise<A> {
    const opened = this.use(operation);
    try {
      return await question(opened);
    } catch (error) {
      const { code } = error as { code?: string };
      // Another question may have opened it again by now.
      const again = this.use(operation) !== opened;
      if (code !== 'CHANGED' && code !== 'CHECKSUM' && !(again && code === 'DISPOSED')) throw error;
      if (!again) await this.#reopen(operation, opened, error, signal, traffic);
      const now = this.use(operation);
      if (!fits(now, opened)) throw error;
      return question(now);
    }
  }

  /** Opens the file that is there now. When it is the same as before, what failed was not its replacement. */
  async #reopen(
    operation: string,
    before: T,
    error: unknown,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<void> {
    this.#reopening ??= (async () => {
      this.source.forget();
      const how = { ...this.how, signal };
      const opened = await this.#open(this.runtime, operation, this.source, how, traffic);
      if (opened.directory.hash === before.directory.hash || this.#opened === undefined) {
        opened.head.dispose();
        const { code } = error as { code?: string };
        // The server gave the same file another name.
        if (code === 'CHANGED' && this.#opened !== undefined) return;
        throw error;
      }
      before.head.dispose();
      this.#opened = opened;
    })().finally(() => {
      this.#reopening = undefined;
    });
    await this.#reopening;
  }
}
