// A page that is cross-origin isolated, where threads share memory: one copy of an index for two workers of Chromium, and the
// same page without the headers, where each worker has its own. The package is served as it is, without a bundler.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumFlags, chromiumProgram, patience } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

type Target = string | Record<string, string>;
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  'imports' | 'exports',
  Record<string, Target>
>;

/** What package.json's "imports" and "exports" mean to a browser; names behind a star are those of the files there. */
function importMap() {
  const imports: Record<string, string> = {};
  const put = (name: string, target: Target) => {
    const path = typeof target === 'string' ? target : (target.browser ?? target.default);
    if (path?.endsWith('.js') !== true) return;
    if (!path.includes('*')) imports[name] = path.slice(1);
    const [folder, suffix] = path.split('*') as [string, string?];
    if (suffix === undefined || !existsSync(join(root, folder))) return;
    for (const file of readdirSync(join(root, folder))) {
      const middle = suffix.startsWith('/') ? file : file.slice(0, -suffix.length);
      const whole = `${folder.slice(1)}${middle}${suffix}`;
      if (existsSync(join(root, whole))) imports[name.replace('*', middle)] = whole;
    }
  };
  for (const [name, target] of Object.entries(packageJson.imports)) put(name, target);
  for (const [name, target] of Object.entries(packageJson.exports))
    put(`sublinear${name.slice(1)}`, target);
  for (const [name, file] of [
    ['comlink', 'comlink/dist/esm/comlink.mjs'],
    ['wasm-feature-detect', 'wasm-feature-detect/dist/esm/index.js'],
    ['idb', 'idb/build/index.js'],
  ] as const)
    imports[name] = `/node_modules/${file}`;
  return { imports };
}

/** Runs in the page: 10,000 searches in two workers and in this thread. */
const program = `
import { createEngine } from 'sublinear';
import { createPool } from 'sublinear/worker';

const same = (a, b) => a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
let seed = 1;
const next = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32 - 0.5;
const vectors = (count) => Float32Array.from({ length: count * 16 }, next);
try {
  const engine = await createEngine({ modules: ['hnsw'] });
  const { Collection, Hnsw } = engine.hnsw;
  const pool = await createPool({ size: 2, modules: ['hnsw'] });
  const report = { isolated: crossOriginIsolated, kinds: [] };
  for (const codes of ['none', 'int8', 'float16', 'rabitq']) {
    const index = Hnsw.create({ metric: 'cosine', dimension: 16, m: 8, efConstruction: 40, ...(codes !== 'none' && { codes }) });
    index.addBatch({ ids: Uint32Array.from({ length: 2000 }, (_, i) => i), vectors: vectors(2000) });
    const shared = await index.share();
    const replica = await pool.replicate(shared, ({ hnsw }, given) => hnsw.Hnsw.openShared(given));
    const queries = vectors(2500);
    const expected = index.searchBatch(queries, { k: 5 });
    const found = await replica.batch(queries, 16, (there, part) => there.searchBatch(part, { k: 5 }));
    const refused = await replica.run((there) => there.remove(1)).catch((error) => error.code);
    const modules = await replica.run((_, worker) => worker.stats());
    report.kinds.push({
      codes,
      placed: shared.place !== undefined,
      same: same(found.ids, expected.ids) && same(found.distances, expected.distances),
      refused,
      sharing: modules.modules.filter(({ shared }) => shared).length > 0,
    });
    await replica.dispose();
  }
  // Built by the workers, while this thread, the page's own, does not wait; and the same by this thread.
  const batch = { ids: Uint32Array.from({ length: 3000 }, (_, i) => i), vectors: vectors(3000) };
  const options = { metric: 'euclidean', dimension: 16, m: 8, efConstruction: 40 };
  const built = await Hnsw.buildShared(options, batch, { pool });
  const alone = await Hnsw.buildShared(options, batch);
  report.built = { placed: built.place !== undefined, same: same((await Hnsw.openShared(built)).save(), alone.file) };
  const gone = await Hnsw.buildShared(options, batch, { pool, onProgress: () => { throw new Error('enough'); } }).catch((error) => error.message);
  report.gone = gone;
  // This thread may take part: where it must not wait, it lets other tasks run instead.
  const own = { size: 1, run: (job) => job({ hnsw: { Hnsw } }) };
  report.own = same((await Hnsw.openShared(await Hnsw.buildShared(options, batch, { pool: own }))).save(), alone.file);
  const films = Collection.create({ metric: 'euclidean', dimension: 16 });
  const all = vectors(1200);
  films.addAll(Array.from({ length: 1200 }, (_, i) => ({ key: 'film ' + i, vector: all.subarray(16 * i, 16 * i + 16), metadata: { year: i } })));
  const replica = await pool.replicate(await films.share(), ({ hnsw }, given) => hnsw.Collection.openShared(given));
  const how = { k: 5, where: { year: { lt: 100 } } };
  const query = vectors(1);
  const there = await replica.run((films) => films.search(query, how));
  report.keys = JSON.stringify(there) === JSON.stringify(films.search(query, how));
  await pool.dispose();
  globalThis.report = report;
} catch (error) {
  globalThis.report = { error: String(error.stack ?? error), cause: String(error.cause) };
}
`;

let server: Server;
let browser: Browser;
let address: string;
beforeAll(async () => {
  const page = `<!doctype html><script type="importmap">${JSON.stringify(importMap())}</script><script type="module">${program}</script>`;
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    // The first part of the path says with which headers.
    const [, how, ...rest] = pathname.split('/');
    const isPage = rest.join('/') === '';
    // What scripts import is addressed from the root, and belongs to the page before it.
    const from = new URL(request.headers.referer ?? 'http://localhost/').pathname.split('/')[1];
    const isolated = (isPage ? how : from) !== 'plain';
    const path = join(root, normalize(pathname));
    const isThere = isPage || (path.startsWith(root) && existsSync(path));
    response.writeHead(isThere ? 200 : 404, {
      'content-type': isPage ? 'text/html' : (types[extname(path)] ?? 'application/octet-stream'),
      'cross-origin-resource-policy': 'same-origin',
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      }),
    });
    response.end(isPage ? page : isThere ? readFileSync(path) : undefined);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch({ executablePath: chromiumProgram, args: chromiumFlags });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

test.each([
  ['isolated', true],
  ['plain', false],
])('a page that is %s', async (path, isolated) => {
  const page = await browser.newPage();
  await page.goto(`${address}/${path}/`);
  await page.waitForFunction(() => 'report' in globalThis, undefined, { timeout: patience });
  const report = await page.evaluate(() => (globalThis as { report?: unknown }).report);
  const kind = (codes: string) => ({
    codes,
    placed: isolated,
    same: true,
    refused: 'STATE',
    sharing: isolated,
  });
  expect(report).toEqual({
    isolated,
    kinds: ['none', 'int8', 'float16', 'rabitq'].map(kind),
    built: { placed: isolated, same: true },
    gone: 'enough',
    own: true,
    keys: true,
  });
  await page.close();
});
