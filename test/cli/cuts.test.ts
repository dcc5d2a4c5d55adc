// sublinear cut, components and cores: whole graphs and two nodes; what the file calls the nodes; what is refused.
import { describe, expect, test } from 'vitest';
import { file, refused, sublinear } from '../support/cli.js';

const roads = () =>
  file(
    'roads.csv',
    'who,whom,weight\nUlm,Bonn,4\nUlm,Jena,3\nBonn,Jena,7\nBonn,Kiel,5\nJena,Kiel,7\nKiel,Rom,2\n',
  );
const json = async (verb: string, ...args: string[]) => {
  const { code, stdout } = await sublinear([verb, roads(), '--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe('cut', () => {
  test('between two nodes along the edges, and of the whole graph without directions', async () => {
    const between = await json('cut', '--from', 'Ulm', '--to', 'Kiel');
    expect(between).toMatchObject({ value: 7, errorBound: 0, side: ['Ulm'] });
    expect(between.cut).toEqual([
      { from: 'Ulm', to: 'Bonn', weight: 4 },
      { from: 'Ulm', to: 'Jena', weight: 3 },
    ]);
    expect((await json('cut', '--from', 'Kiel', '--to', 'Ulm')).value).toBe(0);
    const whole = await json('cut');
    expect(whole).toMatchObject({ value: 2, from: null, directed: false });
    const { stdout } = await sublinear(['cut', roads()]);
    expect(stdout).toMatch(/Kiel|Rom/);
  });

  test('one end alone, nodes that are not there and a time limit are refused', async () => {
    expect(await refused(['cut', roads(), '--from', 'Ulm'])).toMatch(/--from and --to/);
    expect(await refused(['cut', roads(), '--from', 'Ulm', '--to', 'Paris'])).toMatch(/--to Paris/);
    expect(await refused(['cut', roads(), '--max-time', '1'])).toMatch(/--max-time/);
    expect(await refused(['cut', roads(), '--from', 'Ulm', '--to', 'Ulm'])).toMatch(/--target/);
  });
});

describe('components', () => {
  test('of three kinds, the largest first', async () => {
    expect((await json('components')).components).toHaveLength(1);
    expect((await json('components', '--kind', 'strong')).components).toHaveLength(5);
    const { components, articulationPoints, bridges } = await json(
      'components',
      '--kind',
      'biconnected',
    );
    expect(components[0]).toEqual(['Ulm', 'Bonn', 'Jena', 'Kiel']);
    expect(articulationPoints).toEqual(['Kiel']);
    expect(bridges).toEqual([{ from: 'Kiel', to: 'Rom' }]);
  });
});

describe('cores', () => {
  test('the densest part first, with triangles', async () => {
    const { degeneracy, triangles, ranking } = await json('cores', '--top', '2');
    expect({ degeneracy, triangles }).toEqual({ degeneracy: 2, triangles: 2 });
    expect(ranking).toMatchObject([
      { node: 'Bonn', core: 2, triangles: 2 },
      { node: 'Jena', core: 2, triangles: 2 },
    ]);
  });
});

describe('cut --changes', () => {
  test('the value after each change, by the names of the file', async () => {
    const changes = file(
      'changes.csv',
      '# a road is widened, one is closed\nKiel,Rom,3\nUlm,Bonn,-\n',
    );
    const { before, changes: found } = await json('cut', '--changes', changes);
    expect(before).toBe(2);
    expect(found).toEqual([
      { from: 'Kiel', to: 'Rom', change: 3, value: 5 },
      { from: 'Ulm', to: 'Bonn', change: '-', value: 3 },
    ]);
  });

  test('changes that make no sense are refused with their line', async () => {
    const of = (text: string) => ['cut', roads(), '--changes', file('wrong.csv', text)];
    expect(await refused(of('Kiel\n'))).toMatch(/wrong\.csv:1/);
    expect(await refused(of('Kiel,Paris,1\n'))).toMatch(/Paris/);
    expect(await refused(of('Kiel,Rom,-9\n'))).toMatch(/wrong.csv.*taken away/);
    expect(await refused([...of('Kiel,Rom,1\n'), '--max-time', '1'])).toMatch(/--changes/);
  });
});

describe('matching', () => {
  test('the heaviest pairs, and the heaviest of most pairs', async () => {
    const { weight, pairs, errorBound } = await json('matching');
    expect([weight, pairs.length, errorBound]).toEqual([11, 2, 0]);
    const most = await json('matching', '--most');
    expect(most).toMatchObject({ weight: 11, most: true });
    expect(await refused(['matching', roads(), '--max-time', '1'])).toMatch(/--max-time/);
  });
});
