// What a cell of the matrix is, and what it gets to work with.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundles } from '../../../ts/generated/bundles.js';
import type { Browser, BrowserName } from './browsers.js';
import { build, root } from './tools.js';

const run = promisify(execFile);

/** What test/matrix/program/program.js says at its end. */
export type ProgramReport =
  | {
      ok: true;
      version: string;
      firstAnswerMs: number;
      variants: string[];
      /** In a page: whether the WebAssembly files were fetched. */
      source?: 'file' | 'inline';
    }
  | { ok: false; ours?: boolean; name: string; code?: string; message: string };

/** What a cell found. */
export interface Finding {
  /** Null where nothing runs: the cell has checked what it had to. */
  report: ProgramReport | null;
  /** What ran it, with its version. */
  by: string;
  /** Where the WebAssembly came from, in cells that can tell. */
  source?: 'file' | 'inline';
  /** In cells that run the case tables: a hash of all results for each variant, and how many cases there were. */
  bits?: { hashes: Record<string, string>; cases: number };
}

export interface Cell {
  /** As typed after `npm run test:matrix --`, and unique. */
  name: string;
  /** Row of the printed table. */
  title: string;
  group:
    | 'Runtimes'
    | 'Browsers'
    | 'Bundlers'
    | 'Worker engine'
    | 'Load to first answer'
    | 'Frameworks'
    | 'Policies and module systems'
    | 'Types'
    | 'The same bits';
  /** Where it cannot work: part of the message of our error, which has to name the remedy. */
  refusal?: RegExp;
  /** What a user must know; for the documentation. */
  remark?: string;
  run(context: Context): Promise<Finding>;
}

export interface Context {
  /**
   * A fresh folder with the packed package installed in node_modules, the program, and a package.json. As a user's project
   * would be.
   */
  scratch(name: string): Promise<string>;
  /** A browser, started at the first call and shared by all cells. */
  browser(name: BrowserName): Promise<Browser>;
  /** Called when all cells have run. */
  atEnd(stop: () => Promise<void>): void;
}

/** Packs the package, installs the tarball somewhere as npm does, and gives the folder. */
export async function installPackage(): Promise<string> {
  await mkdir(build, { recursive: true });
  const place = await mkdtemp(join(build, 'installed-'));
  const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  const { stdout } = await run('npm', flags, { cwd: root });
  const tarball = join(place, JSON.parse(stdout)[0].filename);
  await writeFile(
    join(place, 'package.json'),
    '{ "name": "user", "private": true, "type": "module" }\n',
  );
  await run(
    'npm',
    ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball],
    { cwd: place },
  );
  await rm(tarball);
  return place;
}

/** Makes the folder of a cell out of the installed package: copies, because tools treat links in another way. */
export async function makeScratch(installed: string, name: string): Promise<string> {
  const folder = join(build, 'cells', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(installed, 'node_modules'), join(folder, 'node_modules'), { recursive: true });
  await cp(join(root, 'test/matrix/program'), folder, { recursive: true });
  const table = Object.fromEntries(
    Object.entries(bundles).map(([bundle, { rooms }]) => [bundle, rooms]),
  );
  await writeFile(join(folder, 'table.js'), `export default ${JSON.stringify(table)};\n`);
  const manifest = {
    name: 'user',
    private: true,
    type: 'module',
    dependencies: { sublinear: '*' },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/** Runs a program in a folder and gives the report in the last line of its output. */
export async function report(
  folder: string,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ProgramReport> {
  const { stdout } = await exec(folder, file, args, env);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
}

/** Runs a program in a folder; what it said is part of the error when it fails. */
export async function exec(
  folder: string,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await run(file, args, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      timeout: 600_000,
      maxBuffer: 1 << 24,
    });
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`.slice(0, 4000));
  }
}

/** The version in the package.json of a folder. */
export async function versionIn(folder: string): Promise<string> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version;
}
