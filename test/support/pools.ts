// Pools of one, two and three workers, and whether their threads can share memory: for tests of what workers build together.
import { createEngine, type Engine } from 'sublinear';
import { createPool, type Pool } from 'sublinear/worker';
import { afterAll, beforeAll } from 'vitest';

export const isSharing =
  typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;

/** Made before the tests of the file that calls it, and disposed of after them. */
export function withPools(): { readonly local: Engine; readonly pools: readonly Pool<'hnsw'>[] } {
  const made: { local?: Engine; pools: Pool<'hnsw'>[] } = { pools: [] };
  beforeAll(async () => {
    made.local = await createEngine();
    for (const size of [1, 2, 3]) made.pools.push(await createPool({ size, modules: ['hnsw'] }));
  });
  afterAll(async () => {
    for (const pool of made.pools) await pool.dispose();
    made.local?.dispose();
  });
  return made as { local: Engine; pools: Pool<'hnsw'>[] };
}
