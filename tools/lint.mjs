// Checks form and style of everything, or puts it right with --write.
//
//   node tools/lint.mjs [--write | --form]       after `sh tools/setup.sh dev`; `npm run lint` and `npm run format` do both
//
// Biome for TypeScript, JavaScript and JSON; clang-format for C and C++; shellcheck for the scripts; knip for files,
// exports and dependencies that nothing uses. --form: Biome, and clang-format where it is installed; nothing else is needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const write = argv.includes('--write');
const form = argv.includes('--form');

const sources = ['csrc', 'bindings', 'test/native', 'test/fuzz', 'tools'].flatMap((folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .filter((name) => /\.(c|h|cpp|hpp)$/.test(name))
        .map((name) => join(folder, name))
    : [],
);

const steps = [
  [execPath, 'node_modules/@biomejs/biome/bin/biome', 'check', ...(write ? ['--write'] : [])],
  ['clang-format-19', ...(write ? ['-i'] : ['--dry-run', '--Werror']), ...sources],
];
if (!write && !form) {
  steps.push(['shellcheck', '-x', 'tools/setup.sh', 'tools/toolchain.sh', '.ci/run']);
  steps.push([execPath, 'node_modules/knip/bin/knip.js', '--no-progress']);
}

let failed = 0;
for (const [program, ...args] of steps) {
  const name = [program, ...args].find((word) => /biome$|clang-format|shellcheck|knip/.test(word));
  const done = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (form && done.error?.code === 'ENOENT') {
    console.log(`lint: ${name.split('/').at(-1)} is not installed`);
    continue;
  }
  if (done.error) console.error(`lint: ${program}: ${done.error.message}`);
  if (done.status !== 0) failed += 1;
  console.log(`lint: ${name.split('/').at(-1)} ${done.status === 0 ? 'is content' : 'complains'}`);
}
exit(failed === 0 ? 0 : 1);
