// Embedders without a network: a vector for each piece.
import { runtimeOf } from '../../runtime/bind.js';
import { asTyped } from '../../runtime/brand.js';
import { SublinearRangeError } from '../../runtime/errors.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { loadFile } from '../../runtime/loading.js';
import { adopt, rawOf } from '../../runtime/object.js';
import { realArray } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Embedder, factsOf } from './embedder.js';
import { networkOfModel2Vec } from './model2vec.js';
import { ALL_TOKENS, addTensor, encoderOf, precisions } from './network.js';
import { cuttings } from './prose.js';
import { embedderFile, TextEmbedder } from './text-embedder.js';
import type { Model2Vec, PrecisionOption, WeightingOptions, WordTable } from './types.js';
import { weighted } from './weighting.js';

const weightingKeys = ['a', 'centred', 'precision'] as const;

/**
 * Vectors of texts as weighted sums of vectors of their words, whatever their order: some microseconds a text, and a table of a few
 * MB. Made by {@link StaticEmbedder.distil} from a {@link TextEmbedder}, or by {@link StaticEmbedder.fromWords} from word
 * vectors such as GloVe's.
 */
export class StaticEmbedder extends Embedder {
  /**
   * An embedder from the bytes of a file. Untrusted bytes are safe. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * using e = StaticEmbedder.fromWords({ words: ['sea'], vectors: Float32Array.of(1, 2) }, { centred: false });
   * using again = StaticEmbedder.load(e.save());
   * console.log(again.tokens('the sea').ids.length); // 1
   * ```
   */
  static load(bytes: BytesSource): StaticEmbedder {
    const operation = 'StaticEmbedder.load';
    const runtime = runtimeOf(this, operation);
    const file = embedderFile(runtime, operation, false, (raw) =>
      adopt(runtime, operation, StaticEmbedder, raw),
    );
    return loadFile(runtime, operation, bytes, file);
  }

  /**
   * The same from bytes that are still coming, such as `fetch('words.slv')`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * using e = StaticEmbedder.fromWords({ words: ['sea'], vectors: Float32Array.of(1, 2) }, { centred: false });
   * using again = await StaticEmbedder.loadAsync(new Blob([e.save()]));
   * console.log(again.dimensions); // 2
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: LoadAsyncOptions,
  ): Promise<StaticEmbedder> {
    const operation = 'StaticEmbedder.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    const file = embedderFile(runtime, operation, false, (raw) =>
      adopt(runtime, operation, StaticEmbedder, raw),
    );
    return loadFileAsync(runtime, operation, bytes, file, given);
  }

  /**
   * An embedder from vectors of words. Texts are put into lower case and parted into runs of letters and digits, and other
   * signs one by one; words that the table does not have are left out. O(words dimension).
   *
   * @throws RangeError `SHAPE` when vectors are not words x dimension, `NOT_FINITE` (vectors), `RANGE` (a frequency below 0 or not
   *   finite; a word of more than 255 bytes); TypeError
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * const words = ['the', 'sea', 'ocean', 'tax'];
   * const vectors = Float32Array.of(1, 1, 0, 1, 0.1, 1, 1, 0);
   * using e = StaticEmbedder.fromWords({ words, vectors });
   * const [a, b, c] = ['the sea', 'The ocean!', 'tax'].map((text) => e.embed(text));
   * const dot = (x = new Float32Array(), y = x) => x.reduce((sum, each, i) => sum + each * (y[i] ?? 0), 0);
   * console.log(dot(a, b) > dot(a, c)); // true
   * ```
   */
  static fromWords(table: WordTable, options?: WeightingOptions): StaticEmbedder {
    const operation = 'StaticEmbedder.fromWords';
    const runtime = runtimeOf(this, operation);
    const how = readWeighting(operation, options);
    const { words, frequencies } = check.options(operation, table, [
      'words',
      'vectors',
      'frequencies',
    ]);
    if (!Array.isArray(words) || words.length === 0)
      throw check.typeError(operation, 'words', 'array of strings, one at least', words);
    for (const [i, word] of words.entries()) check.string(operation, `words[${i}]`, word);
    const vectors = asTyped(operation, 'vectors', table.vectors, 'Float32Array');
    const dimension = Math.max(1, Math.floor(vectors.length / words.length));
    if (vectors.length !== words.length * dimension)
      throw check.shapeError(operation, 'vectors', words.length * dimension, vectors.length);
    // Before the mean of all of them hides which one it is.
    const position = vectors.findIndex((x) => !Number.isFinite(x));
    if (position >= 0) {
      const message = `"vectors" at position ${position}: value is NaN or infinite, expected finite numbers`;
      throw new SublinearRangeError('NOT_FINITE', operation, message, {
        argument: 'vectors',
        position,
      });
    }
    const likely =
      frequencies === undefined
        ? Float64Array.from(words, (_, i) => 1 / (i + 1))
        : Float64Array.from(realArray(operation, 'frequencies', frequencies));
    if (likely.length !== words.length)
      throw check.shapeError(operation, 'frequencies', words.length, likely.length);
    const odd = likely.findIndex((f) => !(f >= 0 && f < Number.POSITIVE_INFINITY));
    if (odd >= 0)
      throw check.rangeError(operation, `frequencies[${odd}]`, 'finite number >= 0', likely[odd]);
    const shape = {
      dimension,
      width: dimension,
      hidden: 0,
      layers: 0,
      heads: 0,
      mostTokens: ALL_TOKENS,
    };
    const network = {
      shape,
      cutting: cuttings.words,
      pieces: words as readonly string[],
      reserved: 0,
      tensors: [weighted(vectors, likely, how)],
    };
    const raw = encoderOf(runtime, operation, network, how.kept);
    return adopt(runtime, operation, StaticEmbedder, raw);
  }

  /**
   * An embedder from a model of Model2Vec (potion and others) that you have: a table whose vectors are weighted already, and a
   * WordPiece vocabulary without case. Words that cannot be cut into its pieces are left out; texts may have any length.
   *
   * @throws SublinearError `FORMAT` for files of other kinds; `MEMORY`; RangeError `NOT_FINITE`
   *
   * @example
   * ```ts
   * import { load as loadFormat } from 'sublinear/format';
   * import { load } from 'sublinear/inference';
   *
   * const { writeSafetensors } = await loadFormat();
   * const { StaticEmbedder } = await load();
   * const weights = writeSafetensors({ embeddings: { data: Float32Array.of(1, 0, 0, 1, 1, 1), shape: [3, 2] } });
   * const model = { type: 'WordPiece', vocab: { '[UNK]': 0, sun: 1, '##ny': 2 } };
   * const tokenizer = { model, normalizer: { type: 'BertNormalizer', lowercase: true } };
   * using e = StaticEmbedder.fromModel2Vec({ weights, tokenizer });
   * console.log(e.tokens('Sunny!').ids); // Uint32Array(2) [ 1, 2 ]
   * ```
   */
  static fromModel2Vec(source: Model2Vec, options?: PrecisionOption): StaticEmbedder {
    const operation = 'StaticEmbedder.fromModel2Vec';
    const runtime = runtimeOf(this, operation);
    const { precision = 'int8' } = check.options(operation, options, ['precision']);
    const kept = check.choice(operation, 'precision', precision, precisions);
    const network = networkOfModel2Vec(operation, source);
    return adopt(runtime, operation, StaticEmbedder, encoderOf(runtime, operation, network, kept));
  }

  /**
   * An embedder whose table is what a {@link TextEmbedder} makes of each of its pieces alone: most of its knowledge of words at a
   * thousandth of the time, without what order says. O(pieces), some seconds.
   *
   * @throws SublinearError `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder, TextEmbedder } = await load();
   * const fast = (file: Uint8Array) => {
   *   using model = TextEmbedder.load(file);
   *   return StaticEmbedder.distil(model);
   * };
   * console.log(fast.length); // 1
   * ```
   */
  static distil(embedder: TextEmbedder, options?: WeightingOptions): StaticEmbedder {
    const operation = 'StaticEmbedder.distil';
    const runtime = runtimeOf(this, operation);
    const how = readWeighting(operation, options);
    return runNow<{ maxTimeMs?: never }, WorkProgress, StaticEmbedder>(
      runtime,
      operation,
      {},
      (call) => beginDistil(call, embedder, how),
    );
  }

  /**
   * The same in slices of 8 ms that let other tasks run; the {@link TextEmbedder} is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder, TextEmbedder } = await load();
   * const fast = async (file: Uint8Array) => {
   *   using model = TextEmbedder.load(file);
   *   return await StaticEmbedder.distilAsync(model, { precision: 'float32' });
   * };
   * console.log(fast.length); // 1
   * ```
   */
  static async distilAsync(
    embedder: TextEmbedder,
    options?: WeightingOptions & AsyncOptions<WorkProgress>,
  ): Promise<StaticEmbedder> {
    const operation = 'StaticEmbedder.distilAsync';
    const runtime = runtimeOf(this, operation);
    const { signal, onProgress, ...rest } = check.options(operation, options, [
      ...weightingKeys,
      ...asyncKeys,
    ]);
    const how = readWeighting(operation, rest);
    const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return runLater<{ maxTimeMs?: never }, WorkProgress, StaticEmbedder>(
      runtime,
      operation,
      control,
      (call) => beginDistil(call, embedder, how),
    );
  }
}

function readWeighting(operation: string, options: WeightingOptions | undefined) {
  const {
    a = 1e-3,
    centred = true,
    precision = 'int8',
  } = check.options(operation, options, weightingKeys);
  check.number(operation, 'a', a);
  if (!(a > 0)) throw check.rangeError(operation, 'a', 'number > 0', a);
  check.boolean(operation, 'centred', centred);
  return { a, centred, kept: check.choice(operation, 'precision', precision, precisions) };
}

/** Each piece through the network, as a text of its own. */
function beginDistil(
  { runtime, operation, scratch }: Call<object>,
  embedder: TextEmbedder,
  how: ReturnType<typeof readWeighting>,
): Begun<WorkProgress, StaticEmbedder> {
  const raw = rawOf(runtime, operation, 'embedder', embedder, TextEmbedder);
  const { pieces, dimensions, cutting } = factsOf(runtime, operation, raw);
  const around = embedder.tokens('').ids;
  const [first, last] = cutting === cuttings.bert ? around : [];
  const each = first === undefined ? 1 : 3;
  const ids = scratch.u32(each * pieces);
  const lengths = scratch.u32(pieces);
  const counts = scratch.u32(pieces);
  const scores = scratch.f64(pieces);
  const out = scratch.bytes(4 * pieces * dimensions);
  runtime.u32.fill(each, lengths / 4, lengths / 4 + pieces);
  for (let i = 0; i < pieces; i++)
    runtime.u32.set(first === undefined ? [i] : [first, i, last as number], ids / 4 + each * i);
  runtime.check(operation, raw.beginIds(ids, each * pieces, lengths, pieces, out, counts));
  return {
    raw,
    holds: [embedder],
    result() {
      raw.scores(scores);
      // Pieces of BERT have no scores: they are in order, the most frequent first, as words of a table are.
      const zipf = first !== undefined;
      const likely = runtime
        .copyF64(scores, pieces)
        .map((score, i) => (zipf ? 1 / (i + 1) : Math.exp(score)));
      const table = weighted(runtime.copyF32(out, pieces * dimensions), likely, how, zipf);
      const made = runtime.made(operation, runtime.raw.Encoder.createStatic(raw, how.kept));
      try {
        addTensor(runtime, operation, made, table);
      } catch (error) {
        if (runtime.alive) made.delete();
        throw error;
      }
      return adopt(runtime, operation, StaticEmbedder, made);
    },
  };
}
