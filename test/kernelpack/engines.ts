// The same kernels with the same fuel in several WebAssembly engines: where does each stop? Engines are programs of this machine; what is
// not there is left out. Each runs one script that needs nothing but WebAssembly, or a C program of what wasm2c makes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { load } from 'sublinear/kernelpack';
import { chromiumFlags, chromiumProgram } from '../support/chromium.js';
import { counting } from './modules.js';

/** A kernel with its arguments, and the budgets that it is run with, each in a new instance. */
interface Run {
  readonly kernel: string;
  readonly arguments: readonly number[];
  readonly fuel: readonly number[];
}

/** A metered module. */
interface Program {
  readonly name: string;
  readonly wasm: Uint8Array;
  /** wasm2c of Debian 12 knows no 128-bit vectors. */
  readonly vectors: boolean;
  readonly runs: readonly Run[];
}

/** Budgets that end somewhere within, and one that does not. */
const fuel = [0, 1, 99, 1000, 12_345, 10_000_000];
/** Numbers are put into memory from here on; behind the stack of the kernels. */
const [FIRST, END] = [32_768, 65_536];

export async function programs(): Promise<Program[]> {
  const { meter } = await load();
  const file = (name: string) => new Uint8Array(readFileSync(`examples/kernels/${name}.wasm`));
  const at = (i: number) => FIRST + 4096 * i;
  return [
    {
      name: 'counting',
      wasm: meter(counting, { pages: 1 }).wasm,
      vectors: false,
      runs: [{ kernel: 'f0', arguments: [], fuel: [0, 1, 99, 1000, 123_456, 100_000_000] }],
    },
    {
      name: 'nearest',
      wasm: meter(file('nearest'), { pages: 4 }).wasm,
      vectors: false,
      runs: [{ kernel: 'nearest', arguments: [at(0), at(1), at(6), at(7), 100, 8, 5], fuel }],
    },
    {
      name: 'kernels',
      wasm: meter(file('kernels'), { pages: 4 }).wasm,
      vectors: true,
      runs: [
        { kernel: 'rope', arguments: [at(0), at(2), 5, 4, 6], fuel },
        { kernel: 'rmsnorm', arguments: [at(0), at(2), at(4), 9, 37, 1e-6], fuel },
        { kernel: 'swiglu', arguments: [at(0), at(2), at(4), 333], fuel },
        {
          kernel: 'lora',
          arguments: [at(0), at(1), at(2), at(3), at(4), 7, 33, 21, 4, 0.5],
          fuel,
        },
      ],
    },
  ];
}

/** What an engine says of each run: how it ended, the fuel that is left, and a hash (FNV-1a) of all memory. */
export type Stops = Record<string, string>;

/** Runs in any JavaScript engine: no module, no library. */
function everywhere(programs: readonly Program[], first: number, end: number): string {
  const lines: string[] = [];
  for (const { name, wasm, runs } of programs) {
    const module = new WebAssembly.Module(new Uint8Array(wasm));
    for (const { kernel, arguments: given, fuel } of runs)
      for (const budget of fuel) {
        const { exports } = new WebAssembly.Instance(module, {});
        const memory = exports.memory as WebAssembly.Memory;
        const meter = exports['sublinear.fuel'] as WebAssembly.Global;
        const call = exports[kernel] as (...numbers: readonly number[]) => unknown;
        const numbers = new Float32Array(memory.buffer, first, (end - first) / 4);
        for (let i = 0; i < numbers.length; i++) numbers[i] = ((i * 7919) % 2003) / 1001.5 - 1;
        meter.value = BigInt(budget);
        let how = 'ended';
        try {
          call(...given);
        } catch {
          how = 'stopped';
        }
        let hash = 0x811c9dc5;
        for (const byte of new Uint8Array(memory.buffer))
          hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
        lines.push(`${name}.${kernel} ${budget}: ${how}, ${meter.value} left, memory ${hash}`);
      }
  }
  return lines.join('\n');
}

function scriptOf(all: readonly Program[]): string {
  const plain = all.map((program) => ({ ...program, wasm: [...program.wasm] }));
  // tsx names functions with a helper that is not there elsewhere.
  return `globalThis.__name ??= (f) => f;
const said = (${everywhere})(${JSON.stringify(plain)}, ${FIRST}, ${END});
if (typeof document === 'object') document.body.textContent = said;
else (typeof print === 'function' ? print : console.log)(said); // the console of gjs is its error output
`;
}

/** The same in C, for modules that wasm2c has translated: each access is checked against the size of memory. */
function hostOf({ name, runs }: Program): string {
  const calls = runs.flatMap(({ kernel, arguments: given, fuel }) =>
    fuel.map((budget) => {
      const listed = ['&it', ...given].join(', ');
      return `  begin(${budget});
  if (setjmp(trap) == 0) { Z_pZ_${kernel}(${listed}); end("${name}.${kernel}", ${budget}, "ended"); }
  else end("${name}.${kernel}", ${budget}, "stopped");`;
    }),
  );
  return `#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "p.h"
static Z_p_instance_t it;
static jmp_buf trap;
void wasm_rt_trap(wasm_rt_trap_t code) { longjmp(trap, (int)code + 1); }
bool wasm_rt_is_initialized(void) { return true; }
uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) { return parameters + results + 1; }
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most) {
  memory->data = calloc(pages, 65536);
  memory->pages = pages;
  memory->max_pages = most;
  memory->size = pages * 65536u;
}
void wasm_rt_free_memory(wasm_rt_memory_t *memory) { free(memory->data); }
static void begin(long long fuel) {
  memset(&it, 0, sizeof it);
  Z_p_instantiate(&it);
  for (uint32_t i = 0; i < ${(END - FIRST) / 4}; i++) {
    const float number = (float)((i * 7919 % 2003) / 1001.5 - 1);
    memcpy(Z_pZ_memory(&it)->data + ${FIRST} + 4 * i, &number, 4);
  }
  *Z_pZ_sublinearZ2Efuel(&it) = (u64)fuel;
}
static void end(const char *name, long long fuel, const char *how) {
  uint32_t hash = 0x811c9dc5;
  for (uint32_t i = 0; i < Z_pZ_memory(&it)->size; i++) hash = (hash ^ Z_pZ_memory(&it)->data[i]) * 0x01000193;
  printf("%s %lld: %s, %lld left, memory %u\\n", name, fuel, how, (long long)*Z_pZ_sublinearZ2Efuel(&it), hash);
  free(Z_pZ_memory(&it)->data);
}
int main(void) {
  Z_p_init_module();
${calls.join('\n')}
  return 0;
}
`;
}

export interface Engine {
  /** Whose compiler it is: engines of one family are not counted twice. */
  readonly family: 'V8' | 'SpiderMonkey' | 'JavaScriptCore' | 'wasm2c';
  readonly name: string;
  /** What it says; undefined: it is not on this machine. */
  readonly run: (all: readonly Program[], folder: string) => string | undefined;
}

function said(program: string, words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

/** The first that is there, of programs by name or path. */
function found(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .flatMap((name) => (name.includes('/') ? [name] : folders.map((path) => join(path, name))))
    .find((path) => existsSync(path));
}

/** Programs that Debian puts beside a library. */
function besideLibraries(name: string): string[] {
  const top = '/usr/lib';
  return readdirSync(top)
    .filter((folder) => folder.endsWith('-linux-gnu'))
    .flatMap((folder) =>
      readdirSync(join(top, folder))
        .filter((each) => /^webkit|^javascriptcoregtk/.test(each))
        .map((each) => join(top, folder, each, name)),
    );
}

function ofScript(
  family: Engine['family'],
  name: string,
  program: () => string | undefined,
  words: readonly string[] = [],
): Engine {
  return {
    family,
    name,
    run(all, folder) {
      const path = program();
      if (path === undefined) return undefined;
      const script = join(folder, 'script.js');
      writeFileSync(script, scriptOf(all));
      return said(path, [...words, script]);
    },
  };
}

const node = () => process.execPath;

export const engines: readonly Engine[] = [
  ofScript('V8', 'Node', node),
  ofScript('V8', 'Node, baseline code', node, ['--liftoff', '--no-wasm-tier-up']),
  ofScript('V8', 'Node, optimised code', node, ['--no-liftoff', '--no-wasm-tier-up']),
  {
    family: 'V8',
    name: 'Chromium',
    run(all, folder) {
      if (!existsSync(chromiumProgram)) return undefined;
      const page = join(folder, 'page.html');
      writeFileSync(page, `<!doctype html><body><script>${scriptOf(all)}</script></body>`);
      const words = [...chromiumFlags, '--headless', `--user-data-dir=${join(folder, 'profile')}`];
      const { href } = pathToFileURL(page);
      return said(chromiumProgram, [...words, '--dump-dom', href]).replaceAll(/<[^>]*>/g, '\n');
    },
  },
  ofScript('SpiderMonkey', 'gjs', () => found(['gjs'])),
  ofScript('SpiderMonkey', 'shell', () => found(['js140', 'js128', 'js115', 'js102', 'js91'])),
  ofScript('JavaScriptCore', 'jsc', () => found(['jsc', ...besideLibraries('jsc')])),
  ofScript('JavaScriptCore', 'Bun', () => found(['bun'])),
  {
    family: 'wasm2c',
    name: 'compiled as C',
    run(all, folder) {
      const program = found(['wasm2c']);
      const compiler = process.env.CC ?? found(['clang-19', 'cc', 'clang', 'gcc']);
      if (program === undefined || compiler === undefined) return undefined;
      const parts = all.filter(({ vectors }) => !vectors);
      return parts
        .map((part) => {
          const at = (name: string) => join(folder, name);
          writeFileSync(at('p.wasm'), part.wasm);
          writeFileSync(at('host.c'), hostOf(part));
          said(program, [at('p.wasm'), '-n', 'p', '-o', at('p.c')]);
          const flags = ['-O1', '-w', '-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0'];
          flags.push('-DWASM_RT_USE_STACK_DEPTH_COUNT=0');
          said(compiler, [...flags, ...['-o', at('host'), at('p.c'), at('host.c'), '-lm']]);
          return said(at('host'), []);
        })
        .join('\n');
    },
  },
];

/** Where an engine stops in each run; undefined: it is not on this machine. */
export function stopsOf(engine: Engine, all: readonly Program[]): Stops | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sublinear-fuel-'));
  try {
    const text = engine.run(all, folder);
    if (text === undefined) return undefined;
    const lines = text.split('\n').filter((line) => / left, memory /.test(line));
    return Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs of which two engines say different things; a run that one has not made is not compared. */
export function differences(one: Stops, other: Stops): string[] {
  return Object.keys(other).filter((run) => one[run] !== other[run]);
}
