// sublinear communities: labels by the names of the file, methods and objectives, what is refused.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
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

  test('the graph is written with the labels at its nodes', async () => {
    const engine = await createEngine();
    const { Graph } = await engine.use('graph');
    for (const ending of ['graphml', 'gexf', 'json', 'cyjs']) {
      const path = join(mkdtempSync(join(tmpdir(), 'sublinear-')), `out.${ending}`);
      await found('--graph-out', path);
      const text = readFileSync(path, 'utf8');
      using graph = await Graph.readAsync(text);
      expect([graph.nodeCount, graph.edgeCount, graph.directed]).toEqual([6, 7, false]);
      expect(graph.labelsOf(graph.neighbors('Ada'))).toEqual(['Bob', 'Cleo']);
      if (ending === 'json')
        expect(JSON.parse(text).nodes).toContainEqual({ id: 'Fay', community: 1 });
      else expect(text).toMatch(/community/);
    }
    engine.dispose();
    const args = ['communities', friends(), '--header', '--graph-out'];
    expect(await refused([...args, 'out.dot'])).toMatch(/--graph-out.*\.graphml/);
    const metis = file('path.graph', '3 2\n2\n1 3\n2\n');
    expect(await refused(['communities', metis, '--graph-out', 'out.gexf'])).toMatch(/from 1/);
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
