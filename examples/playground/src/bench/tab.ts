// The benchmarks, run here, in this browser, against what else can be had from npm.
import { wrap } from 'comlink';
import { h, latest, milliseconds, small, status } from '../ui.js';
import type { Benchmarks, Result } from './bench.worker.js';

const names = { solve: 'Solve', pageRank: 'PageRank', vectors: 'Vector search' } as const;

export async function show(panel: HTMLElement): Promise<void> {
  const told = status();
  const { line, say, fail } = told;
  // Made when it is needed: what runs can only be ended together with its worker.
  let worker: Worker | undefined;
  const fresh = () => {
    worker?.terminate();
    worker = new Worker(new URL('./bench.worker.js', import.meta.url), { type: 'module' });
    return wrap<Benchmarks>(worker);
  };
  let benchmarks = fresh();
  const results = new Map<string, Result>();
  const newest = latest(told);
  const stage = h('div', { className: 'stage' });

  const run = h('button', { type: 'button', className: 'main' }, 'Run all');
  const cancel = h('button', { type: 'button', disabled: true }, 'Cancel');
  const copy = h('button', { type: 'button', disabled: true }, 'Copy as JSON');
  const bar = h('progress', {
    max: Object.keys(names).length,
    value: 0,
    'aria-label': 'Benchmarks done',
  });
  let cancelled = () => {};
  cancel.addEventListener('click', () => {
    benchmarks = fresh();
    cancelled();
  });
  run.addEventListener('click', () =>
    newest(async () => {
      run.disabled = true;
      cancel.disabled = false;
      bar.value = 0;
      let given = false;
      const end = new Promise<undefined>((done) => {
        cancelled = () => {
          given = true;
          done(undefined);
        };
      });
      results.clear();
      stage.replaceChildren();
      try {
        for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
          say(`${name}…`);
          // A worker that was ended answers nothing any more.
          const result = await Promise.race([benchmarks[key](7), end]);
          if (given || result === undefined) {
            say(`Cancelled after ${results.size} of ${bar.max}.`);
            return;
          }
          results.set(key, result);
          stage.append(card(result));
          bar.value++;
        }
        say('Done. Ratios are medians over rounds in which the contenders take turns.');
      } finally {
        run.disabled = false;
        cancel.disabled = true;
        copy.disabled = results.size === 0;
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
    h(
      'div',
      { className: 'side' },
      h('div', { className: 'card side' }, run, cancel, bar, copy, line),
    ),
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
