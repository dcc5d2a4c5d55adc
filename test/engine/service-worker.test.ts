// The entry of a room in a module service worker, where import() is not allowed: bundled into chunks by esbuild, which copies
// no .wasm file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumFlags, chromiumProgram, patience } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

// Each answers a message with what became of it.
const programs = {
  // Two entries: chunks are shared between them.
  entries: `
    import { load } from 'sublinear/graph';
    import { load as loadIndex } from 'sublinear/hnsw';
    self.onmessage = answer(async () => {
      const { Graph } = await load();
      const { Flat } = await loadIndex();
      const index = Flat.create({ metric: 'euclidean', dimension: 2 }).add(7, [1, 2]);
      return [Graph.fromEdges({ from: [0, 1], to: [1, 2] }).edgeCount, ...index.search([1, 2]).ids];
    });`,
  // The engine that can load every room does so when it is asked, which is not allowed here.
  engine: `
    import { getEngine } from 'sublinear';
    self.onmessage = answer(async () => (await getEngine()).use('graph'));`,
};
const answer = `
  const answer = (run) => async (message) => {
    let said;
    try { said = await run(); } catch (error) { said = [error.code, error.message]; }
    message.source.postMessage(said);
  };`;
const page = (name: string) => `<!doctype html><script type="module">
  navigator.serviceWorker.onmessage = ({ data }) => { window.said = data; };
  const { installing, waiting, active } = await navigator.serviceWorker.register('${name}.js', { type: 'module', scope: '${name}/' });
  const worker = installing ?? waiting ?? active;
  const ask = () => worker.state === 'activated' && worker.postMessage('go');
  worker.onstatechange = ask;
  ask();
</script>`;

let folder: string;
let server: Server;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sublinear-service-worker-'));
  for (const [name, program] of Object.entries(programs)) {
    await build({
      stdin: { contents: answer + program, resolveDir: root, sourcefile: `${name}.js` },
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: folder,
      entryNames: name,
      logLevel: 'error',
    });
    writeFileSync(join(folder, `${name}.html`), page(name));
  }
  server = createServer(({ url }, response) => {
    const name = new URL(url ?? '', 'http://localhost').pathname.slice(1);
    try {
      const type = extname(name) === '.html' ? 'text/html' : 'text/javascript';
      const text = readFileSync(join(folder, name));
      response.writeHead(200, { 'content-type': type }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  browser = await chromium.launch({ executablePath: chromiumProgram, args: chromiumFlags });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function said(name: keyof typeof programs): Promise<unknown> {
  const tab = await browser.newPage();
  tab.setDefaultTimeout(patience);
  const { port } = server.address() as AddressInfo;
  await tab.goto(`http://127.0.0.1:${port}/${name}.html`);
  const handle = await tab.waitForFunction(() => (globalThis as { said?: unknown }).said);
  return handle.jsonValue();
}

test('load() of the entries of rooms works', async () => {
  expect(await said('entries')).toEqual([2, 7]);
});

test('engine.use() says what to do instead', async () => {
  const [code, message] = (await said('engine')) as [string, string];
  expect(code).toBe('LOAD_FAILED');
  expect(message).toMatch(
    /a service worker allows no dynamic imports: take load\(\) of sublinear\//,
  );
});
