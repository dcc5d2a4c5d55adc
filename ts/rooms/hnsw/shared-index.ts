// One copy of an index for several threads: a frozen index in memory that they share, where that can be had, else its file.
import { version } from '../../generated/bundles.js';
import { bytesOf, isPlain } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { tag } from '../../runtime/file.js';
import {
  canShare,
  Instance,
  isSharedMemory,
  type SharedPlace,
  sharedMemory,
} from '../../runtime/instance.js';
import { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { type RawKinds, sharedClasses, viewOf } from './shared-raw.js';
import type { SharedIndex } from './shared-types.js';

/** Room beside what the index takes: for the regions of readers, and for the file while it is read. */
const ROOM = 256 * 2 ** 20;

/** What is shared of an index. */
interface Shareable {
  readonly bytesUsed: number;
  save(): Uint8Array;
  saveInPieces(): Iterable<Uint8Array>;
}

/** Where a frozen index is. */
export interface FrozenPlace extends SharedPlace {
  readonly index: number;
}

/** An instance, and the runtime over it. */
export interface Began {
  readonly runtime: Runtime;
  readonly instance: Instance;
}

/** The module for shared memory, where threads share it: without it everything works as it does without that. */
export async function sharing(
  home: Runtime,
  operation: string,
): Promise<WebAssembly.Module | undefined> {
  const module = canShare() ? await home.shared().catch(() => undefined) : undefined;
  home.assertAlive(operation);
  return module;
}

/** The index as one copy, or as its file where threads share no memory. */
export async function shareIndex(
  home: Runtime,
  operation: string,
  index: Shareable,
  kind: keyof RawKinds,
): Promise<Partial<Pick<SharedIndex, 'bytes' | 'place' | 'file'>>> {
  const module = await sharing(home, operation);
  if (module !== undefined) return placed(home, operation, index, kind, module);
  return { file: index.save() };
}

async function placed(
  home: Runtime,
  operation: string,
  index: Shareable,
  kind: keyof RawKinds,
  module: WebAssembly.Module,
): Promise<{ bytes: number; place: FrozenPlace }> {
  const began = await beginPlace(home, operation, module, index.bytesUsed);
  const { runtime, instance } = began;
  const reader = instance.make(operation, 'sl_abi_reader_create', tag(kind.toUpperCase()), 0);
  instance.do(operation, 'sl_instance_keep_pieces', reader);
  for (const piece of index.saveInPieces())
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(piece.length);
      runtime.u8.set(piece, address);
      instance.do(operation, 'sl_abi_reader_feed', reader, address, piece.length);
    });
  const read = instance.make(operation, `sl_abi_${kind}_read`, reader);
  instance.do(operation, 'sl_abi_reader_destroy', reader);
  return freezePlace(instance, operation, read, kind, instance.makeRegions());
}

/** Begins an instance on a memory of its own, with room for an index of so many bytes and for readers. */
export function beginPlace(
  home: Runtime,
  operation: string,
  module: WebAssembly.Module,
  bytes: number,
): Promise<Began> {
  return begin(home, operation, module, { memory: makeMemory(operation, 2 * bytes + ROOM) });
}

/**
 * Freezes the index of a handle and says where it is. Nobody frees it: it goes with the memory, when the last thread has let go
 * of that.
 */
export function freezePlace(
  instance: Instance,
  operation: string,
  index: number,
  kind: keyof RawKinds,
  regions: number,
): { bytes: number; place: FrozenPlace } {
  instance.do(operation, `sl_abi_${kind}_freeze`, index);
  const behind = kind === 'hnsw' ? [0] : [];
  instance.do(operation, `sl_abi_${kind}_info`, index, 0, ...behind, instance.results, 0);
  const bytes = instance.resultF64();
  const address = instance.call(`sl_instance_${kind}_address`, index) >>> 0;
  return { bytes, place: { memory: instance.memory, regions, index: address } };
}

/** A view of the index of a place, and the runtime that it lives in. */
export async function openPlace<K extends keyof RawKinds>(
  home: Runtime,
  operation: string,
  place: FrozenPlace,
  kind: K,
): Promise<{ runtime: Runtime; raw: RawKinds[K] | null }> {
  const { runtime, instance } = await joinPlace(home, operation, place);
  instance.hold();
  try {
    const raw = viewOf(instance, place.index, kind);
    runtime.made(operation, raw);
    return { runtime, raw };
  } finally {
    instance.letGo();
  }
}

/** An instance beside those that live in a place already. */
export async function joinPlace(
  home: Runtime,
  operation: string,
  place: SharedPlace,
): Promise<Began> {
  const module = await home.shared();
  home.assertAlive(operation);
  if (module === undefined) {
    const reason =
      'this thread cannot run the module for shared memory; share the index again here';
    throw new SublinearError('UNSUPPORTED', operation, reason);
  }
  const began = await begin(home, operation, module, place);
  home.assertAlive(operation);
  home.instances.add(began.runtime);
  return began;
}

async function begin(
  home: Runtime,
  operation: string,
  module: WebAssembly.Module,
  { memory, regions }: { memory: WebAssembly.Memory; regions?: number },
): Promise<Began> {
  let instance: Instance | undefined;
  let runtime: Runtime;
  try {
    runtime = await Runtime.over(home.bundle, 'simd', async (made) => {
      instance = await Instance.start(module, made, home, memory, regions);
      return instance.raw(sharedClasses(instance));
    });
  } catch (cause) {
    // What memory.grow() throws; everything else says that the two do not belong together.
    if (cause instanceof RangeError) {
      const reason = 'there is no room for one more reader in the shared memory';
      throw new SublinearError('MEMORY', operation, reason, { cause });
    }
    const reason = 'the shared memory is none of this version of the package';
    throw new SublinearError('UNSUPPORTED', operation, reason, { cause });
  }
  runtime.group = home.group;
  runtime.shared = () => home.shared();
  runtime.memoryLimit = home.memoryLimit;
  runtime.raw.setMemoryLimit(home.memoryLimit);
  return { runtime, instance: instance as Instance };
}

function makeMemory(operation: string, mostBytes: number): WebAssembly.Memory {
  try {
    return sharedMemory(mostBytes);
  } catch (cause) {
    const reason = `no address space for ${mostBytes} bytes of shared memory`;
    throw new SublinearError('MEMORY', operation, reason, { cause });
  }
}

/** What `share()` gave, checked as far as it can be: its addresses are believed. */
export function readShared(
  operation: string,
  shared: unknown,
  kind: SharedIndex['kind'],
): { place: FrozenPlace } | { file: Uint8Array } {
  const names = { hnsw: 'Hnsw', flat: 'Flat', collection: 'Collection' };
  const expected = `what ${names[kind]}.share() gave`;
  const given = (isPlain(shared) ? shared : {}) as Partial<SharedIndex>;
  if (given.kind !== kind) throw check.typeError(operation, 'shared', expected, shared);
  if (given.version !== version) {
    const reason = `"shared" comes from version ${given.version} of this package, and this is ${version}`;
    throw new SublinearError('UNSUPPORTED', operation, reason, { argument: 'shared' });
  }
  const { place, file } = given;
  if (place === undefined) {
    const bytes = bytesOf(operation, 'shared', file);
    if (bytes === undefined) throw check.typeError(operation, 'shared', expected, shared);
    return { file: bytes };
  }
  const { memory, regions, index } = (isPlain(place) ? place : {}) as FrozenPlace;
  if (!isSharedMemory(memory)) throw check.typeError(operation, 'shared', expected, shared);
  check.integer(operation, 'regions', regions, 1);
  // What lies outside would end the module with all its objects.
  check.integer(operation, 'index', index, 1, memory.buffer.byteLength - 8);
  return { place: place as FrozenPlace };
}
