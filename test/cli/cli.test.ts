// The built command line as a child process: what it prints, where, and with which exit code.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  file,
  folder,
  interrupted,
  main,
  type Run,
  read,
  refused,
  start,
  sublinear,
} from '../support/cli.js';

// x = (1, 2, 3) solves it.
const matrix = `%%MatrixMarket matrix coordinate real general
% a comment
3 3 7
1 1 4
1 2 -1
2 1 -1
2 2 4
2 3 -1
3 2 -1
3 3 4
`;
const side = '%%MatrixMarket matrix array real general\n3 1\n2\n4\n10\n';

function values(text: string): number[] {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('%'));
  expect(lines[0]).toBe(`${lines.length - 1} 1`);
  return lines.slice(1).map(Number);
}

/** The matrix of a square grid plus shift, too large for a moment's work. */
function grid(width: number, shift: number): string {
  const entries: string[] = [];
  for (let i = 0; i < width * width; i++) {
    entries.push(`${i + 1} ${i + 1} ${4 + shift}`);
    if (i % width > 0) entries.push(`${i + 1} ${i} -1`);
    if (i >= width) entries.push(`${i + 1} ${i + 1 - width} -1`);
  }
  return `%%MatrixMarket matrix coordinate real symmetric\n${width * width} ${width * width} ${entries.length}\n${entries.join('\n')}\n`;
}

describe('solve', () => {
  test('writes x, and what it says of it is right', async () => {
    const a = file('A.mtx', matrix);
    const b = file('b.mtx', side);
    const { code, stdout, stderr } = await sublinear(['solve', a, b, '-o', 'x.mtx']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/converged/);
    expect(stderr).toMatch(/x\.mtx/);
    const x = values(read('x.mtx'));
    expect(x.map((value) => value.toFixed(6))).toEqual(['1.000000', '2.000000', '3.000000']);
  });

  test('x written and read back as b has the same bits', async () => {
    const a = file('A.mtx', matrix);
    await sublinear(['solve', a, '-o', 'ones.mtx']);
    const identity = file(
      'I.mtx',
      '%%MatrixMarket matrix coordinate real general\n3 3 3\n1 1 1\n2 2 1\n3 3 1\n',
    );
    const { code } = await sublinear(['solve', identity, 'ones.mtx', '-o', 'again.mtx']);
    expect(code).toBe(0);
    expect(values(read('again.mtx'))).toEqual(values(read('ones.mtx')));
  });

  test('takes all ones for b and says so', async () => {
    const { code, stderr } = await sublinear(['solve', file('A.mtx', matrix)]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/all ones/);
  });

  test('--json prints one object with the solution', async () => {
    const { code, stdout } = await sublinear([
      'solve',
      file('A.mtx', matrix),
      file('b.mtx', side),
      '--json',
      '--history',
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ outcome: 'converged', rows: 3, entries: 7 });
    expect(result.solution).toHaveLength(3);
    expect(result.relativeResidual).toBeLessThanOrEqual(1e-8);
    expect(Array.isArray(result.history)).toBe(true);
    expect(result.errorBoundNorm).toBeTypeOf('string');
  });

  test('- reads the matrix or the right-hand side from standard input and writes x to standard output', async () => {
    const b = file('b.mtx', side);
    const first = await sublinear(['solve', '-', b, '-o', '-'], matrix);
    expect(first.code).toBe(0);
    expect(values(first.stdout)[2]).toBeCloseTo(3, 7);
    expect(first.stderr).toMatch(/converged/);
    const second = await sublinear(['solve', file('A.mtx', matrix), '-', '--json'], side);
    expect(JSON.parse(second.stdout).solution[0]).toBeCloseTo(1, 7);
  });

  test('reads CRLF and a file without a final newline', async () => {
    const a = file('crlf.mtx', matrix.replaceAll('\n', '\r\n'));
    const b = file('cut.mtx', side.trimEnd());
    const { code, stdout } = await sublinear(['solve', a, b, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).solution[1]).toBeCloseTo(2, 7);
  });

  test('not converged: exit 1, the best iterate is written with its residual', async () => {
    const a = file('grid.mtx', grid(60, 0.001));
    const args = [
      'solve',
      a,
      '-o',
      'best.mtx',
      '--method',
      'cg',
      '--max-iterations',
      '3',
      '--json',
    ];
    const { code, stdout } = await sublinear(args);
    expect(code).toBe(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ outcome: 'iterationLimit', output: 'best.mtx' });
    expect(result.relativeResidual).toBeGreaterThan(1e-8);
    expect(values(read('best.mtx'))).toHaveLength(3600);
    const text = await sublinear(args.filter((arg) => arg !== '--json'));
    expect(text.code).toBe(1);
    expect(text.stderr).toMatch(/iterationLimit/);
  });

  test('a singular system without a solution is not converged', async () => {
    const laplacian =
      '%%MatrixMarket matrix coordinate real general\n2 2 4\n1 1 1\n1 2 -1\n2 1 -1\n2 2 1\n';
    const { code, stdout } = await sublinear(['solve', file('L.mtx', laplacian), '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).outcome).toBe('inconsistent');
  });

  test('stops at --max-time', async () => {
    const a = file('large.mtx', grid(200, 1e-9));
    const { code, stdout } = await sublinear([
      'solve',
      a,
      '--tolerance',
      '1e-14',
      '--max-time',
      '0.001',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).outcome).toBe('timeLimit');
  });

  test.each([
    ['no such file', 'missing.mtx', undefined, /missing\.mtx: no such file/],
    ['a folder', '.', undefined, /folder/],
    ['an empty file', 'empty.mtx', '', /empty\.mtx/],
    ['no header', 'header.mtx', '3 3 1\n1 1 1\n', /header\.mtx:1: /],
    ['a value that is no number', 'word.mtx', matrix.replace('2 2 4', '2 2 four'), /word\.mtx:7: /],
    ['an index out of range', 'index.mtx', matrix.replace('3 2 -1', '4 2 -1'), /index\.mtx:9: /],
    ['NaN', 'nan.mtx', matrix.replace('2 2 4', '2 2 NaN'), /nan\.mtx:7: /],
    ['2^32 rows', 'huge.mtx', matrix.replace('3 3 7', '4294967296 3 7'), /huge\.mtx:3: /],
    ['a line cut in the middle', 'cut.mtx', matrix.slice(0, -4), /cut\.mtx/],
    ['entries missing', 'few.mtx', matrix.replace('3 3 4\n', ''), /few\.mtx/],
  ])('refuses %s with one line and exit 2', async (_, name, text, message) => {
    if (text !== undefined) file(name, text);
    expect(await refused(['solve', name])).toMatch(message);
  });

  test('refuses a right-hand side of another length', async () => {
    const b = file('long.mtx', '%%MatrixMarket matrix array real general\n4 1\n1\n1\n1\n1\n');
    expect(await refused(['solve', file('A.mtx', matrix), b])).toMatch(/long\.mtx: .*3/);
  });

  test('refuses a method that does not apply', async () => {
    const asymmetric = file('asymmetric.mtx', matrix.replace('1 2 -1', '1 2 -2'));
    expect(await refused(['solve', asymmetric, '--method', 'cg'])).toMatch(
      /asymmetric\.mtx.*symmetric/,
    );
  });

  test('solves a matrix that is not square by least squares', async () => {
    const tall = file(
      'tall.mtx',
      '%%MatrixMarket matrix coordinate real general\n3 2 5\n1 1 1\n2 1 1\n3 1 1\n2 2 1\n3 2 2\n',
    );
    const b = file('heights.mtx', '%%MatrixMarket matrix array real general\n3 1\n1\n3\n4\n');
    const { code, stdout } = await sublinear(['solve', tall, b, '--json']);
    expect(code).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ rows: 3, cols: 2, method: 'lsmr', outcome: 'converged' });
    for (const [i, wanted] of [7 / 6, 1.5].entries())
      expect(said.solution[i]).toBeCloseTo(wanted, 8);
    const text = await sublinear(['solve', tall, b, '--method', 'lsqr', '--damping', '2']);
    expect(text.stderr).toMatch(/lsqr, 2 iterations/);
    const short = ['solve', tall, b, '--max-iterations', '1', '--tolerance', '1e-12'];
    expect((await sublinear(short)).code).toBe(1);
    const symmetric = ['solve', file('A.mtx', matrix), '--method', 'minres', '--json'];
    expect(JSON.parse((await sublinear(symmetric)).stdout)).toMatchObject({ consistent: true });
    expect(await refused(['solve', tall, '--method', 'cg'])).toMatch(/tall\.mtx.*square.*lsmr/);
    const qr = await sublinear(['solve', tall, b, '--method', 'qr', '--json']);
    const { solution: _, ...made } = JSON.parse(qr.stdout);
    expect(made).toMatchObject({ method: 'qr', outcome: 'converged' });
    const square = file('A.mtx', matrix);
    const incomplete = ['--method', 'gmresIlut', '--drop-tolerance', '0.01', '--fill', '5'];
    const iterated = await sublinear(['solve', square, ...incomplete, '--json']);
    expect(JSON.parse(iterated.stdout)).toMatchObject({
      method: 'gmresIlut',
      outcome: 'converged',
    });
    expect(await refused(['solve', square, '--fill', '5'])).toMatch(/--fill.*gmresIlut/);
    expect(await refused(['solve', tall, '--method', 'qr', '--fill', '5'])).toMatch(/--fill/);
    expect(await refused(['solve', tall, '--history'])).toMatch(/--history.*least squares/);
    expect(await refused(['solve', tall, '--method', 'minres'])).toMatch(/tall\.mtx.*not square/);
    expect(await refused(['solve', file('A.mtx', matrix), '--damping', '1'])).toMatch(/--damping/);
  });

  test('a pipe gets x, and what is said goes beside it', async () => {
    const [a, b] = [file('A.mtx', matrix), file('b.mtx', side)];
    for (const method of ['auto', 'direct']) {
      const { code, stdout, stderr } = await sublinear(['solve', a, b, '--method', method]);
      expect(code).toBe(0);
      expect(values(stdout).map((x) => x.toFixed(6))).toEqual(['1.000000', '2.000000', '3.000000']);
      expect(stderr).toMatch(/written to standard output/);
    }
  });

  test('directly: x is exact, and its backward error is told', async () => {
    const [a, b] = [file('A.mtx', matrix), file('b.mtx', side)];
    const direct = ['solve', a, b, '--method', 'direct'];
    const { code, stdout } = await sublinear([...direct, '--json', '-o', 'x.mtx']);
    expect(code).toBe(0);
    const { outcome, method, fill, backwardError, inertia } = JSON.parse(stdout);
    expect([outcome, method, fill]).toEqual(['converged', 'cholesky', 5]);
    expect(backwardError).toBeLessThan(2.3e-16);
    expect(inertia).toEqual({ positive: 3, negative: 0 });
    expect(values(read('x.mtx')).map((x) => x.toFixed(14))).toEqual([
      '1.00000000000000',
      '2.00000000000000',
      '3.00000000000000',
    ]);
    expect((await sublinear(direct)).stderr).toMatch(/cholesky.*\n.*backward error/);
    expect(await refused([...direct, '--max-work', '5'])).toMatch(/--max-work/);
    const singular = file(
      'singular.mtx',
      matrix.replace('3 3 4', '3 3 0').replace('3 2 -1', '3 2 0'),
    );
    expect(await refused(['solve', singular, '--method', 'direct'])).toMatch(/singular/);
  });

  test('a file that cannot be written is exit 3', async () => {
    const { code, stderr } = await sublinear([
      'solve',
      file('A.mtx', matrix),
      '-o',
      'no/such/folder/x.mtx',
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no\/such\/folder\/x\.mtx/);
  });

  test('too little memory is exit 3', async () => {
    const { code, stderr } = await sublinear([
      'solve',
      file('large.mtx', grid(200, 1)),
      '--memory',
      '100KB',
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/memory/i);
  });
});

// 0 - 1 - 2 - 3 and 1 - 3.
const snap = '# a comment\n0\t1\n1\t2\n2\t3\n1\t3\n';

describe('--save', () => {
  test('writes what is read in place of the text, with the same answer', async () => {
    const a = file('saved.mtx', matrix);
    const first = await sublinear(['solve', a, '--save', 'A.slf', '-o', 'x1.mtx']);
    const again = await sublinear(['solve', 'A.slf', '-o', 'x2.mtx', '--quiet']);
    expect([first.code, again.code, again.stderr]).toEqual([0, 0, '']);
    expect(read('x2.mtx')).toBe(read('x1.mtx'));
    const args = ['--undirected', '--source', '0', '--json'];
    const text = await sublinear(['rank', file('saved.txt', snap), ...args, '--save', 'e.slf']);
    const binary = await sublinear(['rank', '-', ...args], readFileSync(join(folder, 'e.slf')));
    expect(JSON.parse(binary.stdout).ranking).toEqual(JSON.parse(text.stdout).ranking);
  });

  test('refuses another kind of file, and a damaged one, by name', async () => {
    const e = file('kinds.txt', snap);
    expect((await sublinear(['rank', e, '--save', 'graph.slf'])).code).toBe(0);
    const { code, stderr } = await sublinear(['solve', 'graph.slf']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/graph\.slf: .*Graph\.load\(\)/);
    const bytes = readFileSync(join(folder, 'graph.slf'));
    bytes[bytes.length - 20]! ^= 1;
    const damaged = await sublinear(['rank', file('damaged.slf', bytes)]);
    expect(damaged.code).toBe(2);
    expect(damaged.stderr).toMatch(/damaged\.slf: checksum does not match/);
    const cut = await sublinear(['rank', file('cut.slf', bytes.subarray(0, 100))]);
    expect(cut.stderr).toMatch(/cut\.slf: input ends too early/);
  });
});

describe('rank', () => {
  test('prints the nodes nearest to a source, best first', async () => {
    const { code, stdout, stderr } = await sublinear([
      'rank',
      file('e.txt', snap),
      '--undirected',
      '--source',
      '0',
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ outcome: 'converged', nodes: 4, edges: 4, directed: false });
    // Solved by hand with damping 0.85; see the ratios of (I - 0.85 P^T) p = 0.15 e_0.
    const scores = new Map(
      result.ranking.map((entry: { node: number; score: number }) => [entry.node, entry.score]),
    );
    const total = [...scores.values()].reduce((sum: number, score) => sum + (score as number), 0);
    expect(total).toBeCloseTo(1, 5);
    expect(scores.get(2)).toBeCloseTo(scores.get(3) as number, 6);
    expect(result.ranking[0].node).toBe(1);
    expect(result.errorBound).toBeLessThanOrEqual(1e-6);
    const text = await sublinear(['rank', 'e.txt', '--undirected', '--source', '0', '--top', '2']);
    expect(text.stdout.split('\n').filter((line) => /^\s*[12]\s+\d/.test(line))).toHaveLength(2);
  });

  test('without a source it is global PageRank', async () => {
    const star = file('star.txt', '1 0\n2 0\n3 0\n');
    const { stdout } = await sublinear(['rank', star, '--json']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ directed: true });
    expect(result.ranking[0].node).toBe(0);
  });

  test('reads CSV and METIS by the ending of the file', async () => {
    const csv = await sublinear([
      'rank',
      file('e.csv', '0,1\n1,2\n2,3\n1,3\n'),
      '--undirected',
      '--source',
      '0',
      '--json',
    ]);
    const metis = await sublinear([
      'rank',
      file('e.graph', '4 4\n2\n1 3 4\n2 4\n3 2\n'),
      '--source',
      '1',
      '--json',
    ]);
    const text = await sublinear([
      'rank',
      file('e.txt', snap),
      '--undirected',
      '--source',
      '0',
      '--json',
    ]);
    const ranking = (run: Run) => JSON.parse(run.stdout).ranking;
    expect(ranking(csv)).toEqual(ranking(text));
    // METIS counts nodes from 1, and the answer calls them what the file does.
    const shifted = ranking(text).map((entry: { node: number }) => ({
      ...entry,
      node: entry.node + 1,
    }));
    expect(ranking(metis)).toEqual(shifted);
  });

  test('calls nodes what the file calls them, however large', async () => {
    const ids = file('ids.txt', '7 18446744073709551615\n18446744073709551615 9\n');
    const { code, stdout } = await sublinear([
      'rank',
      ids,
      '--source',
      '18446744073709551615',
      '--json',
    ]);
    expect(code).toBe(0);
    const { nodes, ranking } = JSON.parse(stdout);
    expect(nodes).toBe(3);
    expect(ranking.map((entry: { node: number | string }) => entry.node)).toEqual([
      '18446744073709551615',
      9,
    ]);
  });

  test('stops at --max-time with what it has', async () => {
    const edges = Array.from(
      { length: 60_000 },
      (_, i) => `${(i * 7919) % 20_011} ${(i * 104_729) % 20_011}`,
    );
    const name = file('many.txt', `${edges.join('\n')}\n`);
    const args = [
      'rank',
      name,
      '--method',
      'power',
      '--tolerance',
      '1e-14',
      '--max-time',
      '0.001',
      '--json',
    ];
    const { code, stdout } = await sublinear(args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'timeLimit' });
    expect(JSON.parse(stdout).ranking).toHaveLength(10);
  });

  test('--ignore-weights skips what follows the two nodes', async () => {
    const times = file('times.txt', '0 1 1999-12-31\n1 2 2000-01-01\n');
    expect(await refused(['rank', times])).toMatch(/times\.txt:1: /);
    const { code, stdout } = await sublinear(['rank', times, '--ignore-weights', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ edges: 2, weighted: false });
  });

  test('- with --input-format reads standard input, CRLF and no final newline included', async () => {
    const input = '0,1\r\n1,2\r\n2,3\r\n1,3';
    const { code, stdout } = await sublinear(
      ['rank', '-', '--input-format', 'csv', '--undirected', '--source', '0', '--json'],
      input,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ nodes: 4, edges: 4 });
  });

  test.each([
    ['a fraction for a node', 'half.txt', '0 1\n1 2.5\n2 x 3\n', /half\.txt:2: /],
    ['a format that is none of graphs', 'a.txt', 'PAR1 and more', /a\.txt: .*Parquet/],
    ['names behind a line that may be a header', 'who.txt', 'person friend\nann bob\n', /--header/],
    ['one number on a line', 'one.txt', '0 1\n1\n', /one\.txt:2: /],
    ['a negative node', 'minus.txt', '0 1\n-1 2\n', /minus\.txt:2: /],
    ['a node above 2^64 - 1', 'large.txt', '0 18446744073709551616\n', /large\.txt:1: /],
    ['no edges', 'none.txt', '# nothing\n', /none\.txt/],
    ['METIS with a neighbour out of range', 'range.graph', '2 1\n2\n3\n', /range\.graph:3: /],
  ])('refuses %s with one line and exit 2', async (_, name, text, message) => {
    expect(await refused(['rank', file(name, text)])).toMatch(message);
  });

  test('refuses a source that is not in the graph', async () => {
    expect(await refused(['rank', file('e.txt', snap), '--source', '99'])).toMatch(/--source.*99/);
  });

  test.each([
    ['--source', 'x'],
    ['--damping', '1'],
    ['--tolerance', '0'],
    ['--top', '0'],
    ['--format', 'xml'],
    ['--input-format', 'xml'],
    ['--method', 'magic'],
  ])('refuses %s %s and names the option', async (option, value) => {
    expect(await refused(['rank', file('e.txt', snap), option, value])).toContain(option.slice(2));
  });
});

describe('info', () => {
  test('info says versions, variants, capabilities and memory', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    const { code, stdout } = await sublinear(['info', '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      version,
      node: process.version,
      variant: 'simd',
      capabilities: { simd: true },
    });
    expect(result.memory.limit).toBeGreaterThan(1e9);
    expect(result.variants).toContain('scalar');
    const text = await sublinear(['info', '--variant', 'scalar']);
    expect(text.stdout).toContain(version);
    expect(text.stdout).toMatch(/scalar/);
  });

  test('every variant that ships can be asked for', async () => {
    const { stdout } = await sublinear(['info', '--json']);
    const { variants } = JSON.parse(stdout) as { variants: string[] };
    expect(variants).toContain('relaxed');
    for (const variant of variants) {
      const asked = await sublinear(['info', '--json', '--variant', variant]);
      // Node 20 cannot compile relaxed SIMD: then it is said of that module, not of the option.
      if (asked.code !== 0)
        expect(asked.stderr).toMatch(/vector\.relaxed\.wasm could not be loaded/);
    }
    const none = await sublinear(['info', '--variant', 'faster']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/relaxed/)]);
  });
});

describe('the command itself', () => {
  test.each([
    [['--help']],
    [[]],
    [['solve', '--help']],
    [['rank', '--help']],
    [['index', '--help']],
    [['search', '--help']],
    [['cluster', '--help']],
    [['resistance', '--help']],
    [['completion', '--help']],
  ])('%j prints help', async (args) => {
    const { code, stdout, stderr } = await sublinear(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Usage: sublinear/);
    expect(stdout).toMatch(/sublinear (solve|rank|index|search|cluster|resistance|completion)/);
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(await sublinear(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['slove', 'A.mtx'], /slove/],
    [['solve'], /A\.mtx/],
    [['solve', 'A.mtx', '--fast'], /--fast/],
    [['solve', 'A.mtx', 'b.mtx', 'c.mtx'], /argument/],
    [['solve', 'A.mtx', '--tolerance', 'small'], /--tolerance/],
    [['solve', 'A.mtx', '--tolerance'], /--tolerance/],
    [['solve', 'A.mtx', '--memory', 'lots'], /--memory/],
    [['solve', '-', '-'], /standard input/],
    [['rank', 'e.txt', '--directed', '--undirected'], /undirected/],
  ])('refuses %j', async (args, message) => {
    expect(await refused(args)).toMatch(message);
  });

  // `script` gives a program a terminal: where there is none of Linux's kind, nothing can be seen of the bar.
  const terminal = /util-linux/.test(
    spawnSync('script', ['-V'], { encoding: 'utf8' }).stdout ?? '',
  );
  test.skipIf(!terminal)('a bar that moves while a graph is ranked', async () => {
    const edges = Array.from(
      { length: 300_000 },
      (_, i) => `${(i * 7919) % 50_021} ${(i * 104_729) % 50_021}`,
    );
    const name = file('bar.txt', `${edges.join('\n')}\n`);
    const command = `${process.execPath} ${main} rank ${name} --method power --damping 0.999 --tolerance 1e-12 --max-time 3`;
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const shares = Array.from(stdout.matchAll(/ranking [^%]*? (\d+)%/g), ([, share]) =>
      Number(share),
    );
    expect(shares[0]).toBe(0);
    expect(Math.max(...shares)).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((x, y) => x - y));
  });

  test('draws no progress bar in a pipe', async () => {
    const { stderr } = await sublinear(['solve', file('A.mtx', matrix)]);
    expect(stderr).not.toMatch(/solving|%/);
  });

  test('a reader that goes away is no error', async () => {
    const child = start(['solve', file('large.mtx', grid(200, 1)), '-o', '-']);
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });

  test('Ctrl-C stops with 130 and leaves no half-written answer', async () => {
    const reading = ['solve', '-', '-o', 'never.mtx'];
    const { code, signal, stderr } = await interrupted(reading, 500, matrix.slice(0, 60));
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(stderr).toMatch(/interrupted/);
    expect(existsSync(join(folder, 'never.mtx'))).toBe(false);
  });

  test('Ctrl-C in the middle of a solve', async () => {
    const hard = file('hard.mtx', grid(200, 1e-9));
    const solve = ['solve', hard, '--method', 'gaussSeidel', '--tolerance', '1e-14'];
    const { code, signal } = await interrupted([...solve, '-o', 'never.mtx'], 1200);
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(existsSync(join(folder, 'never.mtx'))).toBe(false);
  });
});
