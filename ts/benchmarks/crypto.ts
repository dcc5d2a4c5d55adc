// Benchmark cases of crypto.

import type { CryptoRoom, HashAlgorithm } from '../rooms/crypto/crypto.js';
import type { Case } from './case.js';

/** The hash of one message of so many bytes. */
const hashing = (algorithm: HashAlgorithm): Case<CryptoRoom> => ({
  defaultSize: 1 << 20,
  prepare({ hash }, size) {
    const data = Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));
    return { run: () => hash(algorithm, data), operations: 0, bytes: size, dispose: () => {} };
  },
});

/** The first vector of RFC 8032: a key and its signature of nothing. */
const KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const SIGNATURE =
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';

export const benchmarks: Record<
  'sha256' | 'sha512' | 'sha3' | 'shake256' | 'many' | 'verify' | 'merkle',
  Case<CryptoRoom>
> = {
  sha256: hashing('sha256'),
  sha512: hashing('sha512'),
  sha3: hashing('sha3-256'),
  shake256: hashing('shake256'),
  // SHA-256 of so many messages of 64 bytes.
  many: {
    defaultSize: 10_000,
    prepare({ hashMany }, size) {
      const all = Uint8Array.from({ length: 64 * size }, (_, i) => i * 31 + (i >> 8));
      const messages = Array.from({ length: size }, (_, i) => all.subarray(64 * i, 64 * i + 64));
      return {
        run: () => hashMany('sha256', messages),
        operations: 0,
        bytes: 96 * size,
        dispose: () => {},
      };
    },
  },
  // So many signatures, one after the other.
  verify: {
    defaultSize: 32,
    prepare({ fromHex, verifySignature }, size) {
      const signed = { publicKey: fromHex(KEY), signature: fromHex(SIGNATURE), message: '' };
      return {
        run() {
          for (let i = 0; i < size; i++) verifySignature(signed);
        },
        operations: 0,
        bytes: 96 * size,
        dispose: () => {},
      };
    },
  },
  // A tree over blocks of 64 KiB.
  merkle: {
    defaultSize: 1 << 22,
    prepare({ MerkleTree }, size) {
      const file = Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));
      return {
        run: () => MerkleTree.fromBlocks(file).dispose(),
        operations: 0,
        bytes: size,
        dispose: () => {},
      };
    },
  },
};
