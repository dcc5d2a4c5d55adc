// Hashes, signatures, trees and chains through both doors. Expected values come from NIST, RFC 8032, Python's hashlib and
// reference arithmetic (test/vectors/crypto/generate.py).
import type { Hash, HashAlgorithm, MerkleTree, WitnessChain } from 'sublinear/crypto';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import signatures from '../vectors/crypto/ed25519.json' with { type: 'json' };
import digests from '../vectors/crypto/hashes.json' with { type: 'json' };
import trees from '../vectors/crypto/merkle.json' with { type: 'json' };

type Signed = { key: Uint8Array; signature: Uint8Array; message: Uint8Array };

/** Hashes, trees and chains are opaque tokens. */
interface CryptoDoor {
  hash: (algorithm: HashAlgorithm, data: Uint8Array, length?: number) => Uint8Array;
  many: (algorithm: HashAlgorithm, messages: Uint8Array[]) => Uint8Array;
  hasher: (algorithm: HashAlgorithm) => unknown;
  clone: (hash: unknown) => unknown;
  update: (hash: unknown, data: Uint8Array) => void;
  digest: (hash: unknown, length: number) => Uint8Array;
  squeeze: (hash: unknown, count: number) => Uint8Array;
  reset: (hash: unknown) => void;
  verify: (signed: Signed) => boolean;
  verifyMany: (signed: Signed[]) => boolean[];
  isKey: (key: Uint8Array) => boolean;
  tree: () => unknown;
  grow: (tree: unknown, entries: Uint8Array[]) => void;
  growBlocks: (bytes: Uint8Array, block: number) => unknown;
  size: (tree: unknown) => number;
  root: (tree: unknown, size: number) => Uint8Array;
  leaf: (tree: unknown, index: number) => Uint8Array;
  inclusion: (tree: unknown, index: number, size: number) => Uint8Array;
  consistency: (tree: unknown, from: number, to: number) => Uint8Array;
  included: (
    leaf: Uint8Array,
    index: number,
    size: number,
    proof: Uint8Array,
    root: Uint8Array,
  ) => boolean;
  consistent: (
    from: number,
    to: number,
    fromRoot: Uint8Array,
    toRoot: Uint8Array,
    proof: Uint8Array,
  ) => boolean;
  chain: (context: Uint8Array) => unknown;
  append: (chain: unknown, type: number, payload: Uint8Array) => void;
  entry: (chain: unknown, index: number) => { type: number; payload: Uint8Array };
  head: (chain: unknown, size: number) => Uint8Array;
  statement: (chain: unknown, size: number) => Uint8Array;
  /** The first wrong entry, or the number of entries. */
  right: (chain: unknown) => number;
  free: (...tokens: unknown[]) => void;
}

const ALGORITHMS = ['sha256', 'sha512', 'sha3-256', 'sha3-512', 'shake128', 'shake256'] as const;
const BYTES = {
  sha256: 32,
  sha512: 64,
  'sha3-256': 32,
  'sha3-512': 64,
  shake128: 32,
  shake256: 64,
};

export const doors: RoomDoors<'crypto', CryptoDoor> = {
  room: 'crypto',
  bundle: 'trust',
  embind: (room) => {
    const h = (token: unknown) => token as Hash;
    const t = (token: unknown) => token as MerkleTree;
    const c = (token: unknown) => token as WitnessChain;
    const signed = ({ key, signature, message }: Signed) => ({
      publicKey: key,
      signature,
      message,
    });
    return {
      hash: (algorithm, data, length) =>
        room.hash(algorithm, data, length === undefined ? {} : { length }),
      many: (algorithm, messages) => room.hashMany(algorithm, messages),
      hasher: (algorithm) => room.Hash.create(algorithm),
      clone: (hash) => h(hash).clone(),
      update: (hash, data) => h(hash).update(data),
      digest: (hash, length) => h(hash).digest({ length }),
      squeeze: (hash, count) => h(hash).squeeze(count),
      reset: (hash) => h(hash).reset(),
      verify: (each) => room.verifySignature(signed(each)),
      verifyMany: (all) => room.verifySignatures(all.map(signed)),
      isKey: (key) => room.isPublicKey(key),
      tree: () => room.MerkleTree.create(),
      grow: (tree, entries) => t(tree).appendAll(entries),
      growBlocks: (bytes, blockBytes) => room.MerkleTree.fromBlocks(bytes, { blockBytes }),
      size: (tree) => t(tree).size,
      root: (tree, size) => t(tree).root(size),
      leaf: (tree, index) => t(tree).leafHashes(index, index + 1),
      inclusion: (tree, index, size) => t(tree).inclusionProof(index, size),
      consistency: (tree, from, to) => t(tree).consistencyProof(from, to),
      included: (leafHash, index, size, proof, root) =>
        room.verifyInclusion({ leafHash, index, size, proof, root }),
      consistent: (from, to, fromRoot, toRoot, proof) =>
        room.verifyConsistency({ from, to, fromRoot, toRoot, proof }),
      chain: (context) => room.WitnessChain.create({ context }),
      append: (chain, type, payload) => c(chain).append(type, payload),
      entry: (chain, index) => {
        const { type, payload } = c(chain).entry(index);
        return { type, payload };
      },
      head: (chain, size) => c(chain).head(size),
      statement: (chain, size) => c(chain).statement(size),
      right: (chain) => c(chain).verify().entry ?? c(chain).size,
      free: (...tokens) => {
        for (const token of tokens) h(token).dispose();
      },
    };
  },
  raw: rawCrypto,
};

/** What a token is to the raw door. */
type Token = { kind: 'hash' | 'merkle' | 'chain'; handle: number };

function rawCrypto(module: RawModule): CryptoDoor {
  const { call } = module;
  const handle = (token: unknown) => (token as Token).handle;
  const made = (kind: Token['kind'], number: number): Token => ({
    kind,
    handle: module.made(number),
  });
  const number = (algorithm: HashAlgorithm) => ALGORITHMS.indexOf(algorithm);
  const bytes = (address: number, length: number) =>
    new Uint8Array(module.view().buffer.slice(address, address + length));
  /** What a call writes to `length` bytes, given behind the arrays. */
  const written = (
    length: number,
    arrays: (Uint8Array | Uint32Array)[],
    body: (...at: number[]) => number,
  ) =>
    module.with([...arrays, new Uint8Array(length)], (...at) => {
      module.check(body(...at));
      return bytes(at.at(-1)!, length);
    });
  const word = (arrays: Uint8Array[], body: (...at: number[]) => number) =>
    new Uint32Array(written(4, arrays, body).buffer)[0]!;
  const joined = (messages: Uint8Array[]) => {
    const offsets = Uint32Array.from({ length: messages.length + 1 }, (_, i) =>
      messages.slice(0, i).reduce((sum, { length }) => sum + length, 0),
    );
    const all = new Uint8Array(offsets.at(-1)!);
    messages.forEach((message, i) => {
      all.set(message, offsets[i]);
    });
    return { all, offsets };
  };
  const proof = (body: (out: number, count: number) => number) =>
    module.with([new Uint8Array(65 * 32), new Uint8Array(4)], (out, count) => {
      module.check(body(out!, count!));
      return bytes(out!, 32 * module.u32(count!, 1)[0]!);
    });
  const verifyMany = (signed: Signed[]) => {
    const { all, offsets } = joined(signed.map(({ message }) => message));
    const keys = joined(signed.map(({ key }) => key)).all;
    const signatures = joined(signed.map(({ signature }) => signature)).all;
    const valid = written(signed.length, [keys, signatures, all, offsets], (k, s, m, o, v) =>
      call.sl_abi_ed25519_verify_many!(k!, s!, m!, o!, all.length, signed.length, v!),
    );
    return Array.from(valid, (each) => each === 1);
  };
  return {
    hash: (algorithm, data, length = BYTES[algorithm]) =>
      written(length, [data], (from, out) =>
        call.sl_abi_hash_of!(number(algorithm), from!, data.length, out!, length),
      ),
    many: (algorithm, messages) => {
      const { all, offsets } = joined(messages);
      return written(messages.length * BYTES[algorithm], [all, offsets], (from, at, out) =>
        call.sl_abi_hash_many!(number(algorithm), from!, all.length, at!, messages.length, out!),
      );
    },
    hasher: (algorithm) => made('hash', call.sl_abi_hash_create!(number(algorithm))),
    clone: (hash) => made('hash', call.sl_abi_hash_clone!(handle(hash))),
    update: (hash, data) =>
      module.with([data], (from) =>
        module.check(call.sl_abi_hash_update!(handle(hash), from!, data.length)),
      ),
    digest: (hash, length) =>
      written(length, [], (out) => call.sl_abi_hash_digest!(handle(hash), out!, length)),
    squeeze: (hash, count) =>
      written(count, [], (out) => call.sl_abi_hash_squeeze!(handle(hash), out!, count)),
    reset: (hash) => module.check(call.sl_abi_hash_reset!(handle(hash))),
    verify: ({ key, signature, message }) =>
      word([key, signature, message], (k, s, m, v) =>
        call.sl_abi_ed25519_verify!(k!, s!, m!, message.length, v!),
      ) === 1,
    verifyMany,
    isKey: (key) => module.with([key], (at) => call.sl_abi_ed25519_is_key!(at!) === 1),
    tree: () => made('merkle', call.sl_abi_merkle_create!()),
    grow: (tree, entries) => {
      const { all, offsets } = joined(entries);
      module.with([all, offsets], (from, at) =>
        module.check(
          call.sl_abi_merkle_append!(handle(tree), from!, all.length, at!, entries.length),
        ),
      );
    },
    growBlocks: (data, block) => {
      const tree = made('merkle', call.sl_abi_merkle_create!());
      module.with([data], (from) =>
        module.check(call.sl_abi_merkle_append_blocks!(tree.handle, from!, data.length, block)),
      );
      return tree;
    },
    size: (tree) => word([], (out) => call.sl_abi_merkle_size!(handle(tree), out!)),
    root: (tree, size) =>
      written(32, [], (out) => call.sl_abi_merkle_root!(handle(tree), size, out!)),
    leaf: (tree, index) =>
      written(32, [], (out) => call.sl_abi_merkle_leaf!(handle(tree), index, out!)),
    inclusion: (tree, index, size) =>
      proof((out, count) => call.sl_abi_merkle_inclusion!(handle(tree), index, size, out, count)),
    consistency: (tree, from, to) =>
      proof((out, count) => call.sl_abi_merkle_consistency!(handle(tree), from, to, out, count)),
    included: (leaf, index, size, path, root) =>
      word([leaf, path, root], (l, p, r, v) =>
        call.sl_abi_merkle_verify_inclusion!(l!, index, size, p!, path.length / 32, r!, v!),
      ) === 1,
    consistent: (from, to, fromRoot, toRoot, path) =>
      word([fromRoot, toRoot, path], (f, t, p, v) =>
        call.sl_abi_merkle_verify_consistency!(from, to, f!, t!, p!, path.length / 32, v!),
      ) === 1,
    chain: (context) =>
      module.with([context], (at) => made('chain', call.sl_abi_chain_create!(at!, context.length))),
    append: (chain, type, payload) =>
      module.with([payload], (at) =>
        module.check(call.sl_abi_chain_append!(handle(chain), type, at!, payload.length)),
      ),
    entry: (chain, index) =>
      module.with([new Uint32Array(3)], (at) => {
        module.check(call.sl_abi_chain_entry!(handle(chain), index, at!, at! + 4, at! + 8));
        const [type, address, count] = module.u32(at!, 3) as unknown as [number, number, number];
        return { type, payload: bytes(address, count) };
      }),
    head: (chain, size) =>
      written(32, [], (out) => call.sl_abi_chain_head!(handle(chain), size, out!)),
    statement: (chain, size) =>
      written(64, [], (out) => call.sl_abi_chain_statement!(handle(chain), size, out!)),
    right: (chain) => {
      module.check(call.sl_abi_chain_begin_verify!(handle(chain)));
      while (word([], (out) => call.sl_abi_job_step!(handle(chain), 1, out!)) === RUNNING);
      return word([], (out) => call.sl_abi_chain_finish_verify!(handle(chain), out!));
    },
    free: (...tokens) => {
      for (const { kind, handle: each } of tokens as Token[])
        module.check(call[`sl_abi_${kind}_destroy`]!(each));
    },
  };
}

const RUNNING = 9;

const fromHex = (text: string) =>
  Uint8Array.from(text === '-' ? [] : (text.match(/../g) ?? []), (pair) =>
    Number.parseInt(pair, 16),
  );
const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
/** Message n of the script that made the vectors. */
const message = (n: number) => Uint8Array.from({ length: n }, (_, i) => i * i + 7 * n);
const text = (words: string) => new TextEncoder().encode(words);
const join = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const signed = signatures.map(([key, signature, words]) => ({
  key: fromHex(key!),
  signature: fromHex(signature!),
  message: fromHex(words!),
}));
const expected = signatures.map(([, , , valid]) => valid === '1');

export const cases: Case<CryptoDoor>[] = [
  {
    name: 'digests that NIST has published',
    run: ({ hash }) =>
      digests
        .filter(([name]) => name !== 'lengths')
        .map(([name, words, digest]) =>
          toHex(hash(name as HashAlgorithm, fromHex(words!), digest!.length / 2)),
        ),
    check(found: string[]) {
      expect(found).toEqual(
        digests.filter(([name]) => name !== 'lengths').map(([, , digest]) => digest),
      );
    },
  },
  {
    name: 'every length from 0 to 300, alone, together and in pieces',
    run: (door) =>
      ALGORITHMS.map((algorithm) => {
        const messages = Array.from({ length: 301 }, (_, n) => message(n));
        const alone = join(messages.map((each) => door.hash(algorithm, each)));
        const hash = door.hasher(algorithm);
        const next = random(5);
        const pieces = join(
          messages.map((each) => {
            door.reset(hash);
            for (let at = 0; at < each.length; ) {
              const end = at + 1 + Math.floor((next() * (each.length - at)) / 2);
              door.update(hash, each.subarray(at, end));
              at = end;
            }
            return door.digest(hash, BYTES[algorithm]);
          }),
        );
        door.free(hash);
        const every = [alone, door.many(algorithm, messages), pieces];
        return every.map((all) => toHex(door.hash('sha256', all)));
      }),
    check(found: string[][]) {
      const known = new Map(
        digests.filter(([name]) => name === 'lengths').map(([, name, digest]) => [name, digest]),
      );
      for (const [i, each] of found.entries())
        expect(each).toEqual([1, 2, 3].map(() => known.get(ALGORITHMS[i]!)));
    },
  },
  {
    name: 'a sponge is squeezed in pieces, a clone goes on alone',
    run: (door) => {
      const hash = door.hasher('shake128');
      door.update(hash, text('spo'));
      const clone = door.clone(hash);
      door.update(hash, text('nge'));
      const pieces = join([1, 200, 168, 0, 131].map((count) => door.squeeze(hash, count)));
      const same = toHex(pieces) === toHex(door.hash('shake128', text('sponge'), 500));
      door.update(clone, text('t'));
      const other =
        toHex(door.digest(clone, 10)) === toHex(door.hash('shake128', text('spot'), 10));
      const after = [
        attempt(() => door.update(hash, text('x'))),
        attempt(() => door.digest(hash, 32)),
        attempt(() => door.digest(clone, 0)),
      ];
      door.free(hash, clone);
      const fixed = door.hasher('sha512');
      after.push(
        attempt(() => door.squeeze(fixed, 1)),
        attempt(() => door.digest(fixed, 63)),
      );
      door.free(fixed);
      return [same, other, after];
    },
    check([same, other, after]: [boolean, boolean, { refused?: string }[]]) {
      expect([same, other]).toEqual([true, true]);
      expect(after.map((each) => each.refused)).toEqual([
        'STATE',
        'STATE',
        undefined,
        'UNSUPPORTED',
        'OPTION',
      ]);
    },
  },
  {
    name: 'signatures of RFC 8032, and those that were made on purpose',
    run: ({ verify }) => signed.map(verify),
    check(found: boolean[]) {
      expect(found).toEqual(expected);
    },
  },
  {
    name: 'many signatures are each of them',
    run: ({ verifyMany }) => [verifyMany([...signed, ...signed.slice(0, 20)]), verifyMany([])],
    check(found: boolean[][]) {
      expect(found).toEqual([[...expected, ...expected.slice(0, 20)], []]);
    },
  },
  {
    name: 'keys that can verify anything',
    run: ({ isKey }) => signed.map(({ key }) => isKey(key)),
    check(found: boolean[]) {
      const never = /key of small order|key with|key that is no point/;
      expect(found).toEqual(signatures.map(([, , , , what]) => !never.test(what!)));
    },
  },
  {
    name: 'roots and proofs of trees, and what they prove',
    run: (door) => {
      const tree = door.tree();
      const all = Array.from({ length: 66 }, (_, n) => message(n));
      door.grow(tree, all.slice(0, 13));
      door.grow(tree, all.slice(13));
      const sizes = [0, 1, 2, 3, 4, 5, 8, 13, 31, 32, 33, 64, 66];
      const rows = sizes.map((n) => {
        const proofs = Array.from({ length: n }, (_, i) => door.inclusion(tree, i, n));
        const steps = Array.from({ length: n }, (_, i) => door.consistency(tree, i + 1, n));
        const root = door.root(tree, n);
        const included = proofs.every((proof, i) =>
          door.included(door.leaf(tree, i), i, n, proof, root),
        );
        const consistent = steps.every((proof, i) =>
          door.consistent(i + 1, n, door.root(tree, i + 1), root, proof),
        );
        const wrong =
          n > 1 &&
          proofs.some((proof, i) => door.included(door.leaf(tree, i), (i + 1) % n, n, proof, root));
        const [a, b] = [proofs, steps].map((list) => toHex(door.hash('sha256', join(list))));
        return [String(n), toHex(root), a, b, included, consistent, wrong];
      });
      door.free(tree);
      return rows;
    },
    check(rows: unknown[][]) {
      for (const [n, root, proofs, steps, ...rest] of rows) {
        expect([n, root, proofs, steps]).toEqual(trees[Number(n)]);
        expect(rest).toEqual([true, true, false]);
      }
    },
  },
  {
    name: 'blocks of a file are entries',
    run: (door) =>
      [1, 7, 100, 999, 1000, 5000].map((block) => {
        const file = message(1000);
        const tree = door.growBlocks(file, block);
        const other = door.tree();
        door.grow(
          other,
          Array.from({ length: Math.ceil(1000 / block) }, (_, i) =>
            file.subarray(i * block, (i + 1) * block),
          ),
        );
        const roots = [tree, other].map((each) => toHex(door.root(each, door.size(each))));
        door.free(tree, other);
        return roots;
      }),
    check(found: string[][]) {
      for (const [a, b] of found) expect(a).toBe(b);
    },
  },
  {
    name: 'refused of trees: leaves and sizes that are not there',
    run: (door) => {
      const tree = door.tree();
      door.grow(tree, [text('a'), text('b')]);
      const all = [
        attempt(() => door.root(tree, 3)),
        attempt(() => door.inclusion(tree, 2, 2)),
        attempt(() => door.inclusion(tree, 0, 3)),
        attempt(() => door.consistency(tree, 2, 1)),
        attempt(() => door.consistency(tree, 2, 3)),
      ];
      door.free(tree);
      return all;
    },
    check(all: { refused?: string; argument?: string }[]) {
      expect(all.map(({ refused }) => refused)).toEqual(all.map(() => 'INDEX'));
      expect(all.map(({ argument }) => argument)).toEqual(['size', 'index', 'size', 'from', 'to']);
    },
  },
  {
    name: 'heads of a chain by their definition',
    run: (door) => {
      const chain = door.chain(text('test'));
      for (let i = 0; i < 20; i++) door.append(chain, 2 ** 32 - 1 - i, message(i * 11));
      let head = door.hash(
        'sha256',
        join([text('sublinear.witness.1'), Uint8Array.of(0), text('test')]),
      );
      const heads = [head];
      for (let i = 0; i < 20; i++) {
        const { type, payload } = door.entry(chain, i);
        const number = new Uint8Array(Uint32Array.of(type).buffer);
        head = door.hash('sha256', join([head, number, payload]));
        heads.push(head);
      }
      const same = heads.every((each, i) => toHex(each) === toHex(door.head(chain, i)));
      const result = [
        same,
        door.right(chain),
        toHex(door.statement(chain, 20)),
        toHex(head),
        attempt(() => door.head(chain, 21)),
        attempt(() => door.entry(chain, 20)),
        attempt(() => door.statement(chain, 21)),
      ];
      door.free(chain);
      return result;
    },
    check([same, right, statement, head, ...refused]: [
      boolean,
      number,
      string,
      string,
      ...{ refused: string }[],
    ]) {
      expect([same, right]).toEqual([true, 20]);
      const begin = toHex(text('sublinear.witness.head.1'));
      expect(statement).toBe(`${begin}1400000000000000${head}`);
      expect(refused.map((each) => each.refused)).toEqual(['INDEX', 'INDEX', 'INDEX']);
    },
  },
];
