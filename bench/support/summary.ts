// The metrics that are asked of every release, picked from the results into one table.
//
// There are eight (`metrics`); each is the beginning of the first column of at least one row when everything was measured.
import { type BenchResult, type ContestantResult, short, type TableResult } from './harness.js';

/** The beginnings of the rows of each metric. */
export const metrics = [
  'solve throughput',
  'solve latency, p50 / p99',
  'memory, peak of live objects',
  'loading',
  'SIMD speed-up',
  'speed of WebAssembly / native C',
  'bytes: raw, gzip, brotli',
  'accuracy: worst',
] as const;

/** Rows of name, value and where it was measured; what was not measured is not there. */
export function summary(results: readonly BenchResult[]): string[][] {
  const bench = (name: string) => results.find((result) => result.bench === name);
  return [
    ...throughput(bench('foundation')),
    ...latency(bench('local')),
    ...search(bench('vector')),
    ...memory(bench('foundation')),
    ...loading(bench('foundation')),
    ...simd(bench('foundation')),
    ...kernels(bench('vector'), 'relaxed', 'speed-up of relaxed over SIMD'),
    ...native(bench('peers')),
    ...kernels(bench('vector'), 'native', 'speed of WebAssembly / native C'),
    ...bytes(bench('foundation')),
    ...accuracy(results),
  ];
}

function table(result: BenchResult | undefined, id: string): TableResult | undefined {
  const found = result?.sections.find((section) => section.id === id);
  return found?.kind === 'table' ? found : undefined;
}

function ours(result: BenchResult | undefined, id: string): ContestantResult | undefined {
  const found = result?.sections.find((section) => section.id === id);
  return found?.kind === 'comparison' ? found.rows[0] : undefined;
}

function title(result: BenchResult | undefined, id: string): string {
  return result?.sections.find((section) => section.id === id)?.title ?? '';
}

function throughput(result: BenchResult | undefined): string[][] {
  return ['solve-grid', 'solve-dominant'].flatMap((id) => {
    const row = ours(result, id);
    if (row?.medianMs === undefined) return [];
    const where = title(result, id);
    const n = Number(/n = (\d+)/.exec(where)?.[1]);
    return [
      [
        'solve throughput',
        `${short(1000 / row.medianMs)} solves/s, ${short((n / row.medianMs) * 1e-3)} million unknowns/s`,
        where,
      ],
      ['solve latency, p50 / p99', `${short(row.medianMs)} / ${short(row.p99Ms!)} ms`, where],
    ];
  });
}

function latency(result: BenchResult | undefined): string[][] {
  return (result?.sections ?? []).flatMap((section) => {
    if (section.kind !== 'comparison' || !section.id.startsWith('grid-')) return [];
    const row = section.rows[0];
    if (row?.medianMs === undefined) return [];
    return [
      [
        'one certified entry, p50 / p99',
        `${short(row.medianMs)} / ${short(row.p99Ms!)} ms`,
        section.title,
      ],
    ];
  });
}

function search(result: BenchResult | undefined): string[][] {
  return (result?.sections ?? []).flatMap((section) => {
    if (section.kind !== 'comparison' || !section.id.includes('-search-')) return [];
    const row = section.rows[0];
    if (row?.medianMs === undefined) return [];
    return [
      [
        'vector search, p50 / p99 of a slice',
        `${short(row.medianMs)} / ${short(row.p99Ms!)} ms`,
        section.title,
      ],
    ];
  });
}

function memory(result: BenchResult | undefined): string[][] {
  return (table(result, 'memory')?.rows ?? []).map(([what, peak]) => [
    'memory, peak of live objects',
    `${short(Number(peak))} MB`,
    `${what}`,
  ]);
}

function loading(result: BenchResult | undefined): string[][] {
  return (table(result, 'load')?.rows ?? []).map(([what, median, fastest, slowest]) => [
    'loading',
    `${short(Number(median))} ms [${short(Number(fastest))}, ${short(Number(slowest))}]`,
    `${what}, fresh Node process`,
  ]);
}

function simd(result: BenchResult | undefined): string[][] {
  return (table(result, 'simd')?.rows ?? []).map(([kernel, median, low, high]) => [
    'SIMD speed-up',
    `${short(Number(median))} x [${short(Number(low))}, ${short(Number(high))}]`,
    `${kernel}`,
  ]);
}

function native(result: BenchResult | undefined): string[][] {
  const claim = result?.claims.find(({ id }) => id === 'wasm-native');
  return claim === undefined
    ? []
    : [['speed of WebAssembly / native C', `${short(claim.value)} x`, claim.text]];
}

/** Vector kernels in L1: the time of the second contestant / that of the first. */
function kernels(result: BenchResult | undefined, kind: 'native' | 'relaxed', name: string) {
  return (result?.sections ?? []).flatMap((section) => {
    if (section.kind !== 'comparison' || !section.id.startsWith('kernel-')) return [];
    const [first, second] = section.rows;
    const wanted = kind === 'native' ? second?.name : first?.name;
    if (second?.ratio === undefined || !wanted?.includes(kind)) return [];
    const range = `[${short(second.ratioLow!)}, ${short(second.ratioHigh!)}]`;
    return [[name, `${short(second.ratio)} x ${range}`, section.title]];
  });
}

function bytes(result: BenchResult | undefined): string[][] {
  return (table(result, 'sizes')?.rows ?? [])
    .filter(([name]) => /^wasm\/|^internal\//.test(`${name}`))
    .map(([name, raw, gzip, brotli]) => [
      'bytes: raw, gzip, brotli',
      [raw, gzip, brotli].map((value) => Number(value).toLocaleString('en-US')).join(', '),
      `${name}`,
    ]);
}

// Accuracy parity: the worst of ours among all comparisons with the same measure, beside the worst of the others.
function accuracy(results: readonly BenchResult[]): string[][] {
  const measures = new Map<string, { ours: number; others: number; count: number }>();
  for (const { sections } of results) {
    for (const section of sections) {
      if (section.kind !== 'comparison' || !/residual|L1 error/.test(section.accuracy)) continue;
      const entry = measures.get(section.accuracy) ?? { ours: 0, others: 0, count: 0 };
      entry.count++;
      for (const [i, row] of section.rows.entries()) {
        const value = row.accuracy;
        if (value === undefined || !Number.isFinite(value)) continue;
        if (i === 0) entry.ours = Math.max(entry.ours, value);
        else entry.others = Math.max(entry.others, value);
      }
      measures.set(section.accuracy, entry);
    }
  }
  return [...measures].map(([measure, { ours: worst, others, count }]) => [
    `accuracy: worst ${measure}`,
    `${short(worst)} (others ${short(others)})`,
    `${count} comparisons`,
  ]);
}
