// What the guides say can be done, is done: every code block in README.md, bench/README.md and docs/*.md is run, compiled or
// compared, every npm script that is named exists, every link leads somewhere. (TypeScript blocks are run by docs.test.ts,
// pages by test/slow/static.test.ts.)
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
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
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Block {
  where: string;
  language: string;
  file: string | undefined;
  text: string;
}
const blocks: Block[] = pages.flatMap((page) => {
  const text = read(page);
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)\n```$/gm)].map(
    ({ 1: info = '', 2: code = '', index }) => {
      const [language = '', ...rest] = info.split(' ');
      const file = rest.find((word) => word.startsWith('file='))?.slice('file='.length);
      return {
        where: `${page}:${text.slice(0, index).split('\n').length}`,
        language,
        file,
        text: code,
      };
    },
  );
});
const of = (language: string) => blocks.filter((block) => block.language === language);
const commands = of('sh').flatMap(({ where, text }) =>
  text
    .split('\n')
    .map((line) => ({ where, line: line.replace(/\s+#.*$/, '').trim() }))
    .filter(({ line }) => line !== '' && !line.startsWith('#')),
);

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'sublinear-guides-'));
  mkdirSync(join(place, 'node_modules'));
  symlinkSync(root, join(place, 'node_modules/sublinear'));
  for (const name of ['dist', 'examples']) symlinkSync(join(root, name), join(place, name));
  const matrix = '%%MatrixMarket matrix coordinate real general';
  writeFileSync(join(place, 'A.mtx'), `${matrix}\n2 2 4\n1 1 4\n1 2 1\n2 1 1\n2 2 3\n`);
  writeFileSync(join(place, 'b.mtx'), '%%MatrixMarket matrix array real general\n2 1\n1\n2\n');
  const edges = Array.from(
    { length: 50 },
    (_, i) => `${i} ${(i + 1) % 50}\n${i} ${(i * 7) % 50}\n`,
  );
  writeFileSync(join(place, 'edges.txt'), edges.join(''));
  writeFileSync(join(place, 'friends.csv'), 'from,to\nAda,Bob\nBob,Cy\nCy,Ada\nCy,Dan\n');
  for (const name of ['A.mtx', 'edges.txt'])
    writeFileSync(join(place, `${name}.gz`), gzipSync(readFileSync(join(place, name))));
  writeFileSync(join(place, 'wiki-Vote.txt.gz'), readFileSync(join(place, 'edges.txt.gz')));
  writeFileSync(join(place, 'words.txt'), 'coffee\ntea\nsteel\n');
  writeFileSync(join(place, 'vectors.npy'), npy(3, 4, [1, 0, 0, 0, 0.9, 0.1, 0, 0, 0, 0, 1, 0]));
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(join(place, 'key.pem'), privateKey);
  writeFileSync(join(place, 'public.pem'), publicKey);
  writeFileSync(
    join(place, 'main.mjs'),
    `import { load } from 'sublinear/dense';\nconst { Vector } = await load();\nconsole.log(Vector.from([3, 4]).norm());\n`,
  );
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A NumPy file of float32. */
function npy(rows: number, columns: number, values: number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(Float32Array.from(values).buffer)]);
}

function run(command: string) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: place,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('code blocks', () => {
  test('are all of a kind that is tested', () => {
    const known = ['ts', 'sh', 'text', 'html'];
    const unknown = blocks.filter(
      ({ language, file }) => !known.includes(language) && file === undefined,
    );
    expect(unknown.map(({ where, language }) => `${where} ${language}`)).toEqual([]);
    const idle = of('ts').filter(({ text }) => !/from 'sublinear/.test(text));
    expect(idle.map(({ where }) => where)).toEqual([]);
    const quoted = blocks.filter(({ file }) => file !== undefined);
    console.log(
      `documentation: ${blocks.length} code blocks: ${of('ts').length} programs run, ${commands.length} shell commands run or looked up, ${quoted.length} quotations compared`,
    );
    expect(of('ts').length).toBeGreaterThan(15);
    expect(commands.length).toBeGreaterThan(8);
  });

  for (const { where, file, text } of blocks.filter((block) => block.file !== undefined))
    test(`${where} stands in ${file} word for word`, () => expect(read(file!)).toContain(text));
});

describe('shell commands', () => {
  const verbs = commands.filter(({ line }) => /^npx sublinear /.test(line));
  const npm = commands.filter(({ line }) => /^npm /.test(line));
  const native = commands.filter(({ line }) => /^(wasm2c|cc|\.\/raw-abi)( |$)/.test(line));
  const bundling = commands.filter(({ line }) => line.startsWith('npx esbuild '));

  test('are all of a kind that is tested', () => {
    const all = [...verbs, ...npm, ...native, ...bundling];
    expect(commands.filter((command) => !all.includes(command))).toEqual([]);
  });

  test.each(npm.map(({ where, line }) => [line, where]))('%s (%s)', (line) => {
    const [, verb = '', script = ''] = line.split(/\s+/);
    if (verb === 'install') expect(script).toBe('sublinear');
    else expect(Object.keys(scripts)).toContain(verb === 'run' ? script : verb);
  });

  // In the order of the page: a later line may read what an earlier one has written.
  test.each(verbs.map(({ where, line }) => [line, where]))('%s (%s)', (line) => {
    // Measuring takes seconds and is tested with the command line.
    const real = line === 'npx sublinear bench' ? `${line} --help` : line;
    const { status, stderr } = run(
      real.replace('npx sublinear', `'${process.execPath}' dist/cli/main.js`),
    );
    // On standard error stands what there is to say about an answer; an error begins with the program's name.
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.not.stringMatching(/^sublinear: /m),
    });
  });

  test.each(bundling.map(({ where, line }) => [line, where]))('%s (%s)', (line) => {
    const esbuild = join(root, 'node_modules/.bin/esbuild');
    const built = run(
      line.replace('npx esbuild', `'${esbuild}' --log-level=warning --preserve-symlinks`),
    );
    expect(built).toMatchObject({ status: 0, stderr: '' });
    const alone = mkdtempSync(join(tmpdir(), 'sublinear-bundle-'));
    writeFileSync(join(alone, 'bundle.mjs'), readFileSync(join(place, 'bundle.mjs')));
    const out = execFileSync(process.execPath, ['bundle.mjs'], { cwd: alone, encoding: 'utf8' });
    rmSync(alone, { recursive: true });
    expect(out).toBe('5\n');
  });

  // Debian has wabt (npm test installs it); elsewhere this part is skipped.
  const wabt = spawnSync('wasm2c', ['--version'], { encoding: 'utf8' });
  test.skipIf(wabt.status !== 0 || !wabt.stdout.startsWith('1.0.32'))(
    'the host in C: translated, compiled and run as written',
    () => {
      expect(native.length).toBe(3);
      let last = '';
      const { stdout: found } = run('command -v cc || command -v clang-19 || command -v clang');
      const compiler = found.trim() || 'cc';
      for (const { line } of native) {
        // -O0: a third of the time to compile. Any C compiler will do.
        const { status, stdout, stderr } = run(
          line.replace('-O1', '-O0').replace(/^cc /, `${compiler} `),
        );
        expect(status, `${line}: ${stderr}`).toBe(0);
        last = stdout;
      }
      expect(last).toBe(
        'x[50000] = 2.000000, off by at most 1e-6: proved, rows read: 43 of 100000\nbytes held at the end: 0\n',
      );
    },
    120_000,
  );
});

describe('pages', () => {
  test.each(pages)('%s: links lead to files, headings and scripts that exist', (page) => {
    const text = read(page);
    const broken: string[] = [];
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', heading] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) broken.push(target);
      else if (heading !== undefined && !headings(read(file)).includes(heading))
        broken.push(target);
    }
    for (const [, script = ''] of text.matchAll(/`npm run ([\w:]+)/g))
      if (!(script in scripts)) broken.push(`npm run ${script}`);
    expect(broken).toEqual([]);
  });

  test('the tables of measurements that a guide names are there', () => {
    const titles = [...read('docs/benchmarks.md').matchAll(/^#+ (.*)$/gm)].map(
      ([, title]) => title,
    );
    const missing: string[] = [];
    let named = 0;
    for (const page of pages)
      for (const [sentence] of read(page).matchAll(/\btables? "[^.]*/g))
        for (const [, name = ''] of sentence.matchAll(/"([^"]+)"/g)) {
          named++;
          if (!titles.some((title) => title?.startsWith(name))) missing.push(`${page}: ${name}`);
        }
    expect(named).toBeGreaterThan(2);
    expect(missing).toEqual([]);
  });

  test('the picture of the architecture names every bundle and every room', () => {
    const picture = read('docs/images/architecture.svg');
    const lines = [...read('CMakeLists.txt').matchAll(/^sl_bundle\((\w+)\s([^)]*)\)/gm)];
    expect(lines.length).toBeGreaterThan(1);
    for (const [, bundle = '', rest = ''] of lines) {
      expect(picture).toContain(`bundle ${bundle}<`);
      const rooms = /ROOMS\s+([a-z\s]+)/.exec(rest)?.[1]?.trim().split(/\s+/) ?? [];
      expect(rooms.length, bundle).toBeGreaterThan(0);
      for (const room of rooms) expect(picture, room).toMatch(new RegExp(`\\b${room}\\b`));
    }
  });

  test('the index of the guides lists every page', () => {
    const index = read('docs/README.md');
    const missing = pages.filter(
      (page) =>
        page.startsWith('docs/') &&
        page !== 'docs/README.md' &&
        !index.includes(`(${page.slice(5)})`),
    );
    expect(missing).toEqual([]);
  });
});

function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
