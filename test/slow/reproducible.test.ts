// The same sources give the same bytes: bundles are compiled a second time, from a copy in another folder and without the
// compiler cache, and every product is compared with the one in dist/. All bundles are made by the same lines of CMake, so
// that a few of them serve: with SUBLINEAR_REPRODUCE=all, as before a release, all are compiled (ten minutes on two cores).
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const bundles = process.env.SUBLINEAR_REPRODUCE === 'all' ? [''] : ['dates.', 'format.', 'text.'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'sublinear-again-'));
const run = promisify(execFile);

const hashes = (folder: string, suffix: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith(suffix) && bundles.some((bundle) => name.startsWith(bundle)))
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

beforeAll(async () => {
  for (const name of [
    'csrc',
    'bindings',
    'tools',
    'ts/runtime/embind.ts', // what the build compares the imports of modules with
    'CMakeLists.txt',
    'CMakePresets.json',
    'emscripten.cmake',
  ]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  // The tools are the same ones; only the sources and the build lie elsewhere.
  for (const name of ['.toolchain', 'node_modules'])
    symlinkSync(join(root, name), join(copy, name));
  await run('cmake', ['--preset', 'wasm', '-DSL_CCACHE=OFF'], { cwd: copy });
  const targets =
    bundles[0] === ''
      ? ['all']
      : ['wasm', 'raw'].flatMap((binding) =>
          bundles.flatMap((bundle) =>
            ['simd', 'scalar'].map((variant) => `${binding}.${bundle}${variant}`),
          ),
        );
  await run('cmake', ['--build', '--preset', 'wasm', '--target', ...targets], {
    cwd: copy,
    maxBuffer: 1 << 26,
  });
}, 3_600_000); // a busy machine compiles for long

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test.each([
  ['wasm', '.wasm', 'dist/wasm'],
  ['raw', '.wasm', 'dist/raw'],
  ['types', '.d.ts', 'dist/generated/raw'],
])('a second build gives the same bytes: %s', (folder, suffix, shipped) => {
  const again = hashes(join(copy, 'build/wasm/out', folder), suffix);
  expect(Object.keys(again).length).toBeGreaterThan(0);
  expect(again).toEqual(hashes(join(root, shipped), suffix));
});
