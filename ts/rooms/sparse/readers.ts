// Making matrices from arrays, and the readers of files of matrices, wherever they come from.
import { makers as heldMakers, readers as heldReaders } from '#readers/sparse';
import type { Part } from '../../runtime/later.js';
import type { arrays } from './arrays.js';
import type { reading } from './reading.js';

// Typed by the source: where dist/ is asked what the platform has, its classes are others.
export const readers = heldReaders as unknown as Part<typeof reading>;

/** What the modules bring that have the class; in a page others only get the matrix of a graph. */
export const makers = heldMakers as unknown as Part<{
  arrays: typeof arrays;
  readers: Part<typeof reading>;
}>;
