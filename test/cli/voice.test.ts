// sublinear voice, and sublinear model of a file of ONNX: a made-up network, sound in WAVE files.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silero, sound } from '../inference/silero.js';
import { folder, sublinear } from '../support/cli.js';

/** A WAVE file. `kind`: 1 integers, 3 floating-point numbers. */
function wave(
  samples: Float32Array,
  { kind = 1, bits = 16, channels = 1, rate = 16_000, name = 'data' } = {},
): Uint8Array {
  const length = (samples.length * channels * bits) / 8;
  const view = new DataView(new ArrayBuffer(44 + length));
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i));
  };
  text(0, 'RIFF');
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, kind, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint16(34, bits, true);
  text(36, name);
  view.setUint32(40, length, true);
  samples.forEach((x, i) => {
    for (let c = 0; c < channels; c++) {
      // Channels whose mean is the sample.
      const y = channels === 1 ? x : c === 0 ? 1.5 * x : 0.5 * x;
      const at = 44 + ((i * channels + c) * bits) / 8;
      if (kind === 3) view.setFloat32(at, y, true);
      else if (bits === 8) view.setUint8(at, Math.round(y * 127) + 128);
      else if (bits === 16) view.setInt16(at, Math.round(y * 32767), true);
      else view.setInt32(at, Math.round(y * 2147483647), true);
    }
  });
  return new Uint8Array(view.buffer);
}

const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const samples = sound(40);

test('a network is converted, and recordings are listened to', async () => {
  mkdirSync(join(folder, 'vad-web/dist'), { recursive: true });
  put('vad-web/dist/silero_vad_v6.onnx', silero());
  const made = await sublinear(['model', 'vad-web', '-o', 'voice.slv', '--json']);
  expect(made.code).toBe(0);
  const about = JSON.parse(made.stdout);
  expect(about.bytesWritten).toBe(readFileSync(join(folder, 'voice.slv')).length);
  put('a.wav', wave(samples));
  put('b.wav', wave(samples, { kind: 3, bits: 32, channels: 2 }));
  put('c.wav', wave(samples, { bits: 8 }));
  put('d.wav', wave(samples, { bits: 32 }));
  const options = ['--threshold', '0.8', '--min-speech', '20', '--padding', '0'];
  const args = ['voice', 'voice.slv', 'a.wav', 'b.wav', ...options];
  const { code, stdout } = await sublinear(args);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatch(/^\d\.\d{3} {2}\d\.\d{3} {2}[ab]\.wav$/);
  const json = await sublinear([
    ...['voice', 'vad-web/dist/silero_vad_v6.onnx', 'a.wav', 'b.wav', 'c.wav', 'd.wav'],
    ...['--probabilities', '--json', ...options],
  ]);
  const found = JSON.parse(json.stdout);
  expect(found.modelId).toBe(about.modelId);
  const [first, ...others] = found.files.map((f: { probabilities: number[] }) => f.probabilities);
  expect(first.length).toBe(40);
  for (const [i, other] of others.entries())
    for (const [j, p] of other.entries())
      expect(Math.abs(p - first[j])).toBeLessThan(i === 1 ? 0.2 : 1e-3);
  expect(found.files[0].seconds).toBeCloseTo(1.28, 6);
  const plain = await sublinear(['voice', 'voice.slv', 'a.wav', '--probabilities', '--quiet']);
  expect(plain.stdout.trimEnd().split('\n').length).toBe(40);
});

test('what is no network, and no recording', async () => {
  put('net.onnx', silero());
  put('no.onnx', new Uint8Array(40));
  put('fast.wav', wave(samples, { rate: 44_100 }));
  put('law.wav', wave(samples, { kind: 7 }));
  put('empty.wav', wave(samples, { name: 'what' }));
  put('text.wav', new TextEncoder().encode('text'));
  const refused = async (...args: string[]) => {
    const { code, stderr } = await sublinear(args);
    return `${code} ${stderr}`;
  };
  expect(await refused('model', 'no.onnx', '-o', 'x.slv')).toMatch(/^2 .*no\.onnx/);
  expect(await refused('model', 'net.onnx', '-o', 'x.slv', '--distil')).toMatch(/^2 .*--distil/);
  expect(await refused('voice', 'no.onnx', 'fast.wav')).toMatch(/^2 .*no\.onnx/);
  expect(await refused('voice', 'net.onnx', 'fast.wav')).toMatch(/^2 .*ffmpeg -i fast\.wav/);
  expect(await refused('voice', 'net.onnx', 'law.wav')).toMatch(/^2 .*law\.wav: expected samples/);
  expect(await refused('voice', 'net.onnx', 'empty.wav')).toMatch(/^2 .*with sound in it/);
  expect(await refused('voice', 'net.onnx', 'text.wav')).toMatch(/^2 .*text\.wav: expected a WAVE/);
  expect(await refused('voice', 'net.onnx', 'none.wav')).toMatch(/^[23] .*none\.wav: /);
  expect(await refused('voice', 'net.onnx')).toMatch(/^2 .*files/);
});
