// The page of examples/notes as its visitors have it: bundled, in a browser, and then without a network.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { load } from 'sublinear/inference';
import { expect, test } from 'vitest';
import { visited } from '../support/site.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'examples/notes');

/** The site as docs/offline.md says. */
async function site(): Promise<Map<string, Uint8Array | string>> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'notes.ts')],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['browser'],
    outdir: join(root, 'app'),
    write: false,
    logLevel: 'silent',
  });
  const files = new Map<string, Uint8Array | string>();
  for (const { path, contents } of outputFiles) files.set(basename(path), contents);
  for (const name of readdirSync(folder))
    if (!name.endsWith('.ts')) files.set(name, readFileSync(join(folder, name)));
  // A page in /app/ asks for ../wasm/; a site has its modules where the bundler's URLs lead.
  const wasm = join(root, 'dist/wasm');
  for (const name of readdirSync(wasm)) files.set(`wasm/${name}`, readFileSync(join(wasm, name)));
  return files;
}

const notes = ['Willows grow along the water', 'The loan was refused', 'Feed the cat'];

test('notes are kept, searched by words, and found without a network', async () => {
  const files = await site();
  await visited(files, [], async (page, address, context) => {
    await page.goto(address);
    const items = () => page.locator('li').allTextContents();
    const status = () => page.getByRole('status').textContent();
    await expect.poll(status).toBe('0 notes');
    for (const note of notes) {
      await page.getByLabel('New note').fill(note);
      await page.getByRole('button', { name: 'Keep' }).click();
    }
    await expect.poll(items).toEqual([...notes].reverse().map((note) => `${note}Remove`));
    const said = (what: string) => () =>
      page.locator('html').evaluate(({ dataset }, name) => dataset[name], what);
    await expect.poll(said('offline')).toBe('ready');
    await expect.poll(said('kept')).toBe('3');

    await context.setOffline(true);
    await page.reload();
    await expect.poll(status).toBe('3 notes');
    // An unfinished word, and one with a wrong letter.
    await page.getByLabel('Search').fill('wil');
    await expect.poll(items).toEqual(['Willows grow along the waterRemove']);
    await page.getByLabel('Search').fill('refusad');
    await expect.poll(items).toEqual(['The loan was refusedRemove']);
    await page.getByLabel('Search').fill('"(');
    await expect.poll(status).toBe('0 of 3 notes');
    await page.getByLabel('Search').fill('');
    await page.getByRole('button', { name: 'Remove' }).first().click();
    await expect.poll(said('kept')).toBe('2');
    await page.reload();
    await expect.poll(status).toBe('2 notes');

    // A table of meanings is there one day: what was kept is found by it too.
    await context.setOffline(false);
    const { StaticEmbedder } = await load();
    using embedder = StaticEmbedder.fromWords({
      words: ['the', 'loan', 'bank', 'water', 'along', 'sea'],
      vectors: Float32Array.of(1, 1, 0, 1, 0.1, 1, 1, 0, 0.8, 0.8, 1, 0.1),
    });
    files.set('meaning.enc', embedder.save());
    await page.reload();
    await expect.poll(status).toBe('2 notes');
    await page.getByLabel('Search').fill('sea');
    await expect.poll(async () => (await items())[0]).toBe('Willows grow along the waterRemove');
  });
});
