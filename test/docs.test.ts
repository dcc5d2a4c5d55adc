// Runs the examples of the documentation: every ```ts fence in an @example of ts/*.ts, and in README.md and docs/*.md
// those that import the package. Each must be a whole program, pass the type checker, run, and print what the comments
// beside its console.log lines say.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'build/docs-examples');

interface Example {
  name: string;
  source: string;
  file: string;
}

function collect(): Example[] {
  const list = (path: string, ending: RegExp) =>
    readdirSync(join(root, path), { recursive: true })
      .map((name) => join(path, String(name)))
      .filter((name) => ending.test(name) && !/internal.raw|node_modules/.test(name))
      .sort();
  const examples: Example[] = [];
  for (const path of [...list('ts', /\.ts$/), 'README.md', ...list('docs', /\.md$/)]) {
    let text: string;
    try {
      text = readFileSync(join(root, path), 'utf8');
    } catch {
      continue;
    }
    const isCode = path.endsWith('.ts');
    for (const { 1: fence = '', index } of text.matchAll(/^[ *]*```ts\n([\s\S]*?)\n[ *]*```$/gm)) {
      const source = isCode ? fence.replace(/^ *\* ?/gm, '') : fence;
      if (!isCode && !/from 'sublinear/.test(source)) continue;
      const line = text.slice(0, index).split('\n').length;
      const file = join(folder, `${path.replace(/\W+/g, '-')}-${line}.ts`);
      examples.push({ name: `${path}:${line}`, source, file });
    }
  }
  return examples;
}

const examples = collect();

// Imports each program in turn and prints, a line each, what it printed as JSON.
const runner = `
import { format } from 'node:util';
const { log } = console;
for (const file of process.argv.slice(2)) {
  const printed = [];
  console.log = (...values) => printed.push(format(...values));
  let error;
  try { await import(file); } catch (thrown) { error = thrown instanceof Error ? thrown.stack : String(thrown); }
  log(JSON.stringify({ printed, error }));
}
process.exit(0);
`;

let results: { printed: string[]; error?: string }[] = [];
let problems: string[] = [];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, source } of examples) writeFileSync(file, `${source}\nexport {};\n`);
  const program = ts.createProgram(
    examples.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      strict: true,
      skipLibCheck: true,
      // The package refers to itself: TypeScript must know where its sources would be.
      rootDir: root,
      outDir: join(folder, 'js'),
    },
  );
  problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    return `${basename(file?.fileName ?? '')}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  program.emit();
  const files = examples.map(({ file }) =>
    join(folder, 'js/build/docs-examples', basename(file).replace(/ts$/, 'js')),
  );
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', runner, '-', ...files],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  results = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}, 120_000);

describe('examples in the documentation', () => {
  test('are there', () => expect(examples.length).toBeGreaterThan(10));

  test('pass the type checker', () => expect(problems).toEqual([]));

  for (const [i, { name, source }] of examples.entries()) {
    test(name, () => {
      const { printed, error } = results[i]!;
      expect(error).toBeUndefined();
      // What a comment says must have been printed, in this order.
      let at = 0;
      for (const [, expected] of source.matchAll(/console\.log\(.*\); *\/\/ (.*)$/gm)) {
        const found = printed.indexOf(expected!, at);
        expect(
          found,
          `printed ${JSON.stringify(printed)}, not "${expected}"`,
        ).toBeGreaterThanOrEqual(0);
        at = found + 1;
      }
    });
  }

  test('every public method has one', () => {
    const missing: string[] = [];
    const found = new Set<string>();
    for (const path of readdirSync(join(root, 'ts')).filter((name) => name.endsWith('.ts'))) {
      const file = ts.createSourceFile(
        path,
        readFileSync(join(root, 'ts', path), 'utf8'),
        ts.ScriptTarget.ES2022,
        true,
      );
      const visit = (node: ts.Node, owner: string): void => {
        const name = (node as ts.NamedDeclaration).name?.getText() ?? '';
        const flags = ts.getCombinedModifierFlags(node as ts.Declaration);
        const hidden = ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
        if (ts.isClassDeclaration(node)) {
          for (const member of node.members) visit(member, `${name}.`);
        } else if (
          (ts.isMethodDeclaration(node) &&
            !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))) ||
          (ts.isFunctionDeclaration(node) && flags & ts.ModifierFlags.Export)
        ) {
          const documented = ts
            .getJSDocTags(node)
            .some(({ tagName }) => tagName.text === 'example');
          const key = `${path}: ${owner}${name}`;
          if (documented) found.add(key);
          else if (!hidden && !name.startsWith('#')) missing.push(key);
        }
      };
      file.forEachChild((node) => visit(node, ''));
    }
    // One of several overloads is enough.
    expect(missing.filter((key) => !found.has(key))).toEqual([]);
  });
});
