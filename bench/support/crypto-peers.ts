// What bench/crypto.bench.ts compares with, from build/crypto-peers, each at its fastest: hash-wasm with an object that is used
// again, libsodium and @noble as they are called. What is not installed is left out.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export type HashName = 'sha256' | 'sha512' | 'sha3-256' | 'shake256';
type Digest = (data: Uint8Array) => Uint8Array;

export interface CryptoPeers {
  hashes: { name: string; hash: (algorithm: HashName) => Digest | undefined }[];
  signatures: {
    name: string;
    verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;
  }[];
}

const require = createRequire(new URL('../../build/crypto-peers/', import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: packages that are not dependencies have no types here
type Package = any;

async function optional(name: string): Promise<Package | undefined> {
  try {
    return await import(pathToFileURL(require.resolve(name)).href);
  } catch {
    console.log(`${name}: not installed, left out (sh bench/peers/crypto.sh)`);
    return undefined;
  }
}

export async function cryptoPeers(): Promise<CryptoPeers> {
  const peers: CryptoPeers = { hashes: [], signatures: [] };
  const wasm = await optional('hash-wasm');
  if (wasm !== undefined) {
    const made = {
      sha256: await wasm.createSHA256(),
      sha512: await wasm.createSHA512(),
      'sha3-256': await wasm.createSHA3(256),
      shake256: undefined,
    };
    const hash = (algorithm: HashName) => {
      const object = made[algorithm];
      return object && ((data: Uint8Array) => object.init().update(data).digest('binary'));
    };
    peers.hashes.push({ name: 'hash-wasm', hash });
  }
  const sodium = (await optional('libsodium-wrappers-sumo'))?.default;
  if (sodium !== undefined) {
    await sodium.ready;
    const made: Record<HashName, Digest | undefined> = {
      sha256: (data) => sodium.crypto_hash_sha256(data),
      sha512: (data) => sodium.crypto_hash_sha512(data),
      'sha3-256': sodium.crypto_hash_sha3256 && ((data) => sodium.crypto_hash_sha3256(data)),
      shake256: sodium.crypto_xof_shake256 && ((data) => sodium.crypto_xof_shake256(64, data)),
    };
    peers.hashes.push({ name: 'libsodium', hash: (algorithm) => made[algorithm] });
    peers.signatures.push({
      name: 'libsodium',
      verify: (signature, message, key) =>
        sodium.crypto_sign_verify_detached(signature, message, key),
    });
  }
  const [sha2, sha3] = [
    await optional('@noble/hashes/sha2.js'),
    await optional('@noble/hashes/sha3.js'),
  ];
  if (sha2 !== undefined && sha3 !== undefined) {
    const made: Record<HashName, Digest> = {
      sha256: sha2.sha256,
      sha512: sha2.sha512,
      'sha3-256': sha3.sha3_256,
      shake256: (data) => sha3.shake256(data, { dkLen: 64 }),
    };
    peers.hashes.push({ name: '@noble/hashes', hash: (algorithm) => made[algorithm] });
  }
  const curves = await optional('@noble/curves/ed25519.js');
  if (curves !== undefined) {
    const { ed25519 } = curves;
    const verify = (signature: Uint8Array, message: Uint8Array, key: Uint8Array) =>
      ed25519.verify(signature, message, key, { zip215: false });
    peers.signatures.push({ name: '@noble/curves', verify });
  }
  return peers;
}
