// The package as users get it: packed, unpacked somewhere else, with nothing of this repository but its dependencies.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../support/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let place: string;
let installed: string;

beforeAll(() => {
  ({ place, installed } = pack());
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const node = (script: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '-e', script], {
    cwd: place,
    encoding: 'utf8',
    timeout: 300_000,
  });

/** Subpaths that are JavaScript modules, as users write them. */
const subpaths = Object.keys(manifest.exports)
  .filter((key) => !key.includes('*') && !key.endsWith('.json'))
  .map((key) => `sublinear${key.slice(1)}`);
/** Those that take a library of the user's own beside them, which the package does not bring. */
const peers: Record<string, string> = {
  'sublinear/import/arrow': 'apache-arrow',
  'sublinear/import/parquet': 'hyparquet',
  'sublinear/langchain': '@langchain/core',
};
const alone = subpaths.filter((name) => !Object.hasOwn(peers, name));
const rooms = alone.filter(
  (name) => !/^sublinear(\/(import|inline|npy|worker|store.*))?$/.test(name),
);

test('holds what it needs and nothing else', () => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  const allowed =
    /^(package\.json|README\.md|LICENSE|THIRD_PARTY_LICENSES\.txt|CHANGELOG\.md|docs\/[\w-]+\.md|dist\/.*\.(js|d\.ts|(js|d\.ts)\.map|wasm)|ts\/.*\.ts)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  expect(files.filter((file) => /trap/.test(file))).toEqual([]);
  expect(files).toContain('dist/wasm/solver.simd.wasm');
  expect(files).toContain('dist/raw/solver.scalar.wasm');
  expect(files).toContain('dist/generated/raw/solver.d.ts');
});

/** Files of the installed package that end so. */
const installedFiles = (ending: string) =>
  readdirSync(installed, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ending));

test('no module for pages asks for Symbol.dispose, which WebKit has not', () => {
  const dist = join(installed, 'dist');
  const asking = (readdirSync(dist, { recursive: true }) as string[]).filter(
    (name) =>
      name.endsWith('.js') &&
      !name.startsWith('cli/') &&
      readFileSync(join(dist, name), 'utf8').includes('Symbol.dispose is not defined'),
  );
  expect(asking).toEqual([]);
});

test('every map leads to a source that is packed', () => {
  const maps = installedFiles('.map');
  const missing = maps.flatMap((name) => {
    const { sources, sourceRoot = '' } = JSON.parse(readFileSync(join(installed, name), 'utf8'));
    const from = dirname(join(installed, name));
    return (sources as string[])
      .map((source) => join(from, sourceRoot, source))
      .filter((path) => !existsSync(path));
  });
  expect(missing).toEqual([]);
  // And every module that was compiled has both.
  const unmapped = installedFiles('.ts')
    .filter((name) => /^ts\/.*(?<!\.d)\.ts$/.test(name))
    .map((name) => name.replace(/^ts\//, 'dist/').replace(/\.ts$/, ''))
    .flatMap((name) => [`${name}.js.map`, `${name}.d.ts.map`])
    .filter((name) => !maps.includes(name));
  // The worker's program is bundled.
  expect(unmapped.filter((name) => !/^dist\/worker\/thread\.js\.map$/.test(name))).toEqual([]);
});

test('an error is traced to its line of TypeScript', () => {
  const script = `
    import { load } from 'sublinear/dense';
    const { Vector } = await load();
    try { Vector.zeros(-1); } catch (error) { console.log(error.stack); }`;
  expect(node(script, '--input-type=module', '--enable-source-maps')).toMatch(
    /sublinear\/ts\/rooms\/dense\/dense\.ts:\d+/,
  );
});

test('names the projects whose code is in its files', () => {
  const notices = readFileSync(join(installed, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
  // What is bundled says so by its licence comment, or by what it is known by.
  const bundled = ['Emscripten', 'musl', 'dlmalloc', 'LLVM', 'Comlink', 'wasm-feature-detect'];
  for (const name of bundled) expect(notices).toMatch(new RegExp(`^\\d\\. ${name}\\b`, 'm'));
  const program = readFileSync(join(installed, 'dist/worker/thread.js'), 'utf8');
  for (const [, holder] of program.matchAll(/Copyright \d+ ([\w ]+)/g))
    expect(notices).toContain(holder);
});

test('says where it comes from', () => {
  const { repository, homepage, bugs, author, keywords } = manifest;
  expect(repository.url).toMatch(/^git\+https:\/\/.*\.git$/);
  const page = repository.url.replace(/^git\+(.*)\.git$/, '$1');
  expect([homepage, bugs.url]).toEqual([`${page}#readme`, `${page}/issues`]);
  expect(author).toBe('sublinear contributors');
  for (const word of ['hnsw', 'vector-search', 'embeddings']) expect(keywords).toContain(word);
});

test('the links of its README lead to files that are packed', () => {
  const text = readFileSync(join(installed, 'README.md'), 'utf8');
  const links = [...text.matchAll(/(?<!!)\[[^\]]*\]\(([^)#]+)/g)].map(([, to]) => to as string);
  const local = links.filter((to) => !/^https?:/.test(to));
  expect(local.length).toBeGreaterThan(5);
  expect(local.filter((to) => !existsSync(join(installed, to)))).toEqual([]);
});

describe('every subpath', () => {
  test('can be imported', () => {
    const script = `
      const names = ${JSON.stringify(alone)};
      for (const name of names) console.log(name, Object.keys(await import(name)).length > 0);`;
    expect(node(script, '--input-type=module')).toBe(
      alone.map((name) => `${name} true\n`).join(''),
    );
  });

  test('can be required', () => {
    const script = `for (const name of ${JSON.stringify(alone)}) console.log(name, Object.keys(require(name)).length > 0);`;
    // Node 20 says once that require() of a module is experimental, on stderr.
    const flags = ['--input-type=commonjs', '--no-warnings'];
    if (!process.features.require_module) flags.push('--experimental-require-module');
    expect(node(script, ...flags)).toBe(alone.map((name) => `${name} true\n`).join(''));
  });

  test('that takes a library beside it says which is missing, and is there with it', () => {
    expect(Object.values(peers).sort()).toEqual(Object.keys(manifest.peerDependencies).sort());
    const optional = Object.entries(manifest.peerDependenciesMeta as Record<string, object>);
    expect(optional.every(([, meta]) => 'optional' in meta && meta.optional === true)).toBe(true);
    const names = Object.keys(peers);
    const script = `
      for (const name of ${JSON.stringify(names)})
        try { console.log(name, Object.keys(await import(name)).length > 0); }
        catch ({ code, message }) { console.log(name, code, /package '([^']+)'/.exec(message)[1]); }`;
    expect(node(script, '--input-type=module')).toBe(
      names.map((name) => `${name} ERR_MODULE_NOT_FOUND ${peers[name]}\n`).join(''),
    );
    for (const peer of Object.values(peers)) {
      mkdirSync(dirname(join(place, 'node_modules', peer)), { recursive: true });
      symlinkSync(join(root, 'node_modules', peer), join(place, 'node_modules', peer));
    }
    expect(node(script, '--input-type=module')).toBe(
      names.map((name) => `${name} true\n`).join(''),
    );
  });

  test('of a room loads that room into the shared engine', () => {
    const script = `
      import { getEngine, SublinearError } from 'sublinear';
      for (const name of ${JSON.stringify(rooms)}) {
        const { load, SublinearError: same } = await import(name);
        const room = await load();
        const engine = await getEngine();
        console.log(name, room === await engine.use(name.slice(10)), same === SublinearError);
      }`;
    expect(node(script, '--input-type=module')).toBe(
      rooms.map((name) => `${name} true true\n`).join(''),
    );
  });

  test('that is a file leads to it', () => {
    const script = `
      import { readFileSync } from 'node:fs';
      for (const name of ['solver.simd.wasm', 'raw/solver.simd.wasm']) {
        console.log(readFileSync(new URL(import.meta.resolve('sublinear/' + name))).subarray(1, 4).toString());
      }
      console.log((await import('sublinear/package.json', { with: { type: 'json' } })).default.name);`;
    expect(node(script, '--input-type=module', '--no-warnings')).toBe('asm\nasm\nsublinear\n');
  });
});

test('works without the .wasm files, from their inline twins', () => {
  rmSync(join(place, 'without'), { recursive: true, force: true });
  execFileSync('cp', ['-r', installed, join(place, 'without')]);
  rmSync(join(place, 'without/dist/wasm'), { recursive: true });
  const script = `
    const { createEngine } = await import('./without/dist/index.js');
    const { dense } = await createEngine({ modules: ['dense'] });
    console.log(dense.Vector.from([3, 4]).norm());`;
  expect(node(script, '--input-type=module')).toBe('5\n');
});

test('publint finds nothing', async () => {
  const { messages } = await publint({
    pkgDir: installed,
    level: 'suggestion',
    strict: true,
    pack: false,
  });
  expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
});
