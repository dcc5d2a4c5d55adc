// Witness chains: logs in which each entry vouches for all before it.
import type { Chain as RawChain } from '../../generated/raw/trust.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError, SublinearTypeError } from '../../runtime/errors.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  type LoadAsyncOptions,
  savePieces,
  saveWhole,
} from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Bytes, bytesArgument, fixedBytes, put, take } from './bytes.js';
import { isSigned } from './signatures.js';

/** An entry of a {@link WitnessChain}. */
export interface WitnessEntry {
  /** What the application calls this kind of entry: 0 to 2^32 - 1. */
  type: number;
  payload: Uint8Array<ArrayBuffer>;
  /** The head of the chain that ends with this entry, 32 bytes. */
  head: Uint8Array<ArrayBuffer>;
}

/** From whom it is known which chain is meant. Without any of it a chain can only be compared with itself. */
export interface WitnessProof {
  /** A head that was published or kept, 32 bytes. */
  head?: Uint8Array | ArrayBuffer;
  /** An Ed25519 key that is trusted, 32 bytes; with `signature`. */
  publicKey?: Uint8Array | ArrayBuffer;
  /** Of {@link WitnessChain.statement}, 64 bytes; with `publicKey`. */
  signature?: Uint8Array | ArrayBuffer;
  /** How many entries the head or the signature is about; all of them by default. */
  size?: number;
}

/** What {@link WitnessChain.verify} finds. */
export interface WitnessVerdict {
  /** Whether everything that was asked is right. */
  valid: boolean;
  /**
   * What is wrong: an entry that was changed, a head that is another one, or a signature that is not the key's of this head;
   * `undefined` when nothing is.
   */
  fault: 'entry' | 'head' | 'signature' | undefined;
  /** The first entry that is wrong, when one is. */
  entry: number | undefined;
}

/**
 * A log in which each entry vouches for all before it: `head = SHA-256(head before || type || payload)`. Whoever knows the head
 * knows that nothing before it was changed, left out or moved, the last entry included. Anybody can make another chain: the head
 * is to be published, or signed with WebCrypto, to show which one is meant.
 */
export class WitnessChain extends WasmObject<RawChain> {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /**
   * A chain without an entry. `context` says what it is about: chains with other contexts have other heads, so that one cannot
   * be passed off as the other.
   *
   * @throws TypeError (context); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create({ context: 'decisions of 2026' });
   * chain.append(1, 'chose plan B');
   * console.log(chain.size, chain.verify().valid); // 1 true
   * ```
   */
  static create(options?: { context?: Bytes }): WitnessChain {
    const operation = 'WitnessChain.create';
    const runtime = runtimeOf(this, operation);
    const { context = '' } = check.options(operation, options, ['context']);
    const bytes = bytesArgument(operation, 'context', context);
    runtime.assertAlive(operation);
    return runtime.scratch(operation, (scratch) => {
      const address = put(runtime, scratch, bytes);
      const raw = runtime.raw.Chain.create(address, bytes.length);
      return adopt(runtime, operation, WitnessChain, raw);
    });
  }

  /** How many entries there are. */
  get size(): number {
    return this.use('WitnessChain.size').count() >>> 0;
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('WitnessChain.bytesUsed').bytes();
  }

  /** What the chain is about, as it was given. */
  get context(): Uint8Array<ArrayBuffer> {
    const { runtime, out } = this.#use('context');
    this.use('WitnessChain.context').context(out, out + 4);
    return take(runtime, runtime.outU32(0), runtime.outU32(1));
  }

  #use(name: string) {
    const operation = `WitnessChain.${name}`;
    return { operation, raw: this.use(operation), runtime: this.runtime, out: this.runtime.out };
  }

  /**
   * Appends an entry and gives the new head.
   *
   * @throws TypeError, RangeError (type, payload); SublinearError `MEMORY`: nothing was appended then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain, toHex } = await load();
   * using chain = WitnessChain.create();
   * const head = chain.append(7, JSON.stringify({ price: 3 }));
   * console.log(toHex(head) === toHex(chain.head())); // true
   * ```
   */
  append(type: number, payload: Bytes): Uint8Array<ArrayBuffer> {
    const operation = 'WitnessChain.append';
    check.integer(operation, 'type', type);
    const bytes = bytesArgument(operation, 'payload', payload);
    const raw = this.use(operation);
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const address = put(runtime, scratch, bytes);
      runtime.check(operation, raw.append(type, address, bytes.length));
      runtime.check(operation, raw.head(raw.count() >>> 0, runtime.out));
      return take(runtime, runtime.out, 32);
    });
  }

  /**
   * Entry `index`, from 0.
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * chain.append(7, 'seven');
   * const { type, payload } = chain.entry(0);
   * console.log(type, new TextDecoder().decode(payload)); // 7 seven
   * ```
   */
  entry(index: number): WitnessEntry {
    const { operation, raw, runtime, out } = this.#use('entry');
    check.integer(operation, 'index', index);
    runtime.check(operation, raw.entry(index, out, out + 4, out + 8));
    const type = runtime.outU32(0);
    const payload = take(runtime, runtime.outU32(1), runtime.outU32(2));
    runtime.check(operation, raw.head(index + 1, out));
    return { type, payload, head: take(runtime, out, 32) };
  }

  /**
   * The head after the first `size` entries, of all of them by default: 32 bytes.
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * const before = chain.head();
   * chain.append(1, 'entry');
   * console.log(before.join() === chain.head(0).join(), before.join() === chain.head().join()); // true false
   * ```
   */
  head(size?: number): Uint8Array<ArrayBuffer> {
    const { operation, raw, runtime, out } = this.#use('head');
    runtime.check(operation, raw.head(sizeOf(operation, raw, size), out));
    return take(runtime, out, 32);
  }

  /**
   * What to sign for the head after the first `size` entries: 64 bytes, of which the first say that it is such a head, so that
   * the signature fits nothing else.
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * chain.append(1, 'entry');
   * const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
   * const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, chain.statement());
   * const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey);
   * console.log(chain.verify({ publicKey, signature })); // { valid: true, fault: undefined, entry: undefined }
   * ```
   */
  statement(size?: number): Uint8Array<ArrayBuffer> {
    const { operation, raw, runtime, out } = this.#use('statement');
    runtime.check(operation, raw.statement(sizeOf(operation, raw, size), out));
    return take(runtime, out, 64);
  }

  /**
   * Computes all heads anew, and compares the one that is known from elsewhere. A chain that is wrong is no error: the verdict
   * says where.
   *
   * @throws TypeError, RangeError (what is no head, key or signature; a key without a signature)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * chain.append(1, 'paid 10');
   * const head = chain.head();
   * using forged = WitnessChain.create();
   * forged.append(1, 'paid 99');
   * console.log(chain.verify({ head }).valid, forged.verify({ head }).fault); // true head
   * ```
   */
  verify(proof?: WitnessProof): WitnessVerdict {
    const operation = 'WitnessChain.verify';
    const asked = this.#asked(operation, check.options(operation, proof, proofKeys));
    return runNow(this.runtime, operation, {}, () => this.#begun(operation, asked));
  }

  /**
   * {@link WitnessChain.verify} in slices of about 8 ms that let other tasks run. The chain is busy meanwhile.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * chain.append(1, new Uint8Array(1000));
   * console.log((await chain.verifyAsync({ signal: AbortSignal.timeout(5000) })).valid); // true
   * ```
   */
  async verifyAsync(proof?: WitnessProof & AsyncOptions<WorkProgress>): Promise<WitnessVerdict> {
    const operation = 'WitnessChain.verifyAsync';
    const given = check.options(operation, proof, [...proofKeys, ...asyncKeys]);
    const { head: _, publicKey: _key, signature: _signature, size: _size, ...control } = given;
    const asked = this.#asked(operation, given);
    return runLater(this.runtime, operation, control, () => this.#begun(operation, asked));
  }

  /** Whether the head is the one that is known; looked at once, as arrays of others may change. */
  #asked(operation: string, { head, publicKey, signature, size }: WitnessProof) {
    const { runtime } = this;
    const raw = this.use(operation);
    const count = sizeOf(operation, raw, size);
    const known = head === undefined ? undefined : fixedBytes(operation, 'head', head, 32).slice();
    if ((publicKey === undefined) !== (signature === undefined)) {
      const missing = publicKey === undefined ? 'publicKey' : 'signature';
      const message = `"${missing}" is missing: publicKey and signature go together`;
      throw new SublinearTypeError(operation, message, { argument: missing });
    }
    runtime.check(operation, raw.statement(count, runtime.out));
    const statement = take(runtime, runtime.out, 64);
    const isHead = known?.every((byte, i) => byte === statement[32 + i]) ?? true;
    const isByOwner =
      publicKey === undefined || isSigned(runtime, operation, statement, publicKey, signature);
    return { isHead, isByOwner };
  }

  #begun(
    operation: string,
    { isHead, isByOwner }: { isHead: boolean; isByOwner: boolean },
  ): Begun<WorkProgress, WitnessVerdict> {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.beginVerify());
    const result = (): WitnessVerdict => {
      const wrong = this.#wrongEntry(operation);
      const fault =
        wrong !== undefined ? 'entry' : !isHead ? 'head' : !isByOwner ? 'signature' : undefined;
      return { valid: fault === undefined, fault, entry: wrong };
    };
    return { raw, holds: [this], result };
  }

  /** The first wrong entry of a verification that has ended. */
  #wrongEntry(operation: string): number | undefined {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.finishVerify(runtime.out));
    const wrong = runtime.outU32();
    return wrong < raw.count() >>> 0 ? wrong : undefined;
  }

  /**
   * The chain as bytes, with its heads: `WitnessChain.load` takes them.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * chain.append(1, 'entry');
   * using again = WitnessChain.load(chain.save());
   * console.log(again.verify({ head: chain.head() }).valid); // true
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const { operation, raw, runtime } = this.#use('save');
    return saveWhole(runtime, operation, () => runtime.raw.Chain.save(raw));
  }

  /**
   * The same in pieces of at most 1 MiB, so that the whole file is never in memory.
   *
   * @throws SublinearError `STATE` where an entry was appended meanwhile
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * let bytes = 0;
   * for (const piece of chain.saveInPieces()) bytes += piece.length;
   * console.log(bytes === chain.save().length); // true
   * ```
   */
  saveInPieces(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const operation = 'WitnessChain.saveInPieces';
    const { runtime } = this;
    const use = () => this.use(operation);
    return savePieces(runtime, operation, () => runtime.raw.Chain.save(use()), use);
  }

  /**
   * A chain from the bytes that {@link WitnessChain.save} gave. All heads are computed anew: what loads is a chain, though
   * maybe another one than is meant, which `verify()` with a known head or a signature tells.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM` (also for an entry that is not what its head says), `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create({ context: 'c' });
   * using again = WitnessChain.load(chain.saveInPieces());
   * console.log(again.size, again.context); // 0 Uint8Array(1) [ 99 ]
   * ```
   */
  static load(bytes: BytesSource): WitnessChain {
    const operation = 'WitnessChain.load';
    const runtime = runtimeOf(this, operation);
    const chain = loadFile(runtime, operation, bytes, chainFile(runtime, operation));
    return runMade(chain, () => runNow(runtime, operation, {}, () => chain.#loaded(operation)));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { WitnessChain } = await load();
   * using chain = WitnessChain.create();
   * using again = await WitnessChain.loadAsync(new Blob([chain.save()]));
   * console.log(again.size); // 0
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<WitnessChain> {
    const operation = 'WitnessChain.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    const chain = await loadFileAsync(
      runtime,
      operation,
      bytes,
      chainFile(runtime, operation),
      given,
    );
    // Progress is that of the bytes, which have all come.
    const control = given.signal === undefined ? {} : { signal: given.signal };
    return runMadeAsync(chain, () =>
      runLater(runtime, operation, control, () => chain.#loaded(operation)),
    );
  }

  /** A chain from a file is whole when each of its heads is right. */
  #loaded(operation: string): Begun<WorkProgress, WitnessChain> {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.check(operation, raw.beginVerify());
    const result = () => {
      runtime.check(operation, raw.finishVerify(runtime.out));
      const right = runtime.outU32();
      if (right === raw.count() >>> 0) return this;
      const message = `"bytes": checksum does not match, entry ${right} is not what its head says`;
      throw new SublinearError('CHECKSUM', operation, message, {
        argument: 'bytes',
        position: right,
      });
    };
    return { raw, holds: [this], result };
  }
}

const proofKeys = ['head', 'publicKey', 'signature', 'size'] as const;

function sizeOf(operation: string, raw: RawChain, size: number | undefined): number {
  return size === undefined ? raw.count() >>> 0 : check.integer(operation, 'size', size);
}

function chainFile(runtime: Runtime, operation: string): Loading<RawChain, WitnessChain> {
  return {
    kind: 'WTNS',
    build: (reader) => runtime.raw.Chain.load(reader),
    wrap: (raw) => adopt(runtime, operation, WitnessChain, raw),
  };
}
