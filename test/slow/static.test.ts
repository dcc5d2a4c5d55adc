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
import { chromiumFlags, chromiumProgram, patience } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = Object.keys(bundleOfRoom);

/** Of each module test/<module>/page.json: a function of what load() gives, as text, and what it returns. */
const programs: Record<string, [string, string]> = Object.fromEntries(
  rooms.map((room) => {
    const { program, result } = JSON.parse(
      readFileSync(join(root, `test/${room}/page.json`), 'utf8'),
    );
    return [room, [program, JSON.stringify(result)]];
  }),
);

const run = (address: string, program: string, options = '{}') =>
  `const { load } = await import(${JSON.stringify(address)});
   return JSON.stringify((${program})(await load(${options})));`;

test('every module and the engine have a file, with the types of their entries', () => {
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
    page.setDefaultTimeout(patience);
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
      page.setDefaultTimeout(patience);
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
