// Files of version 2 that hold what save() wrote: its sections as segments, and what lies between them as one more, so that the
// file can be given back byte for byte.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { tag } from '../../runtime/file.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncKeys, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { crc32c } from './crc.js';
import {
  BLOCK,
  composeFile,
  type Entry,
  endsOf,
  hashBlocks,
  malformed,
  type Part,
} from './directory.js';
import { damaged, isSaved, type Layout, layoutOf } from './saved.js';

/** Where writing is. */
export interface WriteProgress {
  /** Bytes of the saved file that have their hashes. */
  bytesDone: number;
  /** All of them. */
  bytes: number;
}

/** Segments of the bytes between the sections, and of where these lie. */
const FRAME = 'frame';
const ENDS = 'frame.ends';

/** Bytes that are hashed at a time. */
const SLICE = 4 * BLOCK;

const u32At = ({ buffer, byteOffset }: Uint8Array, at: number) =>
  new DataView(buffer, byteOffset + at, 4).getUint32(0, true);

/** Both forms of writeRemoteFile(). */
export function createRemoteFiles(runtime: Runtime) {
  return {
    writeRemoteFile(saved: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
      runtime.assertAlive('writeRemoteFile');
      const writing = write(runtime, 'writeRemoteFile', saved);
      for (;;) {
        const { done, value } = writing.next();
        if (done) return value;
      }
    },
    async writeRemoteFileAsync(
      saved: Uint8Array | ArrayBuffer,
      options?: AsyncOptions<WriteProgress>,
    ): Promise<Uint8Array<ArrayBuffer>> {
      const operation = 'writeRemoteFileAsync';
      const how = asyncOptions(operation, check.options(operation, options, asyncKeys));
      runtime.assertAlive(operation);
      const writing = write(runtime, operation, saved);
      let file: Uint8Array<ArrayBuffer> | undefined;
      let progress: WriteProgress = { bytesDone: 0, bytes: 0 };
      await runAsync<WriteProgress>(
        {
          runtime,
          operation,
          step(work) {
            for (let left = work; left > 0; ) {
              const { done, value } = writing.next();
              if (done) {
                file = value;
                return true;
              }
              left -= value.bytesDone - progress.bytesDone;
              progress = value;
            }
            return false;
          },
          progress: () => progress,
        },
        [],
        how,
      );
      return file as Uint8Array<ArrayBuffer>;
    },
  };
}

/** Compares and hashes section after section, then puts the file together. */
function* write(
  runtime: Runtime,
  operation: string,
  given: unknown,
): Generator<WriteProgress, Uint8Array<ArrayBuffer>, void> {
  const bytes = bytesOf(operation, 'saved', given);
  if (bytes === undefined)
    throw check.typeError(operation, 'saved', 'Uint8Array or ArrayBuffer', given);
  const { kind, entries } = lookAt(operation, bytes);
  const tables: Part[] = [];
  const parts: Part[] = [];
  const frame: Uint8Array[] = [];
  let end = 0;
  for (const [i, { name, type, shape, offset, length, crc }] of entries.entries()) {
    const section = bytes.subarray(offset, offset + length);
    const hashes = new Uint8Array(32 * Math.ceil(length / BLOCK));
    let own = 0;
    for (let from = 0; from < length; from += SLICE) {
      const slice = section.subarray(from, from + SLICE);
      own = crc32c(slice, own);
      hashes.set(hashBlocks(runtime, operation, slice, BLOCK).hashes, 32 * (from / BLOCK));
      yield { bytesDone: offset + from + slice.length, bytes: bytes.length };
    }
    const expected = crc === 'behind' ? u32At(bytes, offset + length) : crc;
    if (typeof expected === 'number' && own !== expected) throw damaged(operation, offset);
    const part: Part = { name, type, shape, bytes: section };
    if (length > BLOCK) {
      const table = `hashes.${i}`;
      tables.push({ name: table, type: 'uint8', shape: [hashes.length / 32, 32], bytes: hashes });
      Object.assign(part, { block: BLOCK, hashes: table });
    }
    parts.push(part);
    frame.push(bytes.subarray(end, offset));
    end = offset + length;
  }
  frame.push(bytes.subarray(end));
  const ends = endsOf(frame.map(({ length }) => length));
  const between = new Uint8Array(frame.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of frame) {
    between.set(piece, at);
    at += piece.length;
  }
  return composeFile(runtime, operation, tag(kind), [
    ...tables,
    { name: ENDS, type: 'uint64', shape: [frame.length], bytes: ends },
    { name: FRAME, type: 'uint8', shape: [between.length], bytes: between },
    ...parts,
  ]);
}

/** The sections of a file that is there as a whole. */
function lookAt(operation: string, bytes: Uint8Array): Layout {
  if (!isSaved(bytes))
    throw malformed(operation, 'what save() wrote; tensors go into writeBundle()');
  const looking = layoutOf(operation);
  let step = looking.next();
  while (!step.done) {
    const { offset, length } = step.value;
    step = looking.next(bytes.subarray(offset, offset + length));
  }
  const { length } = step.value;
  if (length < bytes.length) throw malformed(operation, 'no bytes after the last section');
  if (length > bytes.length)
    throw new SublinearError(
      'TRUNCATED',
      operation,
      `"saved" ends too early: expected ${length} bytes, got ${bytes.length}`,
      { argument: 'saved' },
    );
  return step.value;
}

/** What a file of version 2 has of a saved one. */
export interface Framed {
  readonly bytes: Entry;
  readonly ends: Entry;
  readonly sections: readonly Entry[];
  /** Where each piece between the sections ends in `bytes`, from the bytes of `ends`. */
  endsOf(bytes: Uint8Array<ArrayBuffer>): number[];
}

export function framed(operation: string, entries: ReadonlyMap<string, Entry>): Framed {
  const [bytes, ends] = [entries.get(FRAME), entries.get(ENDS)];
  if (bytes === undefined || ends === undefined)
    throw malformed(operation, 'what save() wrote, as it is or by writeRemoteFile()');
  const sections = [...entries.values()].filter(({ offset, name }) => {
    return offset >= bytes.offset && name !== FRAME;
  });
  return {
    bytes,
    ends,
    sections,
    endsOf(raw) {
      if (ends.type !== 'uint64' || raw.length !== 8 * (sections.length + 1))
        throw malformed(operation, 'the end of a piece for each section, and one more');
      const found = Array.from(new BigUint64Array(raw.buffer), Number);
      if (found.some((end, i) => end < (found[i - 1] ?? 0)) || found.at(-1) !== bytes.length)
        throw malformed(operation, 'pieces between the sections in their order');
      return found;
    },
  };
}
