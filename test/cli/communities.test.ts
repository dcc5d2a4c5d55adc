// sublinear communities: labels by the names of the file, methods and objectives, what is refused.
import { describe, expect, test } from 'vitest';
import { file, refused, sublinear } from '../support/cli.js';

const friends = () =>
  file(
    'friends.csv',
    'who,whom\nAda,Bob\nBob,Cleo\nCleo,Ada\nDan,Eve\nEve,Fay\nFay,Dan\nCleo,Dan\n',
  );

interface Output {
  count: number;
  quality: number;
  sizes: number[];
  directed: boolean;
  communities: { node: string; label: number }[];
}

const found = async (...args: string[]) => {
  const { code, stdout } = await sublinear([
    'communities',
    friends(),
    '--header',
    '--json',
    ...args,
  ]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Output;
};

describe('communities', () => {
  test('a label for each node, by the names of the file', async () => {
    const { count, quality, sizes, communities, directed } = await found();
    expect([count, sizes, directed]).toEqual([2, [3, 3], false]);
    expect(quality).toBeCloseTo(5 / 14, 12);
    expect(communities[5]).toEqual({ node: 'Fay', label: 1 });
    const args = ['communities', friends(), '--header', '--format', 'csv'];
    const { stdout, stderr } = await sublinear(args);
    expect(stdout).toBe('node,label\nAda,0\nBob,0\nCleo,0\nDan,1\nEve,1\nFay,1\n');
    expect(stderr).toMatch(/modularity/);
  });

  test('other methods, objectives and directions', async () => {
    for (const method of ['louvain', 'propagation'])
      expect((await found('--method', method, '--seed', '2')).count).toBeLessThanOrEqual(2);
    const dense = await found('--objective', 'cpm', '--resolution', '2');
    expect([dense.count, dense.quality]).toEqual([6, 0]);
    expect((await found('--directed')).directed).toBe(true);
    expect((await found('--iterations', '10', '--unweighted')).count).toBe(2);
  });

  test('what does not fit is refused', async () => {
    const args = ['communities', friends()];
    expect(await refused([...args, '--method', 'propagation', '--resolution', '2'])).toMatch(
      /--resolution/,
    );
    expect(await refused([...args, '--resolution', '-1'])).toMatch(/--resolution/);
    expect(await refused([...args, '--objective', 'cut'])).toMatch(/--objective/);
    expect(await refused(['communities'])).toMatch(/graph|argument/i);
  });
});
