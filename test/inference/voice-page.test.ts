// The page of examples/voice in a browser with a microphone that beeps, and a network of made-up numbers.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'sublinear/inference';
import { expect, test } from 'vitest';
import { visited } from '../support/site.js';
import { silero } from './silero.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test('the page hears the microphone, a chunk at a time', async () => {
  const { VoiceDetector } = await load();
  using voice = VoiceDetector.fromOnnx(silero());
  const files = new Map<string, Uint8Array | string>();
  for (const name of readdirSync(at('examples/voice')))
    files.set(name, readFileSync(join(at('examples/voice'), name)));
  files.set('inference.js', readFileSync(at('dist/bundle/inference.js')));
  files.set('voice.slv', voice.save());
  const flags = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
  await visited(files, flags, async (page, address) => {
    await page.goto(address);
    const likely = () => page.locator('meter').evaluate((meter: HTMLMeterElement) => meter.value);
    expect(await likely()).toBe(0);
    await page.getByRole('button', { name: 'Listen' }).click();
    const heard = new Set<number>();
    // Beeps and the silence between them are not alike.
    await expect.poll(async () => heard.add(await likely()).size).toBeGreaterThan(3);
    for (const probability of heard) expect(probability).toBeLessThanOrEqual(1);
  });
});
