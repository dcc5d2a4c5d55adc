// Routing between a small and a large model, with a threshold that is fitted on held-out questions.
import type { Remote } from 'comlink';
import { Chart } from '../chart.js';
import { code, h, latest, slider, status, whole } from '../ui.js';
import type { Learning } from './learn.worker.js';

const SEED = 1;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const where = (threshold: number) =>
  Number.isFinite(threshold)
    ? `where its gain is above ${threshold.toFixed(3)}`
    : threshold < 0
      ? 'everything'
      : 'nothing';
const between = ([low, high]: [number, number]) => `${percent(low)} to ${percent(high)}`;

export function routing(worker: Remote<Learning>) {
  const told = status();
  const newest = latest(told);
  const program = code();
  const chart = new Chart({ x: 'share of the large model, %', y: 'right, %' });
  const body = h('tbody');

  const share = slider({
    label: 'Calls to the large model',
    min: 0,
    max: 100,
    step: 1,
    at: 30,
    value: (position) => position / 100,
    text: (value) => `${Math.round(100 * value)} %`,
    state: ['learn', 'share'],
    onchange: () => ask(),
  });
  const examples = slider({
    label: 'Questions with known answers',
    min: 0,
    max: 6,
    step: 1,
    at: 3,
    value: (position) => 100 * 2 ** position,
    text: whole,
    state: ['learn', 'questions'],
    onchange: () => ask(),
  });

  async function ask(): Promise<void> {
    await newest(async (signal) => {
      const [count, strongShare] = [examples.value, share.value];
      const found = await worker.route(count, SEED, strongShare);
      signal.throwIfAborted();
      const { accuracy, curve, fresh, held, threshold } = found;
      const x = Array.from(curve, (_, i) => (100 * i) / held);
      const at = 100 * found.share.value;
      const [low, high] = accuracy.interval;
      const first = curve[0]!;
      const last = curve[held]!;
      chart.draw(
        [
          { name: 'routed', x, y: Array.from(curve, (right) => 100 * right) },
          { name: 'by chance', x: [0, 100], y: [100 * first, 100 * last] },
          // Two ends of one interval; a point of the axis can have one value only.
          { name: 'this threshold', x: [at, at + 1e-9], y: [100 * low, 100 * high], points: true },
        ],
        `Right answers by the share of the large model, from ${percent(first)} to ${percent(last)}; at ${percent(found.share.value)} routed questions have ${percent(accuracy.value)}.`,
      );
      told.say(
        `The large model answers ${where(threshold)}: ${percent(found.share.value)} of the calls, and ${percent(accuracy.value)} of all answers are right (${between(accuracy.interval)}).`,
      );
      const row = (title: string, calls: string, right: string) =>
        h('tr', {}, h('td', {}, title), h('td', {}, calls), h('td', {}, right));
      body.replaceChildren(
        row(
          `${whole(held)} held-out questions`,
          between(found.share.interval),
          between(accuracy.interval),
        ),
        row(`${whole(fresh.count)} new ones`, percent(fresh.share), percent(fresh.accuracy)),
        row('small model alone', percent(0), percent(fresh.small)),
        row('large model alone', percent(1), percent(fresh.large)),
      );
      program.show(`
import { load } from 'sublinear/router';

const { ModelRouter } = await load();
// ${whole(count)} questions: [length, share of rare words], and whether each model was right.
const router = ModelRouter.fit(vectors, [
  { name: 'small', values: smallRight },
  { name: 'large', values: largeRight },
]);
const found = router.threshold({ strongShare: ${strongShare} });
console.log(found.strongShare, found.quality); // each with its interval
router.limit = found.threshold;
console.log(router.route([0.9, 0.8]).route);`);
    });
  }

  const parts = [
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        h('h2', {}, 'Route'),
        h(
          'p',
          { className: 'status' },
          'Questions made by a formula: the small model errs where they are long and have rare words, the large one seldom.',
        ),
        share.row,
        examples.row,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'Right answers by the share of the large model'),
        told.line,
        chart.element,
        h(
          'table',
          { id: 'learn-routed' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', {}, 'on'),
              h('th', {}, 'calls to the large model'),
              h('th', {}, 'right'),
            ),
          ),
          body,
        ),
        program.element,
      ),
    ),
  ];
  return { parts, ask };
}
