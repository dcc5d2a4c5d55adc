// The readers of files of matrices, wherever they come from.
import { readers as held } from '#readers/sparse';
import type { Part } from '../../runtime/later.js';
import type { reading } from './reading.js';

// Typed by the source: where dist/ is asked what the platform has, its classes are others.
export const readers = held as unknown as Part<typeof reading>;
