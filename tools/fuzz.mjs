// Runs every fuzz target of test/fuzz for a while.
//
//   node tools/fuzz.mjs [seconds each, 30] [target...]
//
// The corpus grows in build/corpus/<target>, started from test/fuzz/corpus/<target> where there is one. An input that made
// a target fail stays in build/fuzz-findings/; run the program on that file to see it again.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = argv.slice(2);
const seconds = /^\d+$/.test(args[0] ?? '') ? Number(args.shift()) : 30;

const run = (program, list) =>
  spawnSync(program, list, { cwd: root, stdio: 'inherit' }).status === 0;

if (!run('cmake', ['--preset', 'fuzz', '--log-level=WARNING'])) exit(1);
if (!run('cmake', ['--build', '--preset', 'fuzz'])) exit(1);

const known = readdirSync(join(root, 'build/fuzz'))
  .filter((name) => name.startsWith('fuzz_') && !name.includes('.'))
  .map((name) => name.slice(5));
const targets = args.length > 0 ? args : known;
const findings = join(root, 'build/fuzz-findings/');
mkdirSync(findings, { recursive: true });

let failed = 0;
const waiting = [...targets];

/** One target with one process; its output goes to a log beside its corpus. */
function fuzz(target) {
  const corpus = join(root, 'build/corpus', target);
  mkdirSync(corpus, { recursive: true });
  const seeds = join(root, 'test/fuzz/corpus', target);
  const list = [
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${findings}${target}-`,
    '-rss_limit_mb=2048',
    '-timeout=10',
    '-print_final_stats=1',
    corpus,
    ...(existsSync(seeds) ? [seeds] : []),
  ];
  return new Promise((resolve) => {
    const log = [];
    const child = spawn(join(root, 'build/fuzz', `fuzz_${target}`), list, {
      cwd: root,
      env: { ASAN_SYMBOLIZER_PATH: '/usr/bin/llvm-symbolizer-19', ...env },
    });
    child.stderr.on('data', (chunk) => log.push(chunk));
    child.on('error', (error) => log.push(Buffer.from(error.message)));
    child.on('close', (code) => {
      const text = Buffer.concat(log).toString();
      const runs = /number_of_executed_units: (\d+)/.exec(text)?.[1] ?? '?';
      if (code === 0) {
        console.log(`fuzz: ${target}: nothing found in ${runs} runs`);
      } else {
        failed += 1;
        console.log(
          `${text.split('\n').slice(-60).join('\n')}\nfuzz: ${target} FAILED: build/fuzz-findings/${target}-*`,
        );
      }
      resolve();
    });
  });
}

console.log(
  `fuzz: ${targets.length} targets, ${seconds} s each, ${availableParallelism()} at a time`,
);
const worker = async () => {
  for (let target = waiting.shift(); target; target = waiting.shift()) await fuzz(target);
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));
console.log(`${targets.length - failed} passed, ${failed} failed`);
exit(failed > 0 || targets.length === 0 ? 1 : 0);
