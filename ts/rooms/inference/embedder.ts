// What embedders of all kinds have in common: texts in, vectors out.
import type { Encoder as RawEncoder } from '../../generated/raw/neural.js';
import { asTyped } from '../../runtime/brand.js';
import { saveWhole } from '../../runtime/file.js';
import { WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Scratch } from '../../runtime/scratch.js';
import { type Begun, type Call, task, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { Texts, writeText } from '../text/feed.js';
import { type Cutting, prepared } from './prose.js';
import type { EmbedAsyncOptions, EmbedOptions, Precision, Tokens } from './types.js';

const embedKeys = ['longTexts', 'into'] as const;

/** What sl_encoder_facts() writes. */
export interface Facts {
  dimensions: number;
  layers: number;
  maxTokens: number;
  precision: Precision;
  cutting: Cutting;
  pieces: number;
  /** Elements of the tensor that comes next. */
  awaits: number;
}

/** @internal */
export function factsOf(runtime: Runtime, operation: string, raw: RawEncoder): Facts {
  return runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(14);
    raw.facts(at);
    const [, width, , layers, , most, precision, cutting, , pieces, awaits] = runtime.copyF64(
      at,
      14,
    ) as unknown as number[];
    return {
      dimensions: width as number,
      layers: layers as number,
      maxTokens: most as number,
      precision: precision === 1 ? 'float32' : 'int8',
      cutting: cutting as Cutting,
      pieces: pieces as number,
      awaits: awaits as number,
    };
  });
}

/** Bytes of a model's id that are shown. */
const ID = 16;

/**
 * Makes vectors of texts: what {@link TextEmbedder} and {@link StaticEmbedder} share. Vectors have length 1, so that the dot
 * product of two is the cosine of their angle; that of a {@link StaticEmbedder} is shorter where the vectors of its words add up
 * to less than 1e-6. The same model and text give the same bits in every engine, alone or among other texts.
 */
export abstract class Embedder extends WasmObject<RawEncoder> {
  #known: (Facts & { modelId: string }) | undefined;

  /** @internal */
  protected override facts() {
    const { dimensions, precision, modelId } = this;
    return { dimensions, precision, modelId };
  }

  /** Elements of a vector. */
  get dimensions(): number {
    return this.#facts('Embedder.dimensions').dimensions;
  }
  /** How weights are kept. */
  get precision(): Precision {
    return this.#facts('Embedder.precision').precision;
  }
  /** Tokens of a text that are used: the rest of a longer text has no part in its vector. */
  get maxTokens(): number {
    return this.#facts('Embedder.maxTokens').maxTokens;
  }
  /**
   * The first 32 hexadecimal digits of the SHA-256 of vocabulary, shape and weights, rounded as they are: vectors of two
   * embedders may be compared when this is the same.
   */
  get modelId(): string {
    return this.#facts('Embedder.modelId').modelId;
  }
  /** Bytes held in the module's memory. */
  get bytesUsed(): number {
    return this.use('Embedder.bytesUsed').bytes();
  }

  /**
   * The pieces that a text is cut into, at most `maxTokens` of them. O(length).
   *
   * @throws TypeError for what is no string
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * using e = StaticEmbedder.fromWords({ words: ['red', 'fish'], vectors: Float32Array.of(1, 0, 0, 1) });
   * console.log(e.tokens('One fish, red fish'));
   * // { ids: Uint32Array(3) [ 1, 0, 1 ], cut: false }
   * ```
   */
  tokens(text: string): Tokens {
    const operation = 'Embedder.tokens';
    check.string(operation, 'text', text);
    const { runtime } = this;
    const { cutting, maxTokens } = this.#facts(operation);
    const plain = prepared(text, cutting);
    return runtime.scratch(operation, (scratch) => {
      // No piece of a text is shorter than a byte; BERT has two marks beside.
      const most = Math.min(maxTokens, 3 * plain.length + 3);
      const { address, bytes } = writeText(runtime, scratch, plain);
      const ids = scratch.u32(most);
      runtime.check(operation, this.use(operation).tokens(address, bytes, most, ids, runtime.out));
      const found = runtime.outU32();
      return { ids: runtime.copyU32(ids, Math.min(found, most)), cut: found > most };
    });
  }

  /**
   * The vectors of texts, one after another: texts x dimensions numbers, of a single text its vector. Many texts in one call are
   * faster than a call each. A text without any token gets the vector that the model has for none. O(tokens).
   *
   * @throws TypeError for what is no string; RangeError `RANGE` for a text that is too long, when that is asked for; SublinearError
   *   `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * const words = ['red', 'fish', 'blue'];
   * using e = StaticEmbedder.fromWords({ words, vectors: Float32Array.of(1, 0, 0, 1, -1, 0) }, { centred: false });
   * console.log(e.embed(['a red thing', 'no word is known']), e.dimensions); // Float32Array(4) [ 1, 0, 0, 0 ] 2
   * ```
   */
  embed(texts: string | readonly string[], options?: EmbedOptions): Float32Array<ArrayBuffer> {
    return this.#task(texts).now('Embedder.embed', this, options);
  }

  /**
   * The same in slices of 8 ms that let other tasks run; it can be aborted. The embedder is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * using e = StaticEmbedder.fromWords({ words: ['red', 'fish'], vectors: Float32Array.of(3, 4, 1, 0) }, { centred: false });
   * console.log((await e.embedAsync('Red!')).length); // 2
   * ```
   */
  async embedAsync(
    texts: string | readonly string[],
    options?: EmbedAsyncOptions,
  ): Promise<Float32Array<ArrayBuffer>> {
    return this.#task(texts).later('Embedder.embedAsync', this, options);
  }

  /**
   * Everything as the bytes of a file that `load` reads, about as many as `bytesUsed`. `docs/format.md` describes it.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { StaticEmbedder } = await load();
   * using e = StaticEmbedder.fromWords({ words: ['red', 'fish'], vectors: Float32Array.of(3, 4, 1, 0) });
   * using again = StaticEmbedder.load(e.save());
   * console.log(again.modelId === e.modelId); // true
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'Embedder.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Encoder.save(raw));
  }

  #facts(operation: string): Facts & { modelId: string } {
    const raw = this.use(operation);
    if (this.#known) return this.#known;
    const { runtime } = this;
    const modelId = runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(32);
      runtime.check(operation, raw.id(at));
      return Array.from(runtime.u8.subarray(at, at + ID), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join('');
    });
    this.#known = { ...factsOf(runtime, operation, raw), modelId };
    return this.#known;
  }

  #task(texts: string | readonly string[]) {
    this.use('Embedder.embed');
    return task<
      Embedder,
      EmbedOptions & { maxTimeMs?: never },
      WorkProgress,
      Float32Array<ArrayBuffer>
    >(this.runtime, embedKeys, (call) => this.#begin(call, texts));
  }

  #begin(
    call: Call<EmbedOptions>,
    texts: string | readonly string[],
  ): Begun<WorkProgress, Float32Array<ArrayBuffer>> {
    const { runtime, operation, scratch, options } = call;
    const { longTexts = 'cut' } = options;
    const refuse = check.choice(operation, 'longTexts', longTexts, { cut: false, refuse: true });
    const list = this.#read(operation, texts);
    const { address, bytes, lengths } = list.write(runtime, scratch);
    const { count } = list;
    const sizes = scratch.u32(count);
    runtime.u32.set(lengths, sizes / 4);
    const place = vectorsIn(this, call, count);
    const raw = this.use(operation);
    runtime.check(operation, raw.begin(address, bytes, sizes, count, place.out, place.counts));
    return { raw, holds: [this], result: () => place.result(refuse) };
  }

  #read(operation: string, texts: string | readonly string[]): Texts {
    const { cutting } = this.#facts(operation);
    const list = new Texts();
    if (typeof texts === 'string') {
      list.add(prepared(texts, cutting));
      return list;
    }
    if (!Array.isArray(texts))
      throw check.typeError(operation, 'texts', 'string or string[]', texts);
    for (let i = 0; i < texts.length; i++) {
      const text: unknown = texts[i];
      if (typeof text !== 'string') throw check.typeError(operation, `texts[${i}]`, 'string', text);
      list.add(prepared(text, cutting));
    }
    return list;
  }
}

/** Room for the vectors of `count` texts, and how they are read. */
function vectorsIn(
  embedder: Embedder,
  {
    runtime,
    operation,
    scratch,
    options,
  }: { runtime: Runtime; operation: string; scratch: Scratch; options: EmbedOptions },
  count: number,
) {
  const { dimensions, maxTokens } = embedder;
  const length = count * dimensions;
  const { into } = options;
  const view = () => {
    const array = asTyped(operation, 'into', into, 'Float32Array');
    if (array.length !== length) throw check.shapeError(operation, 'into', length, array.length);
    return array;
  };
  if (into !== undefined) view();
  const out = scratch.bytes(4 * length);
  const counts = scratch.u32(count);
  const result = (refuse: boolean): Float32Array<ArrayBuffer> => {
    if (refuse) {
      const long = runtime.u32
        .subarray(counts / 4, counts / 4 + count)
        .findIndex((n) => n > maxTokens);
      if (long >= 0)
        throw check.rangeError(operation, `texts[${long}]`, `at most ${maxTokens} tokens`, `more`);
    }
    if (into === undefined) return runtime.copyF32(out, length);
    view().set(runtime.f32.subarray(out / 4, out / 4 + length));
    return into as Float32Array<ArrayBuffer>;
  };
  return { out, counts, result };
}
