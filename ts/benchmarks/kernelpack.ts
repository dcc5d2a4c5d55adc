// Benchmark cases of kernelpack.

import type { KernelpackRoom } from '../rooms/kernelpack/kernelpack.js';
import type { Case } from './case.js';

/** Functions of so many additions, each in a loop: a module as large as one of many kernels. */
function moduleOf(functions: number): Uint8Array {
  const leb = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
  const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
  const adding = Array.from({ length: 20 }, () => [0x20, 0, 0x41, 1, 0x6a, 0x21, 0]).flat();
  const body = [0, 0x03, 0x40, ...adding, 0x20, 0, 0x0d, 0, 0x0b, 0x0b];
  const all = Array.from({ length: functions }, () => [...leb(body.length), ...body]).flat();
  return Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(3, [...leb(functions), ...Array.from({ length: functions }, () => 0)]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [...leb(functions), ...all]),
  ]);
}

export const benchmarks: Record<'meter', Case<KernelpackRoom>> = {
  // Decodes a module of so many functions, and writes its metered copy.
  meter: {
    defaultSize: 200,
    prepare({ meter }, size) {
      const wasm = moduleOf(size);
      return { run: () => meter(wasm), operations: 0, bytes: 3 * wasm.length, dispose: () => {} };
    },
  },
};
