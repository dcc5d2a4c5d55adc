// Builds the package: WebAssembly with CMake, TypeScript with tsc, and everything put in place in dist/.
//
//   node tools/build.mjs [--quiet]      after `sh tools/setup.sh demo`; `npm run build` does both
//   node tools/build.mjs --loose        goes on after type errors, for work in progress
//
// dist/ is made anew in build/dist and then swapped in, so nothing stale survives and no reader sees half of it. When
// neither sources nor modules have changed since the last time, nothing is done.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { argv, env, execPath, exit, pid } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleModules } from './bundles.mjs';
import { joinCores } from './cores.mjs';
import { detachReaders } from './later.mjs';
import { bundleThread } from './thread.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'build/wasm/out');
const quiet = argv.includes('--quiet');
const loose = argv.includes('--loose');

/** Two builds may be started at once: the second one waits, and then finds most of its work done. */
async function lock() {
  const file = join(root, 'build/.lock');
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(pid), { flag: 'wx' });
      process.on('exit', () => rmSync(file, { force: true }));
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => exit(1));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    // A build that was killed leaves its file: taken over when no such process is there.
    if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
    await setTimeout(100);
  }
}

function isAlive(holder) {
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program. Its output is shown when it fails, or as it comes unless --quiet. False: it failed and --loose. */
function run(program, args, show = !quiet) {
  const done = spawnSync(program, args, {
    cwd: root,
    stdio: show ? 'inherit' : 'pipe',
    encoding: 'utf8',
  });
  if (done.error) throw done.error;
  if (done.status === 0) return true;
  if (loose) return false;
  if (!show) console.error(done.stdout + done.stderr);
  console.error(`build: ${program} ${args.join(' ')} failed`);
  exit(1);
}

const files = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map((name) => join(folder, name))
        .filter((name) => statSync(name).isFile())
        .sort()
    : [];

/** Copies unless the target is the same already: an unchanged time stamp keeps editors and watchers still. */
function put(from, to) {
  const bytes = readFileSync(from);
  if (existsSync(to) && bytes.equals(readFileSync(to))) return;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, bytes);
}

function buildModules() {
  if (!existsSync(join(root, 'build/wasm/build.ninja'))) run('cmake', ['--preset', 'wasm'], false);
  // Ninja's progress is shown when it fails; otherwise only what the optimiser says.
  // emcc writes types with the tsc that it finds on PATH: this project's.
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${env.PATH}`;
  const done = spawnSync('cmake', ['--build', '--preset', 'wasm'], {
    cwd: root,
    env: { ...env, PATH: path },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (done.error) throw done.error;
  if (done.status !== 0) {
    console.error(complaints(done.stdout + done.stderr));
    exit(1);
  }
  if (!quiet) for (const line of done.stdout.match(/^wasm-opt .*$/gm) ?? []) console.log(line);
}

/** Ninja's log without its progress and without command lines of several thousand characters. */
const complaints = (log) =>
  log
    .split('\n')
    .filter((line) => !/^\[\d+\/\d+\] /.test(line))
    .map((line) => (line.length > 500 ? `${line.slice(0, 500)} ...` : line))
    .join('\n');

/** ts/ compiles against these; they are generated, so git ignores them. */
function stageSources() {
  const generated = join(root, 'ts/generated');
  run(execPath, ['tools/generate.mjs', join(out, 'bundles.json'), generated], false);
  run(execPath, ['tools/fields.mjs', 'bindings', join(generated, 'fields')], false);
  put(join(out, 'codes.ts'), join(generated, 'codes.ts'));
  for (const file of files(join(out, 'types'))) put(file, join(generated, 'raw', basename(file)));
}

function fingerprint() {
  const hash = createHash('sha256');
  const inputs = [
    ...files(join(root, 'ts')),
    ...files(out),
    ...[
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'tools/build.mjs',
      'tools/bundles.mjs',
      'tools/cores.mjs',
      'tools/later.mjs',
      'tools/modules.mjs',
      'tools/thread.mjs',
    ].map((name) => join(root, name)),
  ];
  for (const file of inputs)
    hash.update(`${file}\n${statSync(file).size}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * The maps lead to the sources that are packed as ts/. They were written for a folder one deeper than dist/ is; the parts
 * of the worker's program have been bundled since, and nothing leads to theirs.
 */
function settleMaps(dist) {
  for (const file of files(dist).filter((name) => name.endsWith('.map'))) {
    const map = JSON.parse(readFileSync(file, 'utf8'));
    const code = file.slice(0, -'.map'.length);
    if (!existsSync(code) || !readFileSync(code, 'utf8').includes('sourceMappingURL=')) {
      rmSync(file);
      continue;
    }
    map.sources = map.sources.map((source) => source.replace('../', ''));
    writeFileSync(file, JSON.stringify(map));
  }
}

async function buildPackage() {
  const dist = join(root, 'build/dist');
  rmSync(dist, { recursive: true, force: true });
  const typed = run(
    execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', dist],
    true,
  );

  for (const folder of ['wasm', 'raw'])
    cpSync(join(out, folder), join(dist, folder), { recursive: true });
  cpSync(join(out, 'types'), join(dist, 'generated/raw'), { recursive: true });
  // The same bytes as JavaScript, for the places where a URL beside the module cannot be followed.
  mkdirSync(join(dist, 'inline'), { recursive: true });
  for (const file of files(join(out, 'wasm'))) {
    const name = file.slice(join(out, 'wasm').length + 1).replace(/\.wasm$/, '');
    const text = readFileSync(file).toString('base64');
    writeFileSync(join(dist, 'inline', `${name}.js`), `export default '${text}';\n`);
    writeFileSync(
      join(dist, 'inline', `${name}.d.ts`),
      'declare const base64: string;\nexport default base64;\n',
    );
  }
  const table = JSON.parse(readFileSync(join(out, 'bundles.json'), 'utf8'));
  await bundleThread(dist, table);
  await bundleModules(dist, table);
  await detachReaders(dist);
  await joinCores(dist);
  settleMaps(dist);
  const cli = join(dist, 'cli/main.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);

  rmSync(join(root, 'build/dist.old'), { recursive: true, force: true });
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), join(root, 'build/dist.old'));
  renameSync(dist, join(root, 'dist'));
  rmSync(join(root, 'build/dist.old'), { recursive: true, force: true });

  // Test builds are never part of the package.
  for (const file of files(join(out, 'test')))
    put(file, join(root, 'build/test-wasm', file.slice(out.length + 6)));
  return typed;
}

await lock();
buildModules();
stageSources();
const stamp = join(root, 'build/dist.stamp');
const now = fingerprint();
if (existsSync(join(root, 'dist')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) {
  if (!quiet) console.log('build: dist/ is up to date');
} else {
  rmSync(stamp, { force: true });
  if (await buildPackage()) writeFileSync(stamp, now);
  if (!quiet) console.log('build: dist/ is ready');
}
