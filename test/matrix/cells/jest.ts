// Jest: the program as a test of a user's project. What a test has there are the arrays, errors and promises of another realm.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cell, exec, versionIn } from '../support/cell.js';
import { tools } from '../support/tools.js';

const packageOf = async (name: string) => join(await tools('jest'), 'node_modules', name);

/** Runs the program in an environment of Jest's, after a module that puts there what is missing. */
function jest(name: string, title: string, environment: string, remark: string, setup = ''): Cell {
  return {
    name,
    title,
    group: 'Policies and module systems',
    remark,
    async run({ scratch }) {
      const folder = await scratch(name);
      // As a user begins: an engine with the modules that the tests want. What is printed is Jest's, so the report is a file.
      await writeFile(
        join(folder, 'user.test.js'),
        `import { writeFileSync } from 'node:fs';
        import { createEngine, isSublinearError } from 'sublinear';
        import { program } from './program.js';
        const start = performance.now();
        test('an engine with modules', async () => {
          const engine = await createEngine({ modules: ['solver', 'hnsw'] });
          const matrix = engine.solver.SparseMatrix.fromDiagonal(new Float64Array([2, 4]));
          const { solution } = engine.solver.solve(matrix, new Float64Array([1, 1]));
          expect(Array.from(solution)).toEqual([0.5, 0.25]);
          const index = engine.hnsw.Hnsw.create({ metric: 'euclidean', dimension: 2 });
          index.add(7, new Float32Array([3, 4]));
          expect(Array.from(index.search(Float32Array.of(3, 4), { k: 1 }).ids)).toEqual([7]);
          let thrown;
          try { index.add(8, new Float32Array(3)); } catch (error) { thrown = error; }
          expect(isSublinearError(thrown)).toBe(true);
          engine.dispose();
        });
        test('the program', async () => {
          const report = await program(start);
          writeFileSync('report.json', JSON.stringify(report));
        });`,
      );
      await writeFile(join(folder, 'setup.js'), setup);
      const config = {
        rootDir: folder,
        setupFiles: ['./setup.js'],
        testEnvironment: await packageOf(environment),
        transform: {},
      };
      await writeFile(join(folder, 'jest.config.json'), JSON.stringify(config));
      await exec(folder, process.execPath, [
        '--experimental-vm-modules',
        '--no-warnings',
        join(await packageOf('jest'), 'bin/jest.js'),
        '--config',
        'jest.config.json',
        '--runInBand',
        '--no-cache',
      ]);
      return {
        by: `Jest ${await versionIn(await packageOf('jest'))}`,
        report: JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')),
      };
    },
  };
}

export const cells: Cell[] = [
  jest(
    'jest',
    'Jest',
    'jest-environment-node',
    'ES modules: `node --experimental-vm-modules node_modules/jest/bin/jest.js`.',
  ),
  jest(
    'jest-jsdom',
    'Jest with jsdom',
    'jest-environment-jsdom',
    'As above, and `TextEncoder` and `TextDecoder` of `node:util` in a setup file: jsdom has none.',
    `import { TextDecoder, TextEncoder } from 'node:util';
Object.assign(globalThis, { TextDecoder, TextEncoder });
`,
  ),
];
