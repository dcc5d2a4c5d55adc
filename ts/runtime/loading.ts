// Files of the C core (docs/format.md), read by its Reader.
import type { Reader } from '../generated/raw/solver.js';
import { SublinearError } from './errors.js';
import { type BytesSource, tag } from './file.js';
import { type Head, isGzip, isPage, lengthOf, PAGE } from './pieces.js';
import type { RawObject, Runtime } from './runtime.js';
import { readText, type TextSource } from './text-source.js';

/** What to make of a whole file. `reader` is still alive in `wrap`. */
export interface Loading<Built extends RawObject, T> {
  /** Four letters. */
  kind: string;
  /** Bytes that are known to come, when `source` does not say it. */
  length?: number;
  /** For kinds whose `build` gives the pieces of the file back while it takes them over. */
  inPieces?: boolean;
  build: (reader: Reader) => Built | null;
  wrap: (built: Built, reader: Reader) => T;
}

export function fileReading<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: unknown,
  { kind, build, wrap, inPieces = false, ...given }: Loading<Built, T>,
) {
  // What is there as one array is known to come: no block has to grow.
  const length = given.length ?? lengthOf(operation, source);
  return {
    binary: true,
    // What else is wrong with a file the C core knows better.
    refuse({ bytes }: Head) {
      const gzip = isGzip(bytes) && 'is compressed by gzip: the ...Async methods decompress it';
      const wrong = gzip || (isPage(bytes) && PAGE);
      if (!wrong) return;
      const message = `"bytes" ${wrong}`;
      throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
    },
    open: () => {
      const reader = runtime.raw.Reader.create(tag(kind), length);
      if (inPieces) reader?.keepPieces();
      return reader;
    },
    close: build,
    wrap,
  };
}

export function loadFile<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: BytesSource,
  loading: Loading<Built, T>,
): T {
  return readText(
    runtime,
    operation,
    source as TextSource,
    fileReading(runtime, operation, source, loading),
  );
}
