// Runs the examples of the documentation: every ```ts fence in an @example of ts/, and in README.md, bench/README.md and
// docs/*.md those that import the package. Each must be a whole program, pass the type checker, run, and print what the
// comments beside its console.log lines say.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'build/docs-examples');
const pages = ['README.md', 'bench/README.md'];

interface Example {
  name: string;
  /** Of a guide: it must run as it stands, as plain JavaScript, on the oldest Node that the package is for. */
  plain: boolean;
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
  for (const path of [...list('ts', /\.ts$/), ...pages, ...list('docs', /\.md$/)]) {
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
      const plain = !isCode && !source.startsWith('// Needs TypeScript');
      examples.push({ name: `${path}:${line}`, plain, source, file });
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
  for (const { file, source } of examples) {
    writeFileSync(file, `${source}\nexport {};\n`);
    writeFileSync(file.replace(/ts$/, 'mjs'), source);
  }
  const program = ts.createProgram(
    examples.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
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
  const files = examples.map(({ file, plain }) =>
    plain
      ? file.replace(/ts$/, 'mjs')
      : join(folder, 'js/build/docs-examples', basename(file).replace(/ts$/, 'js')),
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
});

describe('examples in the documentation', () => {
  test('are there', () => {
    const inSources = examples.filter(({ name }) => name.startsWith('ts/')).length;
    console.log(
      `documentation: ${examples.length} programs run, ${inSources} of them in the reference`,
    );
    expect(inSources).toBeGreaterThan(150);
    expect(examples.length).toBeGreaterThan(inSources + 15);
  });

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

  test('every function and method that can be imported has one', () => {
    const entries = entryPoints();
    expect(entries.length).toBeGreaterThan(12);
    const seen = publicMembers(entries);
    // Of the engine, a room, the stores, and what only the files behind them define.
    for (const name of ['Engine.use', 'SolverRoom.solve', 'fileStore', 'Store.put', 'Hnsw.search'])
      expect([...seen.keys()]).toContain(name);
    expect([...seen].filter(([, documented]) => !documented).map(([name]) => name)).toEqual([]);
  });

  test('TypeDoc reads what the package exports, and nothing else', () => {
    const { entryPoints: globs } = JSON.parse(readFileSync(join(root, 'typedoc.json'), 'utf8')) as {
      entryPoints: string[];
    };
    const patterns = globs.map((glob) => {
      const [before = '', after = ''] = glob.split('*');
      return new RegExp(`^${before}[^/]*${after.replace('.', '\\.')}$`);
    });
    const read = readdirSync(join(root, 'ts'), { recursive: true })
      .map((name) => `ts/${name}`)
      .filter((name) => patterns.some((pattern) => pattern.test(name)));
    expect(read.sort()).toEqual(entryPoints().sort());
  });
});

/** The sources behind the "exports" of package.json. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.values(exports).flatMap((target) =>
    // The self-contained files export what their modules do.
    typeof target === 'string' || target.types.includes('*')
      ? []
      : [target.types.replace(/^\.\/dist(.*)\.d\.ts$/, 'ts$1.ts')],
  );
}

/** Every function and method that a user can reach by importing, wherever it is declared: whether it has an example. */
function publicMembers(entries: readonly string[]): Map<string, boolean> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = entries.map((path) => join(root, path));
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const seen = new Map<string, boolean>();
  const ours = (node: ts.Node) => node.getSourceFile().fileName.startsWith(join(root, 'ts/'));
  const tags = (node: ts.Node) => ts.getJSDocTags(node).map(({ tagName }) => tagName.text);
  // One of several overloads is enough.
  const note = (name: string, declarations: readonly ts.Declaration[]) => {
    const own = declarations.filter(ours);
    if (own.length === 0 || own.some((node) => tags(node).includes('internal'))) return;
    seen.set(name, seen.get(name) || own.some((node) => tags(node).includes('example')));
  };
  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    for (const exported of module ? checker.getExportsOfModule(module) : []) {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const { declarations = [] } = symbol;
      if (symbol.flags & ts.SymbolFlags.Function) note(exported.name, declarations);
      if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) continue;
      // The shape of what a caller hands in: its methods are called by us.
      if (/(Like|Binding)$/.test(exported.name)) continue;
      if (declarations.some((node) => tags(node).includes('internal'))) continue;
      const types = [checker.getDeclaredTypeOfSymbol(symbol)];
      if (symbol.flags & ts.SymbolFlags.Class) types.push(checker.getTypeOfSymbol(symbol));
      for (const member of types.flatMap((type) => checker.getPropertiesOfType(type))) {
        const methods = (member.declarations ?? []).filter(
          (node): node is ts.MethodDeclaration | ts.MethodSignature =>
            (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) &&
            ts.isIdentifier(node.name) &&
            !(
              ts.getCombinedModifierFlags(node) &
              (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
            ),
        );
        if (methods.length > 0) note(`${exported.name}.${member.name}`, methods);
      }
    }
  }
  return seen;
}
