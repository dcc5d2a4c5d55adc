// Reading and writing files for the command line: in chunks, `-` for standard input and output, and errors that name the
// file and the line.

import { once } from 'node:events';
import { createReadStream, createWriteStream, fstatSync, openAsBlob } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { followedBy, unzipped } from '../runtime/coming.js';
import { isSublinearError } from '../runtime/errors.js';
import type { Head } from '../runtime/pieces.js';
import { abortOf, headOf } from '../runtime/text-coming.js';
import { CliError, EXIT, interrupt, type Progress, reason } from './terminal.js';

/** What messages call a file: `-` is "standard input". */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** The chunks of a file, with the progress bar moving along. */
export async function* chunks(
  path: string,
  progress: Progress,
  label = 'reading',
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = path === '-' ? 0 : await sizeOf(path);
  if (size > 0) progress.start(`${label} ${nameOf(path)}`, size);
  let read = 0;
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of stream) {
      interrupt.signal.throwIfAborted();
      yield chunk as Uint8Array;
      read += (chunk as Uint8Array).length;
      progress.update(read);
    }
  } catch (error) {
    throw fileError(path, error);
  } finally {
    progress.stop();
  }
}

/** The bytes of a file, decompressed where it is gzip, and how it begins. */
export async function opened(
  path: string,
  progress: Progress,
): Promise<{ head: Head; bytes: AsyncIterable<Uint8Array> }> {
  const kind = { operation: 'read', argument: nameOf(path), expected: 'bytes', binary: true };
  const pieces = unzipped(chunks(path, progress), kind);
  const abort = abortOf(interrupt.signal);
  const begun = await headOf(kind, () => Promise.race([pieces.next(), abort.promise]), HEAD);
  abort.release();
  const all = followedBy(begun.taken, pieces);
  return {
    head: begun.head,
    bytes: { [Symbol.asyncIterator]: () => all as AsyncIterator<Uint8Array> },
  };
}

/** Enough to know what a file is. */
const HEAD = 1 << 16;

/**
 * Refuses an output that is one of the inputs, or another output: it would be gone, and a mistake in the options would have
 * cost the data. Files are compared, not their names: a link to a file is that file.
 */
export async function assertApart(
  inputs: readonly (string | undefined)[],
  outputs: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const file = input && (await identity(input, 0));
    if (file) taken.set(file, `the input ${nameOf(input)}`);
  }
  for (const [option, output] of Object.entries(outputs)) {
    if (output === undefined) continue;
    // What does not exist yet is known by its place.
    const file = (await identity(output, 1)) ?? (output === '-' ? '-' : resolve(output));
    const before = taken.get(file);
    if (before !== undefined)
      throw new CliError(
        `${option} ${output}: is the same file as ${before}, which it would replace`,
      );
    taken.set(file, `that of ${option}`);
  }
}

/** What tells a regular file from all others; undefined where there is none. `-` is the stream of this number. */
async function identity(path: string, stream: 0 | 1): Promise<string | undefined> {
  try {
    const options = { bigint: true } as const;
    const found = path === '-' ? fstatSync(stream, options) : await stat(path, options);
    return found.isFile() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined; // whoever reads or writes it says why
  }
}

/**
 * Writes a file, or standard output for `-`. The file is there as a whole or not at all: what is cut off leaves what was
 * there before. A link keeps leading to the file.
 */
export async function writeFile(
  path: string,
  pieces: Iterable<string | Uint8Array>,
): Promise<void> {
  // A device or a pipe must not be replaced by a file.
  const special = path === '-' || (await stat(path).catch(() => undefined))?.isFile() === false;
  const target = special ? path : await realpath(path).catch(() => path);
  const place = special ? path : `${target}.${process.pid}.part`;
  try {
    await write(place, pieces);
    if (!special) await rename(place, target);
  } catch (error) {
    if (!special) await rm(place, { force: true });
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CliError(
      `${path === '-' ? 'standard output' : path}: ${reason(error as NodeJS.ErrnoException)}`,
      EXIT.failed,
    );
  }
}

async function write(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const stream = path === '-' ? process.stdout : createWriteStream(path);
  if (path !== '-') await once(stream, 'open');
  for (const piece of pieces) {
    interrupt.signal.throwIfAborted();
    if (!stream.write(piece)) await once(stream, 'drain');
  }
  if (path !== '-') {
    stream.end();
    await once(stream, 'finish');
  }
}

/** A dense vector as a Matrix Market array; every number reads back as the same bits. */
export function matrixMarketVector(values: Float64Array, comment: string): Generator<string> {
  return matrixMarketColumns(values, values.length, 1, comment);
}

/** The same for several, one after another. */
export function* matrixMarketColumns(
  values: Float64Array,
  rows: number,
  columns: number,
  comment: string,
): Generator<string> {
  yield `%%MatrixMarket matrix array real general\n%${comment}\n${rows} ${columns}\n`;
  const block = 4096;
  for (let start = 0; start < values.length; start += block) {
    yield `${values.subarray(start, start + block).join('\n')}\n`;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new CliError(`${path}: is a folder, expected a file`);
    return found.size;
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A file whose ranges are read. */
export async function blobOf(path: string): Promise<Blob> {
  try {
    // openAsBlob() does not say what is wrong.
    const found = await stat(path);
    if (found.isDirectory()) throw new CliError(`${path}: is a folder, expected a file`);
    if (!found.isFile())
      throw new CliError(`${path}: ranges of it cannot be read, expected a file`);
    return await openAsBlob(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof CliError || isSublinearError(error) || typeof code !== 'string')
    return error;
  return new CliError(`${nameOf(path)}: ${reason(error as NodeJS.ErrnoException)}`);
}
