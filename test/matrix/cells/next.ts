// Next.js: a page that loads the package in the browser, a route handler that does so on the server, and one of the edge
// runtime, which compiles nothing and is given the module.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
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
  // On a directed circle of three, a walk that starts at 0 is there with probability (1 - d) / (1 - d^3).
  'app/edge/route.js': `import { createEngine, version } from 'sublinear';
import network from '../../wasm/network.simd.wasm?module';
export const runtime = 'edge';
export const dynamic = 'force-dynamic';
export async function GET() {
  const start = performance.now();
  const engine = await createEngine({ modules: ['diffusion'], wasm: network });
  const { Graph, personalizedPageRank } = engine.diffusion;
  const graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 0], directed: true });
  const { scores } = personalizedPageRank(graph, { source: 0, damping: 0.5, topK: 3, tolerance: 1e-12 });
  const firstAnswerMs = performance.now() - start;
  if (!(Math.abs(scores[0] - 4 / 7) < 1e-11)) throw new Error('4/7 expected, got ' + scores[0]);
  const variants = engine.stats().modules.map(({ variant }) => variant);
  engine.dispose();
  return Response.json({ ok: true, version, firstAnswerMs, variants });
}
`,
};

/** A bundler and what is built: edge routes stand alone, as Next.js 16.4.6 builds none with webpack, not even an empty one. */
type Project = `${'turbopack' | 'webpack'}${'' | '-edge'}`;

/** Builds and starts the project once for all cells that look at it. */
const started = new Map<Project, Promise<RunningServer>>();

function project(context: Context, name: Project): Promise<RunningServer> {
  let server = started.get(name);
  if (server === undefined) {
    server = start(context, name);
    started.set(name, server);
    context.atEnd(async () => (await server)?.close());
  }
  return server;
}

async function start(context: Context, name: Project): Promise<RunningServer> {
  const folder = await context.scratch(`next-${name}`);
  const [bundler, edge] = name.split('-');
  // Hard links: 340 MB are not copied, and Turbopack follows no link out of the project.
  const from = join(await tools('next'), 'node_modules');
  await run('cp', ['-alf', `${from}/.`, join(folder, 'node_modules')]);
  for (const [path, text] of Object.entries(files)) {
    if (path.startsWith('app/edge/') !== (edge !== undefined) && path !== 'app/layout.js') continue;
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, 'wasm'), { recursive: true });
  const wasm = 'network.simd.wasm';
  await copyFile(
    join(folder, 'node_modules/sublinear/dist/wasm', wasm),
    join(folder, 'wasm', wasm),
  );
  const next = join(folder, 'node_modules/next/dist/bin/next');
  await exec(folder, process.execPath, [next, 'build', `--${bundler}`], env);
  const port = await freePort();
  const args = [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  return startServer(folder, process.execPath, args, port, env);
}

const by = async (bundler: string) =>
  `Next.js ${await versionIn(join(await tools('next'), 'node_modules/next'))}, ${bundler}`;

async function ask(server: RunningServer, path: string) {
  const answer = await fetch(`${server.url}${path}`, { signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}. ${server.output()}`);
  return answer.json();
}

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
      return { by: await by(bundler), report: await ask(server, '/api') };
    },
  },
  {
    name: `next-${bundler}-edge`,
    title: 'Next.js, route handler of the edge runtime',
    group: 'Frameworks',
    remark:
      'The module is imported as `./network.simd.wasm?module` and passed to `createEngine({ wasm })`.',
    async run(context) {
      const server = await project(context, `${bundler}-edge`);
      return { by: await by(bundler), source: 'file', report: await ask(server, '/edge') };
    },
  },
]);
