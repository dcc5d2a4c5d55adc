// Hashes, signatures, trees and chains as TypeScript users meet them. What both doors share is in crypto.cases.ts.
import * as node from 'node:crypto';
import { createEngine, type Engine } from 'sublinear';
import type { Bytes, CryptoRoom, HashAlgorithm } from 'sublinear/crypto';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './crypto.cases.js';

describeCases(doors, cases);

let engine: Engine;
let room: CryptoRoom;
beforeAll(async () => {
  engine = await createEngine();
  room = await engine.use('crypto');
});
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;
const objects = () => engine.stats().modules[0]!.objects;

const ALGORITHMS: HashAlgorithm[] = [
  'sha256',
  'sha512',
  'sha3-256',
  'sha3-512',
  'shake128',
  'shake256',
];
const ofNode = (algorithm: HashAlgorithm, data: Uint8Array, outputLength: number) =>
  node
    .createHash(algorithm, algorithm.startsWith('shake') ? { outputLength } : {})
    .update(data)
    .digest('hex');
const bytes = (length: number, seed = 1) => {
  const next = random(seed);
  return Uint8Array.from({ length }, () => next() * 256);
};

describe('hashes', () => {
  test('are those of Node, at the ends of blocks and of what is put in at a time', () => {
    const data = bytes(200_000);
    for (const algorithm of ALGORITHMS)
      for (const length of [
        0, 55, 56, 63, 64, 71, 72, 111, 112, 128, 135, 136, 137, 160, 161, 167, 168, 65_535, 65_536,
        65_537, 200_000,
      ]) {
        const part = data.subarray(0, length);
        const digest = room.hash(algorithm, part);
        expect(room.toHex(digest)).toBe(ofNode(algorithm, part, digest.length));
      }
  });

  test('of SHAKE have any length', () => {
    for (const length of [0, 1, 64, 65, 1000, 100_000])
      for (const algorithm of ['shake128', 'shake256'] as const)
        expect(room.toHex(room.hash(algorithm, 'abc', { length }))).toBe(
          length === 0 ? '' : ofNode(algorithm, Buffer.from('abc'), length),
        );
    using hash = room.Hash.create('shake256').update('abc');
    const parts = [0, 70_000, 30_000].map((count) => hash.squeeze(count));
    expect(room.toHex(Buffer.concat(parts))).toBe(ofNode('shake256', Buffer.from('abc'), 100_000));
  });

  test('take bytes in all their forms', () => {
    const data = Uint8Array.of(97, 98, 99);
    const wanted = room.toHex(room.hash('sha256', 'abc'));
    const wide = new Uint16Array(Uint8Array.of(97, 98, 99, 100).buffer);
    const forms: Bytes[] = [
      data,
      data.buffer,
      new DataView(data.buffer),
      Buffer.from('abc'),
      new Uint8Array(Uint8Array.of(1, 97, 98, 99, 2).buffer, 1, 3),
    ];
    for (const form of forms) expect(room.toHex(room.hash('sha256', form))).toBe(wanted);
    expect(room.toHex(room.hash('sha256', wide))).toBe(room.toHex(room.hash('sha256', 'abcd')));
    expect(room.toHex(room.hash('sha256', 'ä'))).toBe(ofNode('sha256', Buffer.from('ä'), 32));
  });

  test('of what is coming are those of what is there', async () => {
    const data = bytes(300_001, 3);
    const wanted = room.toHex(room.hash('sha3-512', data));
    async function* pieces() {
      for (let at = 0; at < data.length; at += 77_777) yield data.subarray(at, at + 77_777);
    }
    for (const source of [
      data,
      [data.subarray(0, 5), data.subarray(5)],
      new Blob([data]),
      new Blob([data]).stream(),
      new Response(data),
      Promise.resolve(new Response(data)),
      pieces(),
    ])
      expect(room.toHex(await room.hashAsync('sha3-512', source))).toBe(wanted);
    const seen: number[] = [];
    const digest = await room.hashAsync('shake128', new Blob([data]), {
      length: 5,
      onProgress: ({ bytesRead, bytesTotal }) => {
        expect(bytesTotal).toBe(data.length);
        seen.push(bytesRead);
      },
    });
    expect(room.toHex(digest)).toBe(ofNode('shake128', data, 5));
    expect(seen.at(-1)).toBe(data.length);
    // What is compressed is hashed as it is.
    const zipped = Uint8Array.of(0x1f, 0x8b, 8, 0, 1);
    expect(room.toHex(await room.hashAsync('sha256', new Blob([zipped])))).toBe(
      ofNode('sha256', zipped, 32),
    );
  });

  test('end with an abort, and the source is told', async () => {
    const before = objects();
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1000));
      },
      cancel() {
        cancelled = true;
      },
    });
    const control = new AbortController();
    const reason = new Error('enough');
    const call = room.hashAsync('sha256', endless, {
      signal: control.signal,
      onProgress: ({ bytesRead }) => {
        if (bytesRead >= 5000) control.abort(reason);
      },
    });
    await expect(call).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(cancelled).toBe(true);
    expect(objects()).toBe(before);
  });

  test('of many are each of them, in batches', () => {
    const next = random(9);
    const messages = Array.from({ length: 9000 }, (_, i) => bytes(Math.floor(next() * 100), i));
    messages.push(new Uint8Array(3_000_000), new Uint8Array(0));
    const digests = room.hashMany('sha256', messages);
    for (const i of [0, 1, 4095, 4096, 8999, 9000, 9001])
      expect(room.toHex(digests.subarray(32 * i, 32 * i + 32))).toBe(
        ofNode('sha256', messages[i]!, 32),
      );
    expect(room.hashMany('sha512', [])).toHaveLength(0);
  });

  test('refuse what is no message, no algorithm and no length', () => {
    const hash = room.Hash.create('sha256');
    for (const [call, code, argument] of [
      [() => room.hash(bad('md5'), 'x'), 'RANGE', 'algorithm'],
      [() => room.hash(bad('toString'), 'x'), 'RANGE', 'algorithm'],
      [() => room.hash('sha256', bad([1, 2])), 'TYPE', 'data'],
      [() => room.hash('sha256', bad(undefined)), 'TYPE', 'data'],
      [() => room.hash('sha256', 'x', { length: 31 }), 'OPTION', 'length'],
      [() => room.hash('sha256', 'x', { length: 1e9 }), 'OPTION', 'length'],
      [() => room.hash('shake128', 'x', { length: 1.5 }), 'RANGE', 'length'],
      [() => room.hash('shake128', 'x', bad({ bits: 3 })), 'TYPE', 'bits'],
      [() => room.hashMany('sha256', bad('abc')), 'TYPE', 'messages'],
      [() => room.hashMany('sha256', ['a', bad(3)]), 'TYPE', 'messages[1]'],
      [() => hash.squeeze(-1), 'RANGE', 'count'],
      [() => room.Hash.create(bad(3)), 'RANGE', 'algorithm'],
      [() => room.fromHex('abc'), 'RANGE', 'text'],
      [() => room.fromHex('zz'), 'RANGE', 'text'],
      [() => room.toHex(bad('ab')), 'TYPE', 'bytes'],
      [() => room.crc32c('a', -1), 'RANGE', 'before'],
    ] as const)
      expect(refusalOf(call)).toMatchObject({ code, argument });
    hash.dispose();
    expect(refusalOf(() => hash.update('x')).code).toBe('DISPOSED');
  });

  test('CRC-32C in pieces, of what is longer than a piece', () => {
    const data = bytes(200_000, 4);
    const whole = room.crc32c(data);
    for (const cut of [0, 1, 65_536, 100_001])
      expect(room.crc32c(data.subarray(cut), room.crc32c(data.subarray(0, cut)))).toBe(whole);
    expect(room.crc32c('')).toBe(0);
    expect(room.crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  });
});

/** Keys and signatures of Node. */
function signer() {
  const { publicKey, privateKey } = node.generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey: raw, sign: (message: Uint8Array) => node.sign(null, message, privateKey) };
}

describe('signatures', () => {
  test('of Node are right, and wrong when anything is changed', () => {
    const next = random(2);
    for (let i = 0; i < 20; i++) {
      const { publicKey, sign } = signer();
      const message = bytes(Math.floor(next() * 300), i);
      const signature = sign(message);
      expect(room.verifySignature({ publicKey, signature, message })).toBe(true);
      const broken = Buffer.from(signature);
      broken[Math.floor(next() * 64)]! ^= 1 << Math.floor(next() * 8);
      expect(room.verifySignature({ publicKey, signature: broken, message })).toBe(false);
      expect(
        room.verifySignature({
          publicKey,
          signature,
          message: Buffer.concat([message, message, Buffer.of(1)]),
        }),
      ).toBe(false);
      expect(room.verifySignature({ publicKey: signer().publicKey, signature, message })).toBe(
        false,
      );
    }
  });

  test('of many, at once and in slices', async () => {
    const { publicKey, sign } = signer();
    const list = Array.from({ length: 70 }, (_, i) => {
      const message = bytes(i, i);
      const signature = Buffer.from(sign(message));
      if (i % 3 === 0) signature[5]! ^= 1;
      return { publicKey, signature, message };
    });
    const wanted = list.map((_, i) => i % 3 !== 0);
    expect(room.verifySignatures(list)).toEqual(wanted);
    const seen: number[] = [];
    const found = await room.verifySignaturesAsync(list, {
      onProgress: ({ signaturesDone }) => seen.push(signaturesDone),
    });
    expect(found).toEqual(wanted);
    expect(seen.every((done, i) => done > (seen[i - 1] ?? 0))).toBe(true);
    const reason = new Error('stop');
    await expect(
      room.verifySignaturesAsync(list, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });

  test('refuse what has another length, and texts in place of bytes', () => {
    const right = { publicKey: new Uint8Array(32), signature: new Uint8Array(64), message: '' };
    expect(room.verifySignature(right)).toBe(false);
    for (const [signed, code, argument] of [
      [{ ...right, publicKey: new Uint8Array(31) }, 'SHAPE', 'publicKey'],
      [{ ...right, signature: new Uint8Array(65) }, 'SHAPE', 'signature'],
      [{ ...right, publicKey: bad('0'.repeat(64)) }, 'TYPE', 'publicKey'],
      [{ ...right, message: bad(7) }, 'TYPE', 'message'],
      [bad(null), 'TYPE', 'signed'],
    ] as const)
      expect(refusalOf(() => room.verifySignature(signed))).toMatchObject({ code, argument });
    expect(refusalOf(() => room.verifySignatures([right, bad({})]))).toMatchObject({
      code: 'TYPE',
      argument: 'signed[1].publicKey',
    });
  });
});

describe('Merkle trees', () => {
  test('over blocks that come cut anywhere', async () => {
    const data = bytes(100_003, 6);
    for (const blockBytes of [1000, 65_536, 200_000]) {
      using whole = room.MerkleTree.fromBlocks(data, { blockBytes });
      for (const cut of [1, 999, 64_000]) {
        const pieces = Array.from({ length: Math.ceil(data.length / (cut * 100)) }, (_, i) =>
          data.subarray(i * cut * 100, (i + 1) * cut * 100),
        );
        using tree = await room.MerkleTree.fromBlocksAsync(pieces, { blockBytes });
        expect(tree.size).toBe(Math.ceil(data.length / blockBytes));
        expect(tree.root()).toEqual(whole.root());
      }
    }
  });

  test('of long lists, saved as hashes of leaves', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => `entry ${i}`);
    using tree = room.MerkleTree.create().appendAll(entries);
    using again = room.MerkleTree.fromLeafHashes(tree.leafHashes());
    expect(again.root()).toEqual(tree.root());
    const root = tree.root();
    for (const index of [0, 4095, 4096, 9999]) {
      const claim = {
        leaf: entries[index]!,
        index,
        size: 10_000,
        proof: again.inclusionProof(index),
        root,
      };
      expect(room.verifyInclusion(claim)).toBe(true);
      expect(room.verifyInclusion({ ...claim, leaf: 'another' })).toBe(false);
      expect(room.verifyInclusion({ ...claim, size: 2 ** 53 - 1 })).toBe(false);
    }
    const proof = tree.consistencyProof(5000);
    const claim = { from: 5000, to: 10_000, fromRoot: tree.root(5000), toRoot: root, proof };
    expect(room.verifyConsistency(claim)).toBe(true);
    expect(room.verifyConsistency({ ...claim, from: 5001 })).toBe(false);
    expect(tree.bytesUsed).toBeLessThan(2_000_000);
  });

  test('refuse what is no hash and no index', () => {
    using tree = room.MerkleTree.create().append('a');
    const root = tree.root();
    const claim = { leaf: 'a', index: 0, size: 1, proof: new Uint8Array(0), root };
    expect(room.verifyInclusion(claim)).toBe(true);
    expect(room.verifyInclusion({ ...claim, proof: new Uint8Array(66 * 32) })).toBe(false);
    for (const [call, code, argument] of [
      [() => room.verifyInclusion({ ...claim, proof: new Uint8Array(31) }), 'SHAPE', 'proof'],
      [() => room.verifyInclusion({ ...claim, root: new Uint8Array(31) }), 'SHAPE', 'root'],
      [() => room.verifyInclusion({ ...claim, index: -1 }), 'RANGE', 'index'],
      [() => room.verifyInclusion({ ...claim, leafHash: root }), 'TYPE', 'leaf'],
      [() => room.verifyInclusion({ index: 0, size: 1, proof: root, root }), 'TYPE', 'leaf'],
      [() => room.verifyConsistency(bad({ from: 0 })), 'TYPE', 'to'],
      [() => tree.root(2), 'INDEX', 'size'],
      [() => tree.leafHashes(2), 'RANGE', 'from'],
      [() => tree.append(bad(3)), 'TYPE', 'entries[0]'],
      [() => room.MerkleTree.fromBlocks('a', { blockBytes: 0 }), 'RANGE', 'blockBytes'],
      [() => room.MerkleTree.fromLeafHashes(new Uint8Array(33)), 'SHAPE', 'hashes'],
    ] as const)
      expect(refusalOf(call)).toMatchObject({ code, argument });
  });
});

describe('witness chains', () => {
  const chainOf = (entries: number) => {
    const chain = room.WitnessChain.create({ context: 'test' });
    for (let i = 0; i < entries; i++) chain.append(i % 5, bytes(i % 90, i));
    return chain;
  };

  test('are shown by a head or a signature', async () => {
    using chain = chainOf(30);
    const { publicKey, sign } = signer();
    const signature = sign(chain.statement());
    expect(chain.verify({ publicKey, signature })).toEqual({
      valid: true,
      fault: undefined,
      entry: undefined,
    });
    expect(chain.verify({ head: chain.head(7), size: 7 }).valid).toBe(true);
    expect(chain.verify({ head: chain.head(7) })).toEqual({
      valid: false,
      fault: 'head',
      entry: undefined,
    });
    // One entry more is another statement; the old one still holds for the old size.
    chain.append(1, 'more');
    expect(chain.verify({ publicKey, signature }).fault).toBe('signature');
    expect((await chain.verifyAsync({ publicKey, signature, size: 30 })).valid).toBe(true);
    // A signature of the bare hash is none of the head.
    expect(chain.verify({ publicKey, signature: sign(chain.head()) }).fault).toBe('signature');
    using other = room.WitnessChain.create({ context: 'other' });
    expect(room.toHex(other.head())).not.toBe(room.toHex(chain.head(0)));
  });

  test('come back from their bytes, and no flipped bit goes unseen', async () => {
    const before = objects();
    using chain = chainOf(12);
    const file = chain.save();
    using again = await room.WitnessChain.loadAsync(new Blob([file]).stream());
    expect(again.size).toBe(12);
    expect(again.head()).toEqual(chain.head());
    expect(again.context).toEqual(chain.context);
    for (let at = 0; at < file.length; at++) {
      const damaged = file.slice();
      damaged[at]! ^= 1 << (at % 8);
      expect(['FORMAT', 'TRUNCATED', 'CHECKSUM']).toContain(
        refusalOf(() => room.WitnessChain.load(damaged)).code,
      );
    }
    expect(objects()).toBe(before + 2);
  });

  test('whose file was forged with right checksums are refused, in the last entry as well', () => {
    using chain = chainOf(12);
    const file = chain.save();
    // The payloads are the last section; its checksum follows, then zeros up to a multiple of 16.
    const lengths = Array.from({ length: 12 }, (_, i) => chain.entry(i).payload.length);
    const total = lengths.reduce((sum, length) => sum + length);
    const begin = file.length - 16 * Math.ceil((total + 4) / 16);
    const forged = file.slice();
    forged[begin + total - 1]! ^= 1;
    const sum = room.crc32c(forged.subarray(begin, begin + total));
    new DataView(forged.buffer).setUint32(begin + total, sum, true);
    const refusal = refusalOf(() => room.WitnessChain.load(forged));
    expect(refusal).toMatchObject({ code: 'CHECKSUM', argument: 'bytes', position: 11 });
  });

  test('refuse what is no head, and a key without a signature', () => {
    using chain = chainOf(2);
    for (const [call, code, argument] of [
      [() => chain.verify({ head: new Uint8Array(31) }), 'SHAPE', 'head'],
      [() => chain.verify({ publicKey: new Uint8Array(32) }), 'TYPE', 'signature'],
      [() => chain.verify({ signature: new Uint8Array(64) }), 'TYPE', 'publicKey'],
      [() => chain.verify({ size: 3 }), 'INDEX', 'entries'],
      [() => chain.append(-1, ''), 'RANGE', 'type'],
      [() => chain.append(1, bad({})), 'TYPE', 'payload'],
      [() => chain.entry(2), 'INDEX', 'index'],
      [() => room.WitnessChain.create({ context: bad(1) }), 'TYPE', 'context'],
    ] as const)
      expect(refusalOf(call)).toMatchObject({ code, argument });
  });

  test('are busy while they are verified, and an abort leaves them as they were', async () => {
    using chain = room.WitnessChain.create();
    for (let i = 0; i < 200; i++) chain.append(0, new Uint8Array(100_000));
    const call = chain.verifyAsync();
    expect(refusalOf(() => chain.append(1, '')).code).toBe('BUSY');
    expect((await call).valid).toBe(true);
    const reason = new Error('stop');
    const control = new AbortController();
    const aborted = chain.verifyAsync({
      signal: control.signal,
      onProgress: () => control.abort(reason),
    });
    await expect(aborted).rejects.toBe(reason);
    expect(chain.verify().valid).toBe(true);
  });
});

test('memory that ends is an error, and nothing is lost', async () => {
  const small = await createEngine({ memory: 4_000_000 });
  try {
    const { MerkleTree, WitnessChain, hash, toHex } = await small.use('crypto');
    using tree = MerkleTree.create().append('a');
    using chain = WitnessChain.create();
    chain.append(1, 'a');
    const before = [tree.root(1), chain.head(1)].map(toHex);
    expect(refusalOf(() => tree.appendAll(Array.from({ length: 200_000 }, () => ''))).code).toBe(
      'MEMORY',
    );
    expect(refusalOf(() => chain.append(1, new Uint8Array(3_000_000))).code).toBe('MEMORY');
    expect([tree.root(1), chain.head(1)].map(toHex)).toEqual(before);
    // What is longer than the memory is hashed all the same.
    const long = new Uint8Array(9_000_000);
    expect(toHex(hash('sha256', long))).toBe(ofNode('sha256', long, 32));
    expect(refusalOf(() => hash('shake128', '', { length: 4e9 })).code).toBe('MEMORY');
  } finally {
    small.dispose();
  }
});

test('in a worker', async () => {
  const worker = await createWorkerEngine({ modules: ['crypto'] });
  try {
    const digest = await worker.crypto.hash('sha256', 'abc');
    expect(room.toHex(digest)).toBe(ofNode('sha256', Buffer.from('abc'), 32));
    const chain = await worker.crypto.WitnessChain.create({ context: 'w' });
    await chain.append(1, 'entry');
    expect((await chain.verify()).valid).toBe(true);
    await chain.dispose();
  } finally {
    await worker.dispose();
  }
});
