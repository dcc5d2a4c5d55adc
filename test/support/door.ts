// The two doors of the C core, in each variant, for tables of cases that must give the same results through all of them,
// in Node and in browsers.
import { createEngine, isSublinearError, type RoomName, type Rooms, type Variant } from 'sublinear';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relaxedSimd } from 'wasm-feature-detect';
import { canonical, hash } from './bits.js';
import { RawFailure, RawModule } from './raw.js';

/** One case of a table. `run` gives plain data: numbers, strings, booleans, arrays, typed arrays, objects of these. */
export interface Case<Door> {
  name: string;
  run: (door: Door) => unknown;
  /** Compares with values from elsewhere: a closed form, a table, an independent computation. */
  check?: (result: never) => void;
}

/** How a room is driven through each door. */
export interface RoomDoors<R extends RoomName, Door> {
  room: R;
  bundle: string;
  /** Other bundles that the raw door needs, for what comes from there. */
  besides?: string[];
  /** Other modules that a program has loaded, which bring the readers of their files. */
  loaded?: RoomName[];
  /** Name of the file of recorded hashes, when a room has more than one table. The room's name by default. */
  table?: string;
  /** Where they are more than scalar and simd. `relaxed` is left out where the engine cannot run it. */
  variants?: Variant[];
  embind: (room: Rooms[R]) => Door;
  raw: (module: RawModule, ...besides: RawModule[]) => Door;
}

const usual: Variant[] = ['scalar', 'simd'];

/** A failing call as data: what was refused, the same through both doors. */
export function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof RawFailure) && !isSublinearError(error)) throw error;
    const { code, argument, position } = error;
    const line = isSublinearError(error) ? error.line : undefined;
    const wanted = isSublinearError(error) ? error.bytesWanted : undefined;
    return {
      refused: code,
      argument: code === 'MEMORY' ? '' : argument,
      at: position ?? line ?? wanted ?? -1,
    };
  }
}

/** Bytes of a file of the built package. */
export async function distFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  // The base is a variable: Vite would take the expression for an asset to bundle.
  const here = import.meta.url;
  const url = new URL(`../../dist/${path}`, here);
  if (url.protocol !== 'file:') return new Uint8Array(await (await fetch(url)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(url));
}

/** Runs the table through every door and variant; all must agree to the bit, and with the recorded hashes. */
export function describeCases<R extends RoomName, Door>(
  {
    room,
    bundle,
    besides = [],
    loaded = [],
    table = room,
    variants = usual,
    embind,
    raw,
  }: RoomDoors<R, Door>,
  cases: readonly Case<Door>[],
): void {
  describe(`${table}: one table through both doors`, () => {
    const doors = new Map<string, Door>();
    const ends: (() => void)[] = [];
    beforeAll(async () => {
      for (const variant of variants) {
        if (variant === 'relaxed' && !(await relaxedSimd())) continue;
        const engine = await createEngine({ variant, modules: [room, ...loaded] });
        doors.set(`embind ${variant}`, embind(await engine.use(room)));
        ends.push(() => {
          for (const { rooms, bytesInUse } of engine.stats().modules)
            expect(bytesInUse, `embind ${variant} holds memory of ${rooms[0]}`).toBe(0);
          engine.dispose();
        });
        const open = async (name: string) =>
          RawModule.open(await distFile(`raw/${name}.${variant}.wasm`));
        const modules = [await open(bundle), ...(await Promise.all(besides.map(open)))] as const;
        doors.set(`raw ${variant}`, raw(...modules));
        for (const { call } of modules)
          ends.push(() =>
            expect(call.sl_abi_bytes_in_use!(), `raw ${variant} holds memory`).toBe(0),
          );
      }
    });
    afterAll(() => {
      for (const end of ends) end();
      // A browser has room for some hundred memories, and a page that runs all tables would keep every one.
      ends.length = 0;
      doors.clear();
      (globalThis as { gc?: () => void }).gc?.();
    });

    const hashes: string[] = [];
    for (const { name, run, check } of cases) {
      test(name, () => {
        let first: string | undefined;
        for (const [door, it] of doors) {
          const result = run(it);
          try {
            check?.(result as never);
          } catch (error) {
            throw Object.assign(error as Error, {
              message: `${door}: ${(error as Error).message}`,
            });
          }
          const bits = canonical(result);
          first ??= bits;
          if (bits !== first) expect(bits, `${door} differs from embind scalar`).toBe(first);
        }
        hashes.push(`${hash(first ?? '')} ${name}`);
      });
    }

    // The same bits in every engine: Node and the browsers compare with one recorded file. Its path is taken from the folder
    // of the file of tests, test/<room>/.
    test('same bits as recorded', async () => {
      if (hashes.length < cases.length) return; // some failed, or were filtered out
      await expect(`${hashes.join('\n')}\n`).toMatchFileSnapshot(`../vectors/${table}.hashes`);
    });
  });
}

/** Seeded numbers in [0, 1) (mulberry32): the same in every engine. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
