// sublinear classify: classes of all nodes by the names of the file, each method, what is refused.
import { describe, expect, test } from 'vitest';
import { file, refused, sublinear } from '../support/cli.js';

const friends = () =>
  file(
    'friends.csv',
    'who,whom\nAda,Bob\nBob,Cleo\nCleo,Ada\nDan,Eve\nEve,Fay\nFay,Dan\nCleo,Dan\n',
  );
const known = () => file('known.csv', '# who,team\nAda,red\nFay,blue\n');
const numbers = () => file('edges.txt', '0 1\n1 2\n2 0\n3 4\n4 5\n5 3\n2 3\n');
const ends = () => file('ends.txt', '0\tred\n5\tblue\n');

/** Six rows of two f32. */
function features(): string {
  const shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 2), }";
  const head = `${shape.padEnd(117)}\n`;
  const bytes = new Uint8Array(10 + head.length + 48);
  bytes.set([0x93, 78, 85, 77, 80, 89, 1, 0, head.length, 0]);
  bytes.set(new TextEncoder().encode(head), 10);
  const values = Float32Array.of(4, 1, 1, 1, 2, 2, 1, 1, 2, 2, 1, 4);
  bytes.set(new Uint8Array(values.buffer), 10 + head.length);
  return file('features.npy', bytes);
}

interface Output {
  method: string;
  classes: string[];
  nodes: { node: number | string; class: string; score: number }[];
}

const found = async (...args: string[]) => {
  const { code, stdout, stderr } = await sublinear(['classify', ...args, '--json']);
  expect(stderr).not.toMatch(/error/i);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Output;
};

const teams = ['red', 'red', 'red', 'blue', 'blue', 'blue'];

describe('classify', () => {
  test('a class for each node, by the names of the file', async () => {
    const { method, classes, nodes } = await found(friends(), '--header', '--labels', known());
    expect([method, classes]).toEqual(['spread', ['red', 'blue']]);
    expect(nodes.map((node) => node.class)).toEqual(teams);
    expect(nodes[5]!.node).toBe('Fay');
    const args = ['classify', friends(), '--header', '--labels', known(), '--format', 'csv'];
    const { stdout, stderr } = await sublinear([...args, '--correct']);
    expect(stdout).toMatch(/^node,class,score\nAda,red,/);
    expect(stderr).toMatch(/2 nodes of 2 classes/);
  });

  test('with features, by each method', async () => {
    const args = [numbers(), '--labels', ends(), '--features', features(), '--rows'];
    for (const more of [
      [],
      ['--method', 'network', '--seed', '1'],
      ['--correct', '--alpha', '0.2'],
    ]) {
      const { nodes } = await found(...args, ...more);
      expect(nodes.map((node) => node.class)).toEqual(teams);
    }
  });

  test('what does not fit is refused', async () => {
    const args = ['classify', friends(), '--header', '--labels'];
    expect(await refused([...args, file('nobody.csv', 'Zoe,red\nAda,blue\n')])).toMatch(/Zoe/);
    expect(await refused([...args, file('one.csv', 'Ada,red\n')])).toMatch(/1 classes/);
    expect(await refused([...args, file('bare.csv', 'Ada\n')])).toMatch(/bare\.csv:1/);
    expect(await refused([...args, known(), '--features', features()])).toMatch(/numbers of nodes/);
    expect(await refused([...args, known(), '--method', 'network'])).toMatch(/--features/);
    expect(await refused([...args, known(), '--seed', '3'])).toMatch(/--seed/);
    expect(await refused(['classify', friends()])).toMatch(/labels/);
  });
});
