// The voice detector and files of weights as TypeScript users meet them. What both doors share is in voice.cases.ts.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { VoiceEvent } from 'sublinear/inference';
import { describe, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { inRoom } from '../support/in-room.js';
import { refusalOf } from '../support/refused.js';
import { gguf } from './gguf.js';
import { silero, sound } from './silero.js';
import { spoken } from './spoken.js';
import { cases, doors } from './voice.cases.js';

describeCases(doors, cases);

const own = inRoom('inference');
const bad = (value: unknown) => value as never;
const of = (call: () => unknown) => {
  const { code, argument } = refusalOf(call);
  return `${code} ${argument}`;
};

describe('the voice detector', () => {
  test('a recording, a stream and slices give the same', async () => {
    using voice = own.room.VoiceDetector.fromOnnx(silero(), { threshold: 0.8, minSpeechMs: 20 });
    const samples = sound(40).subarray(0, 40 * 512 - 99);
    const { probabilities, segments } = voice.detect(samples);
    expect(probabilities.length).toBe(40);
    expect(segments.length).toBeGreaterThan(0);
    expect(await voice.detectAsync(samples)).toEqual({ probabilities, segments });
    expect(voice.position).toBe(0);
    const events: VoiceEvent[] = [];
    for (let at = 0; at < samples.length; at += 128) {
      const started = voice.speaking;
      const heard = voice.process(samples.subarray(at, at + 128));
      events.push(...heard.events);
      expect(voice.speaking).toBe(heard.events.length % 2 === 0 ? started : !started);
      const chunks = Math.floor(Math.min(at + 128, samples.length) / 512) - Math.floor(at / 512);
      expect(heard.probabilities.length).toBe(chunks);
    }
    events.push(...voice.finish().events);
    const ends = events.filter((event) => event.kind === 'speechEnd');
    expect(ends.map(({ start, end }) => ({ start, end }))).toEqual(segments);
    expect(events.length).toBe(2 * ends.length);
    expect(voice.speaking).toBe(false);
  });

  test('the samples of speech come with its end', () => {
    const options = { threshold: 0.8, minSpeechMs: 20, minSilenceMs: 0, samples: true };
    using voice = own.room.VoiceDetector.fromOnnx(silero(), options);
    const samples = sound(60);
    for (let stream = 0; stream < 2; stream++) {
      let ends = 0;
      for (let at = 0; at <= samples.length; at += 1000) {
        const part = samples.subarray(at, at + 1000);
        const { events } = at + 1000 > samples.length ? voice.finish(part) : voice.process(part);
        for (const event of events)
          if (event.kind === 'speechEnd') {
            ends++;
            expect(event.samples).toEqual(samples.slice(event.start, event.end));
          }
      }
      expect(ends).toBeGreaterThan(2);
    }
  });

  test('can be aborted, and begins anew', async () => {
    using voice = own.room.VoiceDetector.fromOnnx(silero(), { samples: true });
    const controller = new AbortController();
    const running = voice.detectAsync(sound(2000), {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(of(() => voice.process(sound(1)))).toMatch(/^BUSY/);
    await expect(running).rejects.toThrow('enough');
    const { probabilities } = voice.process(sound(2));
    expect(voice.position).toBe(1024);
    voice.reset();
    expect(voice.detect(sound(2)).probabilities).toEqual(probabilities);
  });

  test('files: the same network, and other options', async () => {
    using voice = own.room.VoiceDetector.fromOnnx(silero());
    const file = voice.save();
    using again = await own.room.VoiceDetector.loadAsync(new Blob([file]), { threshold: 0.1 });
    expect(again.modelId).toBe(voice.modelId);
    expect(again.detect(sound(5)).probabilities).toEqual(voice.detect(sound(5)).probabilities);
    expect(again.bytesUsed).toBeLessThan(2e6);
    expect(of(() => own.room.TextEmbedder.load(file))).toBe('FORMAT bytes');
  });

  test('refuses what is wrong', () => {
    const { VoiceDetector } = own.room;
    const file = silero();
    expect(of(() => VoiceDetector.fromOnnx(bad('a')))).toBe('TYPE bytes');
    expect(of(() => VoiceDetector.fromOnnx(file, { threshold: 2 }))).toBe('OPTION threshold');
    expect(of(() => VoiceDetector.fromOnnx(file, { release: 0.6 }))).toBe('OPTION release');
    expect(of(() => VoiceDetector.fromOnnx(file, { minSpeechMs: -1 }))).toBe('RANGE minSpeechMs');
    expect(of(() => VoiceDetector.fromOnnx(file, { samples: bad(1) }))).toBe('TYPE samples');
    expect(of(() => VoiceDetector.fromOnnx(file, bad({ pad: 1 })))).toBe('TYPE pad');
    using voice = VoiceDetector.fromOnnx(file);
    expect(of(() => voice.process(Float32Array.of(0, Number.NaN)))).toBe('NOT_FINITE samples');
    expect(of(() => voice.process(bad('a')))).toBe('TYPE samples');
  });
});

describe('files of weights', () => {
  test('GGUF: tensors and what stands beside them', () => {
    using file = own.room.WeightFile.open(gguf());
    expect(file.format).toBe('gguf');
    expect(file.names).toEqual(['brain', 'half', 'q4', 'q8', 'whole']);
    expect(file.info('whole')).toEqual({ shape: [2, 3], type: 'float32' });
    expect(file.info('q4')).toEqual({ shape: [32], type: 'q4_0' });
    expect(file.info('none')).toBeUndefined();
    expect(file.metadata()).toEqual({
      'general.name': 'tiny',
      ...{ layers: 7, large: 2n ** 63n, true: true, words: ['one', ''], numbers: [0.5, 2] },
    });
    expect(of(() => file.read('none'))).toBe('RANGE name');
    expect(of(() => file.info(bad(1)))).toBe('TYPE name');
    expect(file.bytesUsed).toBeGreaterThan(gguf().length);
  });

  test('ONNX: its constants', () => {
    using file = own.room.WeightFile.open(silero());
    expect(file.format).toBe('onnx');
    expect(file.names.length).toBe(15);
    expect(file.info('16k/stft.forward_basis_buffer')?.shape).toEqual([258, 1, 256]);
    expect(file.read('16k/decoder.decoder.2.weight').length).toBe(128);
    expect(file.metadata()).toEqual({});
    expect(() => own.room.WeightFile.open(silero('Einsum'))).toThrow(/operators of: Add Cast/);
  });
});

// The published network against ONNX Runtime, where bench/peers/neural.sh has installed both.
const folder = new URL('../../build/neural-peers/', import.meta.url);
const dist = new URL('node_modules/@ricky0123/vad-web/dist/', folder);
const installed = existsSync(dist) && existsSync(new URL('node_modules/onnxruntime-web', folder));
if (!installed)
  console.log('voice: not compared with ONNX Runtime: sh bench/peers/neural.sh installs it');
describe.skipIf(!installed)('Silero VAD', () => {
  test.each(['v5', 'v6'])('%s: 600 chunks as ONNX Runtime hears them', async (version) => {
    const file = readFileSync(new URL(`silero_vad_${version}.onnx`, dist));
    const ort = createRequire(folder)('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(file);
    const samples = spoken(600);
    using voice = own.room.VoiceDetector.fromOnnx(file);
    const { probabilities, segments } = voice.detect(samples);
    const input = new Float32Array(576);
    let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
    const sr = new ort.Tensor('int64', BigInt64Array.of(16000n), []);
    let worst = 0;
    for (let i = 0; i < 600; i++) {
      input.copyWithin(0, 512);
      input.set(samples.subarray(512 * i, 512 * i + 512), 64);
      const one = new ort.Tensor('float32', input, [1, 576]);
      const { output, stateN } = await session.run({ input: one, state, sr });
      state = stateN;
      worst = Math.max(worst, Math.abs(output.data[0] - probabilities[i]!));
    }
    await session.release();
    expect(worst).toBeLessThan(1e-5);
    expect(segments.length).toBeGreaterThan(5);
  });

  test('its older network is refused by name', () => {
    const file = readFileSync(new URL('silero_vad_legacy.onnx', dist));
    expect(() => own.room.VoiceDetector.fromOnnx(file)).toThrow(/Silero VAD v5 or v6/);
  });
});
