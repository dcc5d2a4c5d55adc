// Merkle trees of RFC 6962, and their proofs.
import type { Merkle as RawMerkle } from '../../generated/raw/trust.js';
import { runtimeOf } from '../../runtime/bind.js';
import { asyncPiecesOf, totalOf } from '../../runtime/coming.js';
import type { AsyncBytesSource } from '../../runtime/file.js';
import { runMade, runMadeAsync } from '../../runtime/making.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import { kindOfBytes } from '../../runtime/pieces.js';
import { type AsyncOptions, asyncKeys } from '../../runtime/steps.js';
import type { ReadProgress } from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import {
  type Bytes,
  bytesArgument,
  hashesArgument,
  inBatches,
  listArgument,
  put,
  take,
} from './bytes.js';
import { followPieces } from './coming.js';

/** @internal Bytes of a hash, and of the longest proof. */
export const HASH = 32;
/** @internal */
export const PROOF = 65 * HASH;
/** Leaf hashes that go into the module's memory at a time. */
const HASHES = 4096;

/** How long bytes become the leaves of a tree. */
export interface BlockOptions {
  /** Bytes a leaf; the last one may be shorter. Default 65,536. */
  blockBytes?: number;
}

/**
 * A list that only grows, with a root that stands for all of it (RFC 6962, section 2.1; SHA-256). Proofs of a logarithmic
 * number of hashes show that an entry is in the list, and that a shorter list is its beginning. Takes 64 bytes an entry; the
 * entries themselves are not kept.
 */
export class MerkleTree extends WasmObject<RawMerkle> {
  /** @internal */
  protected override facts() {
    return { size: this.size };
  }

  /**
   * A tree without an entry, whose root is the hash of nothing.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, toHex } = await load();
   * using tree = MerkleTree.create();
   * console.log(tree.size, toHex(tree.root()).slice(0, 8)); // 0 e3b0c442
   * ```
   */
  static create(): MerkleTree {
    const operation = 'MerkleTree.create';
    const runtime = runtimeOf(this, operation);
    runtime.assertAlive(operation);
    return adopt(runtime, operation, MerkleTree, runtime.raw.Merkle.create());
  }

  /**
   * A tree over the blocks of long bytes, so that each block can be verified alone.
   *
   * @throws RangeError `OPTION` (blockBytes); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, verifyInclusion } = await load();
   * const file = new Uint8Array(300_000);
   * using tree = MerkleTree.fromBlocks(file);
   * const leaf = file.subarray(65_536, 131_072);
   * const proof = tree.inclusionProof(1);
   * console.log(tree.size, verifyInclusion({ leaf, index: 1, size: 5, proof, root: tree.root() })); // 5 true
   * ```
   */
  static fromBlocks(bytes: Bytes, options?: BlockOptions): MerkleTree {
    const operation = 'MerkleTree.fromBlocks';
    const blockBytes = blockBytesOf(operation, check.options(operation, options, ['blockBytes']));
    const all = bytesArgument(operation, 'bytes', bytes);
    const tree = runtimeOf(this, operation).bind(MerkleTree).create();
    return runMade(tree, () => {
      const blocks = new Blocks(tree, operation, blockBytes);
      blocks.take(all);
      blocks.end();
      return tree;
    });
  }

  /**
   * The same for bytes that are still coming, in slices of about 8 ms that let other tasks run.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree } = await load();
   * using tree = await MerkleTree.fromBlocksAsync(new Blob(['a file']), { blockBytes: 4 });
   * console.log(tree.size); // 2
   * ```
   */
  static async fromBlocksAsync(
    source: Bytes | AsyncBytesSource,
    options?: BlockOptions & AsyncOptions<ReadProgress>,
  ): Promise<MerkleTree> {
    const operation = 'MerkleTree.fromBlocksAsync';
    const given = check.options(operation, options, ['blockBytes', ...asyncKeys]);
    const { blockBytes: _, ...control } = given;
    const blockBytes = blockBytesOf(operation, given);
    const runtime = runtimeOf(this, operation);
    const whole = typeof source === 'string' || ArrayBuffer.isView(source);
    const bytes = whole ? bytesArgument(operation, 'bytes', source) : source;
    const pieces = asyncPiecesOf(bytes, kindOfBytes(operation));
    const total = totalOf(bytes, { zipped: false, next: () => pieces.next() });
    const tree = runtime.bind(MerkleTree).create();
    return runMadeAsync(tree, async () => {
      const blocks = new Blocks(tree, operation, blockBytes);
      await followPieces(runtime, operation, pieces, control, total, (part) => blocks.take(part));
      blocks.end();
      return tree;
    });
  }

  /**
   * A tree from the hashes of its leaves, as {@link MerkleTree.leafHashes} gives them: that is how a tree is saved.
   *
   * @throws RangeError `SHAPE` (not 32 bytes each); SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, toHex } = await load();
   * using tree = MerkleTree.create().append('a', 'b', 'c');
   * using again = MerkleTree.fromLeafHashes(tree.leafHashes());
   * console.log(toHex(again.root()) === toHex(tree.root())); // true
   * ```
   */
  static fromLeafHashes(hashes: Uint8Array | ArrayBuffer): MerkleTree {
    const operation = 'MerkleTree.fromLeafHashes';
    const all = hashesArgument(operation, 'hashes', hashes);
    const tree = runtimeOf(this, operation).bind(MerkleTree).create();
    return runMade(tree, () => {
      tree.#appendHashes(operation, all);
      return tree;
    });
  }

  /** How many entries there are. */
  get size(): number {
    return this.use('MerkleTree.size').size() >>> 0;
  }

  /** Bytes held. */
  get bytesUsed(): number {
    return this.use('MerkleTree.bytesUsed').bytes();
  }

  /**
   * Appends entries; gives the tree itself.
   *
   * @throws TypeError (entries); SublinearError `MEMORY`: nothing of a batch of some thousand entries is appended then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree } = await load();
   * using log = MerkleTree.create();
   * log.append('first').append('second', new Uint8Array([3]));
   * console.log(log.size); // 3
   * ```
   */
  append(...entries: Bytes[]): this {
    return this.appendAll(entries);
  }

  /**
   * The same for a list, however long. SHA-256 works on four entries at a time where SIMD is there.
   *
   * @throws as {@link MerkleTree.append}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree } = await load();
   * using log = MerkleTree.create().appendAll(Array.from({ length: 1000 }, (_, i) => `entry ${i}`));
   * console.log(log.inclusionProof(7).length / 32); // 10
   * ```
   */
  appendAll(entries: readonly Bytes[]): this {
    const operation = 'MerkleTree.append';
    const { runtime } = this;
    const list = listArgument(operation, 'entries', entries, 'Uint8Array, ArrayBuffer or string');
    const message = (entry: Bytes, i: number) => bytesArgument(operation, `entries[${i}]`, entry);
    this.use(operation);
    inBatches(runtime, operation, list, message, ({ address, length, offsets, count }) => {
      const raw = this.use(operation);
      runtime.check(operation, raw.append(address, length, offsets, count));
    });
    return this;
  }

  #appendHashes(operation: string, hashes: Uint8Array): void {
    const { runtime } = this;
    for (let at = 0; at < hashes.length; at += HASHES * HASH) {
      const part = hashes.subarray(at, at + HASHES * HASH);
      runtime.scratch(operation, (scratch) => {
        const address = put(runtime, scratch, part);
        runtime.check(operation, this.use(operation).appendHashes(address, part.length / HASH));
      });
    }
  }

  /** @internal Whole blocks, and the last one. */
  appendBlocks(operation: string, bytes: Uint8Array, blockBytes: number): void {
    if (bytes.length === 0) return;
    const { runtime } = this;
    runtime.scratch(operation, (scratch) => {
      const address = put(runtime, scratch, bytes);
      runtime.check(operation, this.use(operation).appendBlocks(address, bytes.length, blockBytes));
    });
  }

  /**
   * The root of the first `size` entries, of all of them by default: 32 bytes.
   *
   * @throws RangeError `INDEX` (size)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, toHex } = await load();
   * using tree = MerkleTree.create().append('a');
   * const before = tree.root();
   * tree.append('b');
   * console.log(toHex(tree.root(1)) === toHex(before)); // true
   * ```
   */
  root(size?: number): Uint8Array<ArrayBuffer> {
    const operation = 'MerkleTree.root';
    const count = this.#sizeOf(operation, 'size', size);
    const { runtime } = this;
    runtime.check(operation, this.use(operation).root(count, runtime.out));
    return take(runtime, runtime.out, HASH);
  }

  /**
   * The hashes that show that entry `index` is among the first `size`, one behind the other.
   *
   * @throws RangeError `INDEX` (index, size)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, verifyInclusion } = await load();
   * using tree = MerkleTree.create().append('a', 'b', 'c');
   * const proof = tree.inclusionProof(2);
   * console.log(verifyInclusion({ leaf: 'c', index: 2, size: 3, proof, root: tree.root() })); // true
   * ```
   */
  inclusionProof(index: number, size?: number): Uint8Array<ArrayBuffer> {
    const operation = 'MerkleTree.inclusionProof';
    check.integer(operation, 'index', index);
    const count = this.#sizeOf(operation, 'size', size);
    return this.#proof(operation, (out, written) =>
      this.use(operation).inclusion(index, count, out, written),
    );
  }

  /**
   * The hashes that show that the first `from` entries are the beginning of the first `to`, of all of them by default.
   *
   * @throws RangeError `INDEX` (from, to)
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, verifyConsistency } = await load();
   * using log = MerkleTree.create().append('a', 'b', 'c');
   * const fromRoot = log.root();
   * log.append('d', 'e');
   * const proof = log.consistencyProof(3);
   * console.log(verifyConsistency({ from: 3, to: 5, fromRoot, toRoot: log.root(), proof })); // true
   * ```
   */
  consistencyProof(from: number, to?: number): Uint8Array<ArrayBuffer> {
    const operation = 'MerkleTree.consistencyProof';
    check.integer(operation, 'from', from);
    const count = this.#sizeOf(operation, 'to', to);
    return this.#proof(operation, (out, written) =>
      this.use(operation).consistency(from, count, out, written),
    );
  }

  /**
   * The hashes of the leaves `from` to `to` - 1, one behind the other; of all of them by default.
   *
   * @throws RangeError `INDEX`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/crypto';
   *
   * const { MerkleTree, leafHash, toHex } = await load();
   * using tree = MerkleTree.create().append('a', 'b');
   * console.log(toHex(tree.leafHashes(1, 2)) === toHex(leafHash('b'))); // true
   * ```
   */
  leafHashes(from = 0, to?: number): Uint8Array<ArrayBuffer> {
    const operation = 'MerkleTree.leafHashes';
    const { runtime } = this;
    const raw = this.use(operation);
    const end = this.#sizeOf(operation, 'to', to);
    check.integer(operation, 'from', from, 0, end);
    const hashes = runtime.array(operation, Uint8Array, (end - from) * HASH);
    for (let i = from; i < end; i++) {
      runtime.check(operation, raw.leaf(i, runtime.out));
      hashes.set(runtime.u8.subarray(runtime.out, runtime.out + HASH), (i - from) * HASH);
    }
    return hashes as Uint8Array<ArrayBuffer>;
  }

  #sizeOf(operation: string, argument: string, size: number | undefined): number {
    const all = this.use(operation).size() >>> 0;
    return size === undefined ? all : check.integer(operation, argument, size);
  }

  #proof(operation: string, call: (out: number, written: number) => number) {
    const { runtime } = this;
    this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const out = scratch.bytes(PROOF);
      runtime.check(operation, call(out, runtime.out));
      return take(runtime, out, runtime.outU32() * HASH);
    });
  }
}

function blockBytesOf(operation: string, { blockBytes = 1 << 16 }: BlockOptions): number {
  return check.integer(operation, 'blockBytes', blockBytes, 1, 1 << 30);
}

/** Bytes that come cut anywhere, as blocks. */
class Blocks {
  #held: Uint8Array;
  #count = 0;

  constructor(
    readonly tree: MerkleTree,
    readonly operation: string,
    readonly blockBytes: number,
  ) {
    this.#held = new Uint8Array(0);
  }

  take(bytes: Uint8Array): void {
    const { tree, operation, blockBytes } = this;
    let at = 0;
    if (this.#count > 0) {
      at = Math.min(bytes.length, blockBytes - this.#count);
      this.#hold(bytes.subarray(0, at));
      if (this.#count < blockBytes) return;
      tree.appendBlocks(operation, this.#held.subarray(0, blockBytes), blockBytes);
      this.#count = 0;
    }
    const together = blockBytes * Math.max(1, Math.floor((1 << 20) / blockBytes));
    for (const end = bytes.length - ((bytes.length - at) % blockBytes); at < end; ) {
      const next = Math.min(end, at + together);
      tree.appendBlocks(operation, bytes.subarray(at, next), blockBytes);
      at = next;
    }
    this.#hold(bytes.subarray(at));
  }

  end(): void {
    this.tree.appendBlocks(this.operation, this.#held.subarray(0, this.#count), this.blockBytes);
    this.#count = 0;
  }

  /** Room grows with what comes: blocks may be large and bytes few. */
  #hold(bytes: Uint8Array): void {
    const wanted = this.#count + bytes.length;
    if (wanted > this.#held.length) {
      const larger = new Uint8Array(
        Math.min(this.blockBytes, Math.max(wanted, 2 * this.#held.length)),
      );
      larger.set(this.#held.subarray(0, this.#count));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#count);
    this.#count = wanted;
  }
}
