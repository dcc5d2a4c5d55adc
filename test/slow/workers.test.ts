// Worker engines and their objects, made and disposed many times, leave nothing behind.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('two hundred engines made and disposed leave nothing', async () => {
  const script = `
    import { createWorkerEngine } from 'sublinear/worker';
    const once = async () => {
      const engine = await createWorkerEngine({ modules: ['dense'] });
      const v = await engine.dense.Vector.from([3, 4]);
      if ((await v.norm()) !== 5) throw new Error('wrong');
      await engine.dispose();
    };
    for (let i = 0; i < 40; i++) await once();
    gc();
    const before = process.memoryUsage();
    for (let i = 0; i < 160; i++) await once();
    gc();
    const after = process.memoryUsage();
    const left = process.getActiveResourcesInfo().filter((name) => /worker|message/i.test(name));
    console.log(JSON.stringify({ left, heap: after.heapUsed - before.heapUsed, rss: after.rss - before.rss }));`;
  const { stdout } = await run(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', script],
    { cwd: root, encoding: 'utf8', timeout: 110_000 },
  );
  const { left, heap, rss } = JSON.parse(stdout);
  expect(left).toEqual([]);
  expect(heap).toBeLessThan(4 * 2 ** 20);
  // A leaked worker would be several megabytes, 160 of them a gigabyte.
  expect(rss).toBeLessThan(160 * 2 ** 20);
});

test('objects that come and go leave nothing in the thread that called for them', async () => {
  const script = `
    import { createWorkerEngine } from 'sublinear/worker';
    const engine = await createWorkerEngine({ modules: ['dense'] });
    const cycles = async (count) => {
      for (let i = 0; i < count; i++) await (await engine.dense.Vector.zeros(2)).dispose();
      for (let i = 0; i < 3; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return process.memoryUsage().heapUsed;
    };
    await cycles(3000);
    const before = await cycles(3000);
    console.log((await cycles(24_000)) - before);
    await engine.dispose();`;
  const flags = ['--expose-gc', '--input-type=module', '-e', script];
  const { stdout } = await run(process.execPath, flags, { cwd: root, encoding: 'utf8' });
  // One entry in a map for each would be 1.6 MB; V8 itself keeps a few hundred kB more.
  expect(Number(stdout)).toBeLessThan(900_000);
});
