// Off-policy evaluation beside the truth, which is known here.
import type { Remote } from 'comlink';
import type { Estimate } from 'sublinear/bandit';
import { initial, remember } from '../state.js';
import { choice, code, h, latest, slider, small, status, whole } from '../ui.js';
import type { Judged, Learning, TargetName } from './learn.worker.js';
import type { World } from './world.js';

const TARGETS: Record<TargetName, string> = {
  linUcb: 'LinUCB after 1,000 rounds',
  uniform: 'any arm, with the same probability',
  A: 'always arm A',
  B: 'always arm B',
  C: 'always arm C',
  D: 'always arm D',
};
const NAMES: Record<string, string> = { ips: 'IPS', snips: 'SNIPS', dr: 'DR' };

/** A mean weight below this: much of what the target does was hardly tried. */
const COVERED = 0.8;

export function judgement(worker: Remote<Learning>) {
  const told = status();
  const newest = latest(told);
  const program = code();
  const body = h('tbody');
  const facts = h('dl', { className: 'facts' });
  let asked: World | undefined;
  let running: Promise<Judged> | undefined;

  const given = initial('learn', 'target') ?? '';
  let name: TargetName = given in TARGETS ? (given as TargetName) : 'linUcb';
  const target = choice('Policy in question', TARGETS, (value) => {
    name = value;
    remember('learn', 'target', name === 'linUcb' ? undefined : name);
    again();
  });
  target.select.value = name;
  const epsilon = slider({
    label: 'Exploration of the log (epsilon)',
    min: 0,
    max: 1,
    step: 0.02,
    at: 0.2,
    state: ['learn', 'epsilon'],
    onchange: () => again(),
  });

  const rounds = slider({
    label: 'Rows of the log',
    min: 100,
    max: 5000,
    step: 100,
    at: 1000,
    text: whole,
    state: ['learn', 'rows'],
    onchange: () => again(),
  });

  const again = () => asked && ask(asked);

  /** A row of the table: an estimate, its interval as numbers and as a bar with the truth as a line. */
  function row({ method, value, interval }: Estimate, truth: number): HTMLTableRowElement {
    const number = (text: string) => h('td', { className: 'number' }, text);
    if (value === null || interval === null)
      return h(
        'tr',
        {},
        h('td', {}, NAMES[method]!),
        number('refused'),
        number('–'),
        h('td', { className: 'wide' }),
      );
    const bar = h('span', { className: 'interval', 'aria-hidden': 'true' });
    const place = (rate: number) => `${100 * Math.min(1, Math.max(0, rate))}%`;
    const [low, high] = interval;
    const known = h('span', { className: 'known' });
    known.style.left = place(low);
    known.style.right = place(1 - high);
    const line = h('span', { className: 'truth' });
    line.style.left = place(truth);
    bar.append(known, line);
    return h(
      'tr',
      {},
      h('td', {}, NAMES[method]!),
      number(value.toFixed(3)),
      number(`${low.toFixed(3)} to ${high.toFixed(3)}`),
      h('td', { className: 'wide' }, bar),
    );
  }

  /** In words, what the numbers allow to say. */
  function verdict({ estimates, rows, truth }: Judged): string {
    const { refused, ess, support } = estimates[0]!;
    if (refused)
      return `Refused: ${whole(rows)} rows are worth ${ess.toFixed(0)} choices of this policy, and below 30 they say too little about it, whatever the method. Explore more, or log more rounds.`;
    if (support < COVERED)
      return `The mean weight is ${support.toFixed(2)}, far from 1: the log hardly tried some of what this policy does, and no interval covers that.`;
    const right = estimates.filter(
      ({ interval }) => interval && interval[0] <= truth && truth <= interval[1],
    );
    const which = right.map(({ method }) => NAMES[method]).join(', ');
    return `The truth is in the interval of ${right.length === 0 ? 'none' : which}; it is in about 95 of 100 worlds, and in a few less where the effective sample size is small.`;
  }

  async function ask(world: World): Promise<void> {
    asked = world;
    await newest(async (signal) => {
      // One at a time: what a slider leaves behind on its way would be worked off before the last one.
      await running?.catch(() => {});
      signal.throwIfAborted();
      running = worker.judge(world, rounds.value, epsilon.value, name);
      const found = await running;
      signal.throwIfAborted();
      const { estimates, truth } = found;
      const { ess, maxWeight, support } = estimates[0]!;
      body.replaceChildren(...estimates.map((estimate) => row(estimate, truth)));
      const fact = (title: string, value: string) => [h('dt', {}, title), h('dd', {}, value)];
      facts.replaceChildren(
        ...fact('truth', truth.toFixed(3)),
        ...fact('effective sample size', whole(Math.round(ess))),
        ...fact('largest weight', small(maxWeight)),
        ...fact('mean weight', support.toFixed(2)),
      );
      told.say(verdict(found));
      const policy =
        { linUcb: 'linear', uniform: "'uniform'" }[name as string] ?? `() => '${name}'`;
      program.show(`
import { load } from 'sublinear/bandit';

const { epsilonGreedy, evaluate${name === 'linUcb' ? ', linUcb' : ''} } = await load();
const arms = ['A', 'B', 'C', 'D'];
const logging = epsilonGreedy({ arms, dimension: 2, epsilon: ${epsilon.value}, seed: ${world.seed} });
const log = [];
for (const visitor of visitors) { // ${whole(rounds.value)} of them
  const context = [1, visitor.evening ? 1 : -1];
  const { id, arm, propensity } = logging.choose(context);
  const reward = pay(visitor, arm);
  logging.reward(id, reward);
  log.push({ action: arm, reward, propensity, context });
}${
        name === 'linUcb'
          ? `
const linear = linUcb({ arms, dimension: 2, seed: ${world.seed} }); // ... has played as above`
          : ''
      }
const { estimates } = evaluate(log, ${policy}, { arms, methods: ['ips', 'snips', 'dr'] });
console.table(estimates);`);
    });
  }

  const parts = [
    h(
      'div',
      { className: 'side' },
      h(
        'div',
        { className: 'card side' },
        h('h2', {}, 'Ask a log'),
        h(
          'p',
          { className: 'status' },
          'An epsilon-greedy policy goes on in this world, and logs the probability of each choice. What would another policy have earned?',
        ),
        epsilon.row,
        rounds.row,
        target.row,
        facts,
      ),
    ),
    h(
      'div',
      { className: 'stage' },
      h(
        'div',
        { className: 'card' },
        h('h2', {}, 'Rewards a round of the policy in question'),
        told.line,
        h(
          'table',
          { id: 'learn-estimates' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', {}, 'method'),
              h('th', { className: 'number' }, 'estimate'),
              h('th', { className: 'number' }, 'interval, 95 %'),
              h('th', { className: 'wide' }, '0 to 1, with the truth as a line'),
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
