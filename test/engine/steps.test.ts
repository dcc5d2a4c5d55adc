// The runner of asynchronous computations, driven with a computation that is nothing but a clock.
import { createEngine, type Engine } from 'sublinear';
import type { Vector } from 'sublinear/dense';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Runtime } from '../../dist/runtime/runtime.js';
import {
  asyncOptions,
  type Begun,
  type Call,
  type Job,
  runAsync,
  task,
  timeBudget,
  type WorkProgress,
  yieldToOthers,
} from '../../dist/runtime/steps.js';
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

// The clock that the runner reads moves when the work says so: the same on a machine of any speed.
const time = { now: 0 };
afterEach(() => vi.restoreAllMocks());

/** Ends after `total` units; a unit takes `usPerUnit` microseconds. */
function clock(
  total: number,
  usPerUnit: number,
  maxTimeMs?: number,
): Job<number> & { done: number; slices: number[] } {
  vi.spyOn(performance, 'now').mockImplementation(() => time.now);
  const job = {
    runtime,
    operation: 'Test.run',
    done: 0,
    slices: [] as number[],
    maxTimeMs,
    step(work: number) {
      const units = Math.min(work, total - job.done);
      time.now += (units * usPerUnit) / 1000;
      job.done += units;
      job.slices.push((units * usPerUnit) / 1000);
      return job.done === total;
    },
    progress: () => job.done / total,
  };
  return job;
}

const run = (job: Job<number>, options = {}) =>
  runAsync(job, [v], asyncOptions('Test.run', options));

test('runs to the end, in slices of 8 ms that let others run', async () => {
  const job = clock(10_000_000, 0.01);
  let ticks = 0;
  const others = (async () => {
    for (; job.done < 10_000_000; ticks++) await yieldToOthers();
  })();
  const seen: number[] = [];
  expect(await run(job, { onProgress: (part: number) => seen.push(part) })).toBe('ended');
  await others;
  expect(job.done).toBe(10_000_000);
  expect(ticks).toBeGreaterThanOrEqual(job.slices.length - 1);
  expect(seen.length).toBe(job.slices.length - 1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  // The first slices look for the pace.
  for (const slice of job.slices.slice(3, -1)) expect(slice).toBeCloseTo(8, 1);
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

test('an abort rejects with its reason before the next slice and leaves the objects usable', async () => {
  const reason = new Error('changed my mind');
  const controller = new AbortController();
  const job = clock(1e9, 0.01);
  const running = run(job, {
    signal: controller.signal,
    onProgress: () => {
      if (job.slices.length === 5) controller.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  expect(job.slices.length).toBe(5);
  expect(v.norm()).toBe(5);
  // Aborted before it began: nothing runs.
  await expect(async () => run(job, { signal: controller.signal })).rejects.toBe(reason);
  expect(job.slices.length).toBe(5);
});

test('an error in onProgress rejects, and the objects stay usable', async () => {
  const oops = new Error('oops');
  const onProgress = () => {
    throw oops;
  };
  await expect(run(clock(1e9, 0.01), { onProgress })).rejects.toBe(oops);
  expect(v.norm()).toBe(5);
});

test('a time budget ends it', async () => {
  const job = clock(1e9, 0.01, 30);
  expect(await run(job)).toBe('timeLimit');
  const took = job.slices.reduce((sum, slice) => sum + slice, 0);
  expect(took).toBeGreaterThanOrEqual(30);
  expect(took).toBeLessThan(38);
  expect(await run(clock(1e6, 0.001, 1000))).toBe('ended');
  expect(await run(clock(1e6, 0.001))).toBe('ended');
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

// --- both forms of a method, on work that counts its steps ---------------------------------------------------------------

interface CountOptions {
  steps: number;
  maxTimeMs?: number;
}
interface CountProgress extends WorkProgress {
  stepsTaken: number;
}

/** Work of `steps` steps, whatever they are asked to do, and what was asked of it. */
function counting(known = 0) {
  const asked = { begun: 0, steps: 0, stops: [] as number[], results: 0 };
  const begin = (
    { options, scratch }: Call<CountOptions>,
    subject: Vector,
  ): Begun<CountProgress, string> => {
    asked.begun++;
    scratch.f64(10);
    const job = {
      step(_work: number, out: number) {
        asked.steps++;
        runtime.u32[out / 4] = asked.steps === options.steps ? 0 : 9;
        return 0;
      },
      stop(why: number) {
        asked.stops.push(why);
        return 0;
      },
      work: () => 10 * asked.steps,
      expected: () => known,
    };
    const result = () => {
      asked.results++;
      return `${subject.norm()} after ${asked.steps}`;
    };
    const progress = () => ({ stepsTaken: asked.steps });
    return { raw: { job: () => job as never }, holds: [subject], progress, result };
  };
  return { asked, method: task(runtime, ['steps', 'maxTimeMs'], begin) };
}

const held = () => (runtime as unknown as { raw: { bytesInUse(): number } }).raw.bytesInUse();

test('a task gives both forms of a method, with one result', async () => {
  const before = held();
  const { asked, method } = counting();
  expect(method.now('Test.count', v, { steps: 5 })).toBe('5 after 5');
  const other = counting(70);
  const seen: CountProgress[] = [];
  const later = other.method.later('Test.countAsync', v, {
    steps: 5,
    onProgress: (progress) => seen.push(progress),
  });
  refused(() => v.norm(), Error, 'BUSY', 'Vector.norm', /in use by an asynchronous call/);
  expect(await later).toBe('5 after 5');
  expect(seen).toEqual(
    [1, 2, 3, 4].map((steps) => ({
      stepsTaken: steps,
      edgeOperations: 10 * steps,
      expectedOperations: 70,
    })),
  );
  expect([asked, other.asked]).toEqual(
    Array(2).fill({ begun: 1, steps: 5, stops: [], results: 1 }),
  );
  expect(held()).toBe(before);
});

test('what cannot be told is left out of the progress', async () => {
  const seen: CountProgress[] = [];
  const onProgress = (progress: CountProgress) => seen.push(progress);
  await counting().method.later('Test.countAsync', v, { steps: 2, onProgress });
  expect(seen).toEqual([{ stepsTaken: 1, edgeOperations: 10 }]);
});

test('a task stops its work when the time is over, and gives what there is', async () => {
  // Nothing ends in so little time.
  for (const form of ['now', 'later'] as const) {
    const { asked, method } = counting();
    expect(await method[form]('Test.count', v, { steps: 1e9, maxTimeMs: 1e-9 })).toMatch(
      /^5 after/,
    );
    expect(asked.stops).toEqual([3]);
    expect(asked.results).toBe(1);
    const other = counting();
    expect(await other.method[form]('Test.count', v, { steps: 5, maxTimeMs: 1e6 })).toMatch(
      /^5 after 5/,
    );
    expect(other.asked.stops).toEqual([]);
  }
});

test('a task refuses what it does not know before it begins, and frees its memory after an error', async () => {
  const before = held();
  const { asked, method } = counting();
  const bad = { steps: 1, step: 2 } as CountOptions;
  refused(
    () => method.now('Test.count', v, bad),
    TypeError,
    'TYPE',
    'Test.count',
    /^"step" is not/,
  );
  await expect(method.later('Test.countAsync', v, bad)).rejects.toThrow(/^"step" is not an option/);
  refused(
    () => method.now('Test.count', v, { steps: 1, maxTimeMs: 0 }),
    RangeError,
    'RANGE',
    'Test.count',
    /^"maxTimeMs" expected number > 0/,
  );
  await expect(
    method.later('Test.countAsync', v, { steps: 9, signal: AbortSignal.abort('no') }),
  ).rejects.toBe('no');
  expect(asked.begun).toBe(0);
  const controller = new AbortController();
  const onProgress = () => controller.abort('enough');
  await expect(
    method.later('Test.countAsync', v, { steps: 9, signal: controller.signal, onProgress }),
  ).rejects.toBe('enough');
  expect(asked).toEqual({ begun: 1, steps: 1, stops: [], results: 0 });
  expect([held(), v.norm()]).toEqual([before, 5]);
});
