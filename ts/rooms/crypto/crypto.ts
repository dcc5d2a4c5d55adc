// Hashes, Merkle trees, signatures and witness chains. The functions stand in the other files of this folder, each with its
// part of the room's interface. Nothing here holds a secret: there are no keyed hashes and no signing, which WebCrypto has.

import type { Runtime } from '../../runtime/runtime.js';
import { WitnessChain } from './chain.js';
import { createHashes, type HashFunctions } from './hashes.js';
import { createMerkle, type MerkleFunctions } from './proofs.js';
import { createSignatures, type SignatureFunctions } from './signatures.js';

export * from '../../runtime/errors.js';
export type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
export type { AsyncOptions, WorkProgress } from '../../runtime/steps.js';
export type { ReadProgress } from '../../runtime/text-source.js';
export type { Bytes } from './bytes.js';
export type * from './chain.js';
export type * from './hashes.js';
export type { BlockOptions, MerkleTree } from './merkle.js';
export type * from './proofs.js';
export type * from './signatures.js';

/** What the module has. */
export interface CryptoRoom extends HashFunctions, SignatureFunctions, MerkleFunctions {
  readonly WitnessChain: typeof WitnessChain;
}

/** @internal */
export function createRoom(runtime: Runtime): CryptoRoom {
  return {
    ...createHashes(runtime),
    ...createSignatures(runtime),
    ...createMerkle(runtime),
    WitnessChain: runtime.bind(WitnessChain),
  };
}
