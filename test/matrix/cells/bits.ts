// The same bits: the case tables of the test suite in V8, SpiderMonkey and JavaScriptCore, compared with what the tests
// have recorded.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '../../support/bits.js';
import type { BrowserName } from '../support/browsers.js';
import { type Cell, type Context, exec, type Finding } from '../support/cell.js';
import { importMapPage, script } from '../support/page.js';
import { serve } from '../support/server.js';
import { root } from '../support/tools.js';
import { bun, node24, version } from './runtimes.js';

type Report =
  | { ok: true; found: Record<string, Record<string, string>> }
  | { ok: false; name: string; message: string };

/** The files of case tables, test/<room>/*.cases.ts. */
async function tableFiles(): Promise<string[]> {
  const folders = await readdir(join(root, 'test'), { withFileTypes: true });
  const files = await Promise.all(
    folders
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) =>
        (await readdir(join(root, 'test', name))).map((file) => join(root, 'test', name, file)),
      ),
  );
  return files.flat().filter((file) => file.endsWith('.cases.ts'));
}

/** The tables as one file that imports nothing but the package. Vitest is left out. */
async function prepare(context: Context, name: string): Promise<string> {
  const folder = await context.scratch(name);
  const support = join(root, 'test/support');
  const files = await tableFiles();
  const lines = files.map((file, i) => `import * as t${i} from ${JSON.stringify(file)};`);
  await writeFile(
    join(folder, 'all.ts'),
    `${lines.join('\n')}
export { canonical, hash } from ${JSON.stringify(join(support, 'bits.ts'))};
export { RawModule } from ${JSON.stringify(join(support, 'raw.ts'))};
export const tables = [${files.map((_, i) => `t${i}`).join()}].map((table) => {
  const exported: any[] = Object.values(table);
  return { doors: exported.find((it) => it.embind), cases: exported.find((it) => it[0]?.run) };
});
`,
  );
  await writeFile(
    join(folder, 'no-vitest.js'),
    `${['afterAll', 'beforeAll', 'describe', 'test']
      .map((word) => `export const ${word} = () => { throw new Error('${word}() was called'); };\n`)
      .join('')}
// Some doors look at what they get on the way: the test suite does so in V8, here only bits count.
const anything = new Proxy(() => {}, { get: () => anything, apply: () => anything });
export const expect = anything;
`,
  );
  await script(
    folder,
    `const { build } = await import(tool('esbuild'));
await build({ entryPoints: ['all.ts'], outfile: 'tables.js', bundle: true, format: 'esm', target: 'es2022',
  alias: { vitest: './no-vitest.js' }, external: ['sublinear', 'sublinear/*', 'wasm-feature-detect', 'node:*'] });
`,
  );
  return folder;
}

/** Compares with the records; gives one hash a variant. */
async function judge(by: string, report: Report): Promise<Finding> {
  if (!report.ok) return { by, report: { ...report } };
  // A table that was left out would have no wrong line.
  const tables = await tableFiles();
  for (const variant of ['scalar', 'simd']) {
    const found = Object.keys(report.found[variant] ?? {}).length;
    if (found !== tables.length)
      throw new Error(`${by}, ${variant}: ${found} tables of ${tables.length}`);
  }
  const hashes: Record<string, string> = {};
  let cases = 0;
  for (const [variant, tables] of Object.entries(report.found)) {
    const names = Object.keys(tables).sort();
    for (const name of names) {
      const recorded = await readFile(join(root, `test/vectors/${name}.hashes`), 'utf8');
      const expected = recorded.split('\n');
      const wrong = tables[name]!.split('\n').find((line, i) => line !== expected[i]);
      if (wrong !== undefined || tables[name]!.length !== recorded.length)
        throw new Error(`${by}, ${variant}, table ${name}: other bits than recorded: ${wrong}`);
    }
    const all = names.map((name) => tables[name]).join('');
    cases = all.split('\n').length - 1;
    hashes[variant] = hash(all);
  }
  return { by, report: null, bits: { hashes, cases } };
}

const runtime = (name: string, title: string, program: () => Promise<string>): Cell => ({
  name: `bits-${name}`,
  title,
  group: 'The same bits',
  async run(context) {
    const folder = await prepare(context, `bits-${name}`);
    const file = await program();
    const { stdout } = await exec(folder, file, ['bits.mjs']);
    return judge(`${title} ${await version(file)}`, JSON.parse(stdout));
  },
});

const page = (name: BrowserName, engine: string): Cell => ({
  name: `bits-${name}`,
  title: engine,
  group: 'The same bits',
  async run(context) {
    const folder = await prepare(context, `bits-${name}`);
    await importMapPage(folder, 'bits.html');
    const server = await serve(folder);
    try {
      const browser = await context.browser(name);
      const text = await browser.visit(`${server.url}/`, 'report', 180_000);
      return await judge(browser.name, JSON.parse(text));
    } finally {
      await server.close();
    }
  },
});

export const cells: Cell[] = [
  runtime('node', 'Node', async () => process.execPath),
  runtime('node24', 'Node', node24),
  runtime('bun', 'Bun', bun),
  page('chromium', 'Chromium'),
  page('firefox', 'Firefox'),
  page('webkit', 'WebKit'),
];
