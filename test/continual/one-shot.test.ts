// One-shot memories as TypeScript users meet them. What both doors share is in one-shot.cases.ts.
import { createEngine } from 'sublinear';
import { createWorkerEngine } from 'sublinear/worker';
import { afterAll, expect, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './one-shot.cases.js';

describeCases(doors, cases);

const engine = await createEngine();
const { OneShotMemory } = await engine.use('continual');
afterAll(() => engine.dispose());
const bad = (value: unknown) => value as never;

test('what is wrong is refused by name', () => {
  const refused = (call: () => unknown) => {
    const { code, argument } = refusalOf(call);
    return `${code} ${argument}`;
  };
  expect(refused(() => OneShotMemory.create(bad({ inputs: 5 })))).toBe('TYPE neurons');
  expect(() => OneShotMemory.create(bad({ inputs: 5, neurons: 5, decay: 1 }))).toThrow(
    'not an option',
  );
  using memory = OneShotMemory.create({ inputs: 5, neurons: 5 });
  expect(refused(() => memory.store(bad('1')))).toBe('TYPE active');
  expect(refused(() => memory.recall([1], { threshold: Number.NaN }))).toBe('RANGE threshold');
  expect(refused(() => OneShotMemory.chances(bad({ inputs: 5, active: 1 })))).toBe('TYPE items');
});

test('in a worker', async () => {
  await using worker = await createWorkerEngine();
  const there = await worker.use('continual');
  const options = { inputs: 50, neurons: 60, plateau: 0.2 };
  await using memory = await there.OneShotMemory.create(options);
  using here = OneShotMemory.create(options);
  expect(await memory.store([1, 2, 3, 4, 5])).toEqual(here.store([1, 2, 3, 4, 5]));
  expect(await memory.recall([1, 2, 3])).toEqual(here.recall([1, 2, 3]));
});
