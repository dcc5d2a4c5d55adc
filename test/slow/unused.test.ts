// Files, exports and dependencies that nothing uses (`npm run check:unused`), and settings of that check that are not needed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('nothing lies about unused', () => {
  const flags = ['--no-progress', '--treat-config-hints-as-errors'];
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/knip/bin/knip.js', ...flags],
    { cwd: root, encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
