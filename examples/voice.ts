// Who speaks when: a made-up sound, heard 8 ms at a time as a microphone gives it, with the events that a program reacts to. With a
// network of sh bench/peers/neural.sh, or one that `npx sublinear model` wrote, in SUBLINEAR_VOICE.
// examples/voice/ does the same with a microphone in a page.
//
//   npx tsx examples/voice.ts
import { existsSync, readFileSync } from 'node:fs';
import { load, type VoiceEvent } from 'sublinear/inference';

const { VoiceDetector } = await load();
const RATE = 16_000;

function detector() {
  const file = process.env.SUBLINEAR_VOICE;
  if (file !== undefined) return VoiceDetector.load(readFileSync(file));
  const name = 'build/neural-peers/node_modules/@ricky0123/vad-web/dist/silero_vad_v6.onnx';
  const url = new URL(`../${name}`, import.meta.url);
  return existsSync(url) ? VoiceDetector.fromOnnx(readFileSync(url)) : undefined;
}

/** Pulses of a voice of 120 Hz through two resonances, for the first 1.2 of every 2 seconds; some noise always. */
function sound(seconds: number): Float32Array {
  const out = new Float32Array(seconds * RATE);
  const past = [0, 0, 0, 0] as [number, number, number, number];
  for (let i = 0; i < out.length; i++) {
    const t = i / RATE;
    const loud = t % 2 < 1.2 ? Math.abs(Math.sin(Math.PI * 5 * t)) : 0;
    let x = i % Math.round(RATE / (120 + 15 * Math.sin(3 * t))) === 0 ? loud : 0;
    for (const [k, frequency] of [
      600 + 200 * Math.sin(9 * t),
      1400 + 500 * Math.sin(7 * t),
    ].entries()) {
      const [last, before] = [past[2 * k]!, past[2 * k + 1]!];
      const y = x + 1.96 * Math.cos((2 * Math.PI * frequency) / RATE) * last - 0.96 * before;
      past[2 * k + 1] = last;
      past[2 * k] = y;
      x = y;
    }
    out[i] = 0.02 * x + 0.0005 * Math.sin(i * i);
  }
  return out;
}

const voice = detector();
if (voice === undefined) {
  console.log('no network: sh bench/peers/neural.sh installs it');
} else {
  const tell = (events: VoiceEvent[]) => {
    for (const event of events)
      if (event.kind === 'speechEnd')
        console.log(
          `speech from ${(event.start / RATE).toFixed(2)} to ${(event.end / RATE).toFixed(2)} s`,
        );
  };
  const samples = sound(10);
  const started = performance.now();
  for (let at = 0; at < samples.length; at += 128)
    tell(voice.process(samples.subarray(at, at + 128)).events);
  tell(voice.finish().events);
  const ms = performance.now() - started;
  console.log(`10 s of sound in ${ms.toFixed(0)} ms, ${(voice.bytesUsed / 1e6).toFixed(1)} MB`);
  voice.dispose();
}
