// The package as users get it: packed, unpacked somewhere else, with nothing of this repository but its dependencies.
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const run = promisify(execFile);

let place: string;
let tarball: string;
let installed: string;

// npm would ask a registry for the dependencies; unpacking and linking them is what it does, offline.
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'sublinear-package-'));
  const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  const packed = execFileSync('npm', flags, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  tarball = join(place, JSON.parse(packed)[0].filename);
  installed = join(place, 'node_modules/sublinear');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of [...Object.keys(manifest.dependencies), '@types/node', 'undici-types']) {
    const link = join(place, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  writeFileSync(
    join(place, 'package.json'),
    '{ "name": "user", "type": "module", "private": true }\n',
  );
}, 60_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

const node = (script: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '-e', script], {
    cwd: place,
    encoding: 'utf8',
    timeout: 30_000,
  });

/** Subpaths that are JavaScript modules, as users write them. */
const subpaths = Object.keys(manifest.exports)
  .filter((key) => !key.includes('*') && !key.endsWith('.json'))
  .map((key) => `sublinear${key.slice(1)}`);
const rooms = subpaths.filter((name) => !/^sublinear(\/(inline|npy|worker|store.*))?$/.test(name));

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
  expect(files).toContain('dist/generated/raw/solver.js');
});

/** Files of the installed package that end so. */
const installedFiles = (ending: string) =>
  readdirSync(installed, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ending));

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
      const names = ${JSON.stringify(subpaths)};
      for (const name of names) console.log(name, Object.keys(await import(name)).length > 0);`;
    expect(node(script, '--input-type=module')).toBe(
      subpaths.map((name) => `${name} true\n`).join(''),
    );
  });

  test('can be required', () => {
    const script = `for (const name of ${JSON.stringify(subpaths)}) console.log(name, Object.keys(require(name)).length > 0);`;
    // Node 20 says once that require() of a module is experimental, on stderr.
    const flags = ['--input-type=commonjs', '--no-warnings'];
    if (!process.features.require_module) flags.push('--experimental-require-module');
    expect(node(script, ...flags)).toBe(subpaths.map((name) => `${name} true\n`).join(''));
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

test('are the types wrong? They are not', async () => {
  const attw = join(root, 'node_modules/.bin/attw');
  const flags = [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color'];
  const { stdout, code = 0 } = await run(attw, flags, { cwd: place }).catch((failed) => failed);
  expect(code, stdout).toBe(0);
}, 60_000);

describe('types', () => {
  const program = readFileSync(
    fileURLToPath(new URL('../support/types.ts.txt', import.meta.url)),
    'utf8',
  );
  // TypeScript's own libs are parsed once for all programs: they are most of the work.
  const libFiles = new Map<string, ts.SourceFile | undefined>();

  function compile(options: ts.CompilerOptions): string {
    const file = join(place, 'program.ts');
    writeFileSync(file, program);
    const all = { target: ts.ScriptTarget.ES2022, strict: true, noEmit: true, ...options };
    const host = ts.createCompilerHost(all);
    const { getSourceFile, getCurrentDirectory } = host;
    host.getCurrentDirectory = () => place ?? getCurrentDirectory();
    host.getSourceFile = (name, ...rest) => {
      if (!basename(name).startsWith('lib.')) return getSourceFile(name, ...rest);
      if (!libFiles.has(name)) libFiles.set(name, getSourceFile(name, ...rest));
      return libFiles.get(name);
    };
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], all, host));
    return ts.formatDiagnostics(diagnostics, host);
  }

  const resolutions: Record<string, ts.CompilerOptions> = {
    bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    nodenext: {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    },
  };
  const libs = {
    'the Disposable lib': ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    'no Disposable lib': ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  };
  for (const [resolution, options] of Object.entries(resolutions)) {
    for (const [name, lib] of Object.entries(libs)) {
      test(`${resolution}, ${name}`, () => {
        expect(compile({ ...options, lib, types: [] })).toBe('');
      });
    }
  }

  test('Node without the DOM', () => {
    expect(compile({ ...resolutions.nodenext, lib: ['lib.es2022.d.ts'], types: ['node'] })).toBe(
      '',
    );
  });
});
