// A network of the form of Silero VAD v5 with made-up numbers, as ONNX; a made-up sound. test/vectors/inference/voice.py has the same.

const tensors: readonly (readonly [name: string, shape: readonly number[], size: number])[] = [
  ['stft.forward_basis_buffer', [258, 1, 256], 0.2],
  ['encoder.0.reparam_conv.weight', [128, 129, 3], 0.1],
  ['encoder.0.reparam_conv.bias', [128], 0.3],
  ['encoder.1.reparam_conv.weight', [64, 128, 3], 0.1],
  ['encoder.1.reparam_conv.bias', [64], 0.3],
  ['encoder.2.reparam_conv.weight', [64, 64, 3], 0.2],
  ['encoder.2.reparam_conv.bias', [64], 0.3],
  ['encoder.3.reparam_conv.weight', [128, 64, 3], 0.2],
  ['encoder.3.reparam_conv.bias', [128], 0.3],
  ['decoder.rnn.weight_ih', [512, 128], 0.3],
  ['decoder.rnn.weight_hh', [512, 128], 0.3],
  ['decoder.rnn.bias_ih', [512], 0.5],
  ['decoder.rnn.bias_hh', [512], 0.5],
  ['decoder.decoder.2.weight', [1, 128, 1], 1],
  ['decoder.decoder.2.bias', [1], 0.1],
];

function made(tensor: number, count: number, size: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(tensor, 2654435761) + Math.imul(i, 2246822519) + 374761393) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 2246822519) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 3266489917) >>> 0;
    out[i] = (((x ^ (x >>> 16)) >>> 0) / 2147483648) * size - size;
  }
  return out;
}

// ---- Protocol Buffers ---------------------------------------------------------------------------

type Bytes = Uint8Array;
const encoder = new TextEncoder();

export function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
function varint(n: number): Bytes {
  const bytes: number[] = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return Uint8Array.from([...bytes, n]);
}
const number = (field: number, n: number) => joined([varint(field * 8), varint(n)]);
const block = (field: number, value: Bytes | string) => {
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  return joined([varint(field * 8 + 2), varint(bytes.length), bytes]);
};

function constant(name: string, shape: readonly number[], values: Float32Array): Bytes {
  const raw = block(9, new Uint8Array(values.buffer));
  const tensor = joined([...shape.map((n) => number(1, n)), number(2, 1), raw]);
  const attribute = joined([block(1, 'value'), block(5, tensor)]);
  return block(1, joined([block(2, name), block(4, 'Constant'), block(5, attribute)]));
}

function convolution(weights: string, stride: number, pad: number): Bytes {
  const integers = (name: string, ...ns: number[]) =>
    block(5, joined([block(1, name), ...ns.map((n) => number(8, n))]));
  const names = [block(1, 'x'), block(1, weights), block(2, 'y'), block(4, 'Conv')];
  return block(1, joined([...names, integers('pads', pad, pad), integers('strides', stride)]));
}

/** The network, or one that has an operator more. */
export function silero(operator?: string): Uint8Array<ArrayBuffer> {
  const names = tensors.map(([name]) => `16k/${name}`) as [string, ...string[]];
  return joined([
    number(1, 8),
    block(
      7,
      joined([
        ...tensors.map(([, shape, size], t) =>
          constant(
            names[t]!,
            shape,
            made(
              t,
              shape.reduce((a, b) => a * b),
              size,
            ),
          ),
        ),
        convolution(names[0], 128, 0),
        ...[1, 3, 5, 7].map((t) => convolution(names[t]!, t === 3 || t === 5 ? 2 : 1, 1)),
        convolution(names[13]!, 1, 0),
        ...(operator === undefined ? [] : [block(1, block(4, operator))]),
      ]),
    ),
  ]);
}

/** Louder and softer from chunk to chunk. */
export function sound(chunks: number): Float32Array<ArrayBuffer> {
  return made(99, chunks * 512, 1).map((x, i) => (x * ((Math.floor(i / 512) * 5) % 7)) / 8);
}
