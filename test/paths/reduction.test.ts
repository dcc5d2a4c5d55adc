// The transitive reduction: names of nodes, the asynchronous form.
import { createEngine } from 'sublinear';
import { expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { cases, doors } from './reduction.cases.js';

describeCases(doors, cases);

test('the asynchronous form gives the same, by the numbers of names', async () => {
  const engine = await createEngine({ modules: ['paths'] });
  const { Graph, transitiveReduction, transitiveReductionAsync } = engine.paths;
  const tasks = Graph.fromEdges({
    from: ['plan', 'plan', 'walls', 'plan'],
    to: ['walls', 'roof', 'roof', 'garden'],
  });
  const { from, to } = transitiveReduction(tasks);
  const named = Array.from(from, (u, i) => `${tasks.labelOf(u)} ${tasks.labelOf(to[i]!)}`);
  expect(named).toEqual(['plan walls', 'plan garden', 'walls roof']);
  expect(await transitiveReductionAsync(tasks)).toEqual(transitiveReduction(tasks));
  tasks.dispose();
  engine.dispose();
});
