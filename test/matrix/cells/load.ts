// Load to first answer, many times: a fresh process of Node each time, a fresh page of Chromium each time.
import { join } from 'node:path';
import type { Cell, Context, Finding } from '../support/cell.js';
import { served, viteBuild } from '../support/page.js';
import { cells as browserCells } from './browsers.js';
import { cells as runtimeCells } from './runtimes.js';

const times = 15;

/** Made once; what it gives is asked again and again. */
type Prepare = (context: Context) => Promise<() => Promise<Finding>>;

const known =
  (name: string, cells: readonly Cell[]): Prepare =>
  async (context) => {
    const cell = cells.find((each) => each.name === name);
    if (cell === undefined) throw new Error(`no cell is called ${name}`);
    return () => cell.run(context);
  };

const builtPage: Prepare = async (context) => {
  const folder = await context.scratch('load-vite');
  await viteBuild(folder, 'vite');
  const { name: by } = await context.browser('chromium');
  return async () => ({ by, ...(await served(context, join(folder, 'dist'))) });
};

/** The median of the first answers of a program, which has to work each time. */
function repeated(of: string, title: string, prepare: Prepare): Cell {
  return {
    name: `load-${of}`,
    title,
    group: 'Load to first answer',
    remark: `Median of ${times}.`,
    async run(context) {
      const ask = await prepare(context);
      const findings: Finding[] = [];
      const measured: number[] = [];
      for (let i = 0; i < times; i++) {
        const finding = await ask();
        if (!finding.report?.ok) return finding;
        findings.push(finding);
        measured.push(finding.report.firstAnswerMs);
      }
      measured.sort((a, b) => a - b);
      const firstAnswerMs = measured[times >> 1] as number;
      const [fastest, slowest] = [measured[0], measured[times - 1]] as [number, number];
      console.log(
        `${of}: load to first answer p50 ${firstAnswerMs.toFixed(1)} ms, ${fastest.toFixed(1)} to ${slowest.toFixed(1)} ms, ${times} times`,
      );
      const last = findings.at(-1) as Finding;
      return { ...last, report: { ...last.report, firstAnswerMs } as Finding['report'] };
    },
  };
}

export const cells: Cell[] = [
  repeated('node', 'Node, fresh processes', known('node', runtimeCells)),
  repeated(
    'chromium',
    'Chromium, fresh pages from a local server, an import map',
    known('chromium', browserCells),
  ),
  repeated('vite8-build', 'Chromium, fresh pages from a local server, built by Vite', builtPage),
];
