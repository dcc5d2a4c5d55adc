// Files of GGUF for tests.
import { joined } from './silero.js';

const encoder = new TextEncoder();
const u32 = (...ns: number[]) => new Uint8Array(Uint32Array.from(ns).buffer);
const u64 = (...ns: number[]) => new Uint8Array(BigUint64Array.from(ns, BigInt).buffer);
const text = (value: string) => joined([u64(value.length), encoder.encode(value)]);
const padded = (bytes: Uint8Array) => joined([bytes, new Uint8Array(-bytes.length & 31)]);
const f32 = (...xs: number[]) => new Uint8Array(Float32Array.from(xs).buffer);

/** A value of an entry, with its type before it: a text, a whole number, or bytes that say it all. */
type Value = string | number | Uint8Array;

const entry = (key: string, value: Value) =>
  joined([
    text(key),
    ...(typeof value === 'string'
      ? [u32(8), text(value)]
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? [u32(4, value)]
          : [u32(6), f32(value)]
        : [value]),
  ]);

/** A tensor: its type, its dimensions as GGUF has them (the first one contiguous), its bytes. */
export type GgufTensor = readonly [
  name: string,
  type: number,
  dims: readonly number[],
  data: Uint8Array,
];

export function ggufOf(
  said: Record<string, Value>,
  tensors: readonly GgufTensor[],
): Uint8Array<ArrayBuffer> {
  let at = 0;
  const places = tensors.map(([name, type, dims, data]) => {
    const place = joined([text(name), u32(dims.length), u64(...dims), u32(type), u64(at)]);
    at += (data.length + 31) & ~31;
    return place;
  });
  const entries = Object.entries(said).map(([key, value]) => entry(key, value));
  const head = joined([
    ...[encoder.encode('GGUF'), u32(3), u64(tensors.length, entries.length)],
    ...entries,
    ...places,
  ]);
  return joined([padded(head), ...tensors.map(([, , , data]) => padded(data))]);
}

/** A file with a tensor of each type, and entries of each kind. */
export function gguf(): Uint8Array<ArrayBuffer> {
  return ggufOf(
    {
      'general.name': 'tiny',
      layers: 7,
      large: joined([u32(10), new Uint8Array(BigUint64Array.of(2n ** 63n).buffer)]),
      true: joined([u32(7), Uint8Array.of(1)]),
      words: joined([u32(9, 8), u64(2), text('one'), text('')]),
      numbers: joined([u32(9, 6), u64(2), f32(0.5, 2)]),
    },
    [
      ['whole', 0, [3, 2], f32(1, -2, 0.5, 4, 5, -6)],
      ['half', 1, [2], Uint8Array.of(0, 0x3c, 0, 0xc0)],
      ['brain', 30, [1], Uint8Array.of(0x49, 0x40)],
      ['q8', 8, [32], Uint8Array.from([0, 0x38, ...Array.from({ length: 32 }, (_, i) => i)])],
      [
        'q4',
        2,
        [32],
        Uint8Array.from([0, 0x34, ...Array.from({ length: 16 }, (_, i) => i | 0x80)]),
      ],
    ],
  );
}
