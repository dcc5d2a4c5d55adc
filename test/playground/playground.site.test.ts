// The playground as its visitors have it: the built site, in a real browser, tab by tab. Built by `sh tools/playground.sh
// build`, which the test command runs before this.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'sublinear/solver';
import { describe, expect, test } from 'vitest';
import { Grid, WIDTH } from '../../examples/playground/src/solve/grid.js';
import { silero, sound } from '../inference/silero.js';
import {
  address,
  context,
  open,
  page,
  panel,
  ready,
  rows,
  showFlights,
  slide,
  usePlayground,
} from '../support/playground.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const axe = readFileSync(at('../../examples/playground/node_modules/axe-core/axe.min.js'), 'utf8');

usePlayground();

/** How many pixels of the map under the graph are drawn on. */
const mapInk = () =>
  page.locator('canvas.map').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  });

/** Drops a file onto the page, beside the field that is made for it. */
async function drop(name: string, content: string): Promise<void> {
  await page.evaluate(
    (file) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([file.content], file.name));
      for (const type of ['dragover', 'drop'])
        document
          .querySelector('footer')!
          .dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    { name, content },
  );
}

/** A recording of one channel, 16,000 samples a second. */
function wave(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.writeUInt32LE(16_000, 24);
  bytes.writeUInt32LE(32_000, 28);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (const [i, x] of samples.entries())
    bytes.writeInt16LE(Math.round(32_767 * Math.max(-1, Math.min(1, x))), 44 + 2 * i);
  return bytes;
}

const number = (text: string | null) => Number((text ?? '').replaceAll(',', ''));
const fact = (name: string) =>
  page.locator('#graph dt', { hasText: name }).locator('xpath=following-sibling::dd[1]');

describe('graph', () => {
  test('ranks around a word, and a smaller error makes it read more', async () => {
    await open('graph');
    await expect.poll(() => rows('graph').count()).toBe(20);
    expect(await rows('graph').first().textContent()).toContain('bank');
    const before = number(await fact('nodes read').textContent());
    const bound = Number(await fact('error at most').textContent());
    expect(before).toBeGreaterThan(100);
    expect(before).toBeLessThan(20_000);
    expect(bound).toBeLessThanOrEqual(0.2);

    // What the answer does not prove, a second one does.
    await expect
      .poll(() => rows('graph').locator('.place').allTextContents())
      .toEqual(expect.arrayContaining(['yes']));
    await expect.poll(() => fact('places proved').textContent()).toMatch(/^20 of 20; /);

    await slide('Error allowed', -2);
    await expect
      .poll(async () => number(await fact('nodes read').textContent()))
      .toBeGreaterThan(2 * before);
    expect(Number(await fact('error at most').textContent())).toBeLessThanOrEqual(0.01);
  });

  test('goes on from the node that is chosen, by mouse or by name', async () => {
    await open('graph');
    await expect.poll(() => rows('graph').count()).toBe(20);
    const second = rows('graph').nth(6).locator('button');
    const name = await second.textContent();
    await second.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => rows('graph').first().locator('button').textContent()).toBe(name);

    await page.getByLabel('From').fill('piano');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows('graph').first().textContent()).toContain('piano');
    await page.getByLabel('From').fill('no such word');
    await page.keyboard.press('Enter');
    await expect.poll(() => panel('graph').locator('.failed').textContent()).toContain('no such');
  });

  test('goes on from a node that is clicked in the picture', async () => {
    await open('graph');
    await showFlights();
    const stage = page.locator('.drawing > .sigma');
    const box = (await stage.boundingBox())!;
    const onNode = () => stage.evaluate((element) => element.style.cursor === 'pointer');
    const first = await rows('graph').first().locator('button').textContent();
    // The mouse goes over the map until it is on a node.
    for (let step = 0; !(await onNode()); step++) {
      expect(step).toBeLessThan(200);
      const [x, y] = [0.1 + 0.8 * ((step * 0.618) % 1), 0.15 + 0.7 * ((step * 0.755) % 1)];
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    }
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => rows('graph').first().locator('button').textContent()).not.toBe(first);
  });

  test('draws flights on their map', async () => {
    await open('graph');
    await showFlights();
    // The list is filled before the picture is drawn.
    await expect.poll(mapInk).toBeGreaterThan(5000);
  });

  test('colours by community and betweenness, shows a path and what would cut it', async () => {
    await open('graph');
    await showFlights();
    const colour = page.getByRole('combobox', { name: 'Colour' });
    const said = page.locator('#graph .structure');
    await colour.selectOption('communities');
    await expect.poll(() => said.textContent()).toMatch(/^\d+ communities, modularity 0\.\d{3}\.$/);
    await colour.selectOption('betweenness');
    await expect.poll(() => said.textContent()).toMatch(/probability 0\.9 no share is off by more/);
    await page.getByLabel('To', { exact: true }).fill('MIA');
    await page.keyboard.press('Enter');
    await expect.poll(() => said.textContent()).toMatch(/^\d steps: SEA → .*MIA\.$/);
    await colour.selectOption('cut');
    await expect.poll(() => said.textContent()).toMatch(/edges? of weight .* there is no way: /);
    await expect
      .poll(() => panel('graph').locator('.code code').textContent())
      .toContain('maxFlow(graph, {');
    await colour.selectOption('score');
    await expect.poll(() => said.textContent()).toBe('');
  });

  test('leaves out labels that would lie on others', async () => {
    // Where labels are drawn, since the canvas was last cleared.
    await page.addInitScript(() => {
      const drawn: { context: unknown; left: number; right: number; y: number }[] = [];
      Object.assign(globalThis, { drawn });
      const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        for (let i = drawn.length; i-- > 0; ) if (drawn[i]!.context === this) drawn.splice(i, 1);
        return clearRect.apply(this, box);
      };
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        drawn.push({ context: this, left: x, right: x + this.measureText(text).width, y });
        return fillText.call(this, text, x, y);
      };
    });
    await open('graph');
    await showFlights();
    const labels = () =>
      page.evaluate(() =>
        (
          globalThis as unknown as { drawn: { left: number; right: number; y: number }[] }
        ).drawn.map(({ left, right, y }) => ({ left, right, y })),
      );
    await expect.poll(async () => (await labels()).length).toBeGreaterThan(5);
    const all = await labels();
    const overlapping = all.filter((a, i) =>
      all.some((b, j) => j < i && Math.abs(a.y - b.y) < 12 && a.left < b.right && b.left < a.right),
    );
    expect(overlapping).toEqual([]);
  });

  test('takes an edge list, and says what is wrong with another file', async () => {
    await open('graph');
    await expect.poll(() => rows('graph').count()).toBe(20);
    const input = panel('graph').locator('input[type=file]');
    const edges = 'ada ben\nben cleo\ncleo ada\ncleo dan\n';
    await input.setInputFiles({
      name: 'friends.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(edges),
    });
    await expect.poll(() => rows('graph').count()).toBe(4);
    expect(await rows('graph').first().textContent()).toContain('ada');
    await page.getByLabel('From').fill('Cleo');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows('graph').first().textContent()).toContain('cleo');

    await input.setInputFiles({
      name: 'broken.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('1 2\n3\n'),
    });
    await expect.poll(() => panel('graph').locator('.failed').textContent()).toMatch(/line 2/);
    expect(await rows('graph').count()).toBe(4);
    // What it said about the last file is gone with the next question.
    await slide('Damping', 0.7);
    await expect.poll(() => panel('graph').locator('.failed').count()).toBe(0);
  });

  test('takes tables with titles, wherever they are dropped', async () => {
    await open('graph');
    await expect.poll(() => rows('graph').count()).toBe(20);
    const told = panel('graph').locator('.status').first();
    for (const [name, content, counts] of [
      ['a.csv', 'source,target,weight\n1,2,0.5\n2,3,1.5\n', '3 nodes, 2 edges.'],
      [
        'b.csv',
        '# made by hand, with care\n"Paris, France",Rome\nRome,Oslo\n',
        '3 nodes, 2 edges.',
      ],
      ['c.tsv', 'id\tSource\tTarget\n0\tx y\tz\n1\tz\tv\n2\tv\tx y\n', '3 nodes, 3 edges.'],
      ['d.txt', '% a, b\n7 9\n9 7 2\n', '2 nodes, 1 edges.'],
      ['g.csv', 'Source,Target,Type\na,b,Directed\nb,a,Directed\n', '2 nodes, 2 edges.'],
    ] as const) {
      await drop(name, content);
      await expect.poll(() => told.textContent()).toBe(counts);
    }
    await drop('e.csv', 'a,b\n1,2\n');
    await expect.poll(() => told.textContent()).toBe('2 nodes, 1 edges.');
    await page.getByLabel('Edges of files lead one way').check();
    await drop('f.txt', '7 9\n9 7\n');
    await expect.poll(() => told.textContent()).toBe('2 nodes, 2 edges.');
    await drop('e.csv', 'a,b\n1,2\n');
    await expect.poll(() => told.textContent()).toBe('2 nodes, 1 edges.');
    await page.getByRole('combobox', { name: 'Graph' }).selectOption('wordnet');
    await expect.poll(() => rows('graph').count()).toBe(20);
    await page.getByRole('combobox', { name: 'Graph' }).selectOption('e.csv');
    await expect.poll(() => rows('graph').count()).toBe(2);
  });
});

describe('solve', () => {
  const summary = () => panel('solve').locator('.stage > .status').first();
  const entry = () => panel('solve').locator('.stage > .status').nth(1);

  test('solves what is painted, explains the choice and lets methods run side by side', async () => {
    await open('solve');
    await expect.poll(() => summary().textContent()).toMatch(/9,495 unknowns: converged/);
    expect(await panel('solve').locator('ol li').count()).toBeGreaterThan(0);
    await expect
      .poll(() => panel('solve').locator('.chart').last().getAttribute('aria-label'))
      .toMatch(/cg: converged.*amg: converged/);

    await page.getByRole('button', { name: 'Wall' }).click();
    const box = (await page.locator('canvas.field').boundingBox())!;
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 0.7 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.7 * box.height, { steps: 20 });
    await page.mouse.up();
    await expect
      .poll(async () => number(/^[\d,]+/.exec((await summary().textContent()) ?? '')?.[0] ?? null))
      .toBeLessThan(9480);
  });

  test('begins with a leak at which its walls matter: they change what is drawn', async () => {
    await open('solve');
    const leak = 10 ** Number(await page.getByLabel('Leak to the ground').inputValue());
    const { SparseMatrix, solve } = await load();
    const [walled = [], bare = []] = [true, false].map((walls) => {
      const grid = new Grid();
      grid.example();
      const cells = [...grid.walls.keys()].filter((cell) => !grid.walls[cell]);
      if (!walls)
        for (const [cell, wall] of [...grid.walls].entries())
          if (wall) grid.paint('erase', cell % WIDTH, Math.floor(cell / WIDTH), 0);
      const { b, rows, ...entries } = grid.system(leak);
      using matrix = SparseMatrix.fromCoo({ rows, cols: rows, ...entries });
      const { solution } = solve(matrix, b, { tolerance: 1e-9 });
      return cells.map((cell) => solution[grid.rows[cell]!]!);
    });
    const largest = (list: number[]) => Math.max(...list.map(Math.abs));
    const change = largest(walled.map((value, i) => value - bare[i]!));
    // Colours are in proportion to the largest potential.
    expect(change / largest(walled)).toBeGreaterThan(0.05);
  });

  test('asks for one cell and lights up the rows that it takes', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await open('solve');
    await expect.poll(() => summary().textContent()).toMatch(/converged/);
    await page.getByRole('button', { name: 'Ask for one cell' }).click();
    const colours = () =>
      page.locator('canvas.field').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let lit = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i] === 255 && data[i + 1] === 225 && data[i + 2] === 60) lit++;
        return lit;
      });
    expect(await colours()).toBe(0);
    await page.locator('canvas.field').click({ position: { x: 250, y: 200 } });
    await expect.poll(colours).toBeGreaterThan(10);
    // The answer is where it is seen, without scrolling.
    const { y, height } = (await entry().boundingBox())!;
    expect([y >= 0, y + height <= 800]).toEqual([true, true]);
    const text = (await entry().textContent())!;
    // Those that were read and no others; the cell itself is black.
    expect(await colours()).toBe(number(/push, ([\d,]+) of /.exec(text)![1]!) - 1);
    const [, value, bound, truth] = /= (\S+) ± (\S+) \(proved\).*solution has ([^ ]+)\.$/
      .exec(text)!
      .map(Number);
    expect(Math.abs(value! - truth!)).toBeLessThanOrEqual(1.01 * bound!);
  });

  test('is used with the keyboard alone', async () => {
    await open('solve');
    await expect.poll(() => summary().textContent()).toMatch(/9,495/);
    await page.getByRole('button', { name: 'Wall' }).focus();
    await page.keyboard.press('Space');
    await page.locator('canvas.field').focus();
    for (const key of ['Shift+ArrowRight', 'ArrowDown', 'Space']) await page.keyboard.press(key);
    await expect.poll(() => summary().textContent()).toMatch(/^9,490 unknowns/);
  });

  test('opens a Matrix Market file', async () => {
    await open('solve');
    await expect.poll(() => summary().textContent()).toMatch(/converged/);
    const file =
      '%%MatrixMarket matrix coordinate real general\n3 3 5\n1 1 4\n1 2 -1\n2 2 3\n3 3 5\n3 1 2\n';
    await panel('solve')
      .locator('input[type=file]')
      .setInputFiles({ name: 'small.mtx', mimeType: 'text/plain', buffer: Buffer.from(file) });
    await expect.poll(() => summary().textContent()).toMatch(/^3 unknowns: converged/);
    // It is not symmetric: the curves are those of methods for such matrices.
    await expect
      .poll(() => panel('solve').locator('.chart').last().getAttribute('aria-label'))
      .toMatch(/^gaussSeidel: converged.*bicgstab: converged.*gmres: converged/);
    await page.getByLabel('One entry: row').fill('2');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await expect.poll(() => entry().textContent()).toMatch(/^x\[2\] = /);
  });
});

describe('vectors', () => {
  const words = () => rows('vectors').locator('button').allTextContents();

  test('finds the nearest words, solves an analogy, filters', async () => {
    await open('vectors');
    await expect.poll(words).toContain('tea');
    await page.getByLabel('Word or sum of words').fill('king - man + woman');
    await expect.poll(words).toContain('queen');
    await page.getByLabel('Word or sum of words').fill('coffee');
    await page.getByLabel('that begin with').fill('c');
    await expect.poll(async () => (await words()).every((word) => word.startsWith('c'))).toBe(true);
    await slide('Letters, at most', 5);
    await expect
      .poll(async () => (await words()).every((word) => /^c.{0,4}$/.test(word)))
      .toBe(true);
    await page.getByLabel('Word or sum of words').fill('qqq');
    await expect
      .poll(() => panel('vectors').locator('.failed').textContent())
      .toBe('"qqq" is not among these words.');
  });

  test('shows what a wider search finds', async () => {
    await open('vectors');
    const told = () => panel('vectors').locator('.chart').getAttribute('aria-label');
    const recall = async () => Number(/([\d.]+) % of/.exec((await told()) ?? '')?.[1]);
    await slide('Candidates kept (ef)', 0);
    await expect.poll(recall).toBeGreaterThan(40);
    const narrow = await recall();
    await slide('Candidates kept (ef)', 9);
    await expect.poll(recall).toBeGreaterThan(narrow);
    expect(await recall()).toBeGreaterThan(99);
  });
});

describe('search', () => {
  const found = () => rows('search').allTextContents();

  test('finds definitions by words, by meaning, and by both', async () => {
    await open('search');
    await expect.poll(() => rows('search').count()).toBe(12);
    expect((await found()).some((row) => /harbor|haven|port/i.test(row))).toBe(true);
    await page.getByLabel('Description').fill('musical instrument with strings');
    await expect
      .poll(async () => (await found()).some((row) => /guitar|violin|strings/.test(row)))
      .toBe(true);
    // By words alone nothing has a place by meaning, and the other way round.
    const places = (column: number) =>
      rows('search').locator(`td:nth-child(${column})`).allTextContents();
    await slide('Words or meaning', 0);
    await expect.poll(async () => new Set(await places(3))).toEqual(new Set(['–']));
    await slide('Words or meaning', 10);
    await expect.poll(async () => new Set(await places(2))).toEqual(new Set(['–']));
    await panel('search').getByLabel('Only kinds of words').selectOption('verb');
    await expect.poll(() => page.url()).toMatch(/#search\?.*kind=verb/);
    await expect.poll(async () => (await found()).some((row) => /instrument/.test(row))).toBe(true);
    await page.getByLabel('Description').fill('qqqq');
    await expect
      .poll(() => panel('search').locator('.failed').textContent())
      .toBe('None of these words has a known meaning.');
  });
});

describe('query', () => {
  const text = () => page.getByLabel('openCypher', { exact: true });
  const said = () => panel('query').locator('.status[role=status]').textContent();
  const run = () => page.getByRole('button', { name: 'Run', exact: true }).click();

  test('shows what a query finds as a table and as a drawing', async () => {
    await open('query');
    // Of the films of Fritz Lang, all four, and of those of Buster Keaton one.
    await expect.poll(() => rows('query').count()).toBe(5);
    expect(await panel('query').locator('svg.found circle').count()).toBe(5 + 4);
    await page.getByLabel('Examples').selectOption('Who plays most');
    await expect.poll(() => rows('query').first().textContent()).toBe('Rudolf Klein-Rogge31922');
    expect(await panel('query').locator('svg.found').count()).toBe(0);
    await page.getByLabel('Examples').selectOption('From one to another');
    await expect.poll(() => panel('query').locator('svg.found circle').count()).toBe(5);
    expect(page.url()).toMatch(/#query\?text=/);
  });

  test('says where a query is wrong, and what may come next', async () => {
    await open('query');
    await text().fill('MATCH (p:Person)\nRETURN q.name');
    await run();
    await expect.poll(said).toMatch(/q is not defined/);
    expect(await panel('query').locator('pre.caret').textContent()).toBe('RETURN q.name\n       ^');
    const words = () => panel('query').locator('.words button').allTextContents();
    await text().fill('MATCH (f:');
    await expect.poll(words).toEqual(['Film', 'Person']);
    await text().press('Control+Space');
    await text().pressSequentially(')<-[:DI');
    await expect.poll(words).toEqual(['DIRECTED']);
    await text().press('Control+Space');
    await text().pressSequentially(']-(p) WHERE f.t');
    await expect.poll(words).toEqual(['title', 'to']);
    await panel('query').getByRole('button', { name: 'title' }).click();
    await text().pressSequentially(" = 'M' RETURN p.name AS name");
    await text().press('Control+Enter');
    await expect.poll(() => rows('query').allTextContents()).toEqual(['Fritz Lang']);
    expect(await panel('query').locator('pre.caret').isVisible()).toBe(false);
  });
});

describe('dates', () => {
  const said = () => panel('dates').locator('h2.said').textContent();
  const hits = () => panel('dates').locator('rect.hit').count();
  const found = () => panel('dates').locator('.found').textContent();

  test('reads a rule, shows its year and what it is in words', async () => {
    await open('dates');
    await page.getByLabel('Year', { exact: true }).fill('2026');
    await expect.poll(said).toBe('every month on the 13th when it is a Friday');
    await expect.poll(hits).toBe(3);
    await expect.poll(() => rows('dates').first().textContent()).toBe('2026-02-13Friday');
    await page.getByLabel('Rule').fill('FREQ=DAILY');
    await expect.poll(hits).toBe(365);
    await page.getByLabel('Only Monday to Friday').check();
    await expect.poll(hits).toBe(261);
    await page.getByLabel('Rule').fill('FREQ=MONTHLY;BYDAY=XX');
    await expect.poll(() => panel('dates').locator('.failed').textContent()).toMatch(/BYDAY|byDay/);
    await page.getByLabel('Examples').selectOption('Leap days');
    await page.getByLabel('Only Monday to Friday').uncheck();
    await page.getByLabel('Year', { exact: true }).fill('2028');
    await expect.poll(hits).toBe(1);
    expect(page.url()).toMatch(/#dates\?.*year=2028/);
  });

  test('says which conditions contradict each other', async () => {
    await open('dates');
    await expect
      .poll(found)
      .toBe('month 2 + rule FREQ=MONTHLY;BYMONTHDAY=29 + between 2025-01-01 2027-12-31');
    await page
      .getByLabel('Conditions, one a line')
      .fill('month 2\nyear 2028\nrule FREQ=MONTHLY;BYMONTHDAY=29\n');
    await expect.poll(found).toBe('2028-02-29');
    await page.getByLabel('Conditions, one a line').fill('moth 2');
    await expect
      .poll(() => panel('dates').locator('.failed').textContent())
      .toMatch(/"moth 2" begins with none of: exact, after/);
    expect(await found()).toBe('');
  });
});

describe('learn', () => {
  const text = (selector: string) => panel('learn').locator(selector).textContent();
  const pull = (arm: string) => page.getByRole('button', { name: `Arm ${arm}` }).click();
  const regrets = async () => {
    const told = (await panel('learn').locator('.chart').first().getAttribute('aria-label')) ?? '';
    return [...told.matchAll(/([\d.]+) after (\d+)/g)].map(([, regret, round]) => [
      Number(regret),
      Number(round),
    ]);
  };
  const estimates = () => panel('learn').locator('#learn-estimates tbody tr').allTextContents();

  test('is played against policies, and a link has the pulls', async () => {
    await open('learn');
    expect(await text('.visitor')).toMatch(/^Round 1: a visitor (by day|in the evening)\.$/);
    for (let i = 0; i < 9; i++) await pull('ABC'[i % 3]!);
    // Only whole tens are drawn: a regret after each pull would tell which arm is the best.
    expect((await regrets())[0]).toEqual([0, 0]);
    await pull('D');
    await expect.poll(async () => (await regrets())[0]?.[1]).toBe(10);
    const [mine, thompson, linear, bounds] = await regrets();
    expect(mine![0]).toBeGreaterThan(0);
    // Who is told of the visitor wins; the others lose about as much in each round.
    expect(linear![0]).toBeLessThan(0.25 * Math.min(thompson![0]!, bounds![0]!));
    expect(await panel('learn').textContent()).toMatch(
      /Won after 10 rounds: you \d+, Thompson sampling \d+, LinUCB \d+, UCB1 \d+\./,
    );
    const paid = await text('#learn-arms tbody');
    expect(await page.getByText(/^Round 10: arm D paid (1|nothing)\.$/).count()).toBe(1);
    const link = page.url();
    expect(link).toMatch(/#learn\?pulls=ABCABCABCD$/);
    await page.goto('about:blank');
    await page.goto(link);
    await ready('learn');
    expect(await text('#learn-arms tbody')).toBe(paid);
    expect((await regrets())[0]).toEqual(mine);

    // Where all visitors are alike, Thompson sampling learns as well: most of its regret comes early.
    await page.getByLabel('Rates of the arms').selectOption('are the same for all');
    await slide('Rounds of the policies', 6);
    await expect.poll(async () => (await regrets())[1]?.[1]).toBe(5000);
    const late = (await regrets())[1]![0]!;
    await slide('Rounds of the policies', 4);
    await expect.poll(async () => (await regrets())[1]?.[1]).toBe(1000);
    expect(late).toBeLessThan(3 * (await regrets())[1]![0]!);
    await page.getByLabel('Show the hidden rates').check();
    await expect.poll(() => text('#learn-arms tbody')).toMatch(/^A– \(\d+ %\)B/);
  });

  test('says what a log says of another policy beside the truth, or that it says nothing', async () => {
    await open('learn');
    await page.getByLabel('Policy in question').selectOption('any arm, with the same probability');
    await slide('Exploration of the log', 0.6);
    await slide('Rows of the log', 5000);
    const fact = (name: string) =>
      panel('learn').locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]');
    await expect
      .poll(async () => number(await fact('effective').textContent()))
      .toBeGreaterThan(1500);
    // The mean of all rates, which lies between 0.4 and 0.6; standard errors are below 0.02.
    const truth = Number(await fact('truth').textContent());
    expect(truth).toBeGreaterThan(0.4);
    expect(truth).toBeLessThan(0.6);
    for (const [row, method] of [
      [0, 'IPS'],
      [1, 'SNIPS'],
      [2, 'DR'],
    ] as const) {
      const shown = (await estimates())[row]!;
      expect(shown).toMatch(new RegExp(`^${method}0\\.\\d{3}`));
      expect(Math.abs(Number(shown.slice(method.length, method.length + 5)) - truth)).toBeLessThan(
        0.06,
      );
    }
    // Without exploration there is nothing to be said of an arm that was not tried.
    await slide('Exploration of the log', 0);
    await page.getByLabel('Policy in question').selectOption('always arm B');
    await expect
      .poll(() => panel('learn').textContent())
      .toMatch(/Refused: 5,000 rows are worth \d+ choices/);
    expect(await estimates()).toEqual(['IPSrefused–', 'SNIPSrefused–', 'DRrefused–']);
    await page.getByLabel('Policy in question').selectOption('any arm, with the same probability');
    await expect
      .poll(() => panel('learn').textContent())
      .toMatch(/The mean weight is 0\.\d\d, far/);
    expect(page.url()).toMatch(/target=uniform/);
  });

  test('routes with a threshold, with intervals beside new questions', async () => {
    await open('learn');
    const cells = async () =>
      (await panel('learn').locator('#learn-routed td').allTextContents()).map(
        (cell) => cell.match(/[\d.,]+/g)?.map((part) => number(part)) ?? [],
      );
    await slide('Questions with known answers', 6);
    await expect.poll(async () => (await cells())[0]).toEqual([1600]);
    const [, calls, right, , newCalls, newRight, , , small, , , large] = await cells();
    expect(calls![0]).toBeLessThan(30);
    expect(calls![1]).toBeGreaterThan(30);
    expect(newCalls![0]).toBeGreaterThan(25);
    expect(newCalls![0]).toBeLessThan(35);
    // The interval is that of questions like these, and far above what chance would do with as many calls.
    expect(newRight![0]).toBeGreaterThan(right![0]! - 1);
    expect(newRight![0]).toBeLessThan(right![1]! + 1);
    expect(newRight![0]).toBeGreaterThan(small![0]! + 0.45 * (large![0]! - small![0]!));
    await slide('Calls to the large model', 100);
    await expect.poll(async () => (await cells())[5]).toEqual(large);
    expect(await panel('learn').textContent()).toContain(
      'The large model answers everything: 100.0 %',
    );
    expect(page.url()).toMatch(/share=100/);
    await expect
      .poll(() => panel('learn').locator('.code code').last().textContent())
      .toContain('router.threshold({ strongShare: 1 })');
  });
});

describe('voice', () => {
  /** A network of made-up numbers, and a sound for it: what is heard is any voice's guess. */
  const network = { name: 'made-up.onnx', mimeType: 'application/octet-stream' };
  const said = () => panel('voice').locator('.status').textContent();
  const give = (file: { name: string; mimeType: string; buffer: Buffer }) =>
    panel('voice').locator('input[type=file]').setInputFiles(file);

  test('listens to the microphone, plays what was said, and keeps the network', async () => {
    await open('voice');
    expect(await said()).toBe('No network is loaded.');
    const listen = panel('voice').getByRole('button', { name: 'Listen' });
    expect(await listen.isDisabled()).toBe(true);
    await give({ name: 'sound.wav', mimeType: 'audio/wav', buffer: wave(sound(4)) });
    await expect.poll(said).toMatch(/Open a network first/);
    await give({ ...network, buffer: Buffer.from('no network') });
    await expect.poll(said).toMatch(/expected a file of ONNX/);
    await give({ ...network, buffer: Buffer.from(silero()) });
    await expect.poll(said).toMatch(/network is loaded/);

    await listen.click();
    await expect.poll(said).toMatch(/for each 32 ms of sound/);
    const chart = panel('voice').locator('.chart');
    await expect.poll(() => chart.getAttribute('aria-label')).toMatch(/now [01]\.\d\d\.$/);
    await panel('voice').getByRole('button', { name: 'Stop' }).click();

    await give({ name: 'sound.wav', mimeType: 'audio/wav', buffer: wave(sound(60)) });
    await expect.poll(said).toMatch(/^1\.9 s of sound in /);
    await page.reload();
    await ready('voice');
    await expect.poll(said).toMatch(/network is loaded/);
  });
});

describe('the theme', () => {
  test('is that of the plate too', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open('solve');
    await expect.poll(() => panel('solve').textContent()).toMatch(/unknowns: converged/);
    const lightness = () =>
      page.locator('canvas.field').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) sum += data[i]! + data[i + 1]! + data[i + 2]!;
        return sum / (0.75 * data.length);
      });
    expect(await lightness()).toBeGreaterThan(150);
    await page.getByRole('button', { name: 'Dark' }).click();
    await expect.poll(lightness).toBeLessThan(100);
  });
});

describe('the address', () => {
  test('keeps what the controls say, and a link to it shows the same', async () => {
    await open('graph');
    await expect.poll(() => rows('graph').count()).toBe(20);
    await slide('Damping', 0.7);
    await page.getByLabel('From').fill('piano');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows('graph').first().textContent()).toContain('piano');
    const link = page.url();
    expect(link).toMatch(/#graph\?damping=0\.7&from=piano$/);
    // Another tab has its own, and this one's come back with it.
    await page.getByRole('tab', { name: 'Vectors' }).click();
    await page.getByLabel('Word or sum of words').fill('tea');
    await expect.poll(() => page.url()).toMatch(/#vectors\?word=tea$/);
    await page.getByRole('tab', { name: 'Graph' }).click();
    expect(page.url()).toBe(link);
    await page.goto('about:blank');
    await page.goto(link);
    await ready('graph');
    await expect.poll(() => rows('graph').first().textContent()).toContain('piano');
    expect(await page.getByLabel('Damping').inputValue()).toBe('0.7');
  });

  test('of the page tells other sites what it is, and the page leads to the guides', async () => {
    await open('graph');
    const image = page.locator('meta[property="og:image"]');
    const response = await context.request.get(
      new URL((await image.getAttribute('content'))!, address).href,
    );
    expect(response.status()).toBe(200);
    expect((await response.body()).length).toBeGreaterThan(10_000);
    for (const name of ['Quick start', 'Guides', 'Source'])
      expect(await page.getByRole('link', { name }).getAttribute('href')).toMatch(/^https:/);
  });
});

describe('the code', () => {
  test('stands beside each answer, with what was asked', async () => {
    const shown = async (tab: string) => {
      await open(tab);
      const details = panel(tab).locator('details.code');
      await details.locator('summary').click();
      await expect.poll(() => details.locator('code').textContent()).toMatch(/from 'sublinear/);
      return details.locator('code');
    };
    const graph = await shown('graph');
    await slide('Damping', 0.6);
    await expect.poll(() => graph.textContent()).toContain('damping: 0.6');
    expect(await (await shown('solve')).textContent()).toContain('solveEntries');
    const vectors = await shown('vectors');
    await page.getByLabel('that begin with').fill('c');
    await expect.poll(() => vectors.textContent()).toContain('Filter.from');
  });
});

describe('bench', () => {
  test('can be cancelled, and run again', async () => {
    await open('bench');
    const button = (name: string) => panel('bench').getByRole('button', { name });
    await button('Run all').click();
    await button('Cancel').click();
    await expect
      .poll(() => panel('bench').locator('.status').textContent())
      .toMatch(/^Cancelled after \d of 3/);
    expect(await button('Cancel').isDisabled()).toBe(true);
    await button('Run all').click();
    await expect
      .poll(() => panel('bench').locator('progress').getAttribute('value'), { timeout: 60_000 })
      .not.toBe('0');
    await button('Cancel').click();
    expect(await button('Copy as JSON').isDisabled()).toBe(false);
  });
});

/** What there is to be seen when a tab has been used. */
const used: Record<string, () => Promise<void>> = {
  graph: showFlights,
  solve: async () => {
    await drop(
      'small.mtx',
      '%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 4\n1 2 -1\n2 2 3\n',
    );
    await expect.poll(() => panel('solve').textContent()).toMatch(/2 unknowns: converged/);
  },
  vectors: () => slide('Letters, at most', 5),
  search: () => slide('Words or meaning', 2),
  text: async () => {
    await page.getByLabel('Sentence', { exact: true }).fill('a boat');
    await panel('text')
      .locator('input[type=file]')
      .setInputFiles({ name: 'no.slv', mimeType: '', buffer: Buffer.from('no model') });
    await expect.poll(() => panel('text').locator('.failed').textContent()).toMatch(/no file/);
    await expect.poll(() => rows('text').first().textContent()).toMatch(/boat|ship|vessel/);
  },
  query: async () => {
    await page.getByLabel('openCypher', { exact: true }).fill('RETURN x');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect.poll(() => panel('query').locator('pre.caret').isVisible()).toBe(true);
  },
  dates: async () => {
    await page.getByLabel('Rule').fill('FREQ=DAILY;INTERVAL=2');
    await expect.poll(() => panel('dates').locator('rect.hit').count()).toBeGreaterThan(100);
  },
  learn: async () => {
    for (const arm of 'ABCDABCDAB') await page.getByRole('button', { name: `Arm ${arm}` }).click();
    await page.getByLabel('Policy in question').selectOption('always arm B');
    await expect.poll(() => panel('learn').textContent()).toMatch(/Won after [12]0 rounds/);
  },
  voice: async () => {
    await panel('voice')
      .locator('input[type=file]')
      .setInputFiles({ name: 'sound.wav', mimeType: 'audio/wav', buffer: wave(sound(4)) });
    await expect.poll(() => panel('voice').locator('.failed').textContent()).toMatch(/network/);
  },
  bench: async () => {
    await page.getByRole('button', { name: 'Run all' }).click();
    // Some rows are as good as all.
    await panel('bench').locator('tbody tr').first().waitFor();
  },
};

describe.each(Object.keys(used))('%s', (tab) => {
  // Both schemes in one visit: what is used, Bench above all, is used once.
  test('has no axe violation, light or dark, wide or narrow', async () => {
    await page.setViewportSize({ width: 1200, height: 820 });
    await open(tab);
    await page.evaluate(axe);
    for (const [width, first] of [
      [1200, true],
      [360, false],
    ] as const) {
      await page.setViewportSize({ width, height: 820 });
      if (!first) await used[tab]!();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const violations = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          const found = await axe.run();
          return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
        });
        expect(violations, `${colorScheme}, ${width} pixels`).toEqual([]);
        // Charts follow the width a moment later.
        await expect
          .poll(() =>
            page.evaluate(() => {
              const { scrollWidth, clientWidth } = document.documentElement;
              return scrollWidth - clientWidth;
            }),
          )
          .toBeLessThanOrEqual(0);
      }
    }
  });
});

/** What the README shows of each tab. `npm run screenshots` keeps the pictures; without it they are only looked at. */
const scenes: Record<string, () => Promise<void>> = {
  graph: async () => {
    await showFlights();
    await expect.poll(mapInk).toBeGreaterThan(5000);
  },
  solve: async () => {
    await expect.poll(() => panel('solve').textContent()).toMatch(/9,495 unknowns: converged/);
    await page.getByRole('button', { name: 'Ask for one cell' }).click();
    await page.locator('canvas.field').click({ position: { x: 250, y: 200 } });
    await expect.poll(() => panel('solve').textContent()).toMatch(/\(proved\)/);
  },
  vectors: async () => {
    await page.getByLabel('Word or sum of words').fill('king - man + woman');
    await expect
      .poll(() => rows('vectors').allTextContents())
      .toContainEqual(expect.stringContaining('queen'));
  },
  dates: async () => {
    await page.getByLabel('Year', { exact: true }).fill('2026');
    await expect.poll(() => panel('dates').locator('rect.hit').count()).toBe(3);
  },
};

test.each(Object.keys(scenes))('a picture of %s', async (tab) => {
  await page.setViewportSize({ width: 1100, height: 740 });
  await open(tab);
  await scenes[tab]!();
  await page.waitForTimeout(500); // what moves comes to rest
  const picture = await page.screenshot({ type: 'jpeg', quality: 70 });
  if (process.env.KEEP_SCREENSHOTS)
    writeFileSync(at(`../../docs/images/playground-${tab}.jpg`), picture);
  expect(picture.length).toBeGreaterThan(30_000);
  expect(picture.length).toBeLessThan(120_000);
});
