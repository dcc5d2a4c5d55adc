// Hashes: of one message, of many, of what comes in pieces, and CRC-32C.
import type { Hash as RawHash } from '../../generated/raw/trust.js';
import { runtimeOf } from '../../runtime/bind.js';
import { asyncPiecesOf, totalOf } from '../../runtime/coming.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import { kindOfBytes } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncKeys } from '../../runtime/steps.js';
import type { ReadProgress } from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import {
  type Bytes,
  bytesArgument,
  feed,
  inBatches,
  listArgument,
  PIECE,
  put,
  take,
} from './bytes.js';
import { followPieces } from './coming.js';

/** SHA-2 (FIPS 180-4), SHA-3 and SHAKE (FIPS 202). */
export type HashAlgorithm = 'sha256' | 'sha512' | 'sha3-256' | 'sha3-512' | 'shake128' | 'shake256';

/** The numbers of the algorithms in C (sl_hash_algorithm), and the bytes of their digests. */
const algorithms: Readonly<Record<HashAlgorithm, number>> = {
  sha256: 0,
  sha512: 1,
  'sha3-256': 2,
  'sha3-512': 3,
  shake128: 4,
  shake256: 5,
};
const names = Object.keys(algorithms) as HashAlgorithm[];
const FIRST_SPONGE = 4;
const digestBytes = [32, 64, 32, 64, 32, 64] as const;

/** How long a digest is to be. */
export interface DigestOptions {
  /**
   * Bytes of the digest: 32 or 64 as the algorithm says; SHAKE128 and SHAKE256 give any number, and 32 and 64 when none is
   * said.
   */
  length?: number;
}

/** What a small message may have at most, so that it needs no memory of its own. */
const SMALL = 160;

/**
 * A hash of bytes that come in pieces. The digest can be asked for at any time, and the hash goes on. SHAKE128 and SHAKE256
 * can be squeezed: their output has no end.
 */
export class Hash extends WasmObject<RawHash> {
  /** @internal */
  protected override facts() {
    return { algorithm: this.algorithm };
  }

  /**
   * The hash of no byte so far.
   *
   * @throws RangeError `RANGE` (algorithm); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, toHex } = await load();
   * using hash = Hash.create('sha256');
   * for (const part of ['a', 'b', 'c']) hash.update(part);
   * console.log(toHex(hash.digest()).slice(0, 16)); // ba7816bf8f01cfea
   * ```
   */
  static create(algorithm: HashAlgorithm): Hash {
    const operation = 'Hash.create';
    const runtime = runtimeOf(this, operation);
    const number = check.choice(operation, 'algorithm', algorithm, algorithms);
    runtime.assertAlive(operation);
    return adopt(runtime, operation, Hash, runtime.raw.Hash.create(number));
  }

  /** Which algorithm it is. */
  get algorithm(): HashAlgorithm {
    return names[this.use('Hash.algorithm').algorithm()] as HashAlgorithm;
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('Hash.bytesUsed').bytes();
  }

  /**
   * Appends bytes, which may be cut anywhere; gives the hash itself.
   *
   * @throws SublinearError `STATE` after `squeeze()`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, hash, toHex } = await load();
   * using whole = Hash.create('sha3-512').update('first, ').update(new Uint8Array([1, 2, 3]));
   * console.log(whole.digest().length); // 64
   * ```
   */
  update(data: Bytes): this {
    const operation = 'Hash.update';
    const bytes = bytesArgument(operation, 'data', data);
    const raw = this.use(operation);
    feed(this.runtime, operation, bytes, (address, count) => raw.update(address, count));
    return this;
  }

  /**
   * The digest of all that was appended. The hash stays as it is.
   *
   * @throws RangeError `OPTION` (length); SublinearError `STATE` after `squeeze()`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, toHex } = await load();
   * using hash = Hash.create('shake128').update('abc');
   * console.log(toHex(hash.digest({ length: 4 }))); // 5881092d
   * ```
   */
  digest(options?: DigestOptions): Uint8Array<ArrayBuffer> {
    const operation = 'Hash.digest';
    const { length } = check.options(operation, options, ['length']);
    const raw = this.use(operation);
    return digestOut(this.runtime, operation, raw.algorithm(), length, (address, count) =>
      raw.digest(address, count),
    );
  }

  /**
   * A second hash that has taken in what this one has: messages with a common beginning are hashed from there.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, hash, toHex } = await load();
   * using begin = Hash.create('sha256').update('common ');
   * using one = begin.clone().update('one');
   * console.log(toHex(one.digest()) === toHex(hash('sha256', 'common one'))); // true
   * ```
   */
  clone(): Hash {
    const operation = 'Hash.clone';
    const raw = this.use(operation);
    return adopt(this.runtime, operation, Hash, this.runtime.raw.Hash.clone(raw));
  }

  /**
   * The next `count` bytes of the output of SHAKE128 or SHAKE256. From then on nothing can be appended.
   *
   * @throws SublinearError `UNSUPPORTED` for the other algorithms, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, toHex } = await load();
   * using stream = Hash.create('shake256').update('seed');
   * const [a, b] = [stream.squeeze(4), stream.squeeze(4)];
   * using again = Hash.create('shake256').update('seed');
   * console.log(toHex(again.squeeze(8)) === toHex(a) + toHex(b)); // true
   * ```
   */
  squeeze(count: number): Uint8Array<ArrayBuffer> {
    const operation = 'Hash.squeeze';
    const { runtime } = this;
    check.integer(operation, 'count', count);
    const raw = this.use(operation);
    const out = runtime.array(operation, Uint8Array, count) as Uint8Array<ArrayBuffer>;
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(Math.min(PIECE, count));
      for (let at = 0; at < count || at === 0; at += PIECE) {
        const now = Math.min(PIECE, count - at);
        runtime.check(operation, raw.squeeze(address, now));
        out.set(runtime.u8.subarray(address, address + now), at);
      }
    });
    return out;
  }

  /**
   * Back to the hash of no byte; gives the hash itself.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { Hash, toHex } = await load();
   * using hash = Hash.create('sha256').update('something else');
   * console.log(toHex(hash.reset().digest()).slice(0, 8)); // e3b0c442
   * ```
   */
  reset(): this {
    this.use('Hash.reset').reset();
    return this;
  }
}

/** A digest of the length that is asked for, or of the algorithm's own. */
function digestOut(
  runtime: Runtime,
  operation: string,
  algorithm: number,
  length: number | undefined,
  call: (address: number, length: number) => number,
): Uint8Array<ArrayBuffer> {
  const bytes = length ?? (digestBytes[algorithm] as number);
  check.integer(operation, 'length', bytes);
  if (bytes <= 64) {
    runtime.check(operation, call(runtime.out, bytes));
    return take(runtime, runtime.out, bytes);
  }
  // What only SHAKE can give is refused before so much memory is asked for.
  if (algorithm < FIRST_SPONGE) throw wrongLength(operation, algorithm, bytes);
  return runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(bytes);
    runtime.check(operation, call(address, bytes));
    return take(runtime, address, bytes);
  });
}

function wrongLength(operation: string, algorithm: number, length: number): SublinearRangeError {
  const message = `"length" expected ${digestBytes[algorithm]}, the digest of ${names[algorithm]}, got ${length}; shake128 and shake256 give any number`;
  return new SublinearRangeError('OPTION', operation, message, { argument: 'length' });
}

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The functions of this part of the room. */
export interface HashFunctions {
  readonly Hash: typeof Hash;

  /**
   * The hash of one message, at once. What is long, or still coming, is better given to {@link HashFunctions.hashAsync}.
   *
   * @throws TypeError (data); RangeError `RANGE` (algorithm), `OPTION` (length)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { hash, toHex } = await load();
   * console.log(toHex(hash('sha256', 'abc')).slice(0, 16)); // ba7816bf8f01cfea
   * console.log(hash('shake256', 'abc', { length: 100 }).length); // 100
   * ```
   */
  hash(algorithm: HashAlgorithm, data: Bytes, options?: DigestOptions): Uint8Array<ArrayBuffer>;

  /**
   * The hash of bytes that are many, or still coming: a message, pieces of it, a `Blob` or `File`, a `Response` or a promise of one, a stream,
   * anything iterable. In slices of about 8 ms that let other tasks run. Bytes are hashed as they are, gzip included.
   *
   * @throws as {@link HashFunctions.hash}; the `signal`'s reason within 50 ms of an abort, and the source is cancelled
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { hash, hashAsync, toHex } = await load();
   * const file = new Blob(['a long file']);
   * console.log(toHex(await hashAsync('sha3-256', file)) === toHex(hash('sha3-256', 'a long file'))); // true
   * ```
   */
  hashAsync(
    algorithm: HashAlgorithm,
    source: Bytes | AsyncBytesSource,
    options?: DigestOptions & AsyncOptions<ReadProgress>,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * The hashes of many messages in a row: digest i begins at i times the digest's length. SHA-256 works on four messages at a
   * time where SIMD is there.
   *
   * @throws TypeError (messages); RangeError `RANGE` (algorithm); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { hashMany, toHex } = await load();
   * const digests = hashMany('sha256', ['abc', '', 'abc']);
   * console.log(digests.length, toHex(digests.subarray(32, 36))); // 96 e3b0c442
   * ```
   */
  hashMany(algorithm: HashAlgorithm, messages: readonly Bytes[]): Uint8Array<ArrayBuffer>;

  /**
   * The CRC-32C (Castagnoli, RFC 3720) of a message: it finds accidents, not forgeries. `before` is that of the bytes before,
   * so that pieces chain.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { crc32c } = await load();
   * console.log(crc32c('123456789').toString(16)); // e3069283
   * console.log(crc32c('6789', crc32c('12345')) === crc32c('123456789')); // true
   * ```
   */
  crc32c(data: Bytes, before?: number): number;

  /**
   * Bytes as hexadecimal digits.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { toHex } = await load();
   * console.log(toHex(new Uint8Array([1, 171]))); // 01ab
   * ```
   */
  toHex(bytes: Uint8Array | ArrayBuffer): string;

  /**
   * Hexadecimal digits, of either case, as bytes.
   *
   * @throws RangeError `RANGE` for anything else
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { fromHex } = await load();
   * console.log(fromHex('01ab')); // Uint8Array(2) [ 1, 171 ]
   * ```
   */
  fromHex(text: string): Uint8Array<ArrayBuffer>;
}

/** @internal */
export function createHashes(runtime: Runtime): HashFunctions {
  const hashAsync: HashFunctions['hashAsync'] = async (algorithm, source, options) => {
    const operation = 'hashAsync';
    const keys = ['length', ...asyncKeys] as const;
    const { length, ...control } = check.options(operation, options, keys);
    check.choice(operation, 'algorithm', algorithm, algorithms);
    const number = algorithms[algorithm];
    if (length !== undefined) check.integer(operation, 'length', length);
    if (length !== undefined && number < FIRST_SPONGE && length !== digestBytes[number])
      throw wrongLength(operation, number, length);
    const kind = kindOfBytes(operation);
    const whole = typeof source === 'string' || ArrayBuffer.isView(source);
    const given = whole ? bytesArgument(operation, 'data', source) : source;
    const pieces = asyncPiecesOf(given, kind);
    const hash = runtime.bind(Hash).create(algorithm);
    try {
      const total = totalOf(given, { zipped: false, next: () => pieces.next() });
      await followPieces(runtime, operation, pieces, control, total, (part) => hash.update(part));
      return hash.digest(length === undefined ? {} : { length });
    } finally {
      hash.dispose();
    }
  };
  return {
    Hash: runtime.bind(Hash),
    hash(algorithm, data, options) {
      const operation = 'hash';
      const length =
        options === undefined ? undefined : check.options(operation, options, ['length']).length;
      const number = check.choice(operation, 'algorithm', algorithm, algorithms);
      const bytes = bytesArgument(operation, 'data', data);
      runtime.assertAlive(operation);
      const { raw } = runtime;
      if (bytes.length <= SMALL) {
        // Behind a digest of 64 bytes there is room for it in the place of small results.
        const address = runtime.out + 64;
        runtime.u8.set(bytes, address);
        return digestOut(runtime, operation, number, length, (out, count) =>
          raw.hashOf(number, address, bytes.length, out, count),
        );
      }
      if (bytes.length <= PIECE)
        return runtime.scratch(operation, (scratch) => {
          const address = put(runtime, scratch, bytes);
          return digestOut(runtime, operation, number, length, (out, count) =>
            raw.hashOf(number, address, bytes.length, out, count),
          );
        });
      const whole = runtime.made(operation, raw.Hash.create(number));
      try {
        feed(runtime, operation, bytes, (address, count) => whole.update(address, count));
        return digestOut(runtime, operation, number, length, (out, count) =>
          whole.digest(out, count),
        );
      } finally {
        if (runtime.alive) whole.delete();
      }
    },
    hashAsync,
    hashMany(algorithm, messages) {
      const operation = 'hashMany';
      const number = check.choice(operation, 'algorithm', algorithm, algorithms);
      const list = listArgument(
        operation,
        'messages',
        messages,
        'Uint8Array, ArrayBuffer or string',
      );
      const each = digestBytes[number] as number;
      const digests = runtime.array(operation, Uint8Array, list.length * each);
      const message = (item: Bytes, i: number) => bytesArgument(operation, `messages[${i}]`, item);
      inBatches(
        runtime,
        operation,
        list,
        message,
        ({ scratch, from, count, address, offsets, length }) => {
          const out = scratch.bytes(count * each);
          runtime.check(
            operation,
            runtime.raw.hashMany(number, address, length, offsets, count, out),
          );
          digests.set(runtime.u8.subarray(out, out + count * each), from * each);
        },
      );
      return digests as Uint8Array<ArrayBuffer>;
    },
    crc32c(data, before = 0) {
      const operation = 'crc32c';
      const bytes = bytesArgument(operation, 'data', data);
      let sum = check.integer(operation, 'before', before);
      runtime.assertAlive(operation);
      feed(runtime, operation, bytes, (address, count) => {
        sum = runtime.raw.crc32c(sum, address, count) >>> 0;
        return 0;
      });
      return sum;
    },
    toHex(bytes) {
      const given = bytesArgument('toHex', 'bytes', typeof bytes === 'string' ? undefined : bytes);
      return Array.from(given, (byte) => digits[byte]).join('');
    },
    fromHex(text) {
      const operation = 'fromHex';
      check.string(operation, 'text', text);
      if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text))
        throw check.rangeError(operation, 'text', 'pairs of hexadecimal digits', text);
      return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
        Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
      );
    },
  };
}
