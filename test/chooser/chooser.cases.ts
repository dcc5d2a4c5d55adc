// Choosers through both doors: the same decisions, draws, trees and files in every build.
import type { Chooser } from 'sublinear/chooser';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

const POLICIES = ['thompson', 'nearest', 'forest'] as const;
type Policy = (typeof POLICIES)[number];

interface Made {
  methods: number;
  features: number;
  policy: Policy;
  timeout?: number;
  capacity?: number;
  maxRisk?: number;
  seed?: number;
}

interface Asked {
  explore?: boolean;
  schedule?: boolean;
  eligible?: number[];
}

type Ending = 'solved' | 'failed' | 'censored';

interface Answer {
  method: number;
  id: number;
  safe: boolean;
  schedule: number[];
  scores: number[][];
}

/** Choosers are opaque tokens, methods are numbers. */
interface ChooserDoor {
  make: (options: Made) => unknown;
  choose: (chooser: unknown, row: number[], asked?: Asked) => Answer;
  report: (
    chooser: unknown,
    task: number | number[],
    method: number,
    cost: number,
    ending?: Ending,
  ) => void;
  teach: (
    chooser: unknown,
    rows: number[][],
    methods: number[],
    costs: number[],
    endings: Ending[],
  ) => void;
  compile: (chooser: unknown, depth: number, least: number) => number[][];
  checkpoint: (chooser: unknown) => void;
  save: (chooser: unknown) => Uint8Array;
  load: (bytes: Uint8Array) => unknown;
  free: (...choosers: unknown[]) => void;
}

const name = (i: number) => `m${i}`;
const number = (method: string) => Number(method.slice(1));
const ENDINGS = ['solved', 'failed', 'censored'] as const;

const label = (methods: number, features: number) =>
  new TextEncoder().encode(
    JSON.stringify({
      methods: Array.from({ length: methods }, (_, i) => name(i)),
      features,
      cost: 'work',
    }),
  );

export const doors: RoomDoors<'chooser', ChooserDoor> = {
  room: 'chooser',
  bundle: 'chooser',
  embind: (room) => {
    const c = (token: unknown) => token as Chooser;
    return {
      make: ({ methods, ...options }) =>
        room.Chooser.create({
          timeout: 1000,
          capacity: 64,
          trees: 5,
          cost: 'work',
          ...options,
          methods: Array.from({ length: methods }, (_, i) => name(i)),
        }),
      choose(token, row, { eligible, ...asked } = {}) {
        const given = {
          explore: false,
          ...asked,
          ...(eligible && { eligible: eligible.map(name) }),
        };
        const { method, id, safe, schedule, scores } = c(token).choose(row, given);
        return {
          method: number(method),
          id,
          safe,
          schedule: asked.schedule ? schedule.flatMap(([m, budget]) => [number(m), budget]) : [],
          scores: scores.map(({ predicted, risk, drawn, runs }) => [predicted, risk, drawn, runs]),
        };
      },
      report: (token, task, method, cost, ending = 'solved') =>
        c(token).report(task, name(method), {
          cost,
          solved: ending === 'solved',
          censored: ending === 'censored',
        }),
      teach(token, rows, methods, costs, endings) {
        const width = c(token).methods.length;
        const spread = <T>(fill: T, of: (k: number) => T) =>
          rows.map((_, k) =>
            Array.from({ length: width }, (_, m) => (m === methods[k] ? of(k) : fill)),
          );
        c(token).fit({
          features: rows,
          costs: spread(Number.NaN, (k) => costs[k]!),
          solved: spread(true, (k) => endings[k] === 'solved'),
          censored: spread(false, (k) => endings[k] === 'censored'),
        });
      },
      compile: (token, depth, minTasks) =>
        c(token)
          .compile({ depth, minTasks })
          .nodes.map((node) =>
            'method' in node
              ? [-1, 0, 0, 0, 0, ...node.costs]
              : [node.feature, node.atMost, Number(node.missing === 'left'), node.left, node.right],
          ),
      checkpoint: (token) => c(token).checkpoint(),
      save: (token) => c(token).save(),
      load: (bytes) => room.Chooser.load(bytes),
      free: (...tokens) => {
        for (const token of tokens) c(token).dispose();
      },
    };
  },
  raw: rawChooser,
};

function rawChooser(module: RawModule): ChooserDoor {
  const { call } = module;
  const facts = (handle: number) => {
    const at = module.alloc(160);
    module.check(call.sl_abi_chooser_facts!(handle, at));
    const found = module.f64(at, 20);
    call.sl_abi_free!(at);
    return found;
  };
  const run = (handle: number) => {
    const out = module.alloc(4);
    do module.check(call.sl_abi_job_step!(handle, 1000, out));
    while (module.u32(out, 1)[0] === 9);
    call.sl_abi_free!(out);
  };
  return {
    make({ methods, features, policy, timeout = 1000, capacity = 64, maxRisk = 1, seed = 1 }) {
      const which = POLICIES.indexOf(policy);
      const list = [methods, features, which, seed, timeout, 10, capacity, 10, 5, maxRisk, 0.95, 6];
      const names = label(methods, features);
      return module.with([Float64Array.from(list), names], (options, at) =>
        module.made(call.sl_abi_chooser_create!(options!, at!, names.length)),
      );
    },
    choose(token, row, { explore = false, schedule = false, eligible } = {}) {
      const methods = facts(token as number)[0]!;
      const fits = Uint8Array.from({ length: methods }, (_, i) =>
        Number(eligible?.includes(i) ?? 1),
      );
      const numbers = new Float64Array(12 + 4 * methods);
      return module.with([Float64Array.from(row), fits, numbers], (features, at, out) => {
        const how = Number(explore) + 2 + 4 * Number(schedule);
        module.check(call.sl_abi_chooser_choose!(token as number, features!, at!, how, out!));
        const found = Array.from(module.f64(out!, numbers.length));
        const from = 4 + 4 * methods;
        return {
          method: found[0]!,
          id: found[1]!,
          safe: found[2] === 1,
          schedule: found.slice(from, from + 2 * found[3]!),
          scores: Array.from({ length: methods }, (_, i) => found.slice(4 + 4 * i, 8 + 4 * i)),
        };
      });
    },
    report(token, task, method, cost, ending = 'solved') {
      const [id, row] = typeof task === 'number' ? [task, []] : [0, task];
      module.with([Float64Array.from(row)], (at) =>
        module.check(
          call.sl_abi_chooser_report!(
            token as number,
            id,
            at!,
            method,
            cost,
            ENDINGS.indexOf(ending),
          ),
        ),
      );
    },
    teach(token, rows, methods, costs, endings) {
      const arrays = [
        Float64Array.from(rows.flat()),
        Uint32Array.from(methods),
        Float64Array.from(costs),
        Uint32Array.from(endings, (ending) => ENDINGS.indexOf(ending)),
      ];
      module.with(arrays, (features, numbers, paid, ends) =>
        module.check(
          call.sl_abi_chooser_begin_fit!(
            token as number,
            rows.length,
            features!,
            numbers!,
            paid!,
            ends!,
          ),
        ),
      );
      run(token as number);
    },
    compile(token, depth, least) {
      const handle = token as number;
      const methods = facts(handle)[0]!;
      module.check(call.sl_abi_chooser_begin_compile!(handle, depth, least));
      run(handle);
      return module.with([new Float64Array(4)], (at) => {
        module.check(call.sl_abi_chooser_read_compiled!(handle, at!));
        const [count, address] = module.f64(at!, 2);
        const width = 5 + methods;
        return Array.from({ length: count! }, (_, i) => {
          const node = Array.from(module.f64(address! + 8 * width * i, width));
          return node[0]! < 0 ? [-1, 0, 0, 0, 0, ...node.slice(5)] : node.slice(0, 5);
        });
      });
    },
    checkpoint: (token) => module.check(call.sl_abi_chooser_checkpoint!(token as number)),
    save(token) {
      const writer = module.made(call.sl_abi_chooser_save!(token as number));
      const [size, written] = [module.alloc(8), module.alloc(4)];
      module.check(call.sl_abi_writer_size!(writer, size));
      const length = module.f64(size, 1)[0]!;
      const at = module.alloc(length);
      module.check(call.sl_abi_writer_next!(writer, at, length, written));
      const bytes = new Uint8Array(module.view().buffer.slice(at, at + length));
      for (const each of [size, written, at]) call.sl_abi_free!(each);
      module.check(call.sl_abi_writer_destroy!(writer));
      return bytes;
    },
    load(bytes) {
      const kind = new DataView(new TextEncoder().encode('CHSR').buffer).getUint32(0, true);
      const reader = module.made(call.sl_abi_reader_create!(kind, bytes.length));
      try {
        module.with([bytes], (at) =>
          module.check(call.sl_abi_reader_feed!(reader, at!, bytes.length)),
        );
        return module.made(call.sl_abi_chooser_load!(reader));
      } finally {
        module.check(call.sl_abi_reader_destroy!(reader));
      }
    },
    free(...tokens) {
      for (const token of tokens) module.check(call.sl_abi_chooser_destroy!(token as number));
    },
  };
}

/** Costs of three methods by one feature of two: the first is best below 0.5, the second above. */
const costs = (x: number, noise: () => number) =>
  [x < 0.5 ? 2 : 40, x < 0.5 ? 30 : 4, 25].map((cost) => cost * (1 + noise()));

const learning: Case<ChooserDoor>[] = POLICIES.map((policy, p) => ({
  name: `${policy}: 200 decisions and their reports`,
  run({ make, choose, report, free }) {
    const next = random(40 + p);
    const chooser = make({ methods: 3, features: 2, policy });
    const chosen: number[] = [];
    let last: Answer | undefined;
    for (let i = 0; i < 200; i++) {
      const x = next();
      const all = costs(x, next);
      last = choose(chooser, [x, i % 7 === 0 ? Number.NaN : i % 5], { explore: true });
      chosen.push(last.method);
      const ending =
        i % 11 === 10 ? 'censored' : last.method === 2 && i % 3 === 0 ? 'failed' : 'solved';
      report(chooser, last.id, last.method, all[last.method]!, ending);
    }
    const greedy = Array.from({ length: 40 }, (_, i) => choose(chooser, [i / 40, 1]).method);
    free(chooser);
    return { chosen, last, greedy };
  },
  check({ greedy }: { greedy: number[] }) {
    const right = greedy.filter((method, i) => method === (i < 20 ? 0 : 1)).length;
    expect(right).toBeGreaterThanOrEqual(34);
  },
}));

const tables: Case<ChooserDoor>[] = POLICIES.map((policy, p) => ({
  name: `${policy}: a table, a schedule, a tree, a file`,
  run({ make, teach, choose, compile, save, load, checkpoint, free }) {
    const next = random(50 + p);
    const chooser = make({ methods: 3, features: 2, policy, maxRisk: 0.5 });
    const rows: number[][] = [];
    const [methods, paid, endings]: [number[], number[], Ending[]] = [[], [], []];
    for (let i = 0; i < 120; i++) {
      const x = next();
      const m = i % 3;
      rows.push([x, Math.floor(next() * 4)]);
      methods.push(m);
      paid.push(costs(x, next)[m]!);
      endings.push(m === 2 && i % 2 === 0 ? 'failed' : i % 10 === 9 ? 'censored' : 'solved');
    }
    teach(chooser, rows, methods, paid, endings);
    checkpoint(chooser);
    const answers = [0.1, 0.4, 0.6, 0.9].map((x) => choose(chooser, [x, 2], { schedule: true }));
    const eligible = choose(chooser, [0.1, 2], { eligible: [1, 2] }).method;
    const nodes = compile(chooser, 3, 5);
    const bytes = save(chooser);
    const again = load(bytes);
    const same = save(again);
    const drawn = [0.2, 0.8].map((x) => choose(again, [x, 1], { explore: true }));
    free(chooser, again);
    return {
      answers,
      eligible,
      nodes,
      bytes,
      equal: same.every((byte, i) => byte === bytes[i]),
      drawn,
    };
  },
  check({ answers, eligible, equal }: { answers: Answer[]; eligible: number; equal: boolean }) {
    expect(answers.map(({ method }) => method)).toEqual([0, 0, 1, 1]);
    expect([eligible, equal]).toEqual([1, true]);
  },
}));

const refusals: Case<ChooserDoor> = {
  name: 'what is wrong is refused, and changes nothing',
  run({ make, choose, report, compile, load, free }) {
    const chooser = make({ methods: 2, features: 1, policy: 'forest' });
    const found = [
      attempt(() => make({ methods: 2, features: 1, policy: 'forest', timeout: 0 })),
      attempt(() => make({ methods: 2, features: 1, policy: 'forest', capacity: 7 })),
      attempt(() => make({ methods: 2, features: 1, policy: 'forest', maxRisk: 2 })),
      attempt(() => choose(chooser, [1], { eligible: [] })),
      attempt(() => report(chooser, [1], 0, -1)),
      attempt(() => report(chooser, [1], 0, Number.POSITIVE_INFINITY)),
      attempt(() => report(chooser, 1000, 0, 1)),
      attempt(() => compile(chooser, 3, 1)),
      attempt(() => load(new Uint8Array(40))),
    ];
    const { scores } = choose(chooser, [1]);
    free(chooser);
    return { found, scores };
  },
  check({ scores }: { scores: number[][] }) {
    for (const [predicted, , , runs] of scores) expect([predicted, runs]).toEqual([Infinity, 0]);
  },
};

export const cases: Case<ChooserDoor>[] = [...learning, ...tables, refusals];
