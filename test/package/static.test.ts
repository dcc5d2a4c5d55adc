// Pages without a bundler: dist/bundle/ served as files by a server that knows nothing, and imported by Chromium; the same
// files copied out of the package, in Node.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleOfRoom } from '../../ts/generated/bundles.js';
import { type Server, serve } from '../matrix/support/server.js';
import { chromiumFlags, chromiumProgram } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = Object.keys(bundleOfRoom);

/** For each module a function of what load() gives, as text, and what it returns as JSON. */
const programs: Record<string, [string, string]> = {
  dense: ['({ Vector }) => Vector.from([3, 4]).norm()', '5'],
  sparse: ['({ SparseMatrix }) => [...SparseMatrix.fromDiagonal([2, 3]).toDense()]', '[2,0,0,3]'],
  graph: ["({ Graph }) => Graph.fromEdges({ from: ['Ada'], to: ['Bob'] }).nodeCount", '2'],
  solver: [
    '({ solve, SparseMatrix }) => [...solve(SparseMatrix.fromDiagonal([2, 4]), [2, 2]).solution]',
    '[1,0.5]',
  ],
  direct: [
    '({ factorize, SparseMatrix }) => [...factorize(SparseMatrix.fromDiagonal([2, 4])).solve([2, 2]).solution]',
    '[1,0.5]',
  ],
  // Two conductors of 1 in a row.
  resistance: [
    `({ Graph, effectiveResistance }) => {
      const graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], directed: false });
      return effectiveResistance(graph, { source: 0, target: 2 }).resistance.toFixed(6);
    }`,
    '"2.000000"',
  ],
  // From Ada nothing leads to Cleo.
  diffusion: [
    `({ Graph, personalizedPageRank }) => {
      const graph = Graph.fromEdges({ from: ['Ada', 'Ben', 'Cleo'], to: ['Ben', 'Ada', 'Ada'] });
      const near = personalizedPageRank(graph, { source: 'Ada', tolerance: 1e-6, topK: 3 });
      return Array.from(near, ({ label }) => label).sort().join();
    }`,
    '"Ada,Ben"',
  ],
  quant: [
    '({ quantizeInt8 }) => [...quantizeInt8([126, 63, -126], { dimension: 3 }).codes]',
    '[126,63,-126]',
  ],
  hnsw: [
    `({ Collection }) => {
      const items = Collection.create({ metric: 'cosine', dimension: 2 });
      items.add({ key: 'near', vector: [1, 0] });
      items.add({ key: 'far', vector: [0, 1] });
      return items.search([3, 1], { k: 1 })[0].key;
    }`,
    '"near"',
  ],
  hyperbolic: [
    '({ poincareDistance }) => poincareDistance([0, 0], [0.5, 0], { dimension: 2 })[0].toFixed(6)',
    `"${Math.log(3).toFixed(6)}"`,
  ],
};

const run = (address: string, program: string, options = '{}') =>
  `const { load } = await import(${JSON.stringify(address)});
   return JSON.stringify((${program})(await load(${options})));`;

test('every module and the engine have a file, with the types of their entries', () => {
  expect(Object.keys(programs).sort()).toEqual([...rooms].sort());
  for (const name of [...rooms, 'index']) {
    const types = readFileSync(join(root, `dist/bundle/${name}.d.ts`), 'utf8');
    expect(types).toBe(`export * from '../${name}.js';\n`);
  }
});

describe.each([...rooms, 'index'])('bundle/%s.js', (name) => {
  test('exports what the entry exports', async () => {
    const file = await import(join(root, `dist/bundle/${name}.js`));
    expect(Object.keys(file)).toEqual(
      Object.keys(await import(join(root, `dist/${name}.js`))).sort(),
    );
  });
});

describe('in a browser', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    server = await serve(join(root, 'dist'));
    browser = await chromium.launch({ executablePath: chromiumProgram, args: chromiumFlags });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a page of the server, and gives what a program in it returns and the files that it asked for. */
  async function visit(program: string): Promise<{ result: unknown; files: string[] }> {
    const page = await browser.newPage();
    try {
      // The folder has no pages of its own.
      await page.route(`${server.url}/page.html`, (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }),
      );
      await page.goto(`${server.url}/page.html`);
      const files: string[] = [];
      page.on('request', (request) => files.push(new URL(request.url()).pathname));
      const result = await page.evaluate(`(async () => { ${program} })()`);
      return { result, files: files.filter((file) => file !== '/favicon.ico').sort() };
    } finally {
      await page.close();
    }
  }

  test.each(rooms)('bundle/%s.js is one request and nothing else', async (room) => {
    const [program, expected] = programs[room]!;
    const { result, files } = await visit(run(`/bundle/${room}.js`, program));
    expect(result).toBe(expected);
    expect(files).toEqual([`/bundle/${room}.js`]);
  });

  test.each(rooms)('bundle/%s.js takes the scalar variant from a second file', async (room) => {
    const [program, expected] = programs[room]!;
    const { result, files } = await visit(
      run(`/bundle/${room}.js`, program, "{ variant: 'scalar' }"),
    );
    expect(result).toBe(expected);
    expect(files).toContain(`/inline/${bundleOfRoom[room as 'hnsw']}.scalar.js`);
    expect(files.filter((file) => !file.startsWith('/inline/'))).toEqual([`/bundle/${room}.js`]);
  });

  test('a variant that a file does not have is refused with the remedy', async () => {
    const { result } = await visit(`
      const { load } = await import('/bundle/quant.js');
      return load({ variant: 'relaxed' }).catch(({ code, message }) => code + ': ' + message);`);
    expect(result).toMatch(/^LOAD_FAILED: .*vector\.relaxed\.wasm.*leave the option "variant" out/);
  });

  test('bundle/index.js: several modules in one engine, each WebAssembly file when asked for', async () => {
    const { result, files } = await visit(`
      const { getEngine } = await import('/bundle/index.js');
      const engine = await getEngine();
      const { Graph } = await engine.use('graph');
      const { solve } = await engine.use('solver');
      const graph = Graph.fromEdges({ from: [0], to: [1], directed: false });
      return [...solve(graph.laplacian({ shift: 1 }), [3, 0]).solution].map((x) => x.toFixed(6)).join(' ');`);
    // (L + I) x = b: 2 x0 - x1 = 3, 2 x1 - x0 = 0.
    expect(result).toBe('2.000000 1.000000');
    expect(files).toEqual([
      '/bundle/index.js',
      '/wasm/network.simd.wasm',
      '/wasm/solver.simd.wasm',
    ]);
  });

  test('the pages of README.md and the guides show what they say', async () => {
    const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const pages = ['README.md', ...guides.map((name) => `docs/${name}`)].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/^```html\n([\s\S]*?)^```$/gm)].map(
        ([, html]) => html!,
      ),
    );
    expect(pages.length).toBeGreaterThan(2);
    for (const html of pages) {
      const page = await browser.newPage();
      const asked: string[] = [];
      // What the network would give: the packed files under the version's address, for every origin.
      await page.route(/^https:\/\/cdn\.jsdelivr\.net\//, (route) => {
        const [, path] = /\/npm\/sublinear@[\d.]+\/(dist\/.*)$/.exec(route.request().url())!;
        asked.push(path!);
        return route.fulfill({
          path: join(root, path!),
          contentType: path!.endsWith('.wasm') ? 'application/wasm' : 'text/javascript',
          headers: { 'access-control-allow-origin': '*' },
        });
      });
      await page.route(`${server.url}/page.html`, (route) =>
        route.fulfill({ contentType: 'text/html', body: html }),
      );
      await page.goto(`${server.url}/page.html`);
      const [, said] = /append\(.*\/\/ (.*)$/m.exec(html)!;
      await expect.poll(() => page.textContent('body')).toContain(said);
      expect(asked[0]).toMatch(/^dist\/bundle\/\w+\.js$/);
      await page.close();
    }
  });
});

test('in Node a file runs by itself, without the package and its dependencies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sublinear-static-'));
  try {
    for (const room of rooms) {
      const file = join(folder, `${room}.mjs`);
      copyFileSync(join(root, `dist/bundle/${room}.js`), file);
      const [program, expected] = programs[room]!;
      const script = `console.log(await (async () => { ${run(pathToFileURL(file).href, program)} })());`;
      expect(
        execFileSync(process.execPath, ['--input-type=module', '-e', script], {
          cwd: folder,
          encoding: 'utf8',
        }),
      ).toBe(`${expected}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
