// Counts how often a proved bound or an interval is wrong, in random trials of every kind of answer.
//
//   node tools/check-certificates.mjs [trials]     10,000 for each kind by default
//
// The programs are test/native/*_certificates.c, built natively; the test run does the same with a few hundred trials.
// The exit code is 1 when a proved bound was wrong once, or an interval more often than its confidence allows.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const trials = argv[2] ?? '10000';
if (!/^[1-9]\d*$/.test(trials)) {
  console.error(`check-certificates: the number of trials must be a whole number, got ${trials}`);
  exit(2);
}
const names = readdirSync(join(root, 'test/native'))
  .filter((name) => name.endsWith('_certificates.c'))
  .map((name) => name.slice(0, -2));

function run(program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', ...options });
  if (done.error) throw done.error;
  return done;
}

const configure = existsSync(join(root, 'build/native/build.ninja'))
  ? []
  : [['--preset', 'native']];
const build = [
  '--build',
  '--preset',
  'native',
  ...names.flatMap((name) => ['--target', `test_${name}`]),
];
for (const args of [...configure, build]) {
  const { status, stdout, stderr } = run('cmake', args);
  if (status === 0) continue;
  console.error(stdout, stderr);
  exit(1);
}

const started = performance.now();
let failed = 0;
for (const name of names) {
  const { status, stdout, stderr } = run(join(root, 'build/native', `test_${name}`), [], {
    env: { ...env, SL_TRIALS: trials },
  });
  console.log(
    stdout
      .split('\n')
      .filter((line) => / trials /.test(line))
      .join('\n'),
  );
  if (status === 0) continue;
  failed += 1;
  console.error(stdout, stderr);
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${failed === 0 ? 'no certificate failed' : 'CERTIFICATES FAILED'}, ${seconds} s`);
exit(failed === 0 ? 0 : 1);
