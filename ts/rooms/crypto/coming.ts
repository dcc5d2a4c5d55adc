// Bytes that are still coming, a slice at a time: between slices other tasks run.
import { kindOfBytes, type Pieces, pieceOf } from '../../runtime/pieces.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import { abortOf } from '../../runtime/text-coming.js';
import type { ReadProgress } from '../../runtime/text-source.js';

/** Bytes for each unit of work that a slice begins with: some 10 ms of the slowest hash at most. */
const BYTES_A_UNIT = 64;

/** Gives all pieces of a source to `use`, in parts. An abort rejects with the signal's reason and stops the source. */
export async function followPieces(
  runtime: Runtime,
  operation: string,
  pieces: Pieces,
  options: AsyncOptions<ReadProgress>,
  total: { bytesTotal?: number },
  use: (part: Uint8Array) => void,
): Promise<void> {
  const control = asyncOptions(operation, options);
  const kind = kindOfBytes(operation);
  const abort = abortOf(control.signal);
  let bytesRead = 0;
  let ended = false;
  const progress = () => ({ bytesRead, ...total });
  runtime.running++;
  try {
    for (;;) {
      const { done, value } = await Promise.race([pieces.next(), abort.promise]);
      runtime.assertAlive(operation);
      if (done) break;
      const piece = pieceOf(value, kind) as Uint8Array;
      let at = 0;
      const step = (work: number) => {
        const end = Math.min(piece.length, at + work * BYTES_A_UNIT);
        use(piece.subarray(at, end));
        bytesRead += end - at;
        at = end;
        return at === piece.length;
      };
      await runAsync({ runtime, operation, progress, step }, [], control);
      control.onProgress?.(progress());
    }
    ended = true;
  } finally {
    runtime.running--;
    abort.release();
    // A source that was left before its end is told so; what it answers concerns nobody any more.
    if (!ended) void pieces.return?.().then(undefined, () => {});
  }
}
