// The programs that cells need: each folder of test/matrix/tools/ is a package.json with exact versions and its lock file.
// They are installed into build/matrix/tools/ when a cell asks for them, so that `npm ci` for the package stays small.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Where everything of the matrix is made; git ignores it and it can be deleted at any time. */
export const build = join(root, 'build/matrix');

export type ToolGroup = 'browsers' | 'bundlers' | 'jest' | 'next' | 'runtimes' | 'workerd';

const installing = new Map<ToolGroup, Promise<string>>();

/** Installs a group of tools unless it is there already, and gives its folder. */
export function tools(group: ToolGroup): Promise<string> {
  let folder = installing.get(group);
  if (folder === undefined) {
    folder = install(group);
    installing.set(group, folder);
  }
  return folder;
}

/** Imports a package of a group. Its types are not installed with the project: the caller says what it uses. */
export async function importTool<T>(group: ToolGroup, name: string): Promise<T> {
  const require = createRequire(join(await tools(group), 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}

async function install(group: ToolGroup): Promise<string> {
  const from = join(root, 'test/matrix/tools', group);
  const folder = join(build, 'tools', group);
  const stamp = join(folder, '.installed-from');
  const lockFile = await readFile(join(from, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockFile).digest('hex');
  const isDone = async () => (await readFile(stamp, 'utf8').catch(() => '')) === wanted;
  if (await isDone()) return folder;
  await mkdir(folder, { recursive: true });
  const release = await lock(join(build, 'tools', `${group}.lock`));
  try {
    if (await isDone()) return folder; // by whoever held the lock
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(join(from, file), join(folder, file));
    // Not `npm ci`: it refuses a lock file without the programs of other platforms, which not every registry has. No
    // install scripts: what they would fetch or move is found without them.
    const flags = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...flags], { cwd: folder });
    await writeFile(stamp, wanted);
    return folder;
  } finally {
    await release();
  }
}

/** Two processes may ask at the same time. A lock that nobody has touched for ten minutes belongs to a dead one. */
async function lock(file: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await (await open(file, 'wx')).close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const since = await stat(file).catch(() => null);
    if (since !== null && Date.now() - since.mtimeMs > 600_000) await rm(file, { force: true });
    await setTimeout(200);
  }
}
