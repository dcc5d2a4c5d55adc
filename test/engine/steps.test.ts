// The runner of asynchronous computations, driven with a computation that is nothing but a clock.
import { createEngine, type Engine } from 'sublinear';
import type { Vector } from 'sublinear/dense';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Runtime } from '../../dist/runtime/runtime.js';
import { asyncOptions, type Job, runAsync, runSync, timeBudget } from '../../dist/runtime/steps.js';
import { leastMs } from '../support/clock.js';
import { refused } from '../support/refused.js';

let engine: Engine;
let v: Vector;
let runtime: Runtime;
beforeAll(async () => {
  engine = await createEngine({ modules: ['dense'] });
});
beforeEach(async () => {
  v = (await engine.use('dense')).Vector.from([3, 4]);
  runtime = (v as unknown as { runtime: Runtime }).runtime;
});
afterAll(() => engine.dispose());

/** Ends after `total` units; a unit takes `usPerUnit` microseconds. */
function clock(
  total: number,
  usPerUnit: number,
  maxTimeMs?: number,
): Job<number> & { done: number; slices: number[] } {
  const job = {
    runtime,
    operation: 'Test.run',
    done: 0,
    slices: [] as number[],
    maxTimeMs,
    step(work: number) {
      const units = Math.min(work, total - job.done);
      const start = performance.now();
      while ((performance.now() - start) * 1000 < units * usPerUnit);
      job.done += units;
      job.slices.push(performance.now() - start);
      return job.done === total;
    },
    progress: () => job.done / total,
  };
  return job;
}

const run = (job: Job<number>, options = {}) =>
  runAsync(job, [v], asyncOptions('Test.run', options));

test('runs to the end, in slices that let timers run', async () => {
  let job = clock(10_000_000, 0.01);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const seen: number[] = [];
  expect(await run(job, { onProgress: (part: number) => seen.push(part) })).toBe('ended');
  clearInterval(timer);
  expect(job.done).toBe(10_000_000);
  expect(ticks).toBeGreaterThanOrEqual(3);
  expect(seen.length).toBe(job.slices.length - 1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  const middle = async () => {
    job = clock(10_000_000, 0.01);
    await run(job);
    const slices = job.slices.slice(3, -1).sort((a, b) => a - b);
    return slices[slices.length >> 1] as number;
  };
  expect(await leastMs(25, middle)).toBeLessThan(25);
});

test('the objects are busy meanwhile, and usable afterwards', async () => {
  const running = run(clock(2_000_000, 0.01));
  refused(() => v.norm(), Error, 'BUSY', 'Vector.norm', /in use by an asynchronous call/);
  refused(() => v.dispose(), Error, 'BUSY', 'dispose', /in use/);
  refused(() => engine.dispose(), Error, 'BUSY', 'engine.dispose', /await or abort/);
  await running;
  expect(v.norm()).toBe(5);
  v.dispose();
});

test('an abort rejects with its reason within 50 ms and leaves the objects usable', async () => {
  const reason = new Error('changed my mind');
  let controller = new AbortController();
  let job = clock(1e9, 0.01);
  const latency = async () => {
    controller = new AbortController();
    job = clock(1e9, 0.01);
    let aborted = 0;
    setTimeout(() => {
      aborted = performance.now();
      controller.abort(reason);
    }, 20);
    await expect(run(job, { signal: controller.signal })).rejects.toBe(reason);
    return performance.now() - aborted;
  };
  expect(await leastMs(50, latency)).toBeLessThan(50);
  expect(v.norm()).toBe(5);
  // Aborted before it began: nothing runs.
  const slices = job.slices.length;
  await expect(async () => run(job, { signal: controller.signal })).rejects.toBe(reason);
  expect(job.slices.length).toBe(slices);
});

test('an error in onProgress rejects, and the objects stay usable', async () => {
  const oops = new Error('oops');
  const onProgress = () => {
    throw oops;
  };
  await expect(run(clock(1e9, 0.01), { onProgress })).rejects.toBe(oops);
  expect(v.norm()).toBe(5);
});

test('a time budget ends both forms', async () => {
  const took = () => {
    const start = performance.now();
    expect(runSync(clock(1e9, 0.01, 30))).toBe('timeLimit');
    return performance.now() - start;
  };
  expect(await leastMs(80, took)).toBeLessThan(80);
  expect(await run(clock(1e9, 0.01, 30))).toBe('timeLimit');
  expect(runSync(clock(1e6, 0.001, 1000))).toBe('ended');
  expect(runSync(clock(1e6, 0.001))).toBe('ended');
});

test('names the option that is wrong', () => {
  const bad = (options: object) => () => asyncOptions('Test.run', options);
  refused(bad({ signal: 7 }), TypeError, 'TYPE', 'Test.run', /^"signal" expected AbortSignal/);
  refused(bad({ onProgress: 7 }), TypeError, 'TYPE', 'Test.run', /^"onProgress" expected function/);
  refused(
    () => timeBudget('Test.run', 0),
    RangeError,
    'RANGE',
    'Test.run',
    /^"maxTimeMs" expected number > 0/,
  );
  refused(
    () => timeBudget('Test.run', Number.NaN),
    RangeError,
    'RANGE',
    'Test.run',
    /^"maxTimeMs"/,
  );
  refused(
    () => timeBudget('Test.run', '5' as never),
    TypeError,
    'TYPE',
    'Test.run',
    /^"maxTimeMs"/,
  );
  expect(timeBudget('Test.run', undefined)).toBeUndefined();
});
