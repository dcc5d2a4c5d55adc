// `sublinear bench` as a child process: seconds of measuring, and some of building what is measured.
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sublinear } from '../support/cli.js';

test('bench measures and says how accurate', async () => {
  const { code, stdout } = await sublinear(['bench', '--size', '2000', '--turns', '1', '--json']);
  expect(code).toBe(0);
  const { kernels, comparisons, modules } = JSON.parse(stdout);
  expect(kernels.length).toBeGreaterThan(0);
  expect(comparisons.length).toBeGreaterThan(0);
  for (const comparison of comparisons) {
    expect(comparison.ratio).toBeGreaterThan(0);
    // Of recall more is better, and nothing was asked for.
    if (comparison.accuracyAsked === undefined)
      expect(comparison.ours.accuracy).toBeGreaterThan(0.9);
    else expect(comparison.ours.accuracy).toBeLessThanOrEqual(comparison.accuracyAsked);
    expect(comparison.ours.p99Ms).toBeGreaterThanOrEqual(comparison.ours.ms);
    expect(comparison.ours.perSecond).toBeCloseTo(1000 / comparison.ours.ms, 6);
  }
  for (const kernel of kernels) expect(kernel.simdSpeedUp, kernel.name).toBeGreaterThan(0);
  for (const { file: name, bytes, gzip, loadMs, bytesPeak } of modules) {
    expect(bytes).toBe(statSync(new URL(`../../dist/wasm/${name}`, import.meta.url)).size);
    expect(gzip).toBeLessThan(bytes);
    expect(loadMs).toBeGreaterThan(0);
    expect(bytesPeak).toBeGreaterThan(0);
  }
  expect(modules.length).toBeGreaterThan(1);
});
