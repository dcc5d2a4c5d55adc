// Runs the benchmarks, each in a process of its own, then writes docs/benchmarks.md and docs/charts from their results and
// prints the metrics in one table. A terminal gets a progress bar.
//
//   node tools/bench.mjs [--smoke] [--cpu] [--only TEXT [--update]] [--size N] [--force] [--results FOLDER] [name ...]
//
// name: "foundation" for bench/foundation.bench.ts; all of these when absent. "peers" for the native libraries, "builds" for
// another build of this package, "million" for a million vectors, or --size of them. --smoke: tiny
// data, seconds, nothing written unless --results names a folder. --only: just the comparisons whose id contains TEXT; nothing
// written, or with --update these alone replaced in the results that are there. Results in which more contestants ran than now
// are not replaced, unless --force says so: see bench/support/harness.ts. --cpu: processor time instead of time.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  args: argv.slice(2),
  options: {
    smoke: { type: 'boolean' },
    only: { type: 'string' },
    size: { type: 'string' },
    update: { type: 'boolean' },
    results: { type: 'string' },
    force: { type: 'boolean' },
    cpu: { type: 'boolean' },
  },
  allowPositionals: true,
});

const names = readdirSync(`${root}/bench`)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();
// These need more than the package: native libraries, another build, half an hour and some GB.
const apart = ['peers', 'builds', 'million'];
const fileOf = (name) =>
  `bench/${apart.includes(name) ? `${name}/${name}.ts` : `${name}.bench.ts`}`;
const known = [...names, ...apart];
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`bench: no such benchmark: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  exit(2);
}

const options = [
  ...(values.smoke ? ['--smoke'] : []),
  ...(values.only === undefined ? [] : ['--only', values.only]),
  ...(values.size === undefined ? [] : ['--size', values.size]),
  ...(values.update ? ['--update'] : []),
  ...(values.force ? ['--force'] : []),
  ...(values.cpu ? ['--cpu'] : []),
  ...(values.results === undefined ? [] : ['--results', values.results]),
];
const run = (file, args) =>
  spawnSync(execPath, ['--expose-gc', '--import', 'tsx', file, ...args], {
    cwd: root,
    stdio: 'inherit',
  }).status;

let failed = 0;
for (const name of positionals.length > 0 ? positionals : names) {
  if (run(fileOf(name), options) !== 0) {
    console.error(`bench: ${name} failed`);
    failed++;
  }
}
if (!values.smoke && (values.only === undefined || values.update) && values.results === undefined)
  failed += run('bench/support/report.ts', []);
exit(failed === 0 ? 0 : 1);
