// A page in a browser as a finding: built or not, served from a folder, its report read.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserName } from './browsers.js';
import { type Context, exec, type Finding, type ProgramReport } from './cell.js';
import { serve } from './server.js';
import { tools } from './tools.js';

/** Opens the page of a server and gives its report. */
export async function visit(
  context: Context,
  url: string,
  browser: BrowserName = 'chromium',
): Promise<ProgramReport> {
  return JSON.parse(await (await context.browser(browser)).visit(url, 'report'));
}

/** Serves a folder whose index.html runs the program. */
export async function served(
  context: Context,
  folder: string,
  {
    headers,
    browser = 'chromium',
  }: { headers?: Record<string, string>; browser?: BrowserName } = {},
): Promise<Pick<Finding, 'report' | 'source'>> {
  const server = await serve(folder, headers);
  try {
    const report = await visit(context, `${server.url}/`, browser);
    if (
      browser === 'chromium' &&
      report.ok &&
      report.source !== (server.wasm.length > 0 ? 'file' : 'inline')
    )
      throw new Error(
        `the page says ${report.source}, the server sent ${server.wasm.length} files`,
      );
    return { report, ...(report.ok ? { source: server.wasm.length > 0 ? 'file' : 'inline' } : {}) };
  } finally {
    await server.close();
  }
}

/** The page built by the current Vite, which is what most projects with a page use. */
export async function pageFinding(
  context: Context,
  name: string,
  headers: Record<string, string>,
): Promise<Finding> {
  const folder = await context.scratch(name);
  await viteBuild(folder, 'vite');
  return {
    by: (await context.browser('chromium')).name,
    ...(await served(context, join(folder, 'dist'), { headers })),
  };
}

/** `vite build` without any configuration. `vite` names the version: a folder in node_modules of the bundlers' tools. */
export async function viteBuild(folder: string, vite: string): Promise<void> {
  await cp(join(folder, 'page.html'), join(folder, 'index.html'));
  const bin = join(await tools('bundlers'), 'node_modules', vite, 'bin/vite.js');
  await exec(folder, process.execPath, [bin, 'build', '--logLevel', 'error']);
}

/** Runs a script that drives a tool of the bundlers' group: `tool(name)` in it is the URL to import it by. */
export async function script(folder: string, source: string): Promise<void> {
  const packages = join(await tools('bundlers'), 'package.json');
  const head = `import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const tool = (name) => pathToFileURL(createRequire(${JSON.stringify(pathToFileURL(packages))}).resolve(name)).href;
`;
  await writeFile(join(folder, 'build.mjs'), head + source);
  await exec(folder, process.execPath, ['build.mjs']);
}

/** Without a bundler: an import map for the package and what it imports. */
export async function importMapPage(folder: string, html = 'page.html'): Promise<void> {
  const manifestOf = async (name: string) =>
    JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
  const { exports, imports, dependencies } = await manifestOf('sublinear');
  const map: Record<string, string> = {};
  for (const [path, target] of Object.entries<{ default: string }>(exports))
    if (target.default)
      map[`sublinear${path.slice(1)}`] = `/node_modules/sublinear/${target.default.slice(2)}`;
  const root = join(folder, 'node_modules/sublinear');
  const shipped = (await readdir(root, { recursive: true })).map((path) => `./${path}`);
  for (const [name, target] of Object.entries<{ browser?: string; default: string }>(imports)) {
    const path = target.browser ?? target.default;
    const [before, after] = path.split('*') as [string, string?];
    // Import maps have no patterns: each file has a line.
    const files =
      after === undefined
        ? [path]
        : shipped.filter((file) => file.startsWith(before) && file.endsWith(after));
    for (const file of files) {
      const part = after === undefined ? '' : file.slice(before.length, -after.length);
      map[name.replace('*', part)] = `/node_modules/sublinear/${file.slice(2)}`;
    }
  }
  for (const name of Object.keys(dependencies)) {
    const { module } = await manifestOf(name);
    if (module) map[name] = `/node_modules/${name}/${module}`;
  }
  const page = await readFile(join(folder, html), 'utf8');
  const tag = `<script type="importmap">${JSON.stringify({ imports: map })}</script>\n    <link`;
  await writeFile(join(folder, 'index.html'), page.replace('<link', tag));
}
