// What whoever imports the entry of this module has from the start: service workers, where it would be needed, import nothing
// later.
import { beginFactoring } from './factoring.js';
import { loadSolverAsync } from './file-coming.js';
import { factoring, readers } from './readers.js';

export function bring(): void {
  readers.give({ loadSolverAsync });
  factoring.give({ beginFactoring });
}
