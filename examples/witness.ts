// A log that nobody can change unseen: entries in a witness chain, its head signed with WebCrypto, and a reader who has nothing
// but the file, the signature and the public key. Then the same for one file: a Merkle root, and a proof for one block of it.
//
//   node --import tsx examples/witness.ts
import { load } from 'sublinear/crypto';

const { MerkleTree, toHex, verifyInclusion, verifySignature, WitnessChain } = await load();

// ---- who writes: decisions of a program, each with its reason
const DECISION = 1;
const chain = WitnessChain.create({ context: 'prices' });
for (const [product, price] of [
  ['tea', 4],
  ['coffee', 5],
  ['cocoa', 6],
] as const)
  chain.append(DECISION, JSON.stringify({ product, price, because: 'cost + 2' }));

// The secret key never leaves WebCrypto.
const pair = (await crypto.subtle.generateKey('Ed25519', false, [
  'sign',
  'verify',
])) as CryptoKeyPair;
const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, chain.statement());
const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey);
const file = chain.save();
console.log(
  `${chain.size} entries in ${file.length} bytes, head ${toHex(chain.head()).slice(0, 16)}...`,
);
chain.dispose();

// ---- who reads
const read = WitnessChain.load(file);
console.log('as it was signed:', read.verify({ publicKey, signature }).valid);
const first = JSON.parse(new TextDecoder().decode(read.entry(0).payload)) as { product: string };
console.log('the first entry is about', first.product);
// Another chain, whole in itself, is not the one that was signed.
const forged = WitnessChain.create({ context: 'prices' });
forged.append(DECISION, JSON.stringify({ product: 'tea', price: 99, because: 'cost + 2' }));
const verdict = forged.verify({ publicKey, signature, size: 1 });
console.log('a forged one:', verdict.valid, verdict.fault);
read.dispose();
forged.dispose();

// ---- one block of a large file, without the others
const large = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
const tree = MerkleTree.fromBlocks(large);
const root = tree.root();
const index = 7;
const leaf = large.subarray(index * 65_536, (index + 1) * 65_536);
const proof = tree.inclusionProof(index);
console.log(
  `a proof of ${proof.length} bytes for block ${index} of ${tree.size}:`,
  verifyInclusion({ leaf, index, size: tree.size, proof, root }),
);
tree.dispose();

const signedRoot = await crypto.subtle.sign('Ed25519', pair.privateKey, root);
console.log(
  'and the root is signed:',
  verifySignature({ publicKey, signature: signedRoot, message: root }),
);
