// Files of the C core that are still coming.
import type { AsyncBytesSource, LoadAsyncOptions } from './file.js';
import { fileReading, type Loading } from './loading.js';
import type { RawObject, Runtime } from './runtime.js';
import { readTextAsync } from './text-coming.js';

export function loadFileAsync<Built extends RawObject, T>(
  runtime: Runtime,
  operation: string,
  source: AsyncBytesSource,
  loading: Loading<Built, T>,
  options: LoadAsyncOptions,
): Promise<T> {
  return readTextAsync(
    runtime,
    operation,
    source,
    fileReading(runtime, operation, source, loading),
    options,
  );
}
