// What takes the playground long: a whole benchmark, and every tab once more without a network. The rest is
// test/playground.
import { expect, test } from 'vitest';
import {
  address,
  context,
  open,
  page,
  panel,
  ready,
  rows,
  usePlayground,
} from '../support/playground.js';

usePlayground();

test('the benchmark runs here, with accuracy beside time, and gives JSON', async () => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('bench');
  await page.getByRole('button', { name: 'Run all' }).click();
  await panel('bench').getByText('Done.').waitFor();
  await page.getByRole('button', { name: 'Copy as JSON' }).click();
  await expect.poll(() => panel('bench').locator('.status').textContent()).toBe('Copied.');
  const { results } = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(Object.keys(results)).toEqual(['solve', 'pageRank', 'vectors']);
  for (const { accuracy } of results.solve.rows) expect(accuracy).toBeLessThan(2e-8);
  for (const { accuracy } of results.pageRank.rows) expect(accuracy).toBeLessThan(1e-4);
  const accuracies = results.vectors.rows.map(({ accuracy }: { accuracy: number }) => accuracy);
  expect(Math.min(...accuracies.slice(0, 2))).toBeGreaterThan(0.9); // two graphs, and two scans
  expect(Math.min(...accuracies.slice(2))).toBeGreaterThan(0.999);
  expect(accuracies).toHaveLength(4);
  for (const { rows } of Object.values<{ rows: { time: number; ratio: number }[] }>(results))
    for (const { time, ratio } of rows) expect(time * ratio).toBeGreaterThan(0);
});

test('works without a network after the first visit', async () => {
  await open('graph');
  await page.getByText('It works without a network from now on.').waitFor();
  await context.setOffline(true);
  await page.goto('about:blank');
  for (const tab of ['graph', 'solve', 'vectors', 'text', 'dates', 'learn', 'voice', 'bench']) {
    await page.goto(`${address}#${tab}`);
    await page.reload();
    await ready(tab);
  }
  await page.getByRole('tab', { name: 'Graph' }).click();
  await expect.poll(() => rows('graph').count()).toBe(20);
  await page.getByRole('tab', { name: 'Vectors' }).click();
  await expect.poll(() => rows('vectors').first().textContent()).toContain('tea');
});
