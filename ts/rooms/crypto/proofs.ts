// What those need who have no tree: hashes of leaves, and whether a proof proves.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { type Bytes, bytesArgument, fixedBytes, hashesArgument, put, take } from './bytes.js';
import { HASH, MerkleTree, PROOF } from './merkle.js';

/** What {@link MerkleFunctions.verifyInclusion} is asked. */
export interface InclusionClaim {
  /** The entry; or give its hash. */
  leaf?: Bytes;
  /** The hash of the entry's leaf, 32 bytes. */
  leafHash?: Uint8Array | ArrayBuffer;
  /** Which entry it is said to be, from 0. */
  index: number;
  /** Of how many: up to 2^53 - 1. */
  size: number;
  proof: Uint8Array | ArrayBuffer;
  /** From somebody who is trusted. */
  root: Uint8Array | ArrayBuffer;
}

/** What {@link MerkleFunctions.verifyConsistency} is asked. */
export interface ConsistencyClaim {
  /** Entries of the shorter list. */
  from: number;
  /** Entries of the longer one. */
  to: number;
  fromRoot: Uint8Array | ArrayBuffer;
  toRoot: Uint8Array | ArrayBuffer;
  proof: Uint8Array | ArrayBuffer;
}

/** The functions of this part of the room. */
export interface MerkleFunctions {
  readonly MerkleTree: typeof MerkleTree;

  /**
   * The hash of a leaf: SHA-256 of a zero byte and the entry.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { leafHash, toHex } = await load();
   * console.log(toHex(leafHash('')).slice(0, 16)); // 6e340b9cffb37a98
   * ```
   */
  leafHash(entry: Bytes): Uint8Array<ArrayBuffer>;

  /**
   * Whether the proof shows that the entry is number `index` of a list with that root (RFC 9162, 2.1.3.2). A proof that is
   * wrong, too long or too short is no error: the answer is `false`.
   *
   * @throws TypeError or RangeError for what is no hash, no index, or no multiple of 32 bytes
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { leafHash, verifyInclusion } = await load();
   * const root = leafHash('alone');
   * console.log(verifyInclusion({ leaf: 'alone', index: 0, size: 1, proof: new Uint8Array(0), root })); // true
   * ```
   */
  verifyInclusion(claim: InclusionClaim): boolean;

  /**
   * Whether the proof shows that the shorter list is the beginning of the longer one (RFC 9162, 2.1.4.2): nothing that was
   * in it has been changed or taken out. Every list begins with the empty one.
   *
   * @throws as {@link MerkleFunctions.verifyInclusion}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, verifyConsistency } = await load();
   * using tree = MerkleTree.create().append('a', 'b');
   * const proof = tree.consistencyProof(1);
   * const claim = { from: 1, to: 2, fromRoot: tree.root(1), toRoot: tree.root(), proof };
   * console.log(verifyConsistency(claim), verifyConsistency({ ...claim, toRoot: tree.root(1) })); // true false
   * ```
   */
  verifyConsistency(claim: ConsistencyClaim): boolean;
}

/** @internal */
export function createMerkle(runtime: Runtime): MerkleFunctions {
  const most = Number.MAX_SAFE_INTEGER;
  const leafHash: MerkleFunctions['leafHash'] = (entry) => {
    const operation = 'leafHash';
    const bytes = bytesArgument(operation, 'entry', entry);
    runtime.assertAlive(operation);
    return runtime.scratch(operation, (scratch) => {
      runtime.raw.merkleLeafHash(put(runtime, scratch, bytes), bytes.length, runtime.out);
      return take(runtime, runtime.out, HASH);
    });
  };
  return {
    MerkleTree: runtime.bind(MerkleTree),
    leafHash,
    verifyInclusion(claim) {
      const operation = 'verifyInclusion';
      const keys = ['leaf', 'leafHash', 'index', 'size', 'proof', 'root'] as const;
      const given = check.options(operation, claim, keys);
      if ((given.leaf === undefined) === (given.leafHash === undefined))
        throw check.typeError(operation, 'leaf', 'an entry, or its hash as leafHash', given.leaf);
      const leaf =
        given.leaf === undefined
          ? fixedBytes(operation, 'leafHash', given.leafHash, HASH)
          : leafHash(given.leaf);
      const index = check.integer(operation, 'index', given.index, 0, most);
      const size = check.integer(operation, 'size', given.size, 0, most);
      const proof = hashesArgument(operation, 'proof', given.proof);
      const root = fixedBytes(operation, 'root', given.root, HASH);
      runtime.assertAlive(operation);
      if (proof.length > PROOF) return false;
      return runtime.scratch(operation, (scratch) => {
        const [leafAt, proofAt, rootAt] = [leaf, proof, root].map((bytes) =>
          put(runtime, scratch, bytes),
        ) as [number, number, number];
        const count = proof.length / HASH;
        return runtime.raw.merkleVerifyInclusion(leafAt, index, size, proofAt, count, rootAt);
      });
    },
    verifyConsistency(claim) {
      const operation = 'verifyConsistency';
      const keys = ['from', 'to', 'fromRoot', 'toRoot', 'proof'] as const;
      const given = check.options(operation, claim, keys);
      const from = check.integer(operation, 'from', given.from, 0, most);
      const to = check.integer(operation, 'to', given.to, 0, most);
      const fromRoot = fixedBytes(operation, 'fromRoot', given.fromRoot, HASH);
      const toRoot = fixedBytes(operation, 'toRoot', given.toRoot, HASH);
      const proof = hashesArgument(operation, 'proof', given.proof);
      runtime.assertAlive(operation);
      if (proof.length > PROOF) return false;
      return runtime.scratch(operation, (scratch) => {
        const [fromAt, toAt, proofAt] = [fromRoot, toRoot, proof].map((bytes) =>
          put(runtime, scratch, bytes),
        ) as [number, number, number];
        const count = proof.length / HASH;
        return runtime.raw.merkleVerifyConsistency(from, to, fromAt, toAt, proofAt, count);
      });
    },
  };
}
