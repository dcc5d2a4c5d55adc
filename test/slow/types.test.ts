// The types of the packed package, as compilers of every kind of project see them.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../support/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let place: string;
let tarball: string;

beforeAll(() => {
  ({ place, tarball } = pack());
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('are the types wrong? They are not', async () => {
  const attw = join(root, 'node_modules/.bin/attw');
  const flags = [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color'];
  const { stdout, code = 0 } = await run(attw, flags, { cwd: place }).catch((failed) => failed);
  expect(code, stdout).toBe(0);
});

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
