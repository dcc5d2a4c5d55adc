// The file of a prepared solver (file.ts) while it is coming. A page fetches this when it first reads one; of file.ts it imports
// no value, which a bundler would make a file of its own of.
import { asyncPiecesOf, totalOf, unzipped, withTotal } from '../../runtime/coming.js';
import type { AsyncBytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { kindOfBytes, pieceOf, type SourceKind } from '../../runtime/pieces.js';
import type { ReadProgress } from '../../runtime/text-source.js';
import type { LoadedSolver, SolverFile } from './file.js';

/** Reads a file that is coming. */
export async function loadSolverAsync<M>(
  file: SolverFile<M>,
  source: AsyncBytesSource,
  options: LoadAsyncOptions,
): Promise<LoadedSolver<M>> {
  const { runtime, operation, loading, shift } = file;
  const { onProgress } = options;
  const given =
    typeof onProgress !== 'function'
      ? options
      : {
          ...options,
          onProgress: ({ bytesRead, bytesTotal }: ReadProgress) =>
            onProgress({
              bytesRead: bytesRead + shift,
              ...(bytesTotal !== undefined && { bytesTotal: bytesTotal + shift }),
            }),
        };
  const pieces = piecesThrough(file, source, kindOfBytes(operation));
  try {
    return file.loaded(await loadFileAsync(runtime, operation, pieces, loading, given));
  } catch (error) {
    throw file.failure(error);
  }
}

// Not an asynchronous generator: its return() would wait for a source that gives nothing any more.
function piecesThrough<M>(
  file: SolverFile<M>,
  source: AsyncBytesSource,
  kind: SourceKind,
): AsyncBytesSource {
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const ready: Uint8Array[] = [];
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    for (;;) {
      const value = ready.shift();
      if (value !== undefined) return { done: false, value };
      const found = await pieces.next();
      if (found.done) {
        file.end();
        return { done: true, value: undefined };
      }
      ready.push(...file.take(pieceOf(found.value, kind) as Uint8Array));
    }
  };
  const stop = async (): Promise<IteratorResult<Uint8Array>> => {
    await pieces.return?.();
    return { done: true, value: undefined };
  };
  return withTotal({ [Symbol.asyncIterator]: () => ({ next, return: stop }) }, () => {
    const { bytesTotal } = totalOf(source, pieces);
    return bytesTotal === undefined ? undefined : bytesTotal - file.shift;
  });
}
