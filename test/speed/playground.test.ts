// How soon the playground answers, and that it never holds up its visitor.
import { expect, test } from 'vitest';
import {
  address,
  longTasks,
  open,
  page,
  panel,
  ready,
  rows,
  showFlights,
  slide,
  usePlayground,
} from '../support/playground.js';

usePlayground();

// Once more when it failed: a machine that is busy with something else is late as well.
test('answers the first question within 2 s of the visit', { retry: 2 }, async () => {
  await page.goto(address);
  await expect.poll(() => rows('graph').count(), { interval: 10 }).toBe(20);
  await slide('Damping', 0.6);
  const took = await page.evaluate(() => performance.now());
  console.log(`first interaction after ${took.toFixed(0)} ms`);
  expect(took).toBeLessThan(2000);
});

// Once more when it failed: a machine that is busy with something else stops the page as well. Making a WebGL context, which
// the browser does in one piece when the page is loaded, is all that is left out.
test('never blocks for 50 ms while it is used', { retry: 2, timeout: 120_000 }, async () => {
  const tasks: Record<string, number[]> = {};
  const after = async (what: string, settled = 1000) => {
    await page.waitForTimeout(settled);
    tasks[what] = await longTasks();
  };
  await open('graph');
  await page.waitForTimeout(2000);
  console.log(`long tasks of loading: ${JSON.stringify(await longTasks())}`);
  for (const position of [-1, -2, -3, -4, -2]) {
    await slide('Error allowed', position);
    await page.waitForTimeout(150);
  }
  await slide('Damping', 0.95);
  await after('graph');

  await page.getByRole('tab', { name: 'Solve' }).click();
  await ready('solve');
  await after('opening Solve');
  const box = (await page.locator('canvas.field').boundingBox())!;
  await page.mouse.move(box.x + 100, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 400, box.y + 350, { steps: 30 });
  await page.mouse.up();
  await after('painting');
  await page.getByRole('button', { name: 'Ask for one cell' }).click();
  await page.mouse.click(box.x + 200, box.y + 100);
  await after('asking');

  await page.getByRole('tab', { name: 'Vectors' }).click();
  await ready('vectors');
  await after('opening Vectors');
  for (const text of ['te', 'tea', 'tea + milk', 'tea - milk'])
    await page.getByLabel('Word or sum of words').fill(text);
  await slide('Candidates kept (ef)', 3);
  await slide('Letters, at most', 6);
  await after('vectors');

  await page.getByRole('tab', { name: 'Bench' }).click();
  await ready('bench');
  await page.getByRole('button', { name: 'Run all' }).click();
  await panel('bench').getByText('Done.').waitFor({ timeout: 60_000 });
  await after('bench');

  await page.getByRole('tab', { name: 'Graph' }).click();
  await showFlights();
  await after('flights');
  // Ten megabytes, made by the page itself, so that only its own work is measured.
  await page.evaluate(() => {
    const lines = Array.from({ length: 700_000 }, (_, i) => [
      `n${(i * 7919) % 100_003} n${(i * 104_729) % 99_991}`,
    ]);
    Object.assign(globalThis, { bigFile: new File([lines.join('\n')], 'big.txt') });
  });
  await longTasks();
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add((globalThis as unknown as { bigFile: File }).bigFile);
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
  });
  await expect
    .poll(() => panel('graph').locator('.status').first().textContent(), { timeout: 20_000 })
    .toMatch(/^100,003 nodes/);
  await after('a file of 10 MB');
  console.log(`long tasks: ${JSON.stringify(tasks)}`);
  expect(Object.entries(tasks).filter(([, found]) => found.length > 0)).toEqual([]);
});
