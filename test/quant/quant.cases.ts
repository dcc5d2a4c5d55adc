// One table of cases for the quantisers through both doors, against their definitions.
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

export interface QuantDoor {
  int8: (vectors: Float32Array, dimension: number) => { codes: number[]; scales: Float32Array };
  back: (codes: number[], scales: Float32Array) => Float32Array;
  binary: (vectors: Float32Array, dimension: number) => number[];
  half: (values: Float32Array) => number[];
  full: (bits: number[]) => Float32Array;
}

export const doors: RoomDoors<'quant', QuantDoor> = {
  room: 'quant',
  bundle: 'vector',
  variants: ['scalar', 'simd', 'relaxed'],
  embind: (room) => ({
    int8(vectors, dimension) {
      const { codes, scales } = room.quantizeInt8(vectors, { dimension });
      return { codes: Array.from(codes), scales };
    },
    back: (codes, scales) => room.dequantizeInt8({ codes: Int8Array.from(codes), scales }),
    binary: (vectors, dimension) => Array.from(room.binarize(vectors, { dimension })),
    half: (values) => Array.from(room.toFloat16(values)),
    full: (bits) => room.fromFloat16(Uint16Array.from(bits)),
  }),
  raw: rawQuant,
};

function rawQuant(module: RawModule): QuantDoor {
  const { call } = module;
  const bytesAt = (address: number, length: number) =>
    new Uint8Array(module.view().buffer.slice(address, address + length));
  return {
    int8(vectors, dimension) {
      const count = vectors.length / dimension;
      const out = [new Uint8Array(vectors.length), new Float32Array(count)];
      return module.with([vectors, ...out], (from, codes, scales) => {
        module.check(call.sl_abi_int8_encode!(from!, count, dimension, codes!, scales!));
        return {
          codes: Array.from(new Int8Array(bytesAt(codes!, vectors.length).buffer)),
          scales: module.f32(scales!, count),
        };
      });
    },
    back(codes, scales) {
      const [count, dimension] = [scales.length, codes.length / scales.length];
      const data = Uint8Array.from(codes, (code) => code & 255);
      return module.with([data, scales, new Float32Array(codes.length)], (from, scale, to) => {
        module.check(call.sl_abi_int8_decode!(from!, scale!, count, dimension, to!));
        return module.f32(to!, codes.length);
      });
    },
    binary(vectors, dimension) {
      const bytes = Math.floor(vectors.length / 8);
      return module.with([vectors, new Uint8Array(bytes)], (from, to) => {
        module.check(call.sl_abi_binary_encode!(from!, vectors.length / dimension, dimension, to!));
        return Array.from(bytesAt(to!, bytes));
      });
    },
    half: (values) =>
      module.with([values, new Uint8Array(2 * values.length)], (from, to) => {
        call.sl_abi_float16_encode!(from!, values.length, to!);
        return Array.from(new Uint16Array(bytesAt(to!, 2 * values.length).buffer));
      }),
    full: (bits) =>
      module.with(
        [new Uint8Array(Uint16Array.from(bits).buffer), new Float32Array(bits.length)],
        (from, to) => {
          call.sl_abi_float16_decode!(from!, bits.length, to!);
          return module.f32(to!, bits.length);
        },
      ),
  };
}

function numbers(count: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => (next() - 0.5) * 10 ** Math.floor(next() * 6));
}

export const cases: Case<QuantDoor>[] = [
  ...[1, 2, 15, 16, 17, 384].map(
    (dimension): Case<QuantDoor> => ({
      name: `int8, dimension ${dimension}: within half a step, and back`,
      run(door) {
        const { codes, scales } = door.int8(numbers(5 * dimension, dimension), dimension);
        return { codes, scales, back: door.back(codes, scales) };
      },
      check({
        codes,
        scales,
        back,
      }: {
        codes: number[];
        scales: Float32Array;
        back: Float32Array;
      }) {
        const vectors = numbers(5 * dimension, dimension);
        for (const [i, x] of vectors.entries()) {
          const scale = scales[Math.floor(i / dimension)]!;
          expect(Math.abs(codes[i]!)).toBeLessThanOrEqual(126);
          expect(Math.abs(x - codes[i]! * scale)).toBeLessThanOrEqual(scale * 0.5001);
          expect(back[i]).toBe(Math.fround(scale * codes[i]!));
        }
      },
    }),
  ),
  {
    name: 'binary: the signs, first element in the lowest bit',
    run: (door) => door.binary(numbers(240, 3), 24),
    check(bits: number[]) {
      const vectors = numbers(240, 3);
      const expected = Array.from({ length: 30 }, (_, byte) =>
        Array.from({ length: 8 }, (_, i) => (vectors[8 * byte + i]! > 0 ? 2 ** i : 0)).reduce(
          (a, b) => a + b,
        ),
      );
      expect(bits).toEqual(expected);
    },
  },
  {
    name: 'float16: every bit pattern there and back',
    run(door) {
      const all = Array.from({ length: 65536 }, (_, i) => i);
      const full = door.full(all);
      return { full, back: door.half(full) };
    },
    check({ full, back }: { full: Float32Array; back: number[] }) {
      for (let bits = 0; bits < 65536; bits++) {
        const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
        if (exponent === 31 && fraction > 0) {
          expect(full[bits]).toBeNaN();
          continue;
        }
        const magnitude =
          exponent === 31
            ? Number.POSITIVE_INFINITY
            : exponent === 0
              ? fraction * 2 ** -24
              : (1024 + fraction) * 2 ** (exponent - 25);
        if (full[bits] !== (bits >> 15 ? -magnitude : magnitude))
          expect(full[bits]).toBe(magnitude);
        if (back[bits] !== bits) expect(back[bits]).toBe(bits);
      }
    },
  },
  {
    name: 'float16: halves go to even, too large becomes infinite',
    run: (door) => door.half(Float32Array.of(2049, 2051, 65519, 65520, 2 ** -25, 3 * 2 ** -25)),
    check: (bits: number[]) => expect(bits).toEqual([0x6800, 0x6802, 0x7bff, 0x7c00, 0, 2]),
  },
  {
    name: 'nothing, zeros, and what is refused',
    run: (door) => [
      door.int8(new Float32Array(0), 4),
      door.int8(new Float32Array(4), 4),
      door.binary(new Float32Array(0), 8),
      door.half(new Float32Array(0)),
      attempt(() => door.int8(Float32Array.of(1, 2, 3, Number.NaN), 2)),
      attempt(() => door.binary(Float32Array.of(1, 2, 3, 4), 4)),
      attempt(() => door.binary(new Float32Array(8).fill(Number.POSITIVE_INFINITY), 8)),
      attempt(() => door.back([1, 2], Float32Array.of(Number.NaN))),
    ],
    check: (result: unknown[]) =>
      expect(result).toEqual([
        { codes: [], scales: new Float32Array(0) },
        { codes: [0, 0, 0, 0], scales: Float32Array.of(0) },
        [],
        [],
        { refused: 'NOT_FINITE', argument: 'vectors', at: 1 },
        { refused: 'SHAPE', argument: 'dimension', at: -1 },
        { refused: 'NOT_FINITE', argument: 'vectors', at: 0 },
        { refused: 'NOT_FINITE', argument: 'scales', at: 0 },
      ]),
  },
];
