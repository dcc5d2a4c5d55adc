// What a program that imports one module carries: the files that a page fetches, and the modules of a Cloudflare Worker's
// upload. Built by esbuild, which is what wrangler builds with.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { chromium } from 'playwright';
import { expect, test } from 'vitest';
import { bundleOfRoom } from '../../dist/generated/bundles.js';
import { chromiumFlags, chromiumProgram } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function built(contents: string, options: BuildOptions) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    outdir: join(root, 'app/js'),
    entryNames: 'page',
    logLevel: 'silent',
    ...options,
  });
  return new Map(outputFiles!.map(({ path, contents: bytes }) => [basename(path), bytes]));
}

const brotli = (bytes: Uint8Array) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/** What a page shows that runs a program, and the files that it fetches: their sizes with brotli. */
async function shown(program: string, until: RegExp) {
  const files = await built(program, { splitting: true, conditions: ['browser'] });
  const browser = await chromium.launch({ executablePath: chromiumProgram, args: chromiumFlags });
  try {
    const page = await browser.newPage();
    const fetched: Record<string, number> = {};
    const failures: unknown[] = [];
    page.on('pageerror', (error) => failures.push(error));
    await page.route('https://page.test/**', (route) => {
      const path = new URL(route.request().url()).pathname;
      if (path === '/favicon.ico') return route.fulfill({ status: 404 });
      if (path === '/') {
        const body = '<!doctype html><body><script type="module" src="/app/js/page.js"></script>';
        return route.fulfill({ contentType: 'text/html', body });
      }
      // A bundler copies what the URL beside a module names.
      const isModule = path.endsWith('.wasm');
      const bytes = isModule ? readFileSync(join(root, 'dist', path)) : files.get(basename(path))!;
      fetched[basename(path)] = brotli(bytes);
      const contentType = isModule ? 'application/wasm' : 'text/javascript';
      return route.fulfill({ contentType, body: Buffer.from(bytes) });
    });
    await page.goto('https://page.test/');
    const text = () => (failures.length > 0 ? String(failures) : page.textContent('body'));
    await expect.poll(text, { timeout: 30_000 }).toMatch(until);
    expect(failures).toEqual([]);
    return { text: (await page.textContent('body'))!, fetched };
  } finally {
    await browser.close();
  }
}

const isModule = (name: string) => name.endsWith('.wasm');

/** The bytes of the scripts, of the modules, and of both. */
function totals(fetched: Record<string, number>) {
  const sum = (counts: (name: string) => boolean) =>
    Object.entries(fetched).reduce((total, [name, size]) => total + (counts(name) ? size : 0), 0);
  return {
    scripts: sum((name) => !isModule(name)),
    modules: sum(isModule),
    total: sum(() => true),
  };
}

test('PageRank in a page: a script and one module, within their bytes', async () => {
  const program = `
    import { load } from 'sublinear/diffusion';
    const { Graph, pageRank } = await load();
    const graph = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
    document.body.append(pageRank(graph).scores[0].toFixed(4));`;
  const { fetched } = await shown(program, /0\.5000/);
  const { total } = totals(fetched);
  console.info('bytes that PageRank fetches, brotli:', { ...fetched, total });
  expect(Object.keys(fetched).filter(isModule)).toEqual(['network.simd.wasm']);
  // One module held everything on matrices and graphs, 74.2 kB: at most 60 % of that.
  expect(fetched['network.simd.wasm']).toBeLessThanOrEqual(44_500);
  // With its JavaScript, 109.8 kB: at most 60 % of that.
  expect(total).toBeLessThanOrEqual(65_800);
});

test('recurrences in a page: a script and one module, within their bytes', async () => {
  const program = `
    import { load } from 'sublinear/dates';
    const { Recurrence } = await load();
    const rule = Recurrence.parse('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', { start: '2000-01-01' });
    document.body.append(rule.between('2000-01-01', '2029-12-31').length, ' of them');`;
  const { fetched } = await shown(program, /51 of them/);
  const { scripts, modules, total } = totals(fetched);
  console.info('bytes that recurrences fetch, brotli:', { ...fetched, scripts, modules, total });
  expect(Object.keys(fetched).filter(isModule)).toEqual(['dates.simd.wasm']);
  // Half of it is the TypeScript of the module: rules, their English, iCalendar, searches.
  expect(fetched['dates.simd.wasm']).toBeLessThanOrEqual(12_600);
  expect(total).toBeLessThanOrEqual(34_500);
});

test('the first programs of README.md in a page, within their bytes', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, first, second] =
    /## A whole program\s+```ts\n([\s\S]*?)```[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)!;
  const [, one, two] =
    /The first program below carries (\d+) kB of JavaScript, the second, .* (\d+) kB\./.exec(
      readme,
    )!;
  // Each file is a request: what is always carried together stands in one (tools/cores.mjs), and what is fetched later shares
  // none with a page that ranks (tools/later.mjs).
  for (const { program, shows, told, modules, most, files } of [
    {
      program: first!,
      shows: /Ada 0\.32.*true/,
      told: one,
      modules: ['network.simd.wasm'],
      ...{ most: 21_000, files: 2 },
    },
    {
      program: second!,
      shows: /converged.*true/,
      told: two,
      modules: ['network.simd.wasm', 'solver.simd.wasm'],
      ...{ most: 37_490, files: 14 },
    },
  ]) {
    const page = program.replaceAll('console.log(', 'document.body.append(');
    const { fetched } = await shown(page, shows);
    const sums = totals(fetched);
    console.info('bytes that a program of README fetches, brotli:', sums);
    expect(Object.keys(fetched).filter(isModule).sort()).toEqual(modules);
    expect(sums.scripts).toBeLessThanOrEqual(most);
    expect(Math.round(sums.scripts / 1000)).toBe(Number(told));
    expect(Object.keys(fetched).length).toBeLessThanOrEqual(files);
  }
});

test('a page that ranks fetches the readers of files when it first reads one', async () => {
  const program = `
    import { load, SublinearError } from 'sublinear/diffusion';
    const { Graph, pageRank } = await load();
    const refused = [];
    for (const read of [() => Graph.fromEdgeList('0 1'), () => Graph.load(new Uint8Array(8))])
      try { read(); } catch (error) { refused.push(error.code + ' ' + /'sublinear.graph'/.test(error.message)); }
    const graph = await Graph.readAsync(new Blob(['source,target\\nada,bob\\n']));
    const again = Graph.load(graph.save());
    const other = Graph.fromEdgeList('0 1\\n1 0\\n');
    // What comes later has the classes of the page, not some of its own.
    const wrong = await Graph.readAsync(new Blob(['{"nodes": 7}'])).catch((error) => error);
    const isOurs = wrong instanceof SublinearError && again instanceof Graph;
    document.body.append([...refused, again.labelOf(1), wrong.code, isOurs, pageRank(other).scores[0].toFixed(2)].join());`;
  const { text } = await shown(program, /0\.50|Error/);
  expect(text).toBe('NOT_LOADED true,NOT_LOADED true,bob,PARSE,true,0.50');
});

test('a page that solves fetches what uses factorisations with the module that makes them', async () => {
  // A chain that is not definite, which is factorised where that can be, and a matrix on which no iteration gets anywhere.
  const program = (asks: string) => `
    import { getEngine } from 'sublinear';
    const engine = await getEngine();
    const { PreparedSolver, SparseMatrix, prepare, solve, solveAsync } = await engine.use('solver');
    const n = 900;
    const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
    const made = (entries) => SparseMatrix.fromCoo({
      rows: n,
      cols: n,
      rowIndices: entries.map(([i]) => i),
      columnIndices: entries.map(([, j]) => j),
      values: entries.map(([, , value]) => value),
    });
    const rows = Array.from(b, (_, i) => i);
    const chain = made(rows.flatMap((i) => [[i, i, i % 3 === 0 ? -1.37 : 1.91], ...(i > 0 ? [[i, i - 1, 1], [i - 1, i, 1]] : [])]));
    let state = 5;
    const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    const places = new Map();
    for (const i of rows) {
      places.set(i * n + (7 * i + 3) % n, 2 * next() - 1);
      for (const part of [next(), next()]) places.set(i * n + Math.floor(part * n), next() - 0.5);
    }
    const scattered = made([...places].map(([at, value]) => [Math.floor(at / n), at % n, value]));
    const said = [];
    ${asks}
    document.body.append([...said, 'ended'].join());`;
  const isDirect = "const isDirect = ({ method }) => said.push(method.startsWith('direct-'));";
  const before = await shown(program(`${isDirect} isDirect(solve(chain, b));`), /ended/);
  const asked = await shown(
    program(`${isDirect}
      isDirect(solve(chain, b));
      await engine.use('direct');
      isDirect(solve(chain, b));
      const again = await PreparedSolver.loadAsync(new Blob([prepare(chain).save()]));
      isDirect(again.solve(b));`),
    /ended/,
  );
  const waited = await shown(
    program(`${isDirect} isDirect(solve(scattered, b)); isDirect(await solveAsync(scattered, b));`),
    /ended/,
  );
  expect([before.text, asked.text, waited.text]).toEqual([
    'false,ended',
    'false,true,true,ended',
    'false,true,ended',
  ]);
  expect(Object.keys(before.fetched).filter(isModule)).toEqual(['solver.simd.wasm']);
  for (const { fetched } of [asked, waited])
    expect(Object.keys(fetched).filter(isModule).sort()).toEqual([
      'direct.simd.wasm',
      'solver.simd.wasm',
    ]);
  const [few, more] = [totals(before.fetched).scripts, totals(waited.fetched).scripts];
  console.info('bytes of scripts that a solve fetches, brotli:', { few, more });
  expect(more).toBeGreaterThan(few + 2000);
});

test('a page that has the module graph reads at once', async () => {
  const program = `
    import { load } from 'sublinear/graph';
    import { load as loadSparse } from 'sublinear/sparse';
    const { Graph } = await load();
    const { SparseMatrix } = await loadSparse();
    const market = '%%MatrixMarket matrix coordinate real general\\n1 1 1\\n1 1 7\\n';
    document.body.append([
      Graph.fromEdgeList('0 1').edgeCount,
      SparseMatrix.fromMatrixMarket(market).nnz,
      'ended',
    ].join());`;
  const { text } = await shown(program, /ended/);
  expect(text).toBe('1,1,ended');
});

test('a page with a collection fetches what texts need when a collection has texts', async () => {
  const program = (texts: string) => `
    import { load } from 'sublinear/hnsw';
    const { Collection } = await load();
    const c = await Collection.createAsync({ metric: 'dot', dimension: 1${texts} });
    c.add({ key: 'a', vector: [1]${texts && ", text: 'quiet hotels'"} });
    const [found] = ${texts ? "c.search({ text: 'hotel' })" : 'c.search([1])'};
    document.body.append(found.key, ' ended');`;
  const plain = await shown(program(''), /ended/);
  const words = await shown(program(", text: ['t']"), /ended/);
  expect([plain.text, words.text]).toEqual(['a ended', 'a ended']);
  expect(Object.keys(plain.fetched).filter(isModule)).toEqual(['vector.relaxed.wasm']);
  expect(Object.keys(words.fetched).filter(isModule).sort()).toEqual([
    'text.simd.wasm',
    'vector.relaxed.wasm',
  ]);
  // Nor is the code of that module carried without it.
  const [few, more] = [totals(plain.fetched).scripts, totals(words.fetched).scripts];
  console.info('bytes of scripts that a collection fetches, brotli:', { few, more });
  expect(more).toBeGreaterThan(few + 5000);
});

/** The WebAssembly modules that a Worker importing `sublinear/<room>` uploads beside its script. */
async function uploaded(room: string): Promise<string[]> {
  const modules = new Set<string>();
  const program = `
    import { load } from 'sublinear/${room}';
    export default { async fetch() { return new Response(Object.keys(await load()).join()); } };`;
  const [script] = (
    await built(program, {
      conditions: ['workerd', 'worker', 'browser'],
      plugins: [
        {
          name: 'modules',
          setup({ onResolve }) {
            onResolve({ filter: /\.wasm$/ }, ({ path }) => {
              modules.add(basename(path));
              return { path, external: true };
            });
          },
        },
      ],
    })
  ).values();
  // Nor is one in the script as text, which would be longer than that.
  expect(script!.length).toBeLessThan(200_000);
  return [...modules].sort();
}

test.each([
  'hnsw',
  'quant',
  'hyperbolic',
  'graph',
  'diffusion',
  'solver',
  'sparse',
  'dense',
] as const)('a Worker with %s alone uploads its module and no other', async (room) => {
  expect(await uploaded(room)).toEqual([`${bundleOfRoom[room]}.simd.wasm`]);
});

test.each(['resistance', 'contributions'])('a Worker with %s uploads two', async (room) => {
  expect(await uploaded(room)).toEqual(['network.simd.wasm', 'solver.simd.wasm']);
});
