// What a run of the matrix leaves: one JSON file, and the page docs/compatibility.md, of which nothing is written by hand.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { version } from '../../ts/generated/bundles.js';
import type { Cell } from './support/cell.js';
import { root } from './support/tools.js';

/** A cell with what it found. */
export interface Row {
  name: string;
  title: string;
  group: Cell['group'];
  /** What ran it, with its version. */
  by: string;
  result: 'works' | 'refused' | 'failed';
  /** What is wrong, for a failed cell. */
  problem?: string;
  /** The message of our error, for a refused one. */
  message?: string;
  remark?: string;
  firstAnswerMs?: number;
  variants?: string[];
  source?: 'file' | 'inline';
  /** Of the results of all case tables, by variant, and the number of cases. */
  hashes?: Record<string, string>;
  cases?: number;
}

interface MatrixResult {
  kind: 'matrix';
  version: string;
  machine: { cpu: string; cores: number; platform: string };
  cells: Row[];
}

export async function writeResults(cells: Row[]): Promise<void> {
  const all = cpus();
  const result: MatrixResult = {
    kind: 'matrix',
    version,
    machine: {
      cpu: all[0]?.model.trim() ?? 'unknown',
      cores: all.length,
      platform: `${process.platform} ${process.arch}`,
    },
    cells,
  };
  await writeFile(join(root, 'bench/results/matrix.json'), `${JSON.stringify(result, null, 1)}\n`);
  await writeFile(join(root, 'docs/compatibility.md'), page(result));
}

/** The page of a result. */
function page({ cells }: MatrixResult): string {
  const groups = [...new Set(cells.map((cell) => cell.group))];
  return [
    head,
    ...groups.map((group) => (group === 'The same bits' ? bits(cells) : chapter(group, cells))),
  ].join('\n');
}

const head = `# Where it runs

Made by \`npm run test:matrix\` from what it found; do not edit. Every line is a program that installed the packed package,
loaded every module, ranked the nodes of a graph, searched a vector index, and compared the numbers with closed forms.

"First answer" is the time from before the import to the first result, once, on a machine with other work to do: it shows
the order of magnitude. "inline" means that the WebAssembly was loaded from JavaScript text, because the tool does not serve or
copy files of dependencies; this is automatic and needs no configuration. \`relaxed\` is loaded where the engine
has relaxed SIMD; results have the same bits.
`;

function chapter(group: string, cells: Row[]): string {
  const rows = cells.filter((cell) => cell.group === group);
  const timed = rows.some((row) => row.firstAnswerMs !== undefined);
  const columns = timed
    ? ['', 'tested with', 'result', 'first answer', 'variants', 'remark']
    : ['', 'tested with', 'result', 'remark'];
  const lines = rows.map((row) => {
    const remark = [row.source === 'inline' ? 'inline' : '', row.remark ?? '']
      .filter((text) => text !== '')
      .join('. ');
    const time = row.firstAnswerMs === undefined ? '' : `${row.firstAnswerMs.toFixed(0)} ms`;
    const cellsOfRow = timed
      ? [row.title, row.by, results[row.result], time, (row.variants ?? []).join(', '), remark]
      : [row.title, row.by, results[row.result], remark];
    return `| ${cellsOfRow.join(' | ')} |`;
  });
  const ruler = columns.map((name) => (name === 'first answer' ? '---:' : '---'));
  return `## ${group}\n\n| ${columns.join(' | ')} |\n| ${ruler.join(' | ')} |\n${lines.join('\n')}\n`;
}

const results = {
  works: 'works',
  refused: 'refused; the error says what to do',
  failed: '**fails**',
};

function bits(cells: Row[]): string {
  const engines = cells.filter((cell) => cell.group === 'The same bits');
  const variants = [...new Set(engines.flatMap(({ hashes = {} }) => Object.keys(hashes)))];
  const code = (hash: string | undefined) => (hash === undefined ? 'not available' : `\`${hash}\``);
  const lines = engines.map(
    ({ title, by, hashes = {} }) =>
      `| ${by || title} | ${variants.map((name) => code(hashes[name])).join(' | ')} |`,
  );
  return `## The same bits

A hash over the results of all ${engines[0]?.cases} cases of the test tables, through both bindings. It must be the same in every cell.

| engine | ${variants.join(' | ')} |
| --- | ${variants.map(() => '---').join(' | ')} |
${lines.join('\n')}
`;
}
