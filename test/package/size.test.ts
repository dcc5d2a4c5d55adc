// The limits stand in .size-limit.mjs; `npm run size` prints the whole table.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Measure {
  name: string;
  size: number;
  sizeLimit?: number;
  passed?: boolean;
}

// Its exit code is 1 when a limit is passed; what it measured is printed all the same.
const { stdout } = spawnSync(process.execPath, ['node_modules/size-limit/bin.js', '--json'], {
  cwd: root,
  encoding: 'utf8',
});
const limited = (JSON.parse(stdout) as Measure[]).filter(
  (measure) => measure.sizeLimit !== undefined,
);

test('modules and every entry of the package have budgets', () => {
  const names = limited.map((measure) => measure.name);
  expect(names).toEqual(
    expect.arrayContaining([
      'wasm/solver.scalar.wasm raw',
      'wasm/solver.simd.wasm raw',
      'raw/solver.simd.wasm raw',
    ]),
  );
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const files = readdirSync(`${root}dist/bundle`).filter((file) => file.endsWith('.js'));
  const entries = Object.values<{ default?: string }>(exports).flatMap(({ default: file }) =>
    file === undefined
      ? []
      : file.includes('*')
        ? files.map((name) => `bundle/${name}`)
        : [file.replace('./dist/', '')],
  );
  for (const entry of entries)
    for (const measure of ['raw', 'gzip', 'brotli']) expect(names).toContain(`${entry} ${measure}`);
});

test.each(limited)('$name is within $sizeLimit bytes', ({ size, sizeLimit }) => {
  expect(size).toBeLessThanOrEqual(sizeLimit!);
});
