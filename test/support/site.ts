// A few files as a site on loopback, and a browser that visits it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { chromiumFlags, chromiumProgram, patience } from './chromium.js';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Runs `visit` in a page of a browser that knows only these files, by path from the root; what the page complains of fails. */
export async function visited(
  files: ReadonlyMap<string, Uint8Array | string>,
  flags: string[],
  visit: (page: Page, address: string, context: BrowserContext) => Promise<void>,
): Promise<void> {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url!, 'http://localhost');
    const path = pathname === '/' ? 'index.html' : pathname.slice(1);
    const content = files.get(path);
    if (content === undefined) return response.writeHead(404).end();
    const type = types[extname(path)] ?? 'application/octet-stream';
    return response.writeHead(200, { 'content-type': type }).end(content);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    args: [...chromiumFlags, ...flags],
  });
  try {
    const context = await browser.newContext();
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await visit(page, address, context);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
