// The page of notes as its visitors have it: served once, then opened again without a network.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { load } from 'sublinear/inference';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumFlags, chromiumProgram, patience } from '../support/chromium.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.webmanifest': 'application/manifest+json',
};

let server: Server;
let browser: Browser;
let context: BrowserContext;
let asked = 0;

/** A table of words with a meaning each: a model that is small enough for a test, and as real as a large one. */
async function model(): Promise<Uint8Array> {
  const { StaticEmbedder } = await load();
  const words = ['boat', 'ship', 'sea', 'bread', 'oven', 'flour', 'tax', 'money'];
  const vectors = Float32Array.from(words, () => 0);
  const all = new Float32Array(3 * vectors.length);
  for (let i = 0; i < words.length; i++) {
    all[3 * i + Math.floor(i / 3)] = 1;
    all[3 * i + ((i + 1) % 3)]! += 0.1 * (i % 3);
  }
  using embedder = StaticEmbedder.fromWords({ words, vectors: all });
  return embedder.save();
}

beforeAll(async () => {
  const bytes = await model();
  server = createServer(({ url }, response) => {
    asked++;
    const name = new URL(url ?? '', 'http://localhost').pathname.slice(1) || 'index.html';
    const folder = ['inference.js', 'hnsw.js'].includes(name) ? 'dist/bundle' : 'examples/notes';
    try {
      const body = name === 'model.slv' ? bytes : readFileSync(join(root, folder, name));
      const type = types[extname(name)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  browser = await chromium.launch({ executablePath: chromiumProgram, args: chromiumFlags });
  context = await browser.newContext();
  context.setDefaultTimeout(patience);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForSelector('#query:not([disabled])');
  return page;
}

async function keep(page: Page, text: string, count: number): Promise<void> {
  await page.fill('#note', text);
  await page.click('button');
  await page.waitForSelector(`#status[data-saved="${count}"]`, { state: 'attached' });
}

async function first(page: Page, query: string): Promise<string | null> {
  await page.fill('#query', query);
  return page.locator('#found li').first().textContent();
}

test('notes are found by meaning, and are there again without a network', async () => {
  const online = await open();
  await keep(online, 'A boat', 1);
  await keep(online, 'Flour', 2);
  expect(await first(online, 'the ship at sea')).toBe('A boat');
  // What the model knows no word of is refused, and nothing is lost.
  await online.fill('#note', 'xyzzy');
  await online.click('button');
  expect(await online.locator('#status').textContent()).toContain('text');
  await online.close();

  const before = asked;
  await context.setOffline(true);
  const offline = await open();
  expect(await offline.locator('#status').textContent()).toBe('2 notes');
  expect(await first(offline, 'bread from an oven')).toBe('Flour');
  await keep(offline, 'Money and tax', 3);
  expect(await first(offline, 'tax')).toBe('Money and tax');
  await offline.reload();
  await offline.waitForSelector('#query:not([disabled])');
  expect(await offline.locator('#status').textContent()).toBe('3 notes');
  expect(asked).toBe(before);
});
