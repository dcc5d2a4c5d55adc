// The head of a remote index: what is read of it when it is opened, in the module's memory.
import type { Remote } from '../../generated/raw/format.js';
import { SublinearError } from '../../runtime/errors.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import { isPage, PAGE } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Cache } from './cache.js';
import {
  type Directory,
  type Entry,
  HEADER,
  headBytes,
  hex,
  kinds,
  malformed,
  readDirectory,
} from './directory.js';
import { Keeping } from './keeping.js';
import { isSaved, layoutOf } from './saved.js';
import { type CheckedOptions, readAll } from './source.js';
import type { Source, Traffic } from './traffic.js';

/** Bytes that are read at first: with them most files are open. */
const FIRST = 98_304;
/** A head that is larger than this is refused. */
const HEAD_MOST = 1 << 28;

/** The C object of an index. */
class RemoteHead extends WasmObject<Remote> {}

/** An index that is open. */
export interface Opened {
  readonly head: RemoteHead;
  readonly directory: Directory;
  readonly facts: Facts;
  readonly cache: Cache;
  readonly keeping: Keeping | undefined;
}

/** Numbers of sl_remote_read. */
interface Facts {
  metric: number;
  dimension: number;
  rows: number;
  cells: number;
  group: number;
  keys: number;
  /** Share of neighbours found with 1, 2, ... cells. */
  recalls: Float32Array;
}

/** What is known of a file when it is opened. */
interface Begun {
  directory: Directory;
  /** The beginning of the file, at least header and directory. */
  bytes: Uint8Array;
  keeping: Keeping | undefined;
}

/** Reads header and directory, in one request or two. */
export async function openDirectory(
  runtime: Runtime,
  operation: string,
  source: Source,
  kind: number,
  { hash, signal, store, storeBytes = 0 }: CheckedOptions,
  traffic: Traffic,
  firstBytes: number = FIRST,
): Promise<Begun> {
  const keeping = store && (await Keeping.of(store, storeBytes));
  const kept = keeping && (await keptHead(keeping));
  if (kept !== undefined) return kept;
  const length = source.length ?? Number.POSITIVE_INFINITY;
  const first = Math.min(firstBytes, length);
  let bytes = await readStart(source, first, signal, traffic);
  // The file is longer than what came, or it ends there.
  const ends = source.length ?? (bytes.length < first ? bytes.length : 0);
  const wanted = headBytes(bytes);
  if (bytes.length >= HEADER && wanted > bytes.length && ends === 0)
    bytes = await readStart(source, wanted, signal, traffic);
  runtime.assertAlive(operation);
  if (isPage(bytes))
    throw new SublinearError('FORMAT', operation, `${source.name} ${PAGE}`, { argument: 'bytes' });
  const directory =
    kind === 0 && isSaved(bytes)
      ? await savedDirectory(operation, source, bytes, ends, signal, traffic)
      : readDirectory(runtime, operation, bytes, kind, ends);
  if (hash !== undefined && hash.toLowerCase() !== directory.hash)
    throw new SublinearError(
      'CHECKSUM',
      operation,
      `"hash": checksum does not match, expected ${hash}, the file has ${directory.hash ?? 'none: save() wrote it, and writeRemoteFile() gives it one'}`,
      { argument: 'hash', expected: hash },
    );
  if (directory.hash !== undefined) keeping?.use(directory.hash);
  return { directory, bytes, keeping };

  /** The head in the store, when the file on the server is still the one that it belongs to, or the caller says so. */
  async function keptHead(from: Keeping): Promise<Begun | undefined> {
    if (!from.hasHeads) return undefined;
    let own = hash?.toLowerCase();
    if (own === undefined) {
      const header = await readStart(source, HEADER, signal, traffic);
      if (header.length < HEADER) return undefined;
      own = hex(header.subarray(32, HEADER));
    }
    from.use(own);
    const bytes = await from.head();
    signal?.throwIfAborted();
    if (bytes === undefined) return undefined;
    try {
      const directory = readDirectory(runtime, operation, bytes, kind, source.length ?? 0);
      if (directory.hash === own) return { directory, bytes, keeping: from };
    } catch {
      // Damaged, or of another kind: what the server says counts.
    }
    from.drop('head');
    return undefined;
  }
}

/** Where the sections of a file lie that save() wrote. What is not in its beginning is read. */
async function savedDirectory(
  operation: string,
  source: Source,
  bytes: Uint8Array,
  ends: number,
  signal: AbortSignal | undefined,
  traffic: Traffic,
): Promise<Directory> {
  const looking = layoutOf(operation);
  let step = looking.next();
  while (!step.done) {
    const { offset, length } = step.value;
    let part = bytes.subarray(offset, offset + length);
    if (part.length < length && ends !== bytes.length) {
      const before = traffic.requests;
      part = await source.read(offset, length, signal, traffic);
      if (traffic.requests > before) traffic.rounds++;
    }
    step = looking.next(part);
  }
  const { kind, length, entries } = step.value;
  const known = source.length ?? ends;
  if (known > 0 && known !== length) {
    if (known > length) throw malformed(operation, 'no bytes after the last section');
    const message = `${source.name} ends too early, at byte ${known}: is the whole file there?`;
    throw new SublinearError('TRUNCATED', operation, message, {
      argument: 'bytes',
      position: known,
    });
  }
  return {
    kind,
    length,
    hash: undefined,
    entries: new Map(entries.map((entry) => [entry.name, entry])),
  };
}

async function readStart(
  source: Source,
  length: number,
  signal: AbortSignal | undefined,
  traffic: Traffic,
): Promise<Uint8Array> {
  const before = traffic.requests;
  const bytes = await source.read(0, length, signal, traffic);
  if (traffic.requests > before) traffic.rounds++;
  return bytes;
}

export function entryOf(operation: string, { entries }: Directory, name: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw malformed(operation, `a segment "${name}"`);
  return entry;
}

/** The beginning of a file up to `end`, of which some is there. */
export async function upTo(
  operation: string,
  source: Source,
  bytes: Uint8Array,
  end: number,
  signal: AbortSignal | undefined,
  traffic: Traffic,
): Promise<Uint8Array> {
  if (end > HEAD_MOST) throw malformed(operation, 'a head within the first 256 MiB');
  if (end <= bytes.length) return bytes;
  const rest = { offset: bytes.length, length: end - bytes.length };
  const [more] = await readAll(operation, source, [rest], signal, traffic);
  const whole = new Uint8Array(end);
  whole.set(bytes);
  whole.set(more as Uint8Array, bytes.length);
  return whole;
}

/** Opens an index: header, directory, and all segments before the cells. */
export async function openIndex(
  runtime: Runtime,
  operation: string,
  source: Source,
  how: CheckedOptions,
  traffic: Traffic,
): Promise<Opened> {
  const begun = await openDirectory(runtime, operation, source, kinds.index, how, traffic);
  const { directory } = begun;
  const end = entryOf(operation, directory, 'cells').offset;
  const bytes = await upTo(operation, source, begun.bytes, end, how.signal, traffic);
  const { keeping } = begun;
  runtime.assertAlive(operation);
  const raw = runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(end);
    runtime.u8.set(bytes.subarray(0, end), address);
    return runtime.made(operation, runtime.raw.Remote.create(address, end, Number(how.verify)));
  });
  const head = adopt(runtime, operation, RemoteHead, raw);
  // It has been compared with its hashes.
  keeping?.putHead(bytes.subarray(0, end));
  const facts = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(16);
    raw.read(at);
    const n = runtime.copyF64(at, 16);
    const number = (i: number) => n[i] as number;
    return {
      metric: number(0),
      dimension: number(1),
      rows: number(2),
      cells: number(3),
      group: number(6),
      keys: number(7),
      recalls: runtime.copyF32(number(10), number(11)),
    };
  });
  return { head, directory, facts, cache: new Cache(how.cacheBytes), keeping };
}
