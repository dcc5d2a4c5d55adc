// Hashes and signatures against hash-wasm, libsodium and @noble, where bench/peers/crypto.sh has installed them; Node's own
// functions, which are native, stand beside them.
//
//   sh bench/peers/crypto.sh && npm run bench -- crypto [--smoke] [--only TEXT]
import * as node from 'node:crypto';
import { createEngine } from 'sublinear';
import { type CryptoPeers, cryptoPeers, type HashName } from './support/crypto-peers.js';
import { openBench } from './support/harness.js';

const bench = openBench('crypto', 'Hashes and signatures');
const engine = await createEngine();
const room = await engine.use('crypto');
const peers: CryptoPeers = await cryptoPeers();

/** What each must at least be, and should be, times as fast as. */
const GOALS: Record<HashName, readonly (readonly [name: string, limit: number, goal: number])[]> = {
  sha256: [['hash-wasm', 1, 1.2]],
  sha512: [],
  'sha3-256': [],
  shake256: [
    ['@noble/hashes', 15, 20],
    ['libsodium', 2.5, 3],
  ],
};

type Result = Awaited<ReturnType<typeof bench.compare>>;
function claim(id: string, result: Result, name: string, limit: number, goal: number): void {
  const value = result?.rows.find((row) => row.name === name)?.ratio;
  if (value === undefined) return;
  const text = `${id}, times faster than ${name}`;
  bench.claim({ id: `${id}-${name}`, text, value, limit, goal, relation: '>=', unit: 'x' });
}

// Short enough that a slice is over before another process takes the processor.
const LENGTH = 1 << 14;
const data = Uint8Array.from({ length: LENGTH }, (_, i) => i * 31 + (i >> 8));
for (const algorithm of Object.keys(GOALS) as HashName[]) {
  const options = algorithm === 'shake256' ? { outputLength: 64 } : {};
  const native = () => node.createHash(algorithm, options).update(data).digest();
  const expected = native().toString('hex');
  const accuracy = (digest: Uint8Array) => (room.toHex(digest) === expected ? 0 : 1);
  const result = await bench.compare({
    id: algorithm,
    title: `${algorithm} of ${LENGTH} bytes`,
    note: 'One call. Node computes natively, with instructions of the processor where it has them.',
    accuracy: 'digests that differ from those of Node',
    contestants: [
      { name: 'sublinear', run: () => room.hash(algorithm, data), accuracy },
      ...peers.hashes.flatMap(({ name, hash }) => {
        const run = hash(algorithm);
        return run === undefined ? [] : [{ name, run: () => run(data), accuracy }];
      }),
      { name: 'node (native)', run: native, accuracy },
    ],
    maxSeconds: 10,
  });
  for (const [name, limit, goal] of GOALS[algorithm]) claim(algorithm, result, name, limit, goal);
}

// Signatures of 32 keys: no key is met twice in a row.
{
  const signed = Array.from({ length: 32 }, (_, i) => {
    const { publicKey, privateKey } = node.generateKeyPairSync('ed25519');
    const message = data.subarray(i, i + 32);
    const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const signature = new Uint8Array(node.sign(null, message, privateKey));
    return { publicKey: raw, key: publicKey, signature, message };
  });
  const accuracy = (valid: boolean[]) => valid.filter((each) => !each).length;
  const given = signed.map(({ publicKey, signature, message }) => ({
    publicKey,
    signature,
    message,
  }));
  const result = await bench.compare({
    id: 'ed25519',
    title: '32 Ed25519 signatures of 32 bytes by 32 keys',
    note: 'Verified one after the other; the second row gives them together.',
    accuracy: 'right signatures that are refused',
    contestants: [
      { name: 'sublinear', run: () => given.map((each) => room.verifySignature(each)), accuracy },
      { name: 'sublinear, together', run: () => room.verifySignatures(given), accuracy },
      ...peers.signatures.map(({ name, verify }) => ({
        name,
        run: () => signed.map((each) => verify(each.signature, each.message, each.publicKey)),
        accuracy,
      })),
      {
        name: 'node (native)',
        run: () =>
          signed.map(({ key, signature, message }) => node.verify(null, message, key, signature)),
        accuracy,
      },
    ],
    maxSeconds: 20,
  });
  claim('ed25519', result, 'libsodium', 0.8, 1);
}

// Many short messages, as the leaves of a tree are.
{
  const messages = Array.from({ length: 4096 }, (_, i) => data.subarray(i, i + 64));
  const one = room.toHex(room.hash('sha256', messages[7]!));
  const accuracy = (digests: Uint8Array) =>
    room.toHex(digests.subarray(7 * 32, 8 * 32)) === one ? 0 : 1;
  await bench.compare({
    id: 'many',
    title: '4,096 SHA-256 of 64 bytes',
    note: 'In one call, four at a time, and one after the other.',
    accuracy: 'digests that differ',
    contestants: [
      { name: 'hashMany', run: () => room.hashMany('sha256', messages), accuracy },
      {
        name: 'hash of each',
        run() {
          const all = new Uint8Array(messages.length * 32);
          messages.forEach((message, i) => {
            all.set(room.hash('sha256', message), i * 32);
          });
          return all;
        },
        accuracy,
      },
    ],
    maxSeconds: 10,
  });
}

await engine.dispose();
bench.close();
