// Load to first answer, many times: a fresh process of Node each time, a fresh page of Chromium each time.
import type { Cell, Finding } from '../support/cell.js';
import { cells as browserCells } from './browsers.js';
import { cells as runtimeCells } from './runtimes.js';

const times = 15;

/** The median of the first answers of a known cell, which has to work each time. */
function repeated(of: string, title: string, known: readonly Cell[]): Cell {
  const cell = known.find((each) => each.name === of);
  if (cell === undefined) throw new Error(`no cell is called ${of}`);
  return {
    name: `load-${of}`,
    title,
    group: 'Load to first answer',
    remark: `Median of ${times}.`,
    async run(context) {
      const findings: Finding[] = [];
      const measured: number[] = [];
      for (let i = 0; i < times; i++) {
        const finding = await cell.run(context);
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
  repeated('node', 'Node, fresh processes', runtimeCells),
  repeated('chromium', 'Chromium, fresh pages from a local server', browserCells),
];
