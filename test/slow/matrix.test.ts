// The cells of the matrix that need nothing but what is installed already, through its own driver, so that it cannot rot.
// `npm run test:matrix` runs all of them.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const driver = (...args: string[]) =>
  run(process.execPath, ['--import', 'tsx', 'test/matrix/run.ts', ...args], { cwd: root }).catch(
    (failed) => failed,
  );

test('the matrix runs its cells from the packed package', async () => {
  const cells = ['node', 'no-eval', 'require', 'ssr', 'types-node16-plain'];
  const { stdout, stderr } = await driver(...cells.map((name) => `=${name}`));
  for (const name of cells) expect(stdout + stderr).toMatch(new RegExp(`^${name} +works`, 'm'));
  expect(stdout).toMatch(/^matrix: 5 passed, 0 failed$/m);
});
