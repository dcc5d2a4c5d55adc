// Making matrices from arrays and from files, wherever it comes from.
import { makers as held } from '#makers/sparse';
import type { Part } from '../../runtime/later.js';
import type { arrays } from './arrays.js';
import type { readers } from './readers.js';

/** What the modules bring that have the class; in a page others only get the matrix of a graph. */
export const makers = held as unknown as Part<{ arrays: typeof arrays; readers: typeof readers }>;
