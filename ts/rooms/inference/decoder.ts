// Tokens that follow: transformers of the form of Llama.
import { decoderChoice, decoderShape } from '../../generated/fields/inference.js';
import type { Decoder as RawDecoder } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give } from '../../runtime/fields.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type IndexArray, Scratch } from '../../runtime/scratch.js';
import {
  type AsyncOptions,
  asyncKeys,
  asyncOptions,
  type Begun,
  type Call,
  runAsync,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Llama, llamaIn, llamaOf } from './llama.js';
import { addTensor } from './network.js';
import type {
  AppendOptions,
  DecoderOptions,
  GenerateAsyncOptions,
  GenerateOptions,
  LlamaModel,
} from './types.js';
import { WeightFile } from './weights.js';

const generateKeys = ['count', 'temperature', 'topK', 'topP', 'seed', 'stop'] as const;

/** Of decoders: what a token's logits need. */
const sizes = new WeakMap<Decoder, { vocabulary: number; maxTokens: number }>();

function decoderOf(
  runtime: Runtime,
  operation: string,
  { shape, tensors }: Llama,
  { precision = 'float32', maxTokens = shape.mostTokens }: DecoderOptions,
): Decoder {
  const int8 = check.choice(operation, 'precision', precision, { float32: 0, int8: 1 });
  check.integer(operation, 'maxTokens', maxTokens, 1, shape.mostTokens);
  const given = { ...shape, mostTokens: maxTokens, int8 };
  const at = give(runtime, decoderShape, given);
  const raw = runtime.made(operation, runtime.raw.Decoder.create(at));
  try {
    for (const values of tensors()) addTensor(runtime, operation, raw, values);
    const decoder = adopt(runtime, operation, Decoder, raw);
    sizes.set(decoder, { vocabulary: shape.vocabulary, maxTokens });
    return decoder;
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

/**
 * Tells which token follows, by a small transformer of the form of Llama whose weights you have: norms by the root of the mean of
 * squares, rotary positions, SwiGLU, groups of heads that share keys and values. Tokens are numbers; what they stand for is the
 * tokenizer's that belongs to the model, which is not here. The tokens so far are kept: given one by one or all at once, they
 * give the same bits. Made by {@link Decoder.fromGguf} and {@link Decoder.fromSafetensors}.
 */
export class Decoder extends WasmObject<RawDecoder> {
  /**
   * A decoder from a file of GGUF (F32, F16, BF16, Q8_0, Q4_0) of the architecture `llama`. Untrusted bytes are safe. O(weights).
   *
   * @throws SublinearError `FORMAT` for another network, `TRUNCATED`, `MEMORY`; RangeError `OPTION`, `RANGE`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { Decoder } = await load();
   * const nothing = new Uint8Array(24);
   * nothing.set([...new TextEncoder().encode('GGUF'), 3]);
   * try {
   *   Decoder.fromGguf(nothing);
   * } catch (error) {
   *   console.log(error instanceof Error && error.message);
   *   // "bytes": unknown or unsupported format, expected a file of GGUF with "general.architecture": "llama"
   * }
   * ```
   */
  static fromGguf(bytes: Uint8Array | ArrayBuffer, options?: DecoderOptions): Decoder {
    const operation = 'Decoder.fromGguf';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['precision', 'maxTokens']);
    const file = runtime.bind(WeightFile).open(bytes);
    try {
      return decoderOf(runtime, operation, llamaIn(operation, file), given);
    } finally {
      if (runtime.alive) file.dispose();
    }
  }

  /**
   * A decoder from the files of Hugging Face, `"model_type": "llama"`. O(weights).
   *
   * @throws SublinearError `FORMAT` when weights are missing, or are those of another network; `MEMORY`; RangeError `OPTION`,
   *   `RANGE`, `NOT_FINITE`; TypeError
   *
   * @example
   * ```ts
   * import { load as loadFormat } from 'sublinear/format';
   * import { load } from 'sublinear/inference';
   *
   * const { writeSafetensors } = await loadFormat();
   * const { Decoder } = await load();
   * const filled = (value: number, ...shape: number[]) => ({
   *   data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value),
   *   shape,
   * });
   * const at = 'model.layers.0';
   * // Attention and dense part give nothing: the last matrix alone says that 0, 1, 2, 0, 1, 2, ... follow each other.
   * const weights = writeSafetensors({
   *   'model.embed_tokens.weight': { data: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0), shape: [3, 4] },
   *   'lm_head.weight': { data: Float32Array.of(0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0), shape: [3, 4] },
   *   'model.norm.weight': filled(1, 4),
   *   [`${at}.input_layernorm.weight`]: filled(1, 4),
   *   [`${at}.post_attention_layernorm.weight`]: filled(1, 4),
   *   ...Object.fromEntries(['q', 'k', 'v', 'o'].map((name) => [`${at}.self_attn.${name}_proj.weight`, filled(0, 4, 4)])),
   *   [`${at}.mlp.gate_proj.weight`]: filled(0, 2, 4),
   *   [`${at}.mlp.up_proj.weight`]: filled(0, 2, 4),
   *   [`${at}.mlp.down_proj.weight`]: filled(0, 4, 2),
   * });
   * const config = {
   *   model_type: 'llama', vocab_size: 3, hidden_size: 4, intermediate_size: 2, num_hidden_layers: 1, num_attention_heads: 2,
   * };
   * using decoder = Decoder.fromSafetensors({ weights, config });
   * console.log(decoder.generate([0], { count: 4 })); // Uint32Array(4) [ 1, 2, 0, 1 ]
   * ```
   */
  static fromSafetensors(model: LlamaModel, options?: DecoderOptions): Decoder {
    const operation = 'Decoder.fromSafetensors';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, ['precision', 'maxTokens']);
    const { weights, config } = check.options(operation, model, ['weights', 'config']);
    return decoderOf(
      runtime,
      operation,
      llamaOf(operation, { weights, config } as LlamaModel),
      given,
    );
  }

  /** @internal */
  protected override facts() {
    return { vocabulary: this.vocabulary, length: this.length };
  }

  /** Tokens that there are. */
  get vocabulary(): number {
    this.use('Decoder.vocabulary');
    return this.#sizes.vocabulary;
  }
  /** Tokens that may be held. */
  get maxTokens(): number {
    this.use('Decoder.maxTokens');
    return this.#sizes.maxTokens;
  }
  /** Tokens so far. */
  get length(): number {
    return this.use('Decoder.length').length();
  }
  /** Bytes held in the module's memory. */
  get bytesUsed(): number {
    return this.use('Decoder.bytesUsed').bytes();
  }

  /**
   * Goes on with these tokens, and tells how likely each token follows, as logits: the numbers whose exponentials are in proportion.
   * O(tokens x weights).
   *
   * @throws RangeError `INDEX` (ids, by position), `EMPTY`, `RANGE` for more than `maxTokens` in all; SublinearError `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import type { Decoder } from 'sublinear/inference';
   *
   * // How surprising a text is: the mean of -log p of its tokens.
   * export function surprise(decoder: Decoder, ids: Uint32Array): number {
   *   decoder.truncate(0);
   *   const logits = decoder.append(ids, { all: true });
   *   const n = decoder.vocabulary;
   *   let sum = 0;
   *   for (let i = 1; i < ids.length; i++) {
   *     const row = logits.subarray((i - 1) * n, i * n);
   *     sum += Math.log(row.reduce((all, x) => all + Math.exp(x), 0)) - (row[ids[i] ?? 0] ?? 0);
   *   }
   *   return sum / (ids.length - 1);
   * }
   * ```
   */
  append(ids: IndexArray, options?: AppendOptions): Float32Array<ArrayBuffer> {
    const operation = 'Decoder.append';
    const { all = false } = check.options(operation, options, ['all']);
    check.boolean(operation, 'all', all);
    return runNow(this.runtime, operation, {}, (call) => this.#begin(call, ids, all));
  }

  /**
   * The same in slices that let other tasks run; it can be aborted, and the tokens are forgotten then. The decoder is busy meanwhile.
   *
   * @example
   * ```ts
   * import type { Decoder } from 'sublinear/inference';
   *
   * export const read = (decoder: Decoder, prompt: Uint32Array, signal: AbortSignal) => decoder.appendAsync(prompt, { signal });
   * ```
   */
  async appendAsync(
    ids: IndexArray,
    options?: AppendOptions & AsyncOptions<WorkProgress>,
  ): Promise<Float32Array<ArrayBuffer>> {
    const operation = 'Decoder.appendAsync';
    const { all = false, ...rest } = check.options(operation, options, ['all', ...asyncKeys]);
    check.boolean(operation, 'all', all);
    return runLater<object, WorkProgress, Float32Array<ArrayBuffer>>(
      this.runtime,
      operation,
      rest,
      (call) => this.#begin(call, ids, all),
    );
  }

  /**
   * Forgets all but the first tokens. O(tokens).
   *
   * @throws RangeError `RANGE` for more than there are
   *
   * @example
   * ```ts
   * import type { Decoder } from 'sublinear/inference';
   *
   * // Another continuation of the same beginning.
   * export const again = (decoder: Decoder, prompt: number) => decoder.truncate(prompt);
   * ```
   */
  truncate(length: number): void {
    const operation = 'Decoder.truncate';
    check.integer(operation, 'length', length);
    this.runtime.check(operation, this.use(operation).truncate(length));
  }

  /**
   * Goes on with these tokens, and then with those that it makes itself: the most likely ones, or by chance. It ends after `count`
   * of them, with one of `stop`, or when `maxTokens` are held. All of them are held then but the last.
   *
   * @throws RangeError `INDEX` (ids, by position), `EMPTY`, `RANGE`, `OPTION`; SublinearError `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import type { Decoder } from 'sublinear/inference';
   *
   * export const tell = (decoder: Decoder, prompt: Uint32Array) =>
   *   decoder.generate(prompt, { count: 100, temperature: 0.8, topP: 0.9, seed: 7, stop: [2] });
   * ```
   */
  generate(ids: IndexArray, options: GenerateOptions): Uint32Array<ArrayBuffer> {
    const operation = 'Decoder.generate';
    const given = check.options(operation, options, generateKeys);
    return this.runtime.scratch(operation, (scratch) => {
      const { step, result } = this.#making(operation, scratch, ids, given);
      while (!step(1e8));
      return result();
    });
  }

  /**
   * The same in slices that let other tasks run, each token told as it comes. When it is aborted, what was told is held but for the last token.
   *
   * @example
   * ```ts
   * import type { Decoder } from 'sublinear/inference';
   *
   * export const stream = (decoder: Decoder, prompt: Uint32Array, write: (id: number) => void, signal: AbortSignal) =>
   *   decoder.generateAsync(prompt, { count: 100, onToken: write, signal });
   * ```
   */
  async generateAsync(
    ids: IndexArray,
    options: GenerateAsyncOptions,
  ): Promise<Uint32Array<ArrayBuffer>> {
    const operation = 'Decoder.generateAsync';
    const keys = [...generateKeys, ...asyncKeys, 'onToken'] as const;
    const given = check.options(operation, options, keys);
    const { onToken } = given;
    if (onToken !== undefined && typeof onToken !== 'function')
      throw check.typeError(operation, 'onToken', 'function', onToken);
    const control = asyncOptions<WorkProgress>(operation, given);
    const { runtime } = this;
    const scratch = new Scratch(runtime, operation);
    try {
      const { step, progress, result } = this.#making(operation, scratch, ids, given, onToken);
      return await runAsync({ runtime, operation, step, progress }, [this], control, result);
    } finally {
      scratch.release();
    }
  }

  get #sizes() {
    return sizes.get(this) as { vocabulary: number; maxTokens: number };
  }

  /** Begins with tokens, and goes on with those that are made; `step` says whether it has ended. */
  #making(
    operation: string,
    scratch: Scratch,
    ids: IndexArray,
    options: GenerateOptions,
    onToken?: (id: number) => void,
  ) {
    const { count, temperature = 0, topK = 0, topP = 1, seed = 0, stop = [] } = options;
    check.integer(operation, 'count', count, 1);
    check.number(operation, 'temperature', temperature);
    check.integer(operation, 'topK', topK, options.topK === undefined ? 0 : 1);
    check.number(operation, 'topP', topP);
    check.integer(operation, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
    const ends = new Set(stop);
    const { runtime } = this;
    const { vocabulary, maxTokens } = this.#sizes;
    const raw = this.use(operation);
    const given = scratch.indices('ids', ids);
    const [logits, next] = [scratch.bytes(4 * vocabulary), scratch.u32(1)];
    const begin = (address: number, length: number) =>
      runtime.check(operation, raw.begin(address, length, 0, logits, vocabulary));
    raw.seed(seed);
    begin(given.address, given.length);
    // Borrowed: it belongs to the decoder, and is never deleted.
    const job = runtime.made(operation, raw.job());
    const made: number[] = [];
    let edgeOperations = 0;
    const step = (work: number): boolean => {
      runtime.check(operation, job.step(work, runtime.out));
      if (runtime.isRunning(runtime.outU32())) return false;
      edgeOperations += job.work();
      const at = give(runtime, decoderChoice, { temperature, topP, topK });
      runtime.check(operation, raw.choose(logits, at, next));
      const id = runtime.u32[next / 4] as number;
      made.push(id);
      onToken?.(id);
      runtime.assertAlive(operation);
      if (made.length === count || ends.has(id) || raw.length() === maxTokens) return true;
      begin(next, 1);
      return false;
    };
    return {
      step,
      progress: (): WorkProgress => ({ edgeOperations }),
      result: () => Uint32Array.from(made),
    };
  }

  #begin(
    { runtime, operation, scratch }: Call<object>,
    ids: IndexArray,
    all: boolean,
  ): Begun<WorkProgress, Float32Array<ArrayBuffer>> {
    const raw = this.use(operation);
    const { address, length } = scratch.indices('ids', ids);
    const room = this.#sizes.vocabulary * (all ? length : 1);
    const logits = scratch.bytes(4 * room);
    runtime.check(operation, raw.begin(address, length, all ? 1 : 0, logits, room));
    return { raw, holds: [this], result: () => runtime.copyF32(logits, room) };
  }
}
