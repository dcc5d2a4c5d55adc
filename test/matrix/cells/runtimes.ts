// Runtimes without a page: the program as it is, no bundler.
import { join } from 'node:path';
import { type Cell, exec, report } from '../support/cell.js';
import { tools } from '../support/tools.js';
import { startWorker } from '../support/workerd.js';

/** A program of the group `runtimes`, inside the package that npm chose for this platform. */
async function runtime(path: string): Promise<string> {
  return join(await tools('runtimes'), 'node_modules', path);
}

const platform = `${process.platform}-${process.arch}`;
export const bun = () => runtime(`@oven/bun-${platform.replace('arm64', 'aarch64')}/bin/bun`);
const deno = () => runtime(`@deno/${platform}${process.platform === 'linux' ? '-glibc' : ''}/deno`);
export const node24 = () => runtime(`node-${platform}/bin/node`);

export const version = async (program: string) =>
  (await exec('.', program, ['--version'])).stdout
    .split('\n')[0]!
    .replace(/^(deno )?v?([\d.]+).*/, '$2');

export const cells: Cell[] = [
  {
    name: 'node',
    title: 'Node',
    group: 'Runtimes',
    run: async ({ scratch }) => ({
      by: `Node ${process.versions.node}`,
      report: await report(await scratch('node'), process.execPath, ['main.mjs']),
    }),
  },
  {
    name: 'node24',
    title: 'Node',
    group: 'Runtimes',
    async run({ scratch }) {
      const program = await node24();
      return {
        by: `Node ${await version(program)}`,
        report: await report(await scratch('node24'), program, ['main.mjs']),
      };
    },
  },
  {
    name: 'deno',
    title: 'Deno',
    group: 'Runtimes',
    remark: 'With a `node_modules` folder. Needs `--allow-read`.',
    async run({ scratch }) {
      const program = await deno();
      const flags = ['run', '--no-prompt', '--allow-read', '--node-modules-dir=manual'];
      // Its cache would land in the user's home.
      const folder = await scratch('deno');
      const env = { DENO_DIR: join(folder, '.deno'), DENO_NO_UPDATE_CHECK: '1' };
      return {
        by: `Deno ${await version(program)}`,
        report: await report(folder, program, [...flags, 'main.mjs'], env),
      };
    },
  },
  {
    name: 'bun',
    title: 'Bun',
    group: 'Runtimes',
    async run({ scratch }) {
      const program = await bun();
      return {
        by: `Bun ${await version(program)}`,
        report: await report(await scratch('bun'), program, ['main.mjs']),
      };
    },
  },
  {
    name: 'workerd',
    title: 'Cloudflare Workers (workerd)',
    group: 'Runtimes',
    remark:
      'Comes with the `simd` variants alone, as compiled modules: the runtime compiles nothing at run time.',
    async run({ scratch }) {
      const folder = await scratch('workerd');
      const worker = await startWorker({ entry: join(folder, 'worker.js') });
      try {
        const answer = await worker.fetch('/');
        const text = await answer.text();
        if (!answer.ok) throw new Error(text);
        return { by: `workerd ${worker.version}`, source: 'file', report: JSON.parse(text) };
      } finally {
        await worker.stop();
      }
    },
  },
];
