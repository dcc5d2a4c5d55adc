// Where somebody speaks in a stream of sound.
import { voiceOptions } from '../../generated/fields/inference.js';
import type { Voice as RawVoice } from '../../generated/raw/neural.js';
import { runtimeOf } from '../../runtime/bind.js';
import { give } from '../../runtime/fields.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { saveWhole } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { type RealArray, realArray } from '../../runtime/scratch.js';
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
import { RecentSamples } from './recent-samples.js';
import type { Heard, Speech, VoiceEvent, VoiceOptions } from './voice-types.js';
import { rawWeights } from './weights.js';

/** Samples of a chunk, and of a millisecond. */
const CHUNK = 512;
const RATE = 16;

const voiceKeys = [
  ...(['threshold', 'release', 'minSpeechMs', 'minSilenceMs', 'paddingMs'] as const),
  'samples',
] as const;

/** Samples of so many milliseconds. */
function samplesOf(operation: string, name: string, ms: number): number {
  check.number(operation, name, ms);
  if (!(ms >= 0 && ms <= 1e8)) throw check.rangeError(operation, name, '0 to 1e8', ms);
  return Math.round(ms * RATE);
}

function voiceFile(
  runtime: Runtime,
  operation: string,
  options: VoiceOptions,
): Loading<RawVoice, VoiceDetector> {
  return {
    kind: 'VOIC',
    build: (reader) => runtime.raw.Voice.load(reader),
    wrap: (raw) => detectorOf(runtime, operation, raw, options),
  };
}

/** The options as C has them, and how many samples are kept: speech that is not told of yet began no longer ago. */
function read(operation: string, options: VoiceOptions) {
  const { threshold = 0.5, paddingMs = 30, minSpeechMs = 250, minSilenceMs = 100 } = options;
  check.number(operation, 'threshold', threshold);
  const { release = Math.max(0, threshold - 0.15), samples = false } = options;
  check.number(operation, 'release', release);
  check.boolean(operation, 'samples', samples);
  const before = samplesOf(operation, 'paddingMs', paddingMs);
  const leastSpeech = samplesOf(operation, 'minSpeechMs', minSpeechMs);
  const leastSilence = samplesOf(operation, 'minSilenceMs', minSilenceMs);
  return {
    given: { threshold, release, leastSpeech, leastSilence, before, after: before },
    kept: samples ? leastSpeech + leastSilence + before + 3 * CHUNK : undefined,
  };
}

function detectorOf(
  runtime: Runtime,
  operation: string,
  raw: RawVoice,
  options: VoiceOptions,
): VoiceDetector {
  try {
    const { given, kept } = read(operation, options);
    runtime.check(operation, raw.set(give(runtime, voiceOptions, given)));
    const detector = adopt(runtime, operation, VoiceDetector, raw);
    if (kept !== undefined) recent.set(detector, new RecentSamples(kept));
    return detector;
  } catch (error) {
    if (runtime.alive) raw.delete();
    throw error;
  }
}

/** The samples of those that tell them. */
const recent = new WeakMap<VoiceDetector, RecentSamples>();

/**
 * Tells speech from other sound, 32 ms at a time, by the network Silero VAD (v5 or v6). Sound is one channel of 16,000 samples a
 * second, from -1 to 1. Made by {@link VoiceDetector.fromOnnx} from the file that npm has in `@ricky0123/vad-web`, or by
 * {@link VoiceDetector.load} from one that `npx sublinear model` wrote. This package has no weights: `docs/inference.md` says where
 * they are. How a stream is cut into calls never shows in what is heard, and every engine gives the same bits.
 */
export class VoiceDetector extends WasmObject<RawVoice> {
  /**
   * A detector from the bytes of `silero_vad_v5.onnx` or `silero_vad_v6.onnx`. Untrusted bytes are safe. O(bytes).
   *
   * @throws SublinearError `FORMAT` for another network; `TRUNCATED`, `MEMORY`; RangeError `RANGE`, `OPTION`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { VoiceDetector } = await load();
   * try {
   *   VoiceDetector.fromOnnx(new Uint8Array(100));
   * } catch (error) {
   *   console.log(error instanceof Error && error.message);
   *   // "bytes" at position 0: unknown or unsupported format, expected a file of ONNX or GGUF
   * }
   * ```
   */
  static fromOnnx(bytes: Uint8Array | ArrayBuffer, options?: VoiceOptions): VoiceDetector {
    const operation = 'VoiceDetector.fromOnnx';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, voiceKeys);
    const weights = rawWeights(runtime, operation, 'bytes', bytes);
    try {
      const raw = runtime.made(operation, runtime.raw.Voice.create(weights));
      return detectorOf(runtime, operation, raw, given);
    } finally {
      if (runtime.alive) weights.delete();
    }
  }

  /**
   * A detector from the bytes of a file that `save` gave. Untrusted bytes are safe. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`; RangeError `RANGE`, `OPTION`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { VoiceDetector } = await load();
   * try {
   *   VoiceDetector.load(new Uint8Array(100)).dispose();
   * } catch (error) {
   *   console.log(error instanceof Error && error.name); // SublinearError
   * }
   * ```
   */
  static load(bytes: BytesSource, options?: VoiceOptions): VoiceDetector {
    const operation = 'VoiceDetector.load';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, voiceKeys);
    return loadFile(runtime, operation, bytes, voiceFile(runtime, operation, given));
  }

  /**
   * The same from bytes that are still coming, such as `fetch('voice.slv')`.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/inference';
   *
   * const { VoiceDetector } = await load();
   * const failed = await VoiceDetector.loadAsync(new Blob(['no model'])).catch((error) => error.code);
   * console.log(failed); // FORMAT
   * ```
   */
  static async loadAsync(
    bytes: AsyncBytesSource,
    options?: VoiceOptions & LoadAsyncOptions,
  ): Promise<VoiceDetector> {
    const operation = 'VoiceDetector.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, [...voiceKeys, ...asyncKeys]);
    const { signal, onProgress, ...voice } = given;
    const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return loadFileAsync(runtime, operation, bytes, voiceFile(runtime, operation, voice), control);
  }

  /** @internal */
  protected override facts() {
    return { speaking: this.speaking, modelId: this.modelId };
  }

  /** Whether speech lasts whose start was told. */
  get speaking(): boolean {
    return this.#facts('VoiceDetector.speaking')[3] === 1;
  }
  /** Samples of the stream so far. */
  get position(): number {
    return this.#facts('VoiceDetector.position')[2] as number;
  }
  /** The first 32 hexadecimal digits of the SHA-256 of the network's numbers. */
  get modelId(): string {
    const operation = 'VoiceDetector.modelId';
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(32);
      this.use(operation).id(at);
      return Array.from(runtime.u8.subarray(at, at + 16), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join('');
    });
  }
  /** Bytes held in the module's memory. */
  get bytesUsed(): number {
    return this.use('VoiceDetector.bytesUsed').bytes();
  }

  /**
   * Hears the next samples of the stream, as many as there are: what does not fill a chunk of 512 waits for those that follow.
   * About 0.05 ms a chunk. O(samples).
   *
   * @throws RangeError `NOT_FINITE` (samples, by position); SublinearError `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import type { VoiceDetector } from 'sublinear/inference';
   *
   * // Seconds at which speech has begun and ended in a block of a microphone.
   * export function heard(voice: VoiceDetector, block: Float32Array): number[] {
   *   return voice.process(block).events.map(({ kind, ...at }) => ('end' in at ? at.end : at.start) / 16_000);
   * }
   * ```
   */
  process(samples: RealArray): Heard {
    return this.#hear('VoiceDetector.process', samples, false);
  }

  /**
   * Ends the stream, with these samples or none: a chunk that is not full is filled with silence, speech that lasts ends. The next
   * samples are the first ones of another stream.
   *
   * @example
   * ```ts
   * import type { VoiceDetector } from 'sublinear/inference';
   *
   * // Whether somebody still spoke when the stream ended.
   * export const interrupted = (voice: VoiceDetector) => voice.finish().events.length > 0;
   * ```
   */
  finish(samples: RealArray = new Float32Array(0)): Heard {
    return this.#hear('VoiceDetector.finish', samples, true);
  }

  /**
   * Forgets the stream: the next sample is the first one of another.
   *
   * @example
   * ```ts
   * import type { VoiceDetector } from 'sublinear/inference';
   *
   * // The next sample is the first one: another call, another speaker.
   * export const hangUp = (voice: VoiceDetector) => voice.reset();
   * ```
   */
  reset(): void {
    this.use('VoiceDetector.reset').reset();
    recent.get(this)?.clear();
  }

  /**
   * The speech of a whole recording. A stream that was under way is forgotten.
   *
   * @throws RangeError `NOT_FINITE` (samples, by position); SublinearError `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import type { VoiceDetector } from 'sublinear/inference';
   *
   * // Seconds of speech in a recording.
   * export function talk(voice: VoiceDetector, recording: Float32Array): number {
   *   return voice.detect(recording).segments.reduce((sum, { start, end }) => sum + end - start, 0) / 16_000;
   * }
   * ```
   */
  detect(samples: RealArray): Speech {
    const operation = 'VoiceDetector.detect';
    this.reset();
    return speechOf(this.#hear(operation, samples, true));
  }

  /**
   * The same in slices of 8 ms that let other tasks run; it can be aborted. The detector is busy meanwhile.
   *
   * @example
   * ```ts
   * import type { VoiceDetector } from 'sublinear/inference';
   *
   * // The same while the page goes on.
   * export async function segments(voice: VoiceDetector, recording: Float32Array, signal: AbortSignal) {
   *   const { segments } = await voice.detectAsync(recording, { signal });
   *   return segments.map(({ start, end }) => recording.subarray(start, end));
   * }
   * ```
   */
  async detectAsync(samples: RealArray, options?: AsyncOptions<WorkProgress>): Promise<Speech> {
    const operation = 'VoiceDetector.detectAsync';
    const given = check.options(operation, options, asyncKeys);
    const read = realArray(operation, 'samples', samples);
    this.reset();
    const heard = await runLater<object, WorkProgress, Heard>(
      this.runtime,
      operation,
      given,
      (call) => this.#begin(call, read, true),
    );
    return speechOf(heard);
  }

  /**
   * The network as the bytes of a file that `load` reads, 1.2 MB; not the options. `docs/format.md` describes it.
   *
   * @throws SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import type { InferenceRoom } from 'sublinear/inference';
   *
   * // What a page can load in place of a file of ONNX: half of its bytes.
   * export function converted({ VoiceDetector }: InferenceRoom, onnx: Uint8Array): Uint8Array {
   *   using voice = VoiceDetector.fromOnnx(onnx);
   *   return voice.save();
   * }
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    const operation = 'VoiceDetector.save';
    const raw = this.use(operation);
    return saveWhole(this.runtime, operation, () => this.runtime.raw.Voice.save(raw));
  }

  #facts(operation: string): number[] {
    const { runtime } = this;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(4);
      this.use(operation).facts(at);
      return Array.from(runtime.copyF64(at, 4));
    });
  }

  #hear(operation: string, samples: RealArray, last: boolean): Heard {
    const read = realArray(operation, 'samples', samples);
    return runNow<object, WorkProgress, Heard>(this.runtime, operation, {}, (call) =>
      this.#begin(call, read, last),
    );
  }

  #begin(
    { runtime, operation, scratch }: Call<object>,
    samples: ArrayLike<number>,
    last: boolean,
  ): Begun<WorkProgress, Heard> {
    const raw = this.use(operation);
    const count = samples.length;
    const chunks = raw.chunks(count, last);
    const from = scratch.bytes(4 * count);
    const out = scratch.bytes(4 * chunks);
    runtime.f32.set(samples, from / 4);
    runtime.check(operation, raw.begin(from, count, last, out, chunks));
    const kept = recent.get(this);
    // The first samples of a stream: one that was aborted is forgotten.
    if (this.position === count) kept?.clear();
    kept?.add(runtime.copyF32(from, count));
    const result = (): Heard => ({
      probabilities: runtime.copyF32(out, chunks),
      events: this.#events(operation, last),
    });
    return { raw, holds: [this], result };
  }

  #events(operation: string, last: boolean): VoiceEvent[] {
    const { runtime } = this;
    const raw = this.use(operation);
    const waiting = this.#facts(operation)[0] as number;
    const numbers = runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(3 * waiting);
      raw.takeEvents(at, waiting, runtime.out);
      return runtime.copyF64(at, 3 * waiting);
    });
    const kept = recent.get(this);
    const events = Array.from({ length: waiting }, (_, i): VoiceEvent => {
      const [kind, start, end] = numbers.subarray(3 * i, 3 * i + 3) as unknown as number[];
      const place = { start: start as number, end: end as number };
      if (kind === 1) return { kind: 'speechStart', start: place.start, at: place.end };
      const samples = kept?.between(place.start, place.end);
      return { kind: 'speechEnd', ...place, ...(samples && { samples }) };
    });
    if (last) kept?.clear();
    const open = events.at(-1);
    kept?.forget(open?.kind === 'speechStart' ? open.start : undefined, events.length > 0);
    return events;
  }
}

function speechOf({ probabilities, events }: Heard): Speech {
  const segments = events.flatMap((event) =>
    event.kind === 'speechEnd' ? [{ start: event.start, end: event.end }] : [],
  );
  return { probabilities, segments };
}
