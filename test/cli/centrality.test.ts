// sublinear centrality: exact measures and samples; what is refused.
import { describe, expect, test } from 'vitest';
import { file, refused, sublinear } from '../support/cli.js';

const roads = () =>
  file(
    'roads.csv',
    'who,whom,weight\nUlm,Bonn,4\nUlm,Jena,3\nBonn,Kiel,5\nJena,Kiel,7\nKiel,Rom,2\n',
  );
const measured = async (...args: string[]) => {
  const { code, stdout } = await sublinear([
    'centrality',
    roads(),
    '--undirected',
    '--json',
    ...args,
  ]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe('centrality', () => {
  test('exact measures, the largest first', async () => {
    const { ranking } = await measured('--top', '1');
    expect(ranking).toEqual([{ node: 'Kiel', score: 0.5 }]);
    for (const measure of ['closeness', 'harmonic', 'eccentricity'])
      expect((await measured('--measure', measure)).ranking).toHaveLength(5);
    expect((await measured('--measure', 'eccentricity', '--unweighted')).diameter).toBe(3);
    const { stdout } = await sublinear(['centrality', roads()]);
    expect(stdout).toMatch(/Kiel/);
  });

  test('samples come with their bound', async () => {
    const found = await measured('--epsilon', '0.1', '--confidence', '0.95', '--seed', '4');
    expect(found.halfWidth).toBeLessThanOrEqual(0.1);
    expect(found).toMatchObject({ confidence: 0.95, seed: 4, outcome: 'converged' });
  });

  test('options of samples without samples, and for other measures, are refused', async () => {
    const args = ['centrality', roads()];
    expect(await refused([...args, '--seed', '3'])).toMatch(/--seed/);
    expect(await refused([...args, '--max-time', '3'])).toMatch(/--max-time/);
    expect(await refused([...args, '--measure', 'closeness', '--epsilon', '0.1'])).toMatch(
      /--epsilon/,
    );
  });
});
