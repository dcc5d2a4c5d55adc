// The game: you and three policies pull the arms of the same world.
import type { Remote } from 'comlink';
import { Chart, type Line } from '../chart.js';
import { initial, remember } from '../state.js';
import { choice, code, h, latest, slider, status, whole } from '../ui.js';
import type { Learning } from './learn.worker.js';
import {
  ARMS,
  type Course,
  courseOf,
  isEvening,
  type Kind,
  POLICIES,
  ratesOf,
  rewardOf,
  type World,
} from './world.js';

/** More would make an address that is too long for some. */
const MOST_PULLS = 1000;
/** A regret after each pull would tell which arm is the best: yours is drawn so many at a time. */
const AT_ONCE = 10;
/** Points of a curve, at most. */
const POINTS = 250;

const KINDS: Record<Kind, string> = {
  visitor: 'depend on the visitor',
  same: 'are the same for all',
};
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Rounds that are drawn. */
const ROUNDS = [50, 100, 200, 500, 1000, 2000, 5000];

/** `changed` is called when the world is another one. */
export function game(worker: Remote<Learning>, changed: (world: World) => Promise<void>) {
  const told = status();
  const newest = latest(told);
  const program = code();
  const chart = new Chart({ x: 'round', y: 'regret' });
  const standings = h('p', { className: 'status' });
  let courses: Course[] = [];

  let kind: Kind = initial('learn', 'rates') === 'same' ? 'same' : 'visitor';
  let seed = Math.trunc(Number(initial('learn', 'world'))) || 1;
  // What you pulled stands in the address, a letter for each round.
  let pulls = [...(initial('learn', 'pulls') ?? '')]
    .map((letter) => ARMS.indexOf(letter as (typeof ARMS)[number]))
    .filter((arm) => arm >= 0)
    .slice(0, MOST_PULLS);
  const world = (): World => ({ kind, seed });

  const rates = choice('Rates of the arms', KINDS, (value) => {
    kind = value;
    remember('learn', 'rates', kind === 'visitor' ? undefined : kind);
    begin();
  });
  rates.select.value = kind;
  const rounds = slider({
    label: 'Rounds of the policies',
    min: 0,
    max: ROUNDS.length - 1,
    step: 1,
    at: 2,
    value: (position) => ROUNDS[position]!,
    text: whole,
    state: ['learn', 'rounds'],
    onchange: () => draw(),
  });
  const reveal = h('input', { type: 'checkbox', id: 'learn-reveal' });
  reveal.checked = initial('learn', 'reveal') === '1';
  reveal.addEventListener('change', () => {
    remember('learn', 'reveal', reveal.checked ? '1' : undefined);
    fill();
  });

  const visitor = h('p', { className: 'visitor', id: 'learn-visitor' });
  const buttons = ARMS.map((name, arm) =>
    h(
      'button',
      { type: 'button', 'aria-describedby': visitor.id, onclick: () => pull(arm) },
      `Arm ${name}`,
    ),
  );
  const head = h('tr');
  const body = h('tbody');

  function pull(arm: number): void {
    const round = pulls.length;
    if (round === MOST_PULLS) return;
    pulls.push(arm);
    remember('learn', 'pulls', pulls.map((each) => ARMS[each]).join(''));
    const won = rewardOf(world(), round, arm) === 1;
    told.say(`Round ${round + 1}: arm ${ARMS[arm]} ${won ? 'paid 1' : 'paid nothing'}.`);
    fill();
    if (pulls.length % AT_ONCE === 0) draw();
  }

  /** Another world: nothing that was pulled belongs to it. */
  function begin(): void {
    pulls = [];
    courses = [];
    remember('learn', 'pulls', undefined);
    told.say('');
    fill();
    ask();
  }

  /** The next visitor, what you know of the arms, and who has won how much by now. */
  function fill(): void {
    const here = world();
    const played = pulls.length;
    const { won } = courseOf(here, Uint8Array.from(pulls));
    for (const button of buttons) button.disabled = played === MOST_PULLS;
    visitor.textContent =
      played === MOST_PULLS
        ? `${whole(MOST_PULLS)} rounds are all there are.`
        : `Round ${played + 1}: a visitor ${isEvening(here, played) ? 'in the evening' : 'by day'}.`;
    const hidden = ratesOf(here);
    const columns = [
      { title: kind === 'same' ? 'paid' : 'by day', rates: hidden.day, evening: false },
      ...(kind === 'same'
        ? []
        : [{ title: 'in the evening', rates: hidden.evening, evening: true }]),
    ];
    head.replaceChildren(
      h('th', {}, 'arm'),
      ...columns.map(({ title }) => h('th', { className: 'number' }, title)),
    );
    body.replaceChildren(
      ...ARMS.map((name, arm) =>
        h(
          'tr',
          {},
          h('td', {}, name),
          ...columns.map(({ rates, evening }) => {
            let [tried, paid] = [0, 0];
            for (const [round, each] of pulls.entries())
              if (each === arm && (kind === 'same' || isEvening(here, round) === evening)) {
                tried++;
                paid += won[round]! - (won[round - 1] ?? 0);
              }
            const known = tried === 0 ? '–' : `${paid} of ${tried}`;
            const rate = reveal.checked ? ` (${percent(rates[arm]!)})` : '';
            return h('td', { className: 'number' }, known + rate);
          }),
        ),
      ),
    );
    const scores = courses.map((course, i) => `${POLICIES[i]} ${course.won[played - 1]}`);
    standings.textContent =
      played === 0 || scores.length === 0
        ? 'Pull an arm: the policies have played the same rounds.'
        : `Won after ${whole(played)} rounds: you ${won[played - 1]}, ${scores.join(', ')}.`;
  }

  function draw(): void {
    const shown = pulls.length - (pulls.length % AT_ONCE);
    const mine = courseOf(world(), Uint8Array.from(pulls.slice(0, shown)));
    const most = Math.max(rounds.value, shown);
    const line = (name: string, { regret }: Course): Line => {
      const length = Math.min(most, regret.length);
      const count = Math.min(POINTS, length);
      const x = Array.from({ length: count + 1 }, (_, i) =>
        count === 0 ? 0 : Math.round((i * length) / count),
      );
      return { name, x, y: x.map((round) => regret[round - 1] ?? 0) };
    };
    const lines = [line('you', mine), ...courses.map((course, i) => line(POLICIES[i]!, course))];
    const ends = lines.map(
      ({ name, x, y }) => `${name} ${y[y.length - 1]!.toFixed(1)} after ${x[x.length - 1]}`,
    );
    chart.draw(lines, `Regret by rounds: ${ends.join(', ')}.`);
  }

  async function ask(): Promise<void> {
    chart.outdate();
    const here = world();
    const judged = changed(here);
    await newest(async (signal) => {
      const found = await worker.play(here, ROUNDS.at(-1)!);
      signal.throwIfAborted();
      courses = found;
      fill();
      draw();
      program.show(`
import { load } from 'sublinear/bandit';

const { betaThompson, linUcb, ucb1 } = await load();
const arms = ['A', 'B', 'C', 'D'];
const policies = [
  betaThompson({ arms, seed: ${seed}, samples: 0 }),
  linUcb({ arms, dimension: 2, seed: ${seed} }),
  ucb1({ arms, seed: ${seed} }),
];
// pay(visitor, arm) is the world: 1 or 0.
for (const visitor of visitors)
  for (const policy of policies) {
    const context = policy.dimension === 2 ? [1, visitor.evening ? 1 : -1] : undefined;
    const { id, arm } = policy.choose(context);
    policy.reward(id, pay(visitor, arm));
  }`);
    });
    await judged;
  }

  fill();
  const parts = [
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        h('h2', {}, 'Play'),
        visitor,
        h('div', { className: 'arms', role: 'group', 'aria-label': 'Arms' }, ...buttons),
        told.line,
        h('table', { id: 'learn-arms' }, h('thead', {}, head), body),
        h(
          'div',
          { className: 'control' },
          h('label', { for: reveal.id }, 'Show the hidden rates'),
          reveal,
        ),
        rates.row,
        rounds.row,
        h(
          'div',
          { className: 'tools' },
          h('button', { type: 'button', onclick: begin }, 'Begin again'),
          h(
            'button',
            {
              type: 'button',
              onclick: () => {
                seed++;
                remember('learn', 'world', String(seed));
                begin();
              },
            },
            'Another world',
          ),
        ),
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'What was lost against the best arm of each visitor'),
        standings,
        chart.element,
        h(
          'p',
          { className: 'status' },
          `Your curve goes on every ${AT_ONCE} rounds, as a regret after each pull would tell which arm is the best. Only LinUCB is told who the visitor is.`,
        ),
        program.element,
      ),
    ),
  ];
  return { parts, ask };
}
