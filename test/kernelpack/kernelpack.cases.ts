// Modules through both doors: the same copies, the same refusals, and the same instruction at which fuel ends.
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';
import { counting, endless, moduleOf } from './modules.js';

interface Metered {
  wasm: Uint8Array;
  exports: string[];
  facts: number[];
}

interface KernelDoor {
  meter: (wasm: Uint8Array, pages: number, metered?: boolean) => Metered;
}

const words: Record<number, string> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };

function rawKernels(module: RawModule): KernelDoor {
  const { call } = module;
  return {
    meter: (wasm, pages, metered = true) =>
      module.with(
        [wasm, new Float64Array(8), new Uint8Array(80), new Uint32Array(4)],
        (at, facts, types, found) => {
          const handle = module.made(
            call.sl_abi_kernel_module_create!(at!, wasm.length, pages, 31, metered ? 1 : 0),
          );
          try {
            module.check(call.sl_abi_kernel_module_read!(handle, facts!));
            const numbers = module.f64(facts!, 8);
            const bytes = (from: number, count: number) =>
              new Uint8Array(module.view().buffer.slice(from, from + count));
            const exports = Array.from({ length: numbers[1]! }, (_, i) => {
              module.check(
                call.sl_abi_kernel_module_export!(
                  handle,
                  i,
                  found!,
                  found! + 4,
                  types!,
                  found! + 8,
                ),
              );
              const [name, length, taken, given] = module.u32(found!, 4);
              const own = [...bytes(types!, taken! + given!)].map((code) => words[code]);
              const title = new TextDecoder().decode(bytes(name!, length!));
              return `${title}(${own.slice(0, taken)}):${own.slice(taken)}`;
            });
            module.check(call.sl_abi_kernel_module_output!(handle, found!, found! + 4));
            const [from, count] = module.u32(found!, 2);
            const chosen = [2, 3, 5, 6, 7].map((i) => numbers[i]!);
            return { wasm: bytes(from!, count!), exports, facts: chosen };
          } finally {
            module.check(call.sl_abi_kernel_module_destroy!(handle));
          }
        },
      ),
  };
}

export const doors: RoomDoors<'kernelpack', KernelDoor> = {
  room: 'kernelpack',
  bundle: 'format',
  embind: (room) => ({
    meter(wasm, pages, metered = true) {
      const found = room.meter(wasm, { pages, metered });
      const { arena, leastPages, instructions, runs, depth } = found;
      return {
        wasm: found.wasm,
        exports: found.exports.map(
          ({ name, parameters, results }) => `${name}(${parameters}):${results}`,
        ),
        facts: [arena, leastPages, instructions, runs, depth],
      };
    },
  }),
  raw: rawKernels,
};

/** Runs f0 of a metered copy: whether it ended, the fuel that is left, and the first number in its memory. */
function run(wasm: Uint8Array, fuel: number): [string, number, number] {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm.slice()));
  const meter = exports['sublinear.fuel'] as WebAssembly.Global;
  const memory = exports.memory as WebAssembly.Memory;
  meter.value = BigInt(fuel);
  let end = 'ended';
  try {
    (exports.f0 as () => void)();
  } catch {
    end = 'stopped';
  }
  return [end, Number(meter.value), new DataView(memory.buffer).getInt32(0, true)];
}

/** A call of f1 by f0, which returns early where local 0 is not zero; memory.fill pays by its length. */
const calling = moduleOf({
  bodies: [
    [0, 0x10, 1, 0x41, 0, 0x41, 1, 0x41, 0x80, 2, 0xfc, 11, 0, 0x0b],
    [1, 1, 0x7f, 0x02, 0x40, 0x20, 0, 0x0d, 1, 0x20, 0, 0x45, 0x0d, 0, 0x0f, 0x0b, 0x0b],
  ],
});

/** What a module's instructions do, in the order in which they do it: br_table, if and else, return. */
const branching = moduleOf({
  bodies: [
    [
      ...[1, 1, 0x7f],
      ...[0x03, 0x40, 0x02, 0x40, 0x02, 0x40, 0x02, 0x40],
      ...[0x20, 0, 0x41, 3, 0x71, 0x0e, 2, 0, 1, 2, 0x0b], // br_table of local & 3
      ...[0x41, 0, 0x41, 0, 0x28, 2, 0, 0x41, 1, 0x6a, 0x36, 2, 0, 0x0c, 1, 0x0b], // memory[0] += 1
      ...[0x20, 0, 0x41, 5, 0x4a, 0x04, 0x40, 0x0f, 0x05, 0x01, 0x0b, 0x0b], // return above 5
      ...[0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41, 50, 0x48, 0x0d, 0, 0x0b, 0x0b],
    ],
  ],
});

export const cases: Case<KernelDoor>[] = [
  {
    name: 'a loop stops when its fuel ends, wherever that is',
    run: (door) => {
      const { wasm, facts } = door.meter(counting, 2);
      return [
        facts,
        [0, 1, 12, 13, 14, 1299, 1300, 1301, 99_999, 13e6 - 1, 13e6].map((fuel) => run(wasm, fuel)),
      ];
    },
    check([facts, runs]: [number[], [string, number, number][]]) {
      // Instructions of a turn: two constants and reads, a store; read, constant, add, tee; constant, compare, branch.
      expect(facts).toEqual([0, 1, 10, 3, 1]);
      const turn = 10;
      for (const [i, fuel] of [0, 1, 12, 13, 14, 1299, 1300, 1301, 99_999].entries()) {
        const turns = Math.floor(fuel / turn);
        expect(runs[i]).toEqual(['stopped', fuel - turn * (turns + 1), Math.max(0, turns - 1)]);
      }
      expect(runs.at(-1)).toEqual(['ended', 3e6, 999_999]);
    },
  },
  {
    name: 'an endless loop, calls, lengths, tables of branches',
    run: (door) => [
      run(door.meter(endless, 1).wasm, 12_345),
      Array.from({ length: 28 }, (_, fuel) => run(door.meter(calling, 1).wasm, fuel)),
      Array.from({ length: 60 }, (_, fuel) => run(door.meter(branching, 1).wasm, 3 * fuel)),
    ],
    check([loop, calls, branches]: [
      unknown,
      [string, number, number][],
      [string, number, number][],
    ]) {
      expect(loop).toEqual(['stopped', -1, 0]);
      // f0 pays 5, f1 4 and 2 of its runs, the fill 16 for 256 bytes.
      expect(calls.findIndex(([end]) => end === 'ended')).toBe(5 + 2 + 3 + 16);
      expect(branches.at(-1)?.[0]).toBe('ended');
      for (const list of [calls, branches])
        for (const [end, left] of list) expect(left < 0).toBe(end === 'stopped');
    },
  },
  {
    name: 'copies that are not metered, and exports with their types',
    run: (door) => {
      const wide = moduleOf({
        bodies: [[0, 0x20, 0, 0x0b]],
        type: [4, 0x7f, 0x7e, 0x7d, 0x7c, 1, 0x7f],
      });
      const { wasm, exports } = door.meter(wide, 3, false);
      const memory = new WebAssembly.Instance(new WebAssembly.Module(wasm.slice())).exports
        .memory as WebAssembly.Memory;
      return [exports, memory.buffer.byteLength, wasm, door.meter(wide, 3).wasm];
    },
    check([exports, bytes]: [string[], number]) {
      expect(exports).toEqual(['f0(i32,i64,f32,f64):i32']);
      expect(bytes).toBe(3 * 65_536);
    },
  },
  {
    name: 'refuses what could leave, what engines do differently, and what is no module',
    run: (door) => {
      const bodies = [[0, 0x0b]];
      const refused = (sections: Record<number, number[]>) =>
        attempt(() => door.meter(moduleOf({ bodies, sections }), 1));
      return [
        refused({ 2: [0] }),
        refused({ 8: [0] }),
        refused({ 9: [0] }),
        refused({ 5: [1, 0, 2] }),
        refused({ 5: [2, 0, 1, 0, 1] }),
        attempt(() => door.meter(moduleOf({ bodies: [[0, 0x10, 0, 0x0b]] }), 1)),
        attempt(() => door.meter(moduleOf({ bodies: [[0, 0x23, 0, 0x1a, 0x0b]] }), 1)),
        attempt(() => door.meter(moduleOf({ bodies: [[0, 0xfe, 3, 0, 0x0b]] }), 1)),
        attempt(() => door.meter(endless, 0)),
        attempt(() => door.meter(endless.slice(0, 20), 1)),
        attempt(() => door.meter(new Uint8Array(0), 1)),
      ];
    },
    check(result: { refused: string; argument: string }[]) {
      expect(result.map(({ refused, argument }) => `${refused} ${argument}`)).toEqual([
        ...Array(3).fill('FORMAT bytes'),
        'OPTION pages',
        'FORMAT bytes',
        'UNSUPPORTED bytes',
        'FORMAT bytes',
        'UNSUPPORTED bytes',
        'OPTION pages',
        'TRUNCATED bytes',
        'TRUNCATED bytes',
      ]);
    },
  },
  {
    name: 'changed modules: both doors refuse the same, and an engine takes or refuses what is left',
    run: (door) => {
      const next = random(5);
      const found: unknown[] = [];
      for (let round = 0; round < 300; round++) {
        const wasm = [branching, calling, counting][round % 3]!.slice();
        for (let i = 0; i <= round % 3; i++)
          wasm[8 + Math.floor(next() * (wasm.length - 8))] = Math.floor(next() * 256);
        const result = attempt(() => door.meter(wasm, 2)) as Partial<Metered>;
        if (result.wasm === undefined) found.push(result);
        else
          found.push(
            WebAssembly.validate(result.wasm.slice()) ? run(result.wasm, 5000) : 'invalid',
          );
      }
      return found;
    },
    check(result: unknown[]) {
      expect(result.filter((each) => Array.isArray(each)).length).toBeGreaterThan(5);
      expect(result.filter((each) => each === 'invalid').length).toBeGreaterThan(5);
    },
  },
];
