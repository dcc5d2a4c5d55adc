// sublinear path: one way, several, none; what the file calls the nodes; what is refused.
import { describe, expect, test } from 'vitest';
import { file, refused, sublinear } from '../support/cli.js';

const roads = () =>
  file('roads.csv', 'who,whom,weight\nUlm,Bonn,4\nUlm,Jena,3\nBonn,Kiel,5\nJena,Kiel,7\n');
const ways = async (...args: string[]) => {
  const { code, stdout } = await sublinear(['path', roads(), '--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as { paths: { length: number; nodes: (string | number)[] }[] };
};

describe('path', () => {
  test('one way, by the names of the file', async () => {
    const { paths } = await ways('--from', 'Ulm', '--to', 'Kiel');
    expect(paths).toEqual([{ length: 9, nodes: ['Ulm', 'Bonn', 'Kiel'] }]);
  });

  test('several by rising length, and by the number of edges', async () => {
    const { paths } = await ways('--from', 'Ulm', '--to', 'Kiel', '--count', '5');
    expect(paths.map(({ length }) => length)).toEqual([9, 10]);
    const steps = await ways('--from', 'Ulm', '--to', 'Kiel', '--unweighted');
    expect(steps.paths[0]!.length).toBe(2);
  });

  test('edges lead one way unless they are said to lead both', async () => {
    expect((await ways('--from', 'Kiel', '--to', 'Ulm')).paths).toEqual([]);
    const { paths } = await ways('--from', 'Kiel', '--to', 'Ulm', '--undirected');
    expect(paths[0]!.nodes).toEqual(['Kiel', 'Bonn', 'Ulm']);
    const { stdout } = await sublinear(['path', roads(), '--from', 'Ulm', '--to', 'Kiel']);
    expect(stdout).toMatch(/Ulm Bonn Kiel/);
  });

  test('nodes that are not there, and a time limit for one way, are refused', async () => {
    expect(await refused(['path', roads(), '--from', 'Rom', '--to', 'Ulm'])).toMatch(/--from Rom/);
    expect(
      await refused(['path', roads(), '--from', 'Ulm', '--to', 'Bonn', '--max-time', '1']),
    ).toMatch(/--max-time/);
    expect(await refused(['path', roads(), '--from', 'Ulm'])).toMatch(/--to/);
  });
});
