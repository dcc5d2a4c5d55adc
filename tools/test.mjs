// Runs tests and prints the summed counts in the last line: `N passed, N failed`.
//
//   node tools/test.mjs                     all runners; `npm test` sets up what is missing first
//   node tools/test.mjs hnsw quant          the tests of these folders of test/, native ones included
//   node tools/test.mjs --only node asan    just these runners
//   node tools/test.mjs --slow              and what takes minutes by its nature (asan, site, test/slow), as CI does
//
// Runners: form (biome, and clang-format where it is installed), native and asan (CTest), types (tsc), node, browser, site (the
// built playground in a browser) and slow (Vitest). They share two cores in two lanes: one compiles and tests natively while
// the other one builds the package. Each writes its log and its report to build/test-reports/; a log is shown only when something failed, but for the
// few lines that tell what was covered. A runner that did not run, or found no test, counts as a failure. Nothing here looks at
// the clock: what does is test/speed, which `npm run test:speed` runs.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join(root, 'build/test-reports');
const given = argv.slice(2).filter((word) => word !== '--slow');
const slow = argv.includes('--slow');
const rooms = given[0] === '--only' ? [] : given;
const unknown = rooms.filter((room) => !existsSync(join(root, 'test', room)));
if (unknown.length > 0) {
  console.error(`no tests are called ${unknown.join(', ')}: give folders of test/`);
  exit(2);
}
const only =
  given[0] === '--only'
    ? given.slice(1)
    : rooms.length > 0
      ? ['native', 'asan', 'node', 'browser']
      : null;
const started = Date.now();

/** Runs a program, its output appended to a log. Resolves to the exit code; a program that cannot start is code -1. */
function run(log, program, args, extra = {}) {
  return new Promise((resolve) => {
    const file = createWriteStream(join(reports, `${log}.log`), { flags: 'a' });
    file.write(`$ ${program} ${args.join(' ')}\n`);
    const child = spawn(program, args, { cwd: root, env: { ...env, ...extra } });
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    const end = (code) => file.end(() => resolve(code));
    child.on('error', (error) => file.write(`${error.message}\n`, () => end(-1)));
    child.on('close', end);
  });
}

/** Runs commands one after the other until one fails; true when all went well. */
async function all(log, commands) {
  for (const [program, ...args] of commands)
    if ((await run(log, program, args)) !== 0) return false;
  return true;
}

const read = (name) => {
  const file = join(reports, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

/** Counts of a CTest report: each cmocka test counts, not each program; a program that crashed is one failure more. */
function countCtest(xml) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const sum = (text, pattern) =>
    [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  for (const [, attributes, body] of xml.matchAll(/<testcase ([^>]*)>([\s\S]*?)<\/testcase>/g)) {
    const status = /status="(\w+)"/.exec(attributes)?.[1];
    const selftest = /name="selftest\./.test(attributes); // its output speaks of failures that were wanted
    const passed = selftest ? 0 : sum(body, /\[ {2}PASSED {2}\] (\d+) test/g);
    const errors = body.match(/\[ {2}ERROR {3}\]/g)?.length ?? 0; // crashes, which cmocka's sum leaves out
    const failed = selftest ? 0 : sum(body, /\[ {2}FAILED {2}\] (\d+) test/g) + errors;
    if (status === 'run') count.passed += Math.max(passed, 1);
    else if (status === 'disabled') count.skipped += 1;
    else {
      count.passed += passed;
      count.failed += Math.max(failed, 1);
    }
  }
  return count;
}

/** Counts of a Vitest report. A file that could not be loaded has no tests of its own and counts as one failure. */
function countVitest(text) {
  if (!text) return null;
  const report = JSON.parse(text);
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

async function ctest(name, preset) {
  const xml = `${name}.xml`;
  const configure = existsSync(join(root, 'build', preset, 'build.ninja'))
    ? []
    : [['cmake', '--preset', preset]];
  if (!(await all(name, [...configure, ['cmake', '--build', '--preset', preset]]))) return null;
  const filter = rooms.length > 0 ? ['-L', `^(${rooms.join('|')})$`] : ['--no-tests=error'];
  const args = ['--preset', preset, ...filter, '--output-junit', join(reports, xml)];
  await run(name, 'ctest', [
    ...args,
    '--test-output-size-passed',
    '10000000',
    '--test-output-size-failed',
    '10000000',
  ]);
  return countCtest(read(xml));
}

async function vitest(name) {
  const json = join(reports, `${name}.json`);
  const files = rooms.map((room) => `test/${room}/`);
  // The case tables of all rooms are run in the browser by one file.
  if (name === 'browser' && rooms.length > 0) files.push('test/engine/engine.browser.test.ts');
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', name, '--no-color', ...files];
  const code = await run(
    name,
    execPath,
    [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${json}`],
    rooms.length > 0 ? { VITE_ROOMS: rooms.join(',') } : {},
  );
  const count = countVitest(read(`${name}.json`));
  // An unhandled error fails the run without failing a test.
  if (count && code !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

async function types() {
  const ok = await all('types', [
    [execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ]);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/** Form alone, in a second or two; `npm run lint` looks at the scripts and at what nothing uses as well. */
async function form() {
  const code = await run('form', execPath, ['tools/lint.mjs', '--form']);
  const log = read('form.log');
  const count = (pattern) => log.match(pattern)?.length ?? 0;
  const failed = count(/^lint: .* complains$/gm);
  return {
    passed: count(/^lint: .* is content$/gm),
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped: count(/^lint: .* is not installed$/gm),
  };
}

/** What people want to read although all went well. */
const told = (log) => [...log.matchAll(/^\s*(documentation:.*)$/gm)].map(([, line]) => line);

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const results = [];

async function runner(name, work) {
  if (only && !only.includes(name)) return;
  const since = Date.now();
  const count = await work().catch((error) => {
    console.error(error);
    return null;
  });
  const ran = count !== null && count.passed + count.failed > 0;
  const result = ran ? count : { passed: 0, failed: 1, skipped: 0 };
  results.push(result);
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  console.log(
    `${name}: ${ran ? `${result.passed} ok, ${result.failed} not ok${skipped}` : 'DID NOT RUN'} (${seconds(since)})`,
  );
  for (const line of told(read(`${name}.log`))) console.log(`  ${line}`);
  if (result.failed > 0) console.log(read(`${name}.log`).split('\n').slice(-200).join('\n'));
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

async function buildPackage() {
  const since = Date.now();
  const ok = (await run('build', execPath, ['tools/build.mjs'])) === 0;
  console.log(`build: ${ok ? 'done' : 'FAILED'} (${seconds(since)})`);
  if (!ok) console.log(read('build.log').split('\n').slice(-100).join('\n'));
  return ok;
}
const needsBuild =
  only === null || ['types', 'node', 'browser', 'slow', 'site'].some((name) => only.includes(name));
const build = needsBuild ? buildPackage() : null;
const built = (work) => async () => ((await build) ? work() : null);

/** The built playground; made once, for whoever comes first. */
let playground;
const playgroundBuilt = (log) => {
  playground ??= all(log, [['sh', 'tools/playground.sh', 'build']]);
  return playground;
};

/** The playground: checked, built, and used in a browser. */
async function site() {
  if (!(await playgroundBuilt('site'))) return null;
  const ok = await all('site', [
    [execPath, 'node_modules/typescript/bin/tsc', '-p', 'examples/playground'],
  ]);
  return ok ? vitest('site') : null;
}

const slowTests = async () => ((await playgroundBuilt('slow')) ? vitest('slow') : null);

const withSlow = slow || only !== null;
const lane = (...steps) =>
  steps.reduce((before, [name, work]) => before.then(() => runner(name, work)), Promise.resolve());
await Promise.all([
  lane(
    ['types', built(types)],
    ['node', built(() => vitest('node'))],
    ...(withSlow ? [['slow', built(slowTests)]] : []),
  ),
  lane(
    ['native', () => ctest('native', 'native')],
    ['browser', built(() => vitest('browser'))],
    ['form', form],
    ...(withSlow
      ? [
          ['site', built(site)],
          ['asan', () => ctest('asan', 'native-asan')],
        ]
      : []),
  ),
]);

const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
console.log(`all tests: ${seconds(started)}`);
console.log(
  `${total('passed')} passed, ${total('failed')} failed${total('skipped') ? `, ${total('skipped')} skipped` : ''}`,
);
exit(total('failed') > 0 || results.length === 0 ? 1 : 0);
