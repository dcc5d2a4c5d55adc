// The benchmarks, run here, in this browser, against what else can be had from npm.
import { wrap } from 'comlink';
import { h, latest, milliseconds, small, status } from '../ui.js';
import type { Benchmarks, Result } from './bench.worker.js';

const names = { solve: 'Solve', pageRank: 'PageRank', vectors: 'Vector search' } as const;

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const { line, say, fail } = told;
  const worker = new Worker(new URL('./bench.worker.js', import.meta.url), { type: 'module' });
  const benchmarks = wrap<Benchmarks>(worker);
  const results = new Map<string, Result>();
  const newest = latest(told);
  const stage = h('div', { className: 'stage' });

  const run = h('button', { type: 'button', className: 'main' }, 'Run all');
  const copy = h('button', { type: 'button', disabled: true }, 'Copy as JSON');
  run.addEventListener('click', () =>
    newest(async () => {
      run.disabled = true;
      results.clear();
      stage.replaceChildren();
      try {
        for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
          say(`${name}…`);
          const result = await benchmarks[key](7);
          results.set(key, result);
          stage.append(card(result));
        }
        say('Done. Ratios are medians over rounds in which the contenders take turns.');
        copy.disabled = false;
      } finally {
        run.disabled = false;
      }
    }),
  );
  copy.addEventListener('click', async () => {
    const about = { userAgent: navigator.userAgent, date: new Date().toISOString() };
    const text = JSON.stringify({ ...about, results: Object.fromEntries(results) }, null, 2);
    try {
      await navigator.clipboard.writeText(text);
      say('Copied.');
    } catch (error) {
      fail(error);
    }
  });
  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Measured on your machine, in this browser. Times depend on what else it is doing; ratios much less. Beside every time stands how right the answer was.',
    ),
    h('div', { className: 'side' }, h('div', { className: 'card side' }, run, copy, line)),
    stage,
  );
}

function card({ title, accuracyIs, rounds, rows }: Result): HTMLElement {
  const longest = Math.max(...rows.map(({ time }) => time));
  const head = ['', 'time', 'share of the longest', 'against ours', accuracyIs];
  return h(
    'div',
    { className: 'card scroll', tabIndex: 0, role: 'region', 'aria-label': title },
    h('h2', {}, title),
    h(
      'table',
      {},
      h('caption', { className: 'visually-hidden' }, `${title}, ${rounds} rounds`),
      h(
        'thead',
        {},
        h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text || 'contender'))),
      ),
      h(
        'tbody',
        {},
        ...rows.map(({ name, time, ratio, accuracy }) => {
          const bar = h('span', { className: name.startsWith('sublinear') ? 'bar' : 'bar peer' });
          bar.style.width = `${(100 * time) / longest}%`;
          return h(
            'tr',
            {},
            h('th', { scope: 'row' }, name),
            h('td', { className: 'number' }, milliseconds(time)),
            h('td', {}, bar),
            h('td', { className: 'number' }, `${small(ratio)} ×`),
            h('td', { className: 'number' }, small(accuracy)),
          );
        }),
      ),
    ),
  );
}
