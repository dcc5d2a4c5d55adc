// The parts of this module that a page fetches when they are first needed, wherever they come from.
import { factoring as heldFactoring, readers as heldReaders } from '#readers/solver';
import type { Part } from '../../runtime/later.js';
import type * as code from './factoring.js';
import type * as reading from './file-coming.js';

// Typed by the source: where dist/ is asked what the platform has, its classes are others.
export const readers = heldReaders as unknown as Part<typeof reading>;

/** Solving by a factorisation: wanted where the module that makes factorisations is loaded too. */
export const factoring = heldFactoring as unknown as Part<typeof code>;
