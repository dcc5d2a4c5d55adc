// Text that is still coming, into the C core's readers: between pieces other tasks run.

import { asyncPiecesOf, followedBy, totalOf, unzipped } from './coming.js';
import { type HeadGatherer, type Pieces, pieceOf, type SourceKind } from './pieces.js';
import type { RawObject, Runtime } from './runtime.js';
import { type AsyncOptions, asyncOptions, runAsync } from './steps.js';
import {
  type AsyncTextSource,
  Feeder,
  gathererFor,
  kindOf,
  type RawReader,
  type Reading,
  type ReadProgress,
} from './text-source.js';

/** Reads text that is coming. An abort rejects with the signal's reason, also while waiting, and stops the source. */
export async function readTextAsync<R extends RawReader, Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: AsyncTextSource,
  reading: Reading<R, Built, T>,
  options: AsyncOptions<ReadProgress>,
): Promise<T> {
  const { signal, onProgress } = asyncOptions(operation, options);
  const kind = kindOf(operation, reading.binary);
  const pieces = unzipped(asyncPiecesOf(source, kind), kind);
  const abort = abortOf(signal);
  let feeder: Feeder<R, Built, T> | undefined;
  runtime.running++;
  let ended = false;
  try {
    const next = () => Promise.race([pieces.next(), abort.promise]);
    const { head, taken } = await headOf(kind, next);
    runtime.assertAlive(operation);
    reading.refuse(head);
    const feeding = new Feeder(runtime, operation, reading, head);
    feeder = feeding;
    const total = totalOf(source, pieces);
    const progress = () => ({ bytesRead: feeding.bytesRead, ...total });
    const job = { runtime, operation, progress, step: (work: number) => feeding.step(work) };
    const all = followedBy(taken, { next });
    for (;;) {
      const { done, value } = await all.next();
      runtime.assertAlive(operation);
      if (done) break;
      feeding.start(pieceOf(value, kind));
      await runAsync(job, [], options);
      onProgress?.(progress());
    }
    ended = true;
    return feeding.finish();
  } finally {
    runtime.running--;
    abort.release();
    feeder?.release();
    // A source that was left before its end is told so; what it answers concerns nobody any more.
    if (!ended) void pieces.return?.().then(undefined, () => {});
  }
}

/** The beginning of what `next` gives. */
export async function headOf(
  kind: SourceKind,
  next: Pieces['next'],
  enough?: number,
): Promise<HeadGatherer> {
  const begun = gathererFor(kind, enough);
  while (!begun.full) {
    const { done, value } = await next();
    if (done) begun.end();
    else begun.take(value);
  }
  return begun;
}

/** A promise that is rejected when the signal is aborted, and never otherwise. */
export function abortOf(signal: AbortSignal | undefined) {
  let release = () => {};
  const promise = new Promise<never>((_, reject) => {
    if (!signal) return;
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    release = () => signal.removeEventListener('abort', onAbort);
  });
  // Nobody may be waiting when it happens.
  promise.catch(() => {});
  return { promise, release };
}
