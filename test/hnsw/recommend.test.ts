// recommendCodes: the fewest bytes that reach a recall, measured on a sample.
import type { Codes, Rerank } from 'sublinear/hnsw';
import { describe, expect, test } from 'vitest';
import { random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { withRoom } from '../support/room.js';

const room = withRoom('hnsw');

/** Points around 20 centres. */
function clouds(count: number, dimension: number, seed: number): Float32Array {
  const next = random(seed);
  const centres = Float32Array.from({ length: 20 * dimension }, () => 4 * next());
  return Float32Array.from({ length: count * dimension }, (_, i) => {
    const at = (Math.floor(i / dimension) % 20) * dimension + (i % dimension);
    return (centres[at] as number) + next() - 0.5;
  });
}

describe('recommendCodes', () => {
  test('gives the fewest bytes that reach the recall; the recall of each is what its index finds', async () => {
    const [dimension, k] = [48, 10];
    const vectors = clouds(1500, dimension, 1);
    const queries = clouds(60, dimension, 1).subarray(0, 60 * dimension);
    const asked = { metric: 'euclidean', dimension, vectors, queries, k } as const;
    const found = await room.recommendCodes({ ...asked, recall: 0.9, count: 1_000_000 });
    expect(found.reached).toBe(true);
    const sure = found.trials.filter((each) => each.recall - 1.645 * each.standardError >= 0.9);
    expect(found.bytes).toBe(Math.min(...sure.map(({ bytes }) => bytes)));
    const bytes = found.trials.map((trial) => trial.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    using flat = room.Flat.create({ metric: 'euclidean', dimension });
    const ids = Uint32Array.from({ length: 1500 }, (_, i) => i);
    flat.addBatch({ ids, vectors });
    for (const { codes, rerank, recall, bytes: said } of found.trials) {
      const options = { metric: 'euclidean', dimension, codes, rerank } as const;
      expect(said).toBe(room.Hnsw.estimateBytes(options, 1_000_000));
      using index = room.Hnsw.create({ ...options, capacity: 1500 });
      index.addBatch({ ids, vectors });
      let right = 0;
      for (let q = 0; q < 60; q++) {
        const query = queries.subarray(q * dimension, (q + 1) * dimension);
        const truth = new Set(flat.search(query, { k }).ids);
        right += [...index.search(query, { k }).ids].filter((id) => truth.has(id)).length;
      }
      expect(recall).toBeCloseTo(right / (60 * k), 10);
    }
  });

  test('asks more of a higher recall, and says when none reaches it', async () => {
    const dimension = 24;
    const vectors = clouds(800, dimension, 3);
    const asked = { metric: 'cosine', dimension, vectors } as const;
    const [low, high] = [
      await room.recommendCodes({ ...asked, recall: 0.3 }),
      await room.recommendCodes({ ...asked, recall: 0.99 }),
    ];
    expect(low.bytes).toBeLessThanOrEqual(high.bytes);
    expect(low.trials).toEqual(high.trials);
    // Where an index may keep no more candidates than it returns, a graph misses some.
    const next = random(9);
    const noise = Float32Array.from({ length: 3000 * 64 }, () => next() - 0.5);
    const none = await room.recommendCodes({
      ...{ metric: 'euclidean', dimension: 64, vectors: noise },
      ...{ recall: 1, k: 10, ef: 10 },
    });
    expect(none.reached).toBe(false);
    expect(none.recall).toBe(Math.max(...none.trials.map(({ recall }) => recall)));
  });

  test('equal vectors are right, whichever is found', async () => {
    const vectors = Float32Array.from({ length: 300 * 8 }, (_, i) => (i % 8) + 1);
    const { recall, reached } = await room.recommendCodes({ metric: 'dot', dimension: 8, vectors });
    expect([recall, reached]).toEqual([1, true]);
  });

  test('refuses what it cannot measure, and stops when it is told to', async () => {
    const vectors = clouds(200, 4, 1);
    const of = (change: object) => {
      const options = { metric: 'dot', dimension: 4, vectors, ...change };
      return room.recommendCodes(options as never).then(
        () => '',
        (error: Error) =>
          refusalOf(() => {
            throw error;
          }).message,
      );
    };
    expect(await of({ metric: 'hamming' })).toContain('metric');
    expect(await of({ vectors: vectors.subarray(0, 40) })).toContain('vectors');
    expect(await of({ vectors: vectors.subarray(0, 799) })).toContain('vectors');
    expect(await of({ queries: vectors.subarray(0, 3) })).toContain('queries');
    expect(await of({ recall: 1.5 })).toContain('recall');
    expect(await of({ k: 0 })).toContain('k');
    expect(await of({ codes: 'int8' })).toContain('codes');
    const bad = vectors.slice();
    bad[300] = Number.NaN;
    expect(await of({ vectors: bad })).toContain('vectors');
    const signal = AbortSignal.abort(new Error('enough'));
    const options = { metric: 'dot', dimension: 4, vectors, signal } as const;
    await expect(room.recommendCodes(options)).rejects.toThrow('enough');
  });

  test('the kinds are those of Hnsw.create', async () => {
    const vectors = clouds(120, 16, 5);
    const { trials } = await room.recommendCodes({ metric: 'euclidean', dimension: 16, vectors });
    const kinds = trials.map(({ codes, rerank }) => [codes, rerank] as [Codes, Rerank]);
    expect(new Set(kinds.map(String)).size).toBe(9);
    for (const [codes, rerank] of kinds)
      room.Hnsw.create({ metric: 'euclidean', dimension: 16, codes, rerank }).dispose();
  });
});
