// Fuel ends at the same instruction in the engines that the tests have; `npm run check:fuel` asks all that are on a machine.
import { expect, test } from 'vitest';
import { differences, engines, programs, stopsOf } from './engines.js';

test('both compilers of V8, and a C compiler where wasm2c is, stop at the same instruction', async () => {
  const all = await programs();
  const [first, ...others] = engines.filter(({ name }) => name !== 'Chromium');
  const stops = stopsOf(first!, all)!;
  // Every budget of every kernel; the small ones stop, the large ones do not.
  expect(Object.keys(stops).length).toBe(36);
  expect(stops['counting.f0 99']).toMatch(/^stopped, -\d+ left/);
  expect(stops['kernels.lora 10000000']).toMatch(/^ended, \d+ left/);
  const ran = others.flatMap((engine) => {
    const own = stopsOf(engine, all);
    if (own === undefined) return [];
    expect({ engine: engine.name, runs: Object.keys(own).length > 0 }).toEqual({
      engine: engine.name,
      runs: true,
    });
    expect(differences(stops, own)).toEqual([]);
    return [engine.name];
  });
  expect(ran).toContain('Node, baseline code');
  expect(ran).toContain('Node, optimised code');
}, 300_000);
