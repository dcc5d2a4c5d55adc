// Bundlers: a page built, or served by a dev server, and opened in Chromium. None is told anything about WebAssembly.
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cell, type Context, exec, type Finding, report, versionIn } from '../support/cell.js';
import { script, served, visit, viteBuild } from '../support/page.js';
import { freePort, startServer } from '../support/server.js';
import { tools } from '../support/tools.js';

const packageOf = async (name: string) => join(await tools('bundlers'), 'node_modules', name);
const versionOf = async (title: string, name: string) =>
  `${title} ${await versionIn(await packageOf(name))}`;

/** A page for the file that a bundler without an idea of pages has made: dist/page.js. */
async function htmlFor(folder: string): Promise<string> {
  const dist = join(folder, 'dist');
  await mkdir(dist, { recursive: true });
  await copyFile(join(folder, 'page.html'), join(dist, 'index.html'));
  return dist;
}

const vites = [
  ['vite8', 'vite'],
  ['vite7', 'vite7'],
  ['vite6', 'vite6'],
  ['vite5', 'vite5'],
] as const;

const viteCells = vites.flatMap(([name, folderName]): Cell[] => [
  {
    name: `${name}-build`,
    title: `Vite, \`vite build\``,
    group: 'Bundlers',
    async run(context) {
      const folder = await context.scratch(`${name}-build`);
      await viteBuild(folder, folderName);
      return {
        by: await versionOf('Vite', folderName),
        ...(await served(context, join(folder, 'dist'))),
      };
    },
  },
  {
    name: `${name}-dev`,
    title: `Vite, \`vite dev\``,
    group: 'Bundlers',
    run: async (context) => ({
      by: await versionOf('Vite', folderName),
      ...(await viteDev(context, await context.scratch(`${name}-dev`), folderName)),
    }),
  },
]);

/** The dev server without any configuration. It may find the package while the page runs, and load the page again. */
async function viteDev(
  context: Context,
  folder: string,
  vite: string,
): Promise<Pick<Finding, 'report' | 'source'>> {
  await cp(join(folder, 'page.html'), join(folder, 'index.html'));
  const bin = join(await packageOf(vite), 'bin/vite.js');
  const port = await freePort();
  const args = [bin, 'dev', '--host', '127.0.0.1', '--port', String(port), '--strictPort'];
  const server = await startServer(folder, process.execPath, args, port);
  try {
    // The first visit is what fills its cache of dependencies; the second one is what a developer sees all day.
    await visit(context, `${server.url}/`);
    const report = await visit(context, `${server.url}/`);
    return { report, ...(report.ok && report.source ? { source: report.source } : {}) };
  } finally {
    await server.close();
  }
}

/** A bundler driven by a few lines that write dist/page.js. */
function scripted(
  name: string,
  tool: string,
  title: string,
  source: string,
  remark?: string,
): Cell {
  return {
    name,
    title,
    group: 'Bundlers',
    ...(remark ? { remark } : {}),
    async run(context) {
      const folder = await context.scratch(name);
      await script(folder, source);
      const dist = await htmlFor(folder);
      return { by: await versionOf(tool, tool.toLowerCase()), ...(await served(context, dist)) };
    },
  };
}

export const cells: Cell[] = [
  ...viteCells,
  scripted(
    'webpack',
    'webpack',
    'webpack',
    `const { default: webpack } = await import(tool('webpack'));
const options = { mode: 'production', context: process.cwd(), entry: { page: './page.js' }, output: { publicPath: '/' } };
const stats = await new Promise((resolve, reject) =>
  webpack(options, (error, stats) => (error ? reject(error) : resolve(stats))));
const { errors, warnings } = stats.toJson();
const said = [...errors, ...warnings].filter(({ message }) => !/size limit|performance/i.test(message));
if (said.length > 0) throw new Error(said.map(({ message }) => message).join('\\n'));
`,
  ),
  scripted(
    'esbuild',
    'esbuild',
    'esbuild',
    `const { build } = await import(tool('esbuild'));
const { errors, warnings } = await build({
  entryPoints: ['page.js'], outdir: 'dist', bundle: true, format: 'esm', splitting: true, minify: true });
if (errors.length + warnings.length > 0) throw new Error(JSON.stringify([errors, warnings]));
`,
    'It copies no files: the inline twin is used, or the files given to `createEngine({ wasm })`.',
  ),
  {
    name: 'esbuild-node',
    title: 'esbuild for Node, one file',
    group: 'Bundlers',
    remark: 'The bundle runs without `node_modules`, from the inline twin.',
    async run({ scratch }) {
      const folder = await scratch('esbuild-node');
      await script(
        folder,
        `const { build } = await import(tool('esbuild'));
await build({ entryPoints: ['main.mjs'], outfile: 'alone/main.mjs', bundle: true, format: 'esm', platform: 'node' });
`,
      );
      // Where nothing of the package is in reach: no folder above it has a node_modules with the package.
      const alone = await mkdtemp(join(tmpdir(), 'sublinear-alone-'));
      try {
        await copyFile(join(folder, 'alone/main.mjs'), join(alone, 'main.mjs'));
        await writeFile(join(alone, 'package.json'), '{}');
        const outOfReach = `import('sublinear').then(() => process.exit(1), ({ code }) =>
  process.exit(code === 'ERR_MODULE_NOT_FOUND' ? 0 : 1))`;
        await exec(alone, process.execPath, ['--input-type=module', '-e', outOfReach]);
        const found = await report(alone, process.execPath, ['main.mjs']);
        return { by: await versionOf('esbuild', 'esbuild'), report: found, source: 'inline' };
      } finally {
        await rm(alone, { recursive: true });
      }
    },
  },
  scripted(
    'rollup',
    'Rollup',
    'Rollup',
    rollup(''),
    'With `@rollup/plugin-node-resolve` it uses the inline twin; `@web/rollup-plugin-import-meta-assets` adds the files.',
  ),
  scripted(
    'rollup-assets',
    'Rollup',
    'Rollup with `@web/rollup-plugin-import-meta-assets`',
    rollup(', importMetaAssets({ warnOnError: false })'),
  ),
];

function rollup(plugins: string): string {
  return `const { rollup } = await import(tool('rollup'));
const { nodeResolve } = await import(tool('@rollup/plugin-node-resolve'));
const { importMetaAssets } = await import(tool('@web/rollup-plugin-import-meta-assets'));
const warnings = [];
const bundle = await rollup({ input: 'page.js', onwarn: (warning) => warnings.push(warning.message),
  plugins: [nodeResolve({ browser: true })${plugins}] });
await bundle.write({ dir: 'dist', format: 'es' });
if (warnings.length > 0) throw new Error(warnings.join('\\n'));
`;
}
