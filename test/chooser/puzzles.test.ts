// Calendar puzzles: find a day within a window that satisfies constraints. Three ways lead to it, each cheap for other puzzles,
// and a chooser learns which one to take. Seeded and solvable: each is made around a day that is its answer.
import { createEngine } from 'sublinear';
import type { Constraint } from 'sublinear/dates';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../support/door.js';

const open = () => createEngine({ modules: ['dates', 'chooser'] });

const FIRST = '2000-01-01';
const LAST = '2039-12-31';
const SEEDS = 100;
const [TAUGHT, ASKED] = [160, 80];

/** A constraint with its days, counted from FIRST. */
interface Known {
  constraint: Constraint;
  days: Int32Array;
  has: Uint8Array;
}

interface Puzzle {
  known: Known[];
  from: number;
  to: number;
}

let engine: Awaited<ReturnType<typeof open>>;
let pool: Known[];
let total: number;
let origin: number;

beforeAll(async () => {
  engine = await open();
  const { DateSet, searchDates } = engine.dates;
  const all = DateSet.range(FIRST, LAST);
  origin = all.dayNumbers(FIRST, LAST)[0]!;
  total = all.size;
  all.dispose();
  const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
  const constraints: Constraint[] = [
    ...weekdays.map((weekday) => ({ weekday })),
    ...weekdays.map((weekday) => ({ nth: { n: 2, weekday } })),
    ...Array.from({ length: 12 }, (_, i) => ({ month: i + 1 })),
    ...[1, 13, 29, 31].map((day) => ({ rule: `FREQ=MONTHLY;BYMONTHDAY=${day}` })),
    ...weekdays.map((weekday) => ({ not: { weekday } })),
    { rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29' },
  ];
  pool = constraints.map((constraint) => {
    const found = searchDates([constraint], { from: FIRST, to: LAST });
    const days = Int32Array.from(found.days.dayNumbers(FIRST, LAST), (day) => day - origin);
    found.dispose();
    const has = new Uint8Array(total);
    for (const day of days) has[day] = 1;
    return { constraint, days, has };
  });
});
afterAll(() => engine.dispose());

function puzzle(next: () => number): Puzzle {
  const answer = Math.floor(next() * total);
  const fitting = pool.filter(({ has }) => has[answer] === 1);
  const known = Array.from(
    { length: 1 + Math.floor(next() * 3) },
    () => fitting[Math.floor(next() * fitting.length)]!,
  );
  const width = Math.floor(2 ** (2 + 11 * next()));
  const from = Math.max(0, answer - Math.floor(next() * width));
  return { known, from, to: Math.max(answer, Math.min(total - 1, from + width)) };
}

const size = ({ days }: Known) => days.length;

/** What each way finds, and what it costs: days looked at, constraints asked, words of a set read. */
const ways: Record<string, (puzzle: Puzzle) => { day: number; cost: number }> = {
  // Day after day.
  scan({ known, from, to }) {
    let cost = 0;
    for (let day = from; day <= to; day++) {
      cost += 1;
      if (known.every(({ has }) => ++cost && has[day] === 1)) return { day, cost };
    }
    return { day: -1, cost };
  },
  // The days of the rarest constraint, found by bisection.
  rarest({ known, from, to }) {
    const [first, ...rest] = [...known].sort((a, b) => size(a) - size(b)) as [Known, ...Known[]];
    let [cost, low, high] = [30, 0, first.days.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (first.days[middle]! < from) low = middle + 1;
      else high = middle;
      cost++;
    }
    for (let k = low; k < first.days.length && first.days[k]! <= to; k++) {
      const day = first.days[k]!;
      cost += 2;
      if (rest.every(({ has }) => ++cost && has[day] === 1)) return { day, cost };
    }
    return { day: -1, cost };
  },
  // All sets at once, 32 days a word.
  sets({ known, from, to }) {
    const cost = 20 + known.length * Math.ceil((to - from + 1) / 32);
    for (let day = from; day <= to; day++)
      if (known.every(({ has }) => has[day] === 1)) return { day, cost };
    return { day: -1, cost };
  },
};
const methods = Object.keys(ways);

test('on each of 100 seeds all puzzles are solved, for less than by an even choice', () => {
  const { searchDates } = engine.dates;
  const iso = (day: number) => new Date((day + origin) * 86_400_000).toISOString().slice(0, 10);
  let passed = 0;
  let [paid, even, best] = [0, 0, 0];
  for (let seed = 0; seed < SEEDS; seed++) {
    const next = random(1000 + seed);
    const chooser = engine.chooser.Chooser.create({
      methods,
      features: ['width', 'constraints', 'rarest', 'share'],
      timeout: 1e5,
      cost: 'work',
      seed,
    });
    let [learnt, uniform, solved] = [0, 0, 0];
    for (let k = 0; k < TAUGHT + ASKED; k++) {
      const it = puzzle(next);
      const features = {
        width: it.to - it.from + 1,
        constraints: it.known.length,
        rarest: Math.min(...it.known.map(size)) / total,
        share: it.known.reduce((product, known) => (product * size(known)) / total, 1),
      };
      const { id, method } = chooser.choose(features, { explore: k < TAUGHT });
      const { day, cost } = ways[method]!(it);
      chooser.report(id, method, { cost, solved: day >= 0 });
      if (k < TAUGHT) continue;
      // The answer is one of those that the search of the module has, in the last puzzles of each seed.
      const isDay = it.known.every(({ has }) => has[day] === 1) && day >= it.from && day <= it.to;
      solved += Number(isDay);
      if (k === TAUGHT) {
        const constraints = it.known.map(({ constraint }) => constraint);
        const found = searchDates(constraints, { from: iso(it.from), to: iso(it.to) });
        expect(found.days.has(iso(day))).toBe(true);
        found.dispose();
      }
      const costs = methods.map((name) => ways[name]!(it).cost);
      learnt += cost;
      uniform += costs.reduce((sum, each) => sum + each / costs.length, 0);
      best += Math.min(...costs);
    }
    chooser.dispose();
    paid += learnt;
    even += uniform;
    passed += Number(solved === ASKED && learnt < uniform);
  }
  expect(passed).toBe(SEEDS);
  // Most of what there is to gain.
  expect((even - paid) / (even - best)).toBeGreaterThan(0.8);
});
