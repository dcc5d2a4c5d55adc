// Verification of Ed25519 signatures. Signing needs a secret key, and WebCrypto keeps those better.
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncKeys, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Bytes, bytesArgument, fixedBytes, listArgument, oneBatch, put } from './bytes.js';

/** A signature with what it is of and by. */
export interface SignedMessage {
  /** 32 bytes, as `crypto.subtle.exportKey('raw', publicKey)` gives them. */
  publicKey: Uint8Array | ArrayBuffer;
  /** 64 bytes, as `crypto.subtle.sign('Ed25519', privateKey, message)` gives them. */
  signature: Uint8Array | ArrayBuffer;
  message: Bytes;
}

/** Where {@link SignatureFunctions.verifySignaturesAsync} is. */
export interface SignaturesProgress {
  signaturesDone: number;
  signaturesTotal: number;
}

/** The functions of this part of the room. */
export interface SignatureFunctions {
  /**
   * Whether it is an Ed25519 signature (RFC 8032) of the message by the owner of the key. The rule is the strictest of those
   * in use: S below L, keys and R canonical and not of small order, and the equation without the factor 8. What is accepted
   * here every other verifier accepts; those that are made as the standard says are accepted by all. Some 150 us. The time
   * depends on what is verified, which is public.
   *
   * Chalkias, Garillot, Nikolaenko 2020, doi:10.1007/978-3-030-64357-7_4.
   *
   * @throws TypeError (no bytes); RangeError `SHAPE` (a key that has not 32 bytes, a signature that has not 64). What is wrong
   *   with the bytes themselves is no error: the answer is `false`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { verifySignature, fromHex } = await load();
   * // The first vector of RFC 8032.
   * const publicKey = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
   * const signature = fromHex(
   *   'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
   * );
   * console.log(verifySignature({ publicKey, signature, message: '' })); // true
   * console.log(verifySignature({ publicKey, signature, message: '!' })); // false
   * ```
   */
  verifySignature(signed: SignedMessage): boolean;

  /**
   * {@link SignatureFunctions.verifySignature} of each. Several together are some 10 % faster, and more where neighbours have the
   * same key. There is no combined equation behind it, which would answer otherwise for what was made on purpose.
   *
   * @throws as {@link SignatureFunctions.verifySignature}; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { verifySignatures } = await load();
   * const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
   * const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey);
   * const signed = await Promise.all(
   *   ['one', 'two'].map(async (message) => {
   *     const bytes = new TextEncoder().encode(message);
   *     return { publicKey, signature: await crypto.subtle.sign('Ed25519', pair.privateKey, bytes), message };
   *   }),
   * );
   * console.log(verifySignatures(signed)); // [ true, true ]
   * ```
   */
  verifySignatures(signed: readonly SignedMessage[]): boolean[];

  /**
   * {@link SignatureFunctions.verifySignatures} in slices of about 8 ms that let other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { verifySignaturesAsync } = await load();
   * console.log(await verifySignaturesAsync([])); // []
   * ```
   */
  verifySignaturesAsync(
    signed: readonly SignedMessage[],
    options?: AsyncOptions<SignaturesProgress>,
  ): Promise<boolean[]>;

  /**
   * Whether 32 bytes can be a key: canonical, a point of the curve, not of small order. With any other no signature is right.
   *
   * @throws RangeError `SHAPE`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { isPublicKey } = await load();
   * console.log(isPublicKey(new Uint8Array(32))); // false
   * ```
   */
  isPublicKey(publicKey: Uint8Array | ArrayBuffer): boolean;
}

const KEY = 32;
const SIGNATURE = 64;
/** Signatures that a slice verifies at a time: some 5 ms. */
const SLICE = 32;

interface Checked {
  publicKey: Uint8Array;
  signature: Uint8Array;
  message: Uint8Array;
}

function checked(operation: string, prefix: string, signed: SignedMessage): Checked {
  if (typeof signed !== 'object' || signed === null)
    throw check.typeError(
      operation,
      prefix || 'signed',
      '{ publicKey, signature, message }',
      signed,
    );
  const name = (key: string) => (prefix ? `${prefix}.${key}` : key);
  return {
    publicKey: fixedBytes(operation, name('publicKey'), signed.publicKey, KEY),
    signature: fixedBytes(operation, name('signature'), signed.signature, SIGNATURE),
    message: bytesArgument(operation, name('message'), signed.message),
  };
}

/** Verifies from number `from` on, and gives where the next ones begin. */
function verifySome(
  runtime: Runtime,
  operation: string,
  list: readonly Checked[],
  from: number,
  valid: boolean[],
): number {
  return oneBatch(
    runtime,
    operation,
    list,
    from,
    ({ message }) => message,
    (batch) => {
      const { scratch, count, address, offsets, length } = batch;
      const keys = scratch.bytes(count * KEY);
      const signatures = scratch.bytes(count * SIGNATURE);
      const out = scratch.bytes(count);
      list.slice(from, from + count).forEach(({ publicKey, signature }, i) => {
        runtime.u8.set(publicKey, keys + i * KEY);
        runtime.u8.set(signature, signatures + i * SIGNATURE);
      });
      const { raw } = runtime;
      runtime.check(
        operation,
        raw.ed25519VerifyMany(keys, signatures, address, offsets, length, count, out),
      );
      for (let i = 0; i < count; i++) valid.push(runtime.u8[out + i] === 1);
    },
  );
}

/** @internal */
export function createSignatures(runtime: Runtime): SignatureFunctions {
  const checkedList = (operation: string, signed: readonly SignedMessage[]) =>
    listArgument(operation, 'signed', signed, '{ publicKey, signature, message }').map((each, i) =>
      checked(operation, `signed[${i}]`, each),
    );
  return {
    verifySignature(signed) {
      const operation = 'verifySignature';
      const valid: boolean[] = [];
      verifySome(runtime, operation, [checked(operation, '', signed)], 0, valid);
      return valid[0] as boolean;
    },
    verifySignatures(signed) {
      const operation = 'verifySignatures';
      const list = checkedList(operation, signed);
      const valid: boolean[] = [];
      for (let at = 0; at < list.length; ) at = verifySome(runtime, operation, list, at, valid);
      return valid;
    },
    async verifySignaturesAsync(signed, options) {
      const operation = 'verifySignaturesAsync';
      const control = asyncOptions(operation, check.options(operation, options, asyncKeys));
      const list = checkedList(operation, signed);
      const valid: boolean[] = [];
      const step = () => {
        if (valid.length === list.length) return true;
        const end = Math.min(list.length, valid.length + SLICE);
        verifySome(runtime, operation, list.slice(0, end), valid.length, valid);
        return valid.length === list.length;
      };
      const progress = () => ({ signaturesDone: valid.length, signaturesTotal: list.length });
      await runAsync({ runtime, operation, step, progress }, [], control);
      return valid;
    },
    isPublicKey(publicKey) {
      const operation = 'isPublicKey';
      const bytes = fixedBytes(operation, 'publicKey', publicKey, KEY);
      runtime.assertAlive(operation);
      return runtime.scratch(operation, (scratch) =>
        runtime.raw.ed25519IsKey(put(runtime, scratch, bytes)),
      );
    },
  };
}

/** @internal What a chain asks: whether a statement was signed. */
export function isSigned(
  runtime: Runtime,
  operation: string,
  statement: Uint8Array,
  publicKey: unknown,
  signature: unknown,
): boolean {
  const valid: boolean[] = [];
  const signed = {
    publicKey: fixedBytes(operation, 'publicKey', publicKey, KEY),
    signature: fixedBytes(operation, 'signature', signature, SIGNATURE),
    message: statement,
  };
  verifySome(runtime, operation, [signed], 0, valid);
  return valid[0] as boolean;
}
