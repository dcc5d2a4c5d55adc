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

test('PageRank in a page: a script and one module, within their bytes', async () => {
  const program = `
    import { load } from 'sublinear/diffusion';
    const { Graph, pageRank } = await load();
    const graph = Graph.fromEdges({ from: [0, 1], to: [1, 0] });
    document.body.append(pageRank(graph).scores[0].toFixed(4));`;
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
    await expect.poll(() => page.textContent('body'), { timeout: 30_000 }).toContain('0.5000');
    expect(failures).toEqual([]);
    const total = Object.values(fetched).reduce((sum, size) => sum + size, 0);
    console.info('bytes that PageRank fetches, brotli:', { ...fetched, total });
    expect(Object.keys(fetched).filter((name) => name.endsWith('.wasm'))).toEqual([
      'network.simd.wasm',
    ]);
    // One module held everything on matrices and graphs, 74.2 kB: at most 60 % of that.
    expect(fetched['network.simd.wasm']).toBeLessThanOrEqual(44_500);
    expect(total).toBeLessThanOrEqual(84_000);
  } finally {
    await browser.close();
  }
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
