// What files that are read by ranges have in common, whatever is in them.
import { INSPECT, type Inspect, printed } from '../../runtime/inspect.js';
import { notConstructible } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Held, type OpenedFile, type OpenFile } from './held.js';
import { openSource, orClosed, type RemoteOptions, type RemoteSource } from './source.js';
import type { Traffic } from './traffic.js';

export interface RemoteFile extends Disposable {}

/** A file that is open, here or on a server. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is defined below where the engine has the symbol
export abstract class RemoteFile {
  readonly #file: Held<OpenedFile>;
  /** What opening has cost. */
  readonly opening: Readonly<Traffic>;

  static {
    if (Symbol.dispose !== undefined)
      Object.defineProperty(RemoteFile.prototype, Symbol.dispose, {
        value: function (this: RemoteFile) {
          this.dispose();
        },
        configurable: true,
        writable: true,
      });
  }

  /** @internal */
  protected constructor(file: Held<OpenedFile>, opening: Traffic) {
    if (typeof file?.use !== 'function') throw notConstructible(new.target);
    this.#file = file;
    this.opening = opening;
  }

  /** Length of the file. */
  get fileBytes(): number {
    return this.#file.use(`${this.constructor.name}.fileBytes`).directory.length;
  }
  /** SHA-256 of the file's head, in hexadecimal: with `hash` of {@link RemoteOptions} no other file is accepted. */
  get hash(): string {
    return this.#file.use(`${this.constructor.name}.hash`).directory.hash as string;
  }
  /** True after `dispose()`. */
  get disposed(): boolean {
    return this.#file.disposed;
  }

  /**
   * Frees its memory. Questions that run are rejected. Calling it again does nothing.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/format';
   *
   * const { RemoteIndex, writeRemoteIndex } = await load();
   * const index = await RemoteIndex.open(writeRemoteIndex([1, 0, 0, 1], { dimension: 2 }));
   * index.dispose();
   * console.log(index.disposed); // true
   * ```
   */
  dispose(): void {
    this.#file.dispose();
  }

  /** A few facts that say what the file is, for printing. @internal */
  protected abstract facts(): object;

  /** @internal */
  [INSPECT](_depth: number, options: object, inspect?: Inspect): string {
    const { name } = this.constructor;
    // A prototype, or a proxy.
    if (!(#file in this)) return `${name} {}`;
    return this.disposed ? `${name} (disposed)` : printed(name, this.facts(), options, inspect);
  }
}

/** Opens a file for questions: it, and what opening has cost. */
export async function openRemote<T extends OpenedFile>(
  runtime: Runtime,
  operation: string,
  source: RemoteSource,
  options: RemoteOptions,
  open: OpenFile<T>,
): Promise<[Held<T>, Traffic]> {
  const { source: from, how } = openSource(operation, source, options);
  const traffic = { requests: 0, bytes: 0, rounds: 0 };
  const opened = await orClosed(from, open(runtime, operation, from, how, traffic));
  return [new Held(runtime, from, how, open, opened), traffic];
}
