// Modules for the tests, byte by byte: WebAssembly's binary format, written as short as it goes.

const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
const text = (word: string): number[] => {
  const bytes = [...new TextEncoder().encode(word)];
  return [...leb(bytes.length), ...bytes];
};
const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];

export interface Sketch {
  /** Bodies of functions of no parameter and, as `type` says, no result: locals and instructions. */
  bodies: number[][];
  /** Type of all functions, as bytes behind 0x60. */
  type?: number[];
  /** Sections by their numbers. */
  sections?: Record<number, number[]>;
}

/** A module whose functions are exported as f0, f1, ... */
export function moduleOf({
  bodies,
  type = [0, 0],
  sections = {},
}: Sketch): Uint8Array<ArrayBuffer> {
  const count = bodies.length;
  const usual: Record<number, number[]> = {
    1: [1, 0x60, ...type],
    3: [count, ...bodies.map(() => 0)],
    5: [1, 0, 1],
    7: [count, ...bodies.flatMap((_, i) => [...text(`f${i}`), 0, i])],
    10: [count, ...bodies.flatMap((body) => [...leb(body.length), ...body])],
  };
  const all = { ...usual, ...sections };
  const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
  return Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...order.flatMap((id) => (all[id] === undefined ? [] : section(id, all[id]))),
  ]);
}

/** loop { br 0 } */
export const endless = moduleOf({ bodies: [[0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]] });

/**
 * Counts up in memory: i32 at 0 is written before each turn, so that what is left in memory says where it stopped.
 * local 0 = counter; loop { i32.store(0, counter); counter += 1; br_if counter < 1000000 }
 */
export const counting = moduleOf({
  bodies: [
    [
      ...[1, 1, 0x7f],
      ...[0x03, 0x40],
      ...[0x41, 0, 0x20, 0, 0x36, 2, 0],
      ...[0x20, 0, 0x41, 1, 0x6a, 0x22, 0],
      ...[0x41, 0xc0, 0x84, 0x3d, 0x49, 0x0d, 0],
      ...[0x0b, 0x0b],
    ],
  ],
});
