// The file of a prepared solver (docs/format.md, kind SOLV): its options in front of the sections of its matrix, which
// stand there as they do in the matrix's own file. So the C core writes and reads the matrix, and its reader checks the
// rest of the file; what is done here is to put one head in place of the other.
//
// What a method builds from the matrix is not in the file: it is often larger than the matrix, and built again
// as it was.
import { statuses } from '../../generated/codes.js';
import type { SparseMatrix as RawMatrix, Writer } from '../../generated/raw/solver.js';
import { SublinearError } from '../../runtime/errors.js';
import {
  type AsyncBytesSource,
  type BytesSource,
  savePieces,
  saveWhole,
  tag,
} from '../../runtime/file.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { kindOfBytes, lengthOf, pieceOf, piecesOf, type SourceKind } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';

/** Options of a prepared solver, as C takes them. */
export interface SolverSettings {
  method: number;
  ordering: number;
  tolerance: number;
  /** 0: no limit but the default. */
  maxIterations: number;
  /** 0: no limit. */
  maxWork: number;
  maxBytes: number;
  history: boolean;
  float32: boolean;
}

/** How many methods and orderings there are. */
export interface Domains {
  methods: number;
  orderings: number;
}

const START = 32;
const ENTRY = 16;
const MATRIX_SECTIONS = 4;
const MATRIX_HEAD = START + MATRIX_SECTIONS * ENTRY;
const HEAD = MATRIX_HEAD + ENTRY;
const META_BYTES = 48;
/** Everything in front of the matrix: the head, then `META` with its sum and zeros up to a multiple of 16. */
const FRONT = HEAD + META_BYTES + 16;
/** So much further back than in the matrix's own file its sections stand. */
const SHIFT = FRONT - MATRIX_HEAD;

/** The file piece by piece. `open` begins the file of the matrix. */
export function* saveSolverPieces(
  runtime: Runtime,
  operation: string,
  settings: SolverSettings,
  open: () => Writer | null,
  assertUsable: () => unknown,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  let front: Uint8Array<ArrayBuffer> | undefined;
  for (const piece of savePieces(runtime, operation, open, assertUsable)) {
    if (front !== undefined) yield piece;
    else {
      front = frontOf(piece, settings);
      yield front;
      yield piece.subarray(MATRIX_HEAD);
    }
  }
}

/** The same as one array. */
export function saveSolverWhole(
  runtime: Runtime,
  operation: string,
  settings: SolverSettings,
  open: () => Writer | null,
): Uint8Array<ArrayBuffer> {
  const bytes = saveWhole(runtime, operation, open, SHIFT);
  bytes.set(frontOf(bytes.subarray(SHIFT), settings));
  return bytes;
}

/** What a file holds. */
export interface LoadedSolver<M> {
  matrix: M;
  settings: SolverSettings;
}

/** Reads a file that is there. */
export function loadSolver<M>(file: SolverFile<M>, source: BytesSource): LoadedSolver<M> {
  const { runtime, operation } = file;
  const kind = kindOfBytes(operation);
  const pieces = file.through(piecesOf(source, kind), kind);
  try {
    return file.loaded(loadFile(runtime, operation, pieces, file.loading));
  } catch (error) {
    throw file.failure(error);
  }
}

/** The error of a file whose parts are right, and wrong together. */
export function badSolverFile(
  operation: string,
  position: number,
  expected: string,
  cause?: unknown,
): SublinearError {
  const [, meaning] = statuses['-62'];
  return new SublinearError(
    'FORMAT',
    operation,
    `"bytes" at position ${position}: ${meaning}, expected ${expected}`,
    { argument: 'bytes', position, expected, ...(cause !== undefined && { cause }) },
  );
}

/** Where the options stand. */
export const META_AT = HEAD;

/** A file that is read. Its front is collected from pieces that are cut anywhere; what comes behind it goes through. */
export class SolverFile<M> {
  readonly runtime: Runtime;
  readonly operation: string;
  /** So many bytes longer than the matrix's own file it is. */
  readonly shift = SHIFT;
  /** How the matrix is read. */
  readonly loading: Loading<RawMatrix, M>;
  readonly #domains: Domains;
  readonly #bytes = new Uint8Array(FRONT);
  #have = 0;
  /** Known when the front was right: what is wrong then stands behind it. */
  #settings: SolverSettings | undefined;

  constructor(
    runtime: Runtime,
    operation: string,
    source: AsyncBytesSource,
    domains: Domains,
    wrap: (matrix: RawMatrix) => M,
  ) {
    this.runtime = runtime;
    this.operation = operation;
    this.#domains = domains;
    this.loading = {
      kind: 'MTRX',
      length: Math.max(0, lengthOf(operation, source) - SHIFT),
      build: (reader) => runtime.raw.SparseMatrix.load(reader),
      wrap,
    };
  }

  /** What the file holds, whose matrix has been read; or what is wrong with it, with its position in this file. */
  loaded(matrix: M): LoadedSolver<M> {
    return { matrix, settings: this.#settings as SolverSettings };
  }

  failure(error: unknown): unknown {
    return this.#settings === undefined ? error : moved(this.operation, error);
  }

  /** The file of the matrix, from the pieces of a solver's. */
  *through(pieces: Iterable<unknown>, kind: SourceKind): Generator<Uint8Array, void, undefined> {
    for (const piece of pieces) yield* this.take(pieceOf(piece, kind) as Uint8Array);
    this.end();
  }

  /** What a piece brings of the matrix's file. */
  take(piece: Uint8Array): Uint8Array[] {
    if (this.#settings !== undefined) return [piece];
    const part = piece.subarray(0, FRONT - this.#have);
    this.#bytes.set(part, this.#have);
    this.#have += part.length;
    if (this.#have < FRONT) return [];
    this.#settings = this.#check();
    return [matrixHeadOf(this.#bytes), piece.subarray(part.length)];
  }

  /** No more pieces come. */
  end(): void {
    if (this.#settings === undefined) this.#check();
  }

  // The reader of C finds what is wrong with any file; here only what is particular to this kind.
  #check(): SolverSettings {
    const { runtime, operation } = this;
    const reader = runtime.made(operation, runtime.raw.Reader.create(tag('SOLV'), 0));
    try {
      runtime.scratch(operation, (scratch) => {
        const address = scratch.bytes(FRONT);
        runtime.u8.set(this.#bytes, address);
        runtime.check(operation, reader.feed(address, this.#have));
      });
      // A file that ends here is refused, with the reason.
      if (this.#have < FRONT)
        runtime.made(operation, runtime.raw.SparseMatrix.load(reader)).delete();
    } finally {
      reader.delete();
    }
    const view = new DataView(this.#bytes.buffer);
    const isMeta =
      view.getUint32(16, true) === MATRIX_SECTIONS + 1 &&
      view.getUint32(START, true) === tag('META') &&
      view.getBigUint64(START + 8, true) === BigInt(META_BYTES);
    if (!isMeta) {
      const expected = 'the sections of this kind, in order, of matching sizes';
      throw badSolverFile(operation, START, expected);
    }
    const settings = settingsOf(this.#bytes.subarray(HEAD, HEAD + META_BYTES), this.#domains);
    if (settings === undefined)
      throw badSolverFile(operation, HEAD, 'options that exist, then zeros');
    return settings;
  }
}

// Positions in the matrix's own file, as positions in this one.
function moved(operation: string, error: unknown): unknown {
  if (!(error instanceof SublinearError) || error.operation !== operation) return error;
  const { code, argument, position, expected, message } = error;
  if (argument !== 'bytes' || position === undefined) return error;
  const here = position + (position < MATRIX_HEAD ? ENTRY : SHIFT);
  const text = message.replace(`at position ${position}`, `at position ${here}`);
  const details = { argument, position: here, ...(expected !== undefined && { expected }) };
  return new SublinearError(code, operation, text, details);
}

// The first 32 bytes of the one head, made those of the other: kind, number of sections, length.
function putHead(head: Uint8Array, kind: string, sections: number, longer: number): void {
  const view = new DataView(head.buffer, head.byteOffset);
  view.setUint32(12, tag(kind), true);
  view.setUint32(16, sections, true);
  view.setBigUint64(24, view.getBigUint64(24, true) + BigInt(longer), true);
  const end = START + sections * ENTRY;
  view.setUint32(20, crc32c(head.subarray(24, end), crc32c(head.subarray(0, 20))), true);
}

/** What stands in front of the matrix's sections, from the head of its own file. */
function frontOf(matrixFile: Uint8Array, settings: SolverSettings): Uint8Array<ArrayBuffer> {
  const front = new Uint8Array(FRONT);
  const view = new DataView(front.buffer);
  front.set(matrixFile.subarray(0, START));
  view.setUint32(START, tag('META'), true);
  view.setBigUint64(START + 8, BigInt(META_BYTES), true);
  front.set(matrixFile.subarray(START, MATRIX_HEAD), START + ENTRY);
  putHead(front, 'SOLV', MATRIX_SECTIONS + 1, SHIFT);
  const meta = front.subarray(HEAD, HEAD + META_BYTES);
  putSettings(meta, settings);
  view.setUint32(HEAD + META_BYTES, crc32c(meta), true);
  return front;
}

function matrixHeadOf(front: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(MATRIX_HEAD);
  head.set(front.subarray(0, START));
  head.set(front.subarray(START + ENTRY, HEAD), START);
  putHead(head, 'MTRX', MATRIX_SECTIONS, -SHIFT);
  return head;
}

function putSettings(meta: Uint8Array, settings: SolverSettings): void {
  const view = new DataView(meta.buffer, meta.byteOffset);
  view.setUint32(0, settings.method, true);
  view.setUint32(4, settings.ordering, true);
  view.setFloat64(8, settings.tolerance, true);
  view.setUint32(16, settings.maxIterations, true);
  view.setUint32(20, Number(settings.history), true);
  view.setBigUint64(24, BigInt(settings.maxWork), true);
  view.setUint32(32, Number(settings.float32), true);
  view.setBigUint64(40, BigInt(settings.maxBytes), true);
}

/** Undefined when they are none; whether they suit the matrix is seen when the solver is made. */
function settingsOf(meta: Uint8Array, domains: Domains): SolverSettings | undefined {
  const view = new DataView(meta.buffer, meta.byteOffset);
  const u32 = (at: number) => view.getUint32(at, true);
  const settings = {
    method: u32(0),
    ordering: u32(4),
    tolerance: view.getFloat64(8, true),
    maxIterations: u32(16),
    maxWork: Number(view.getBigUint64(24, true)),
    history: u32(20) === 1,
    float32: u32(32) === 1,
    maxBytes: Number(view.getBigUint64(40, true)),
  };
  const right =
    settings.method < domains.methods &&
    settings.ordering < domains.orderings &&
    settings.tolerance > 0 &&
    settings.tolerance < 1 &&
    settings.maxWork <= Number.MAX_SAFE_INTEGER &&
    u32(20) <= 1 &&
    u32(32) <= 1 &&
    settings.maxBytes <= Number.MAX_SAFE_INTEGER &&
    u32(36) === 0;
  return right ? settings : undefined;
}

/** CRC-32C (Castagnoli; RFC 3720), bit by bit: it sees some hundred bytes. `before` is the sum of what came before. */
function crc32c(bytes: Uint8Array, before = 0): number {
  let sum = ~before;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  return ~sum >>> 0;
}
