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
import type { SharedIndex } from './types.js';

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

/** The index as one copy, or as its file where threads share no memory. */
export async function shareIndex(
  home: Runtime,
  operation: string,
  index: Shareable,
  kind: keyof RawKinds,
): Promise<Partial<Pick<SharedIndex, 'bytes' | 'place' | 'file'>>> {
  // Without the module everything works as it does without shared memory.
  const module = canShare() ? await home.shared().catch(() => undefined) : undefined;
  home.assertAlive(operation);
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
  const memory = makeMemory(operation, 2 * index.bytesUsed + ROOM);
  const { runtime, instance } = await begin(home, operation, module, { memory });
  const status = (name: string, ...args: number[]) =>
    runtime.check(operation, instance.call(name, ...args));
  const handle = (name: string, ...args: number[]) => {
    const made = instance.call(name, ...args) >>> 0;
    if (made === 0) throw runtime.failure(operation);
    return made;
  };
  const reader = handle('sl_abi_reader_create', tag(kind.toUpperCase()), 0);
  status('sl_instance_keep_pieces', reader);
  for (const piece of index.saveInPieces())
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(piece.length);
      runtime.u8.set(piece, address);
      status('sl_abi_reader_feed', reader, address, piece.length);
    });
  const frozen = handle(`sl_abi_${kind}_read`, reader);
  status('sl_abi_reader_destroy', reader);
  status(`sl_abi_${kind}_freeze`, frozen);
  const behind = kind === 'hnsw' ? [0] : [];
  status(`sl_abi_${kind}_info`, frozen, 0, ...behind, instance.results, 0);
  const bytes = instance.resultF64();
  const address = instance.call(`sl_instance_${kind}_address`, frozen) >>> 0;
  // Nobody frees it: it goes with the memory, when the last thread has let go of that.
  return { bytes, place: { memory, regions: instance.makeRegions(), index: address } };
}

/** A view of the index of a place, and the runtime that it lives in. */
export async function openPlace<K extends keyof RawKinds>(
  home: Runtime,
  operation: string,
  place: FrozenPlace,
  kind: K,
): Promise<{ runtime: Runtime; raw: RawKinds[K] | null }> {
  const module = await home.shared();
  home.assertAlive(operation);
  if (module === undefined) {
    const reason =
      'this thread cannot run the module for shared memory; share the index again here';
    throw new SublinearError('UNSUPPORTED', operation, reason);
  }
  const { runtime, instance } = await begin(home, operation, module, place);
  home.assertAlive(operation);
  home.instances.add(runtime);
  instance.hold();
  try {
    const raw = viewOf(instance, place.index, kind);
    runtime.made(operation, raw);
    return { runtime, raw };
  } finally {
    instance.letGo();
  }
}

async function begin(
  home: Runtime,
  operation: string,
  module: WebAssembly.Module,
  { memory, regions }: { memory: WebAssembly.Memory; regions?: number },
): Promise<{ runtime: Runtime; instance: Instance }> {
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
  const { memory, regions, index } = place as FrozenPlace;
  if (!isSharedMemory(memory)) throw check.typeError(operation, 'shared', expected, shared);
  check.integer(operation, 'regions', regions, 1);
  check.integer(operation, 'index', index, 1);
  return { place: place as FrozenPlace };
}
