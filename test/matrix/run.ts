// The matrix: the packed package in every runtime, browser, bundler and module system that it is made for.
//
//   npm run test:matrix                     all cells; writes bench/results/matrix.json and docs/compatibility.md
//   npm run test:matrix -- node deno vite   cells whose name starts with one of these (=node: is it); writes nothing
//   npm run test:matrix -- --list           the names
//
// A cell is green when the program ran there and its numbers were right, or where it cannot work and our error says what
// to do. What cells need is installed when they run: see support/tools.ts.
import { rm } from 'node:fs/promises';
import { argv, exit } from 'node:process';
import { cells as bitsCells } from './cells/bits.js';
import { cells as browserCells } from './cells/browsers.js';
import { cells as bundlerCells } from './cells/bundlers.js';
import { cells as jestCells } from './cells/jest.js';
import { cells as loadCells } from './cells/load.js';
import { cells as nextCells } from './cells/next.js';
import { cells as policyCells } from './cells/policies.js';
import { cells as runtimeCells } from './cells/runtimes.js';
import { cells as typeCells } from './cells/types.js';
import { cells as workerCells } from './cells/workers.js';
import { type Row, writeResults } from './report.js';
import { type Browser, type BrowserName, launch } from './support/browsers.js';
import {
  type Cell,
  type Context,
  type Finding,
  installPackage,
  makeScratch,
} from './support/cell.js';

const cells: Cell[] = [
  ...runtimeCells,
  ...browserCells,
  ...bundlerCells,
  ...workerCells,
  ...nextCells,
  ...policyCells,
  ...jestCells,
  ...loadCells,
  ...typeCells,
  ...bitsCells,
];

const names = argv.slice(2).filter((word) => !word.startsWith('--'));
const fits = (cell: Cell, name: string) =>
  name.startsWith('=') ? cell.name === name.slice(1) : cell.name.startsWith(name);
if (argv.includes('--list')) {
  for (const { name } of cells) console.log(name);
  exit(0);
}
const unknown = names.filter((name) => !cells.some((cell) => fits(cell, name)));
if (unknown.length > 0) {
  console.error(`matrix: no cell is called ${unknown.join(', ')}; --list shows the names`);
  exit(1);
}
const chosen = cells.filter((cell) => names.length === 0 || names.some((name) => fits(cell, name)));

const installed = await installPackage();
const browsers = new Map<BrowserName, Promise<Browser>>();
const ends: (() => Promise<void>)[] = [];
const context: Context = {
  atEnd: (stop) => void ends.push(stop),
  scratch: (name) => makeScratch(installed, name),
  browser(name) {
    if (!browsers.has(name)) browsers.set(name, launch[name]());
    return browsers.get(name) as Promise<Browser>;
  },
};

/** No cell may hold up the others: the longest of them installs tools and builds a project. */
const CELL_MS = 15 * 60_000;
const CLOSE_MS = 30_000;

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not ended within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function judge(cell: Cell): Promise<Row> {
  const { name, title, group, remark } = cell;
  const row = { name, title, group, ...(remark ? { remark } : {}) };
  try {
    const finding = await within(CELL_MS, cell.run(context));
    const { by, report, source } = finding;
    const problem = problemOf(cell, finding);
    if (problem !== '') return { ...row, by, result: 'failed', problem };
    const bits = finding.bits ?? {};
    if (report === null) return { ...row, by, result: 'works', ...bits };
    if (!report.ok) return { ...row, by, result: 'refused', message: report.message };
    const { firstAnswerMs, variants } = report;
    return { ...row, by, result: 'works', firstAnswerMs, variants, ...(source ? { source } : {}) };
  } catch (error) {
    return { ...row, by: '', result: 'failed', problem: (error as Error).message };
  }
}

function problemOf({ refusal }: Cell, { report }: Finding): string {
  if (report === null) return '';
  if (report.ok) return refusal ? 'it works, and was expected to be refused' : '';
  const said = `${report.code ?? report.name}: ${report.message}`;
  if (!refusal) return said;
  return report.ours && refusal.test(report.message) ? '' : `refused without our remedy: ${said}`;
}

function line({ name, by, result, firstAnswerMs, variants, source, problem, hashes }: Row): string {
  const words = [
    name.padEnd(26),
    result.padEnd(8),
    by.padEnd(28),
    firstAnswerMs === undefined ? '' : `first answer ${firstAnswerMs.toFixed(0).padStart(4)} ms`,
    (variants ?? []).join('/'),
    source === 'inline' ? 'inline' : '',
    Object.entries(hashes ?? {})
      .map(([variant, hash]) => `${variant} ${hash}`)
      .join('  '),
    problem ?? '',
  ];
  return words.join(' ').trimEnd();
}

const rows: Row[] = [];
try {
  for (const cell of chosen) {
    const row = await judge(cell);
    rows.push(row);
    console.log(line(row));
  }
} finally {
  for (const stop of ends) await within(CLOSE_MS, stop()).catch(() => {});
  for (const browser of browsers.values())
    await within(
      CLOSE_MS,
      browser.then((it) => it.close()),
    ).catch(() => {});
  await rm(installed, { recursive: true, force: true });
}
if (names.length === 0) await writeResults(rows);

const failed = rows.filter((row) => row.result === 'failed').length;
console.log(`matrix: ${rows.length - failed} passed, ${failed} failed`);
exit(failed > 0 ? 1 : 0);
