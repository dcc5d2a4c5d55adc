// The worker engine where it is most often wanted: the cells of runtimes, browsers and bundlers, with another program.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell } from '../support/cell.js';
import { cells as browserCells } from './browsers.js';
import { cells as bundlerCells } from './bundlers.js';
import { cells as runtimeCells } from './runtimes.js';

const known = [...runtimeCells, ...browserCells, ...bundlerCells];

/** A known cell whose program asks an engine in a worker. */
function inWorker(name: string, differences: Partial<Pick<Cell, 'refusal' | 'remark'>> = {}): Cell {
  const cell = known.find((each) => each.name === name);
  if (cell === undefined) throw new Error(`no cell is called ${name}`);
  return {
    name: `worker-${name}`,
    title: cell.title,
    group: 'Worker engine',
    ...differences,
    run: (context) =>
      cell.run({
        ...context,
        async scratch(folderName) {
          const folder = await context.scratch(`worker-${folderName}`);
          await copyFile(join(folder, 'threads.js'), join(folder, 'program.js'));
          return folder;
        },
      }),
  };
}

export const cells: Cell[] = [
  inWorker('node'),
  inWorker('deno'),
  inWorker('bun'),
  inWorker('workerd', { refusal: /this runtime has no workers: use createEngine\(\)/ }),
  inWorker('chromium'),
  inWorker('firefox'),
  inWorker('webkit'),
  inWorker('vite8-build'),
  inWorker('vite8-dev'),
  inWorker('vite5-dev'),
  inWorker('webpack'),
  inWorker('esbuild'),
  inWorker('esbuild-node'),
];
