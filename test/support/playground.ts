// The playground's built site, served on loopback and opened in a real browser. The site is built by
// `sh tools/playground.sh build`, which the test command runs before.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { patience } from './chromium.js';

const site = fileURLToPath(new URL('../../build/playground', import.meta.url));

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Milliseconds by which each message to a worker is late: a test that reads an answer too early fails by it at once. */
const late = Number(process.env.LATE_WORKERS ?? 0);

/** Of the test that runs; made anew for each. */
export let page: Page;
export let context: BrowserContext;
export let address: string;
/** What the page has complained of; a test fails that leaves some. */
const complaints: string[] = [];

let server: Server;
let browser: Browser;

/** Serves the site for the tests of a file. */
export function usePlayground(): void {
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const path = join(site, normalize(pathname === '/' ? '/index.html' : pathname));
      if (!path.startsWith(site) || !existsSync(path)) {
        response.writeHead(404).end();
        return;
      }
      // Nobody but the page's own files: what it needs from elsewhere would fail here.
      response.writeHead(200, {
        'content-type': types[extname(path)] ?? 'application/octet-stream',
        'content-security-policy':
          "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'",
      });
      response.end(readFileSync(path));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--use-angle=swiftshader', // sigma draws with WebGL, and test machines have no graphics card
        '--enable-unsafe-swiftshader',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // A microphone that beeps, and nobody to ask.
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(async () => {
    complaints.length = 0;
    context = await browser.newContext({ viewport: { width: 1200, height: 820 } });
    context.setDefaultTimeout(patience);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    if (late > 0)
      await page.addInitScript((ms) => {
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function (...message: unknown[]) {
          setTimeout(() => Reflect.apply(postMessage, this, message), ms);
        };
      }, late);
    await page.addInitScript(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { longTasks: tasks });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) tasks.push(entry.duration);
      }).observe({ type: 'longtask' });
    });
  });

  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
}

export const ready = (tab: string) => page.locator(`#${tab}[aria-busy=false]`).waitFor();
export const open = async (tab: string) => {
  await page.goto(`${address}#${tab}`);
  await ready(tab);
};
export const rows = (tab: string) => page.locator(`#${tab} tbody tr`);
export const panel = (tab: string) => page.locator(`#${tab}`);

/** Moves a slider, by its label, to a position. */
export async function slide(label: string, position: number): Promise<void> {
  await page.getByLabel(label).evaluate((input, value) => {
    (input as HTMLInputElement).value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, position);
}

export const longTasks = () =>
  page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.splice(0));

export async function showFlights(): Promise<void> {
  await page.getByRole('combobox', { name: 'Graph' }).selectOption('flights');
  await expect.poll(() => rows('graph').first().textContent()).toContain('SEA');
}
