// Sound files (WAVE, RIFF): one channel of numbers from -1 to 1. Sources: IBM and Microsoft, "Multimedia programming interface
// and data specifications 1.0" (1991); RFC 2361.
import { CliError } from './terminal.js';

export interface Wave {
  rate: number;
  /** The mean of the channels. */
  samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface Format {
  kind: number;
  channels: number;
  rate: number;
  bits: number;
}

/** Reads the element at a byte, by kind and bits. */
const readers: Readonly<Record<string, (v: DataView, at: number) => number>> = {
  [`${PCM} 8`]: (v, at) => (v.getUint8(at) - 128) / 128,
  [`${PCM} 16`]: (v, at) => v.getInt16(at, true) / 32768,
  [`${PCM} 24`]: (v, at) => (v.getUint16(at, true) + v.getInt8(at + 2) * 65536) / 8388608,
  [`${PCM} 32`]: (v, at) => v.getInt32(at, true) / 2147483648,
  [`${FLOAT} 32`]: (v, at) => v.getFloat32(at, true),
  [`${FLOAT} 64`]: (v, at) => v.getFloat64(at, true),
};

export function readWave(name: string, bytes: Uint8Array): Wave {
  const wrong = (expected: string) => new CliError(`${name}: expected ${expected}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) =>
    bytes.length < at + 4 ? '' : String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw wrong('a WAVE file');
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    // Programs that write to a pipe leave the length of the data open.
    const length = Math.min(view.getUint32(at + 4, true), bytes.length - at - 8);
    const data = at + 8;
    if (tag(at) === 'fmt ' && length >= 16) {
      const kind = view.getUint16(data, true);
      format = {
        kind: kind === EXTENSIBLE && length >= 26 ? view.getUint16(data + 24, true) : kind,
        channels: view.getUint16(data + 2, true),
        rate: view.getUint32(data + 4, true),
        bits: view.getUint16(data + 14, true),
      };
    }
    if (tag(at) === 'data') {
      const { kind, channels, rate, bits } = format ?? { kind: 0, channels: 0, rate: 0, bits: 0 };
      const read = readers[`${kind} ${bits}`];
      if (read === undefined || channels === 0)
        throw wrong('samples of 8, 16, 24 or 32 bits, or floating-point numbers');
      const each = (channels * bits) / 8;
      const samples = new Float32Array(Math.floor(length / each));
      for (let i = 0; i < samples.length; i++) {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += read(view, data + i * each + (c * bits) / 8);
        samples[i] = sum / channels;
      }
      return { rate, samples };
    }
    at = data + length + (length % 2);
  }
  throw wrong('a WAVE file with sound in it');
}
