// The verbs about graphs beside `rank`, the forms of answers, and completion, through the built command line.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { file, folder, refused, sublinear } from '../support/cli.js';

// Two complete graphs of five, joined by one edge: the best cut is that edge.
const cliques = (() => {
  const lines = ['Ada-4,Bob-0'];
  for (const who of ['Ada', 'Bob'])
    for (let u = 0; u < 5; u++) for (let v = 0; v < u; v++) lines.push(`${who}-${u},${who}-${v}`);
  return `from,to\n${lines.join('\n')}\n`;
})();
// A square and a node that nothing leads to but a loop.
const square = '1 2\n2 3\n3 4\n4 1\n9 9\n';

describe('cluster', () => {
  test('finds the set around a node that the fewest edges leave', async () => {
    const graph = file('cliques.csv', cliques);
    const { code, stdout, stderr } = await sublinear([
      'cluster',
      graph,
      '--source',
      'Ada-2',
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ cut: 1, volume: 21, conductance: 1 / 21, directed: false });
    expect(found.cluster.sort()).toEqual([0, 1, 2, 3, 4].map((i) => `Ada-${i}`));
    const heat = ['--scores', 'heat', '--time', '4', '--format', 'tsv'];
    const text = await sublinear(['cluster', graph, '--source', 'Bob-3', ...heat]);
    const [head, ...names] = text.stdout.trimEnd().split('\n');
    expect([head, ...names.sort()]).toEqual(['node', ...[0, 1, 2, 3, 4].map((i) => `Bob-${i}`)]);
    expect(text.stderr).toMatch(/conductance 0\.0476/);
  });

  test('stays within limits, and takes several sources', async () => {
    const graph = file('cliques.csv', cliques);
    const limited = async (...limit: string[]) => {
      const run = await sublinear(['cluster', graph, '--source', 'Ada-2', '--json', ...limit]);
      return JSON.parse(run.stdout);
    };
    expect(await limited('--max-nodes', '4')).toMatchObject({ volume: 16, cut: 4 });
    expect(await limited('--max-volume', '20.5')).toMatchObject({ volume: 16 });
    expect((await limited('--max-volume', '3')).cluster).toEqual([]);
    const both = await limited('--source', 'Bob-1,Bob-3');
    expect(both.source).toEqual(['Ada-2', 'Bob-1', 'Bob-3']);
    expect(await refused(['cluster', graph, '--source', 'Eve'])).toMatch(/--source Eve/);
    expect(await refused(['cluster', graph])).toMatch(/--source/);
    expect(await refused(['cluster', graph, '--source', 'Ada-1', '--max-nodes', '0'])).toMatch(
      /--max-nodes/,
    );
  });
});

describe('resistance', () => {
  test('of pairs, each source with each target', async () => {
    const graph = file('square.txt', square);
    const ends = ['--source', '1', '--source', '2', '--target', '2,3,9'];
    const { code, stdout } = await sublinear(['resistance', graph, ...ends, '--json']);
    expect(code).toBe(0);
    const { resistances, outcome } = JSON.parse(stdout);
    expect(outcome).toBe('converged');
    // A side: one edge beside three. A diagonal: two beside two.
    const exact = [3 / 4, 1, null, 0, 3 / 4, null];
    for (const [i, { resistance, errorBound }] of resistances.entries()) {
      if (exact[i] === null) expect(resistance).toBeNull();
      else expect(Math.abs(resistance - exact[i]!)).toBeLessThanOrEqual(errorBound);
    }
    expect(resistances.map(({ from, to }: { from: number; to: number }) => [from, to])).toEqual([
      [1, 2],
      [1, 3],
      [1, 9],
      [2, 2],
      [2, 3],
      [2, 9],
    ]);
  });

  test('of all edges, within epsilon', async () => {
    const graph = file('square.txt', square);
    const how = ['--epsilon', '0.2', '--seed', '5', '--format', 'csv'];
    const { code, stdout, stderr } = await sublinear(['resistance', graph, ...how]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/probability 0\.99/);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toBe('from,to,resistance,errorBound');
    expect(rows.length).toBe(5);
    for (const row of rows) {
      const [from, to, value] = row.split(',').map(Number);
      expect(Math.abs(value! - (from === to ? 0 : 0.75))).toBeLessThanOrEqual(0.2 * 0.75);
    }
  });

  test.each([
    [['--source', '1'], /--source and --target go together/],
    [['--source', '1', '--target', '2', '--seed', '1'], /--seed: only for all edges/],
    [['--tolerance', '0.1'], /--tolerance: only for pairs/],
    [['--source', '1', '--target', '7'], /--target 7/],
  ])('refuses %j', async (args, message) => {
    expect(await refused(['resistance', file('square.txt', square), ...args])).toMatch(message);
  });
});

describe('answers', () => {
  test('rows on standard output, the rest on standard error, and with --quiet nothing there', async () => {
    const graph = file('square.txt', square);
    const args = ['rank', graph, '--undirected', '--source', '1', '--top', '2'];
    const plain = await sublinear(args);
    expect(plain.stderr).toMatch(/nearness to node 1/);
    expect(plain.stdout).toMatch(/^place +node +score\n/);
    expect(plain.stdout).not.toMatch(/graph/);
    const quiet = await sublinear([...args, '--quiet']);
    expect(quiet).toEqual({ code: 0, stdout: plain.stdout, stderr: '' });
  });

  test('csv, tsv and json hold the same numbers, in full', async () => {
    const graph = file('names.csv', 'a,b\n"Smith, ""Al""",Bob\nBob,"x\ty"\n');
    const args = ['rank', graph, '--undirected', '--header', '--quiet', '--top', '3'];
    const [csv, tsv, json, short] = await Promise.all(
      [['--format', 'csv'], ['--format', 'tsv'], ['--format', 'json'], ['--json']].map((more) =>
        sublinear([...args, ...more]),
      ),
    );
    const { ranking } = JSON.parse(json!.stdout);
    expect(JSON.parse(short!.stdout).ranking).toEqual(ranking);
    const scores = ranking.map(({ score }: { score: number }) => String(score));
    expect(csv!.stdout).toBe(
      `place,node,score\n1,Bob,${scores[0]}\n2,"Smith, ""Al""",${scores[1]}\n3,x\\u0009y,${scores[2]}\n`,
    );
    expect(tsv!.stdout).toBe(
      `place\tnode\tscore\n1\tBob\t${scores[0]}\n2\tSmith, "Al"\t${scores[1]}\n3\tx\\u0009y\t${scores[2]}\n`,
    );
    expect(await refused([...args, '--json', '--format', 'csv'])).toMatch(/--json and --format/);
  });

  test('x of a solve as rows', async () => {
    const a = file('two.mtx', '%%MatrixMarket matrix array real general\n2 2\n2\n0\n0\n8\n');
    const { code, stdout, stderr } = await sublinear(['solve', a, '--format', 'csv', '--quiet']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'row,x\n1,0.5\n2,0.125\n',
      stderr: '',
    });
    const text = await sublinear(['solve', a]);
    expect(text.stdout).toMatch(/^%%MatrixMarket matrix array real general\n/);
    expect(text.stderr).toMatch(/converged/);
    expect(await refused(['solve', a, '-o', 'x.mtx', '--format', 'tsv'])).toMatch(/--output/);
  });

  test('compressed input, and CSV from a pipe without a word about it', async () => {
    const args = ['--source', '1', '--undirected', '--json'];
    const ranking = ({ stdout }: { stdout: string }) => JSON.parse(stdout).ranking;
    const plain = ranking(await sublinear(['rank', file('square.txt', square), ...args]));
    const zipped = await sublinear(['rank', file('square.txt.gz', gzipSync(square)), ...args]);
    const piped = await sublinear(['rank', '-', ...args], square.replaceAll(' ', ','));
    const both = await sublinear(['rank', '-', ...args], gzipSync(square.replaceAll(' ', ';')));
    expect([zipped, piped, both].map(ranking)).toEqual([plain, plain, plain]);
    const a = gzipSync('%%MatrixMarket matrix array real general\n1 1\n4\n');
    const solved = await sublinear(['solve', file('a.mtx.gz', a), '--format', 'tsv', '--quiet']);
    expect(solved.stdout).toBe('row\tx\n1\t0.25\n');
    const forced = ['rank', '-', ...args, '--input-format', 'csv', '--separator', ';'];
    expect(ranking(await sublinear(forced, square.replaceAll(' ', ';')))).toEqual(plain);
  });
});

describe('completion', () => {
  /** What bash offers for the last of these words. */
  const offered = async (...words: string[]) => {
    const { stdout } = await sublinear(['completion', 'bash']);
    const list = words.map((word) => `'${word}'`).join(' ');
    const script = `${stdout}\nCOMP_WORDS=(sublinear ${list}); COMP_CWORD=${words.length}; _sublinear; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const {
      stdout: text,
      stderr,
      status,
    } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return text.split('\n').filter((word) => word !== '');
  };

  test('bash offers verbs, options and the values of options', async () => {
    expect(await offered('re')).toEqual(['resistance']);
    expect(await offered('')).toEqual(
      expect.arrayContaining(['solve', 'rank', 'cluster', 'index', 'completion']),
    );
    expect(await offered('cluster', '--max-')).toEqual([
      '--max-time',
      '--max-nodes',
      '--max-volume',
    ]);
    expect(await offered('rank', 'edges.txt', '--format', '')).toEqual([
      'table',
      'tsv',
      'csv',
      'json',
    ]);
    expect(await offered('index', '--metric', 'e')).toEqual(['euclidean']);
    expect(await offered('completion', '')).toEqual(
      expect.arrayContaining(['bash', 'zsh', 'fish']),
    );
    // Behind an option that takes anything, and for a file, the shell's own names of files.
    expect(await offered('rank', '--save', '')).toEqual([]);
    expect(await offered('solve', 'A')).toEqual([]);
  });

  test.each(['bash', 'zsh', 'fish'])('%s can read its script', async (shell) => {
    const { code, stdout, stderr } = await sublinear(['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['resistance', 'max-volume', 'euclidean']) expect(stdout).toContain(word);
    const script = join(folder, file(`completion.${shell}`, stdout));
    const {
      error,
      status,
      stderr: complaint,
    } = spawnSync(shell, ['-n', script], { encoding: 'utf8' });
    // Not every machine has all of them.
    if (error === undefined) expect([status, complaint]).toEqual([0, '']);
    expect(await refused(['completion', 'cmd'])).toMatch(/bash, zsh, fish/);
  });
});
