// The types, as a user's compiler sees them: each way of resolving modules, with and without the lib that has `Disposable`,
// and with the checks of declaration files on.
import { cp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Cell, exec } from '../support/cell.js';
import { root } from '../support/tools.js';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const modules = { bundler: 'ESNext', node16: 'Node16', nodenext: 'NodeNext' };
const libs = {
  disposable: ['ES2022', 'DOM', 'ESNext.Disposable'],
  plain: ['ES2022', 'DOM'],
};

export const cells: Cell[] = Object.entries(modules).flatMap(([moduleResolution, module]) =>
  Object.entries(libs).map(([which, lib]): Cell => {
    const name = `types-${moduleResolution}-${which}`;
    return {
      name,
      title: `\`moduleResolution: ${moduleResolution}\`, ${which === 'plain' ? 'without' : 'with'} the \`Disposable\` lib`,
      group: 'Types',
      async run({ scratch }) {
        const folder = await scratch(name);
        await cp(join(root, 'test/support/types.ts.txt'), join(folder, 'program.ts'));
        const compilerOptions = {
          ...{ target: 'ES2022', module, moduleResolution, lib, types: [], noEmit: true },
          ...{ strict: true, skipLibCheck: false, allowJs: false },
        };
        await writeFile(
          join(folder, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, files: ['program.ts'] }),
        );
        await exec(folder, process.execPath, [tsc, '-p', '.']);
        const { stdout } = await exec(folder, process.execPath, [tsc, '--version']);
        return { by: stdout.trim().replace('Version', 'TypeScript'), report: null };
      },
    };
  }),
);
