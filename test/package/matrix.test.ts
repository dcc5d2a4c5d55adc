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

test('the matrix refuses a name that it does not know', async () => {
  const { stderr, code } = await driver('bakery');
  expect(code).toBe(1);
  expect(stderr).toContain('no cell is called bakery');
});
