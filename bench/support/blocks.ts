// What README.md and the guides quote from the results: tables and sentences between two comments, written by
// `npm run bench:report`, so that no figure there is typed.
//
//   <!-- bench: local-n -->
//   ...
//   <!-- bench end -->
import {
  type BenchResult,
  type ComparisonResult,
  type ContestantResult,
  type CurveResult,
  short,
  type TableResult,
} from './harness.js';

/** The pages that have such places. */
export const quoting = [
  'README.md',
  'docs/local-answers.md',
  'docs/from-hnswlib.md',
  'docs/choosing.md',
] as const;

const place = /(<!-- bench: ([\w-]+) -->\n)([\s\S]*?)(\n<!-- bench end -->)/g;

/** The names of the places of a page, in its order. */
export function places(page: string): string[] {
  return [...page.matchAll(place)].map(([, , name = '']) => name);
}

/** The page with each place filled; a place whose results are absent stays as it is. */
export function fill(page: string, results: readonly BenchResult[]): string {
  const found = blocks(results);
  return page.replace(place, (whole, begin: string, name: string, _, end: string) => {
    const make = found[name];
    if (make === undefined) throw new Error(`bench: no block is called "${name}"`);
    const text = make();
    return text === undefined ? whole : `${begin}${text}${end}`;
  });
}

/** Every block by its name; undefined where its results are absent or of a smoke run. */
export function blocks(results: readonly BenchResult[]): Record<string, () => string | undefined> {
  const from = new Quoted(results);
  const whole = (make: () => string) => () => {
    try {
      return make();
    } catch (error) {
      if (error instanceof Absent) return undefined;
      throw error;
    }
  };
  return {
    'readme-bytes': whole(() => readmeBytes(from)),
    'readme-touching': whole(() => readmeTouching(from)),
    'readme-numbers': whole(() => readmeNumbers(from)),
    'readme-loose': whole(() => readmeLoose(from)),
    'local-n': whole(() => localN(from)),
    'local-slack': whole(() => localSlack(from)),
    'local-tolerance': whole(() => localTolerance(from)),
    'local-times': whole(() => localTimes(from)),
    'local-work-n': whole(() => localWorkN(from)),
    'local-work-slack': whole(() => localWorkSlack(from)),
    'local-fallback': whole(() => localFallback(from)),
    'vector-bytes': whole(() => vectorBytes(from)),
    'codes-sets': whole(() => codesOnSets(from)),
  };
}

/** What a block needs was not measured. */
class Absent extends Error {}

class Quoted {
  constructor(private readonly results: readonly BenchResult[]) {}

  private section(bench: string, id: string): BenchResult['sections'][number] {
    const result = this.results.find((each) => each.bench === bench && !each.smoke);
    const found = result?.sections.find((section) => section.id === id);
    if (found === undefined) throw new Absent(`${bench} ${id}`);
    return found;
  }

  comparison(bench: string, id: string): ComparisonResult {
    const found = this.section(bench, id);
    if (found.kind !== 'comparison') throw new Error(`${bench} ${id} is no comparison`);
    return found;
  }

  table(bench: string, id: string): TableResult {
    const found = this.section(bench, id);
    if (found.kind !== 'table') throw new Error(`${bench} ${id} is no table`);
    return found;
  }

  curve(bench: string, id: string): CurveResult {
    const found = this.section(bench, id);
    if (found.kind !== 'curve') throw new Error(`${bench} ${id} is no curve`);
    return found;
  }

  /** The contestant whose name begins with `name`. */
  row(bench: string, id: string, name: string): ContestantResult {
    const found = this.comparison(bench, id).rows.find((row) => row.name.startsWith(name));
    if (found === undefined) throw new Absent(`${bench} ${id} ${name}`);
    return found;
  }

  /** A column of a table. */
  column(bench: string, id: string, name: string): (string | number)[] {
    const { columns, rows } = this.table(bench, id);
    const at = columns.indexOf(name);
    if (at < 0) throw new Error(`${bench} ${id} has no column "${name}"`);
    return rows.map((row) => row[at] as string | number);
  }

  /** Bytes of a file of the package, compressed with brotli. */
  brotli(file: string): number {
    const row = this.table('foundation', 'sizes').rows.find(([name]) => name === file);
    if (row === undefined) throw new Absent(file);
    return Number(row[3]);
  }
}

const kB = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
const integer = (value: number) => Math.round(value).toLocaleString('en-US');
/** Two digits, or whole. */
const ratio = (value: number) => (value < 10 ? value.toFixed(1) : integer(value));
const power = (value: number) => value.toExponential(0).replace('e+', 'e');
const ms = (value: number) => `${Number(value.toPrecision(2))} ms`;

/** 15,930; 1.3 million. */
function counted(value: string | number): string {
  const number = Number(value);
  if (number < 1e6) return integer(number);
  return `${Number((number / 1e6).toPrecision(2))} million`;
}

function markdown(header: string[], rows: string[][], align: string): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${header.map((_, i) => (align[i] === 'r' ? '---:' : '---')).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function readmeBytes(from: Quoted): string {
  const solver = from.brotli('wasm/solver.simd.wasm');
  const network = from.brotli('wasm/network.simd.wasm');
  const vector = from.brotli('wasm/vector.simd.wasm');
  const script = from.brotli('JavaScript of PageRank in a page');
  return `A page fetches only the module it uses, once, compressed with brotli: ${kB(solver)} for systems,
${kB(network)} for graphs, ${kB(vector)} for vectors. The JavaScript of a page that ranks a graph is ${kB(script)}.`;
}

function vectorBytes(from: Quoted): string {
  const row = from
    .table('foundation', 'sizes')
    .rows.find(([name]) => name === 'wasm/vector.simd.wasm');
  return `Where even the ${kB(Number(row?.[1]))} of the whole module (${kB(Number(row?.[3]))} with brotli) are too many and nothing is ever removed,
\`sublinear/raw/hnsw-micro.raw.wasm\` is an HNSW index in less than 11.8 kB behind plain functions: [abi.md](abi.md).`;
}

function readmeTouching(from: Quoted): string {
  const rows = from.column('local', 'work-n', 'rows touched').map(Number);
  const [one, full, sparse] = ['one entry, dense b', 'full solve', 'one entry, b of one'].map(
    (name) => from.row('local', 'grid-1000000', name),
  ) as [ContestantResult, ContestantResult, ContestantResult];
  return `A grid of a million cells, each tied to its neighbours and, by 0.4, to the ground: one entry of the solution, proved to one
per cent of the largest it could be, reads ${integer(rows.at(-1)!)} rows and takes ${ms(one.medianMs!)} (${ms(sparse.medianMs!)} where the right-hand side has one entry). The
full solve with the same bound takes ${ms(full.medianMs!)}. ${Math.max(...rows) === Math.min(...rows) ? 'On a grid of ten thousand cells it reads as many rows.' : `At other sizes it reads ${integer(Math.min(...rows))} to ${integer(Math.max(...rows))} rows.`}`;
}

function readmeNumbers(from: Quoted): string {
  const cell = (row: ContestantResult) => (row.ratio === undefined ? 'not run' : ratio(row.ratio));
  const times = (bench: string, ids: string[], name: string) =>
    ids.map((id) => cell(from.row(bench, id, name))).join(' / ');
  const error = (id: string, name: string) =>
    `${name} ${power(from.row('foundation', id, 'sublinear').accuracy!)}`;
  const rank = ['pagerank-global', 'pagerank-global-build'];
  const near = ['glove-search-0.955', 'glove-search-0.99'];
  const builds = from.table('vector', 'glove-build').rows;
  const built = builds.find(([name]) => name === 'hnswlib-wasm')?.[2];
  const entry = from.row('local', 'grid-1000000', 'one entry, dense b');
  const rows = [
    [
      'solve, 2-D grid Laplacian + 0.01 I, n = 100,000, set-up included',
      'plain JavaScript conjugate gradients',
      times('foundation', ['solve-grid'], 'plain'),
      error('solve-grid', 'residual'),
    ],
    [
      'the same',
      'inner conjugate gradients of `sublinear-time-solver`',
      times('foundation', ['solve-grid'], 'sublinear-time-solver'),
      '',
    ],
    [
      'solve, random asymmetric row-dominant, n = 100,000',
      'plain JavaScript Gauss-Seidel',
      times('foundation', ['solve-dominant'], 'plain'),
      error('solve-dominant', 'residual'),
    ],
    [
      'global PageRank to 1e-6, Barabasi-Albert, 100,000 nodes, graph built before / each time',
      'plain JavaScript power iteration',
      times('foundation', rank, 'plain'),
      error('pagerank-global', 'L1 error'),
    ],
    ['the same', '`ngraph.pagerank`', times('foundation', rank, 'ngraph'), ''],
    ['the same', '`graphology-metrics`', times('foundation', rank, 'graphology'), ''],
    [
      'the 50 nodes nearest to a node, same graph (not proved)',
      'plain JavaScript power iteration',
      times('foundation', ['top-50'], 'plain'),
      `precision ${from.row('foundation', 'top-50', 'sublinear, settled').accuracy!.toFixed(3)}`,
    ],
    [
      'the same',
      'our own power iteration',
      times('foundation', ['top-50'], 'sublinear, power'),
      '',
    ],
    [
      'one entry of a solution, grid + 0.4 I, n = 1,000,000, proved to 1e-2 of max\\|b\\| / slack',
      'our own full solve with an equal bound',
      times('local', ['grid-1000000'], 'full solve'),
      `true error ${short(Number((100 * entry.accuracy!).toPrecision(2)))} % of the allowed`,
    ],
    [
      'nearest neighbours, 100,000 GloVe words, recall@10 0.955 / 0.99',
      '`hnswlib-node` (native C++)',
      times('vector', near, 'hnswlib-node'),
      'the same recall',
    ],
    ['the same', '`hnswlib-wasm`', times('vector', near, 'hnswlib-wasm'), 'the same recall'],
    [
      'building that index',
      '`hnswlib-wasm`',
      Number.isFinite(Number(built)) ? ratio(Number(built)) : 'not run',
      '',
    ],
  ];
  return markdown(
    ['work (wasm simd, one thread)', 'against', 'ratio of times', 'accuracy of ours'],
    rows,
    'llrl',
  );
}

function readmeLoose(from: Quoted): string {
  const { ratio: share } = from.row('local', 'random-dominant', 'full solve');
  return `Where everything is near everything, the proof for one entry is loose. \`solveEntries\` then ends in the full solve by itself; on a
random row-dominant matrix with 100,000 rows that takes ${ratio(1 / share!)} times as long as asking for the full solve at once.`;
}

/** A table with a parameter in its head, and rows read and entries multiplied below. */
function sweep(head: string, keys: string[], rowHead: string, table: [unknown[], unknown[]]) {
  const [touched, operations] = table;
  return markdown(
    [head, ...keys],
    [
      [rowHead, ...touched.map((value) => counted(Number(value)))],
      ['matrix entries multiplied', ...operations.map((value) => counted(Number(value)))],
    ],
    `l${'r'.repeat(keys.length)}`,
  );
}

const work = (from: Quoted, id: string): [unknown[], unknown[]] => [
  from.column('local', id, 'rows touched'),
  from.column('local', id, 'edge operations'),
];

const localN = (from: Quoted) =>
  sweep(
    'n',
    from.column('local', 'work-n', 'n').map((n) => integer(Number(n))),
    'rows read, slack 0.4',
    work(from, 'work-n'),
  );

/** Down to 0.01: below it the full solve is the better choice by far, in counts as well. */
function localSlack(from: Quoted): string {
  const slack = from.column('local', 'work-slack', 'slack').map(Number);
  const count = slack.filter((value) => value >= 0.01).length;
  const [touched, operations] = work(from, 'work-slack');
  return sweep('slack (n = 250,000)', slack.slice(0, count).map(String), 'rows read', [
    touched.slice(0, count),
    operations.slice(0, count),
  ]);
}

const localTolerance = (from: Quoted) =>
  sweep(
    'tolerance (slack 0.4)',
    from.column('local', 'work-tolerance', 'tolerance').map(String),
    'rows read',
    work(from, 'work-tolerance'),
  );

function localTimes(from: Quoted): string {
  const of = (id: string, name: string) => from.column('local', id, name).map(Number);
  const slack = of('work-slack', 'slack');
  const gap = of('work-slack', 'ms, push').map((push, i) =>
    Math.log(push / of('work-slack', 'ms, full solve')[i]!),
  );
  // Where the times are equal, between two slacks of the table, on logarithmic axes.
  const after = gap.findIndex((value) => value > 0);
  if (after < 1) throw new Absent('no crossing');
  const [a, b] = [gap[after - 1]!, gap[after]!];
  const [x, y] = [Math.log(slack[after - 1]!), Math.log(slack[after]!)];
  const equal = Math.exp(x - (a / (b - a)) * (y - x));
  const push = of('work-tolerance', 'ms, push');
  const full = of('work-tolerance', 'ms, full solve');
  const wins = push.filter((time, i) => time < full[i]!).length;
  const tolerances =
    wins === push.length ? 'every tolerance' : `${wins} of the ${push.length} tolerances`;
  return `In time, push wins against the full solve at equal accuracy down to a slack of about ${equal.toPrecision(2)}, and at slack 0.4 for
${tolerances} of the table.`;
}

function localFallback(from: Quoted): string {
  const { ratio: share } = from.row('local', 'random-dominant', 'full solve');
  const { note = '' } = from.row('local', 'random-dominant', 'solveEntries');
  if (!note.startsWith('push+full')) throw new Absent('push+full');
  return `\`method\` is then \`'push+full'\`. On a random matrix with 100,000 rows, 10 entries a row and 10 % slack, where every row is
within a few steps of every other, that is what happens; it takes ${ratio(1 / share!)} times as long as the full solve alone.`;
}

/** Where one line crosses the full solve, of a graph: the parameter. */
function crossing(from: Quoted, id: string, graph: string, who: string): number {
  const { marks = [], x } = from.curve('work', id);
  const mark = marks.find(({ panel, text }) => panel?.startsWith(graph) && text.startsWith(who));
  if (mark === undefined) throw new Absent(`${id} ${graph} ${who}`);
  return mark.point[x.key]!;
}

function localWorkN(from: Quoted): string {
  const { columns, rows } = from.table('work', 'n-counts');
  const of = (graph: string, column: string) =>
    rows
      .filter(
        ([name, , , , , walks]) =>
          `${name}`.startsWith(graph) && (column !== 'push + walks' || Number(walks) > 0),
      )
      .map((row) => Number(row[columns.indexOf(column)]));
  const read = of('grid', 'rows read, push').at(-1)!;
  const first = of('grid', 'n')[of('grid', 'rows read, push').indexOf(read)]!;
  const range = (values: number[]) =>
    [Math.min(...values), Math.max(...values)]
      .map((value) => Number((value / 1e6).toPrecision(2)))
      .join(' to ');
  const [expander, network] = [of('random', 'push + walks'), of('Barabasi', 'push + walks')];
  const over = (graph: string) =>
    integer(Number(crossing(from, 'n', graph, 'push + walks').toPrecision(2)));
  return `**Against n.** On the grid, push reads ${read} rows whether n is ${integer(Number(first.toPrecision(2)))} or a million: at a million, the full solve multiplies
${integer(Number(of('grid', 'full / push').at(-1)!.toPrecision(1)))} times as many entries. On the other two graphs push must look at every row, and then it is no better than the full
solve. Random walks do not care: they multiply ${range(expander)} million entries on the expander and
${range(network)} million on the network, whatever n is. There they overtake the full solve at n = ${over('random')} and
n = ${over('Barabasi')}, and with a confidence of 99 % in place of a proof.`;
}

function localWorkSlack(from: Quoted): string {
  const at = (graph: string, who: string) =>
    `${Number((100 * crossing(from, 'slack', graph, who)).toPrecision(2))} %`;
  return `**Against the slack.** This is what decides. On the grid push wins down to a slack of ${at('grid', 'push costs')} of the degree in counted work (in
time a little earlier, because the full solve goes through memory in a better order); on the expander down to ${at('random', 'push costs')}, walks
down to ${at('random', 'push + walks')}; on the network ${at('Barabasi', 'push costs')} and ${at('Barabasi', 'push + walks')}. Below that, use \`solve\`.`;
}

function codesOnSets(from: Quoted): string {
  const { columns, rows } = from.table('codes', 'sets');
  return markdown(
    columns,
    rows.map((row) => row.map(String)),
    'llrrrr',
  );
}
