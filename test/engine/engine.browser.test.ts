// The engine in a browser: the whole case tables, and what only browsers do.
import { createEngine } from 'sublinear';
import { afterEach, expect, test, vi } from 'vitest';
import { type Case, describeCases, type RoomDoors } from '../support/door.js';
import './steps.test.js';

// Every table, whatever its two exports are called.
// @ts-expect-error Vite's, without its types
const tables = import.meta.glob('../*/*.cases.ts', { eager: true });
// `npm test -- hnsw` names rooms; without names all are run.
// @ts-expect-error Vite's, without its types
const only: string[] = import.meta.env.VITE_ROOMS?.split(',') ?? [];
for (const [path, table] of Object.entries<Record<string, unknown>>(tables)) {
  if (only.length > 0 && !only.includes(path.split('/')[1]!)) continue;
  const exported = Object.values(table) as (RoomDoors<'dense', never> & Case<never>[])[];
  const doors = exported.find((it) => it.embind);
  const cases = exported.find((it) => it[0]?.run);
  if (!doors || !cases) throw new Error(`a table of cases exports ${Object.keys(table)}`);
  describeCases(doors, cases);
}

afterEach(() => vi.unstubAllGlobals());

test('fetches the file beside the module, as a stream', async () => {
  const fetched: string[] = [];
  const original = fetch;
  vi.stubGlobal('fetch', (url: URL | string, init?: RequestInit) => {
    fetched.push(String(url));
    return original(url, init);
  });
  const engine = await createEngine({ modules: ['dense'] });
  expect(fetched.map((url) => new URL(url).pathname.split('/').at(-1))).toEqual([
    'solver.simd.wasm',
  ]);
  expect(engine.dense.Vector.from([3, 4]).norm()).toBe(5);
});

test('uses the inline twin where the file is not served', async () => {
  const answers = [
    () => new Response('', { status: 404 }),
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    () => Promise.reject(new TypeError('Failed to fetch')),
  ];
  for (const answer of answers) {
    vi.stubGlobal('fetch', async () => answer());
    const engine = await createEngine({ modules: ['dense'] });
    expect(engine.dense.Vector.from([3, 4]).norm()).toBe(5);
  }
});
