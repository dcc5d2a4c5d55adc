// Next.js: a page that loads the package in the browser, and a route handler that does so on the server.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cell, Context } from '../support/cell.js';
import { exec, versionIn } from '../support/cell.js';
import { visit } from '../support/page.js';
import { freePort, type RunningServer, startServer } from '../support/server.js';
import { tools } from '../support/tools.js';

const run = promisify(execFile);
const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };

const files: Record<string, string> = {
  'app/layout.js': `export default function Layout({ children }) {
  return <html lang="en" suppressHydrationWarning><body>{children}</body></html>;
}
`,
  // Rendered on the server first: the import must not touch what only a browser has.
  'app/page.js': `'use client';
import { useEffect } from 'react';
import { program } from '../program.js';
export default function Page() {
  useEffect(() => {
    program(performance.now()).then((report) => {
      document.documentElement.dataset.report = JSON.stringify(report);
    });
  }, []);
  return <p>sublinear</p>;
}
`,
  'app/api/route.js': `import { program } from '../../program.js';
export const dynamic = 'force-dynamic';
export async function GET() {
  return Response.json(await program(performance.now()));
}
`,
};

/** Builds and starts the project once for all cells that look at it. */
const started = new Map<string, Promise<RunningServer>>();

function project(context: Context, bundler: 'turbopack' | 'webpack'): Promise<RunningServer> {
  let server = started.get(bundler);
  if (server === undefined) {
    server = start(context, bundler);
    started.set(bundler, server);
    context.atEnd(async () => (await server)?.close());
  }
  return server;
}

async function start(context: Context, bundler: 'turbopack' | 'webpack'): Promise<RunningServer> {
  const folder = await context.scratch(`next-${bundler}`);
  // Hard links: 340 MB are not copied, and Turbopack follows no link out of the project.
  const from = join(await tools('next'), 'node_modules');
  await run('cp', ['-alf', `${from}/.`, join(folder, 'node_modules')]);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const next = join(folder, 'node_modules/next/dist/bin/next');
  await exec(folder, process.execPath, [next, 'build', `--${bundler}`], env);
  const port = await freePort();
  const args = [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  return startServer(folder, process.execPath, args, port, env);
}

const by = async (bundler: string) =>
  `Next.js ${await versionIn(join(await tools('next'), 'node_modules/next'))}, ${bundler}`;

export const cells: Cell[] = (['turbopack', 'webpack'] as const).flatMap((bundler): Cell[] => [
  {
    name: `next-${bundler}-page`,
    title: 'Next.js, page',
    group: 'Frameworks',
    async run(context) {
      const server = await project(context, bundler);
      return { by: await by(bundler), report: await visit(context, `${server.url}/`) };
    },
  },
  {
    name: `next-${bundler}-route`,
    title: 'Next.js, route handler',
    group: 'Frameworks',
    async run(context) {
      const server = await project(context, bundler);
      const answer = await fetch(`${server.url}/api`, { signal: AbortSignal.timeout(60_000) });
      if (!answer.ok) throw new Error(`the route answered ${answer.status}. ${server.output()}`);
      return { by: await by(bundler), report: await answer.json() };
    },
  },
]);
