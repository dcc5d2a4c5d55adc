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

// It packs and installs with npm.
const patient = { timeout: 240_000 };

test('the matrix runs its cells from the packed package', patient, async () => {
  const cells = ['node', 'no-eval', 'require', 'ssr', 'types-node16-plain'];
  const { stdout, stderr } = await driver(...cells.map((name) => `=${name}`));
  for (const name of cells) expect(stdout + stderr).toMatch(new RegExp(`^${name} +works`, 'm'));
  expect(stdout).toMatch(/^matrix: 5 passed, 0 failed$/m);
});

test('the matrix refuses a name that it does not know', async () => {
  const { stderr, code } = await driver('bakery');
  expect(code).toBe(1);
  expect(stderr).toContain('no cell is called bakery');
});
