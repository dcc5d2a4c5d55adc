// A pack that was opened: it is signed by somebody who is trusted, and runs in this thread or in one of its own.
import { runtimeOf } from '../../runtime/bind.js';
import { make } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { notConstructible } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { Bundle } from '../format/bundle.js';
import { hex } from '../format/directory.js';
import type { RemoteSource, SourceOptions } from '../format/source.js';
import type { TensorData } from '../format/tensors.js';
import {
  aligned,
  arrayOf,
  assertNumbers,
  type Layout,
  layOut,
  PlacedTensor,
  type RunArguments,
  typeOf,
} from './arena.js';
import { assertSegments, moduleOf, textOf } from './contents.js';
import {
  type KernelFeature,
  type KernelSignature,
  type KernelType,
  type Manifest,
  parseManifest,
} from './manifest.js';
import type { KernelGlobal, KernelMemory } from './memory.js';
import { bytesOfPages, compile, decode, instantiate, type Program } from './program.js';
import {
  ended,
  nothing,
  type RunAsyncOptions,
  type RunOptions,
  type RunResult,
  type RunStopped,
  stopped,
} from './results.js';
import { KernelThread } from './thread.js';
import { acceptVersion, readTrust, type TrustOptions, whoVouches } from './trust.js';
import { sha256 } from './write.js';

/** Options of {@link KernelPack.open}. */
export interface OpenPackOptions extends TrustOptions, Omit<SourceOptions, 'verify' | 'hash'> {
  /** The most memory that a pack may have, in pages of 64 KiB. 4096 by default: 256 MiB. */
  maxPages?: number;
}

interface Parts {
  manifest: Manifest;
  hash: string;
  signer: string | undefined;
  bundle: Bundle;
  wasm: Uint8Array;
  module: WebAssembly.Module;
  arena: number;
}

const DEFAULT_FUEL = 1e9;

/**
 * Kernels from a file: WebAssembly that imports nothing, signed by somebody on the caller's list. It computes on its own memory
 * and on nothing else.
 */
export class KernelPack {
  readonly #runtime: Runtime;
  readonly #parts: Parts;
  readonly #kernels: ReadonlyMap<string, KernelSignature>;
  #program: Program | undefined;
  /** Where the next tensor is placed. */
  #next: number;
  #threads = new Map<'metered' | 'plain', KernelThread>();
  #disposed = false;

  /** @internal Made by {@link KernelPack.open}. */
  protected constructor(runtime: Runtime, parts: Parts) {
    if (parts?.module === undefined) throw notConstructible(new.target);
    this.#runtime = runtime;
    this.#parts = parts;
    this.#kernels = new Map(parts.manifest.kernels.map((kernel) => [kernel.name, kernel]));
    this.#next = aligned(parts.arena);
  }

  /**
   * Opens a pack, or any file of segments that has one. In this order: the hashes of the file, a signature of the manifest by
   * one of `signers` (or its hash among `hashes`), its version against `versions`, the hash of the module, the module itself.
   * Nothing of it is compiled before, and nothing runs. Then `versions` has the version of this pack.
   *
   * @throws SublinearError `UNTRUSTED`, `FORMAT`, `CHECKSUM`, `TRUNCATED`, `UNSUPPORTED` (what it uses, its size), `NETWORK`;
   * TypeError, RangeError (options)
   *
   * @example
   * ```ts
   * import { readFile } from 'node:fs/promises';
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack, signPack, writePack } = await load();
   * const description = JSON.parse(await readFile('examples/kernels/nearest.json', 'utf8'));
   * const unsigned = writePack(await readFile('examples/kernels/nearest.wasm'), description);
   * const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
   * const file = await signPack(unsigned, keys);
   *
   * const signer = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
   * const pack = await KernelPack.open(file, { signers: [signer] });
   * const run = pack.run('nearest', {
   *   inputs: { vectors: Float32Array.of(0, 0, 3, 4, 1, 0), query: Float32Array.of(3, 3) },
   *   sizes: { k: 2 },
   * });
   * console.log(run.outcome, run.outputs?.ids); // ended Int32Array(2) [ 1, 2 ]
   * pack.dispose();
   * ```
   */
  static async open(source: RemoteSource, options: OpenPackOptions): Promise<KernelPack> {
    const operation = 'KernelPack.open';
    const runtime = runtimeOf(this, operation);
    const { signers, hashes, versions, maxPages, ...how } = check.options(operation, options, [
      'signers',
      'hashes',
      'versions',
      'maxPages',
      'fetch',
      'cacheBytes',
      'timeoutMs',
      'signal',
    ]);
    const trust = readTrust(operation, { signers, hashes, versions } as TrustOptions);
    const most = check.integer(operation, 'maxPages', maxPages ?? 4096, 1, 32_768);
    const bundle = await runtime.bind(Bundle).open(source, how);
    const text = await textOf(operation, bundle);
    const hash = hex(sha256(runtime, operation, new TextEncoder().encode(text)));
    const signer = await whoVouches(runtime, operation, bundle, text, hash, trust);
    const manifest = parseManifest(operation, text);
    acceptVersion(operation, manifest, hash, trust.versions);
    if (manifest.memory.pages > most)
      throw unsupported(operation, `at most ${most} pages of memory`, `${manifest.memory.pages}`);
    assertSegments(operation, bundle, manifest);
    const wasm = await moduleOf(runtime, operation, bundle, manifest);
    const { pages } = manifest.memory;
    const facts = decode(
      runtime,
      operation,
      wasm,
      pages,
      manifest.features,
      true,
      manifest.kernels,
    );
    const module = await compile(operation, facts.wasm);
    // Only what can be used counts as seen.
    if (trust.versions !== undefined)
      trust.versions[manifest.name] = { version: manifest.version, hash };
    const Bound = runtime.bind(KernelPack) as unknown as new (...parts: unknown[]) => KernelPack;
    const parts: Parts = { manifest, hash, signer, bundle, wasm, module, arena: facts.arena };
    return new Bound(runtime, parts);
  }

  get name(): string {
    return this.#parts.manifest.name;
  }

  get version(): number {
    return this.#parts.manifest.version;
  }

  /** What the program is for. */
  get role(): string {
    return this.#parts.manifest.role;
  }

  /** What it uses beside WebAssembly 1.0, as it says. */
  get features(): readonly KernelFeature[] {
    return this.#parts.manifest.features;
  }

  /** Its memory, in pages of 64 KiB. */
  get pages(): number {
    return this.#parts.manifest.memory.pages;
  }

  /** The kernels with their parameters. */
  get kernels(): readonly KernelSignature[] {
    return structuredClone(this.#parts.manifest.kernels);
  }

  /** SHA-256 of the manifest, in hexadecimal: it stands for the module and for what the manifest says of segments. */
  get hash(): string {
    return this.#parts.hash;
  }

  /** The key that it is trusted for, in hexadecimal; `undefined` where its hash was on the list. */
  get signer(): string | undefined {
    return this.#parts.signer;
  }

  /** The file, with all its segments. */
  get bundle(): Bundle {
    return this.#parts.bundle;
  }

  /**
   * Runs a kernel in this thread. Sizes follow from the lengths of arrays where they can; `sizes` says the others. Arrays are
   * copied into the pack's memory and back.
   *
   * @throws TypeError, RangeError (arguments; outputs that overlap); SublinearError `MEMORY`, `STATE` (a tensor whose place is
   * gone)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack } = await load();
   * async function normalised(pack: InstanceType<typeof KernelPack>, x: Float32Array, weight: Float32Array) {
   *   const run = pack.run('rmsnorm', { inputs: { x, weight }, fuel: 1e6 });
   *   if (run.outcome !== 'ended') throw new Error(run.message);
   *   return run.outputs.y;
   * }
   * console.log(typeof normalised); // function
   * ```
   */
  run(kernel: string, options?: RunOptions): RunResult | RunStopped {
    const operation = 'KernelPack.run';
    const given = check.options(operation, options, [
      'inputs',
      'outputs',
      'sizes',
      'numbers',
      'fuel',
    ]);
    const signature = this.#kernel(operation, kernel);
    const fuel = fuelOf(operation, given.fuel ?? DEFAULT_FUEL);
    this.#program ??= instantiate(operation, this.#parts.module);
    const { memory, functions, fuel: meter } = this.#program;
    const layout = this.#layOut(operation, signature, given, this.#next, memory);
    const bytes = new Uint8Array(memory.buffer);
    for (const { offset, bytes: from } of layout.copies) bytes.set(from, offset);
    for (const { offset, length } of layout.zeros) bytes.fill(0, offset, offset + length);
    const global = meter as KernelGlobal;
    global.value = BigInt(fuel);
    try {
      const returned = functions[kernel]?.(...layout.values);
      const found = layout.outputs.map(({ offset, length }) =>
        bytes.subarray(offset, offset + length),
      );
      return ended(operation, layout, found, returned, fuel - Number(global.value));
    } catch (error) {
      if (error instanceof SublinearError) throw error;
      // The next run begins with a memory that nobody has left half written.
      this.reset();
      return stopped(Number(global.value) < 0, fuel, (error as Error).message);
    }
  }

  /**
   * Runs a kernel in a thread of its own, which is ended when it takes longer than `timeMs`; the promise is settled then. Runs
   * of a pack come one after the other.
   *
   * @throws as {@link KernelPack.run}; SublinearError `LOAD_FAILED` (no workers here)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack } = await load();
   * async function inTime(pack: InstanceType<typeof KernelPack>, x: Float32Array) {
   *   const run = await pack.runAsync('rmsnorm', { inputs: { x }, timeMs: 50 });
   *   return run.outcome === 'timeLimit' ? undefined : run.outputs?.y;
   * }
   * console.log(typeof inTime); // function
   * ```
   */
  async runAsync(kernel: string, options?: RunAsyncOptions): Promise<RunResult | RunStopped> {
    const operation = 'KernelPack.runAsync';
    const given = check.options(operation, options, [
      'inputs',
      'outputs',
      'sizes',
      'numbers',
      'fuel',
      'timeMs',
      'signal',
    ]);
    const signature = this.#kernel(operation, kernel);
    const fuel = given.fuel === undefined ? undefined : fuelOf(operation, given.fuel);
    const { timeMs = 1000, signal } = given;
    check.number(operation, 'timeMs', timeMs);
    if (!(timeMs > 0 && timeMs <= 2 ** 31 - 1))
      throw check.rangeError(operation, 'timeMs', 'number in 0..2147483647', timeMs);
    if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
      throw check.typeError(operation, 'signal', 'AbortSignal', signal);
    const layout = this.#layOut(operation, signature, given, aligned(this.#parts.arena), undefined);
    const copies = layout.copies.map(({ offset, bytes }) => ({
      offset,
      bytes: make(operation, bytes.length, () => bytes.slice()),
    }));
    const outputs = layout.outputs.map(({ offset, length }) => ({ offset, length }));
    const { values, zeros } = layout;
    const job = { kernel, values, copies, zeros, outputs, fuel };
    const thread = this.#thread(operation, fuel !== undefined);
    const answer = await thread.run(operation, job, timeMs, signal);
    if (answer === undefined) {
      const message = `the kernel was ended after ${timeMs} ms`;
      return { ...nothing, outcome: 'timeLimit', fuelUsed: undefined, message };
    }
    if (answer.trap !== undefined) return stopped((answer.left ?? 0) < 0, fuel, answer.trap);
    const used = fuel === undefined ? undefined : fuel - (answer.left as number);
    return ended(operation, layout, answer.found, answer.returned, used);
  }

  /**
   * Puts a tensor into the pack's memory, where it stays: {@link KernelPack.run} then reads and writes it there, without a copy.
   * It is gone after {@link KernelPack.reset}, and after a run that did not end.
   *
   * @throws TypeError, RangeError; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack } = await load();
   * function searcher(pack: InstanceType<typeof KernelPack>, vectors: Float32Array) {
   *   const placed = pack.place(vectors, { shape: [vectors.length / 2, 2] });
   *   return (query: Float32Array) => pack.run('nearest', { inputs: { vectors: placed, query }, sizes: { k: 1 } });
   * }
   * console.log(typeof searcher); // function
   * ```
   */
  place(
    data: TensorData,
    options?: { shape?: readonly number[]; type?: KernelType },
  ): PlacedTensor {
    const operation = 'KernelPack.place';
    this.#assertOpen(operation);
    const given = check.options(operation, options, ['shape', 'type']);
    const own = typeOf(data);
    if (own === undefined) throw check.typeError(operation, 'data', 'typed array', data);
    const type = given.type ?? own;
    const bytes = arrayOf(operation, 'data', data, type);
    const count = (data as { length: number }).length;
    const shape = given.shape ?? [count];
    if (!Array.isArray(shape) || shape.length > 4)
      throw check.typeError(operation, 'shape', 'array of at most 4 numbers', shape);
    for (const size of shape) check.integer(operation, 'shape', size);
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements !== count) throw check.shapeError(operation, 'shape', count, elements);
    const end = aligned(this.#next + bytes.length);
    if (end > bytesOfPages(this.pages)) {
      const message = `the pack's memory of ${bytesOfPages(this.pages)} bytes is full: reset() it, or use a pack with more pages`;
      throw new SublinearError('MEMORY', operation, message, { bytesWanted: bytes.length });
    }
    this.#program ??= instantiate(operation, this.#parts.module);
    const { memory } = this.#program;
    const offset = this.#next;
    new Uint8Array(memory.buffer).set(bytes, offset);
    this.#next = end;
    return new PlacedTensor(type, Array.from(shape), { memory, offset, length: bytes.length });
  }

  /**
   * Forgets what was placed and what kernels left in their memory: the next run has a new one.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack } = await load();
   * const again = (pack: InstanceType<typeof KernelPack>) => pack.reset();
   * console.log(typeof again); // function
   * ```
   */
  reset(): void {
    this.#program = undefined;
    this.#next = aligned(this.#parts.arena);
  }

  /**
   * Ends its threads and gives its memory back.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { KernelPack } = await load();
   * const done = (pack: InstanceType<typeof KernelPack>) => pack.dispose();
   * console.log(typeof done); // function
   * ```
   */
  dispose(): void {
    this.reset();
    this.#disposed = true;
    for (const thread of this.#threads.values()) thread.end();
    this.#threads.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertOpen(operation: string): void {
    this.#runtime.assertAlive(operation);
    if (this.#disposed)
      throw new SublinearError('DISPOSED', operation, 'the pack was disposed: open it again');
  }

  #kernel(operation: string, name: unknown): KernelSignature {
    this.#assertOpen(operation);
    const found = this.#kernels.get(check.string(operation, 'kernel', name));
    if (found !== undefined) return found;
    throw check.rangeError(
      operation,
      'kernel',
      `one of ${[...this.#kernels.keys()].join(', ')}`,
      name,
    );
  }

  #layOut(
    operation: string,
    kernel: KernelSignature,
    given: RunArguments,
    base: number,
    memory: KernelMemory | undefined,
  ): Layout {
    assertNumbers(operation, kernel, given);
    return layOut(operation, kernel, given, base, bytesOfPages(this.pages), memory);
  }

  #thread(operation: string, metered: boolean): KernelThread {
    const kind = metered ? 'metered' : 'plain';
    let thread = this.#threads.get(kind);
    if (thread === undefined) {
      const { manifest } = this.#parts;
      const { memory, features, kernels } = manifest;
      const { wasm: copy } = decode(
        this.#runtime,
        operation,
        this.#parts.wasm,
        memory.pages,
        features,
        metered,
        kernels,
      );
      thread = new KernelThread(copy);
      this.#threads.set(kind, thread);
    }
    return thread;
  }
}

function fuelOf(operation: string, fuel: unknown): number {
  return check.integer(operation, 'fuel', fuel, 0, Number.MAX_SAFE_INTEGER);
}

function unsupported(operation: string, expected: string, got: string): SublinearError {
  const message = `"source": a pack of this kind is not allowed, expected ${expected}, got ${got}`;
  return new SublinearError('UNSUPPORTED', operation, message, { argument: 'source', expected });
}
