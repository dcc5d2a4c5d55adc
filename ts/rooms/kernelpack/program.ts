// The module of a pack: what the C core finds in it, and the copy that runs (csrc/kernelpack/module.h).
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { put, take } from '../crypto/bytes.js';
import {
  features,
  type KernelFeature,
  type KernelParameter,
  type KernelSignature,
} from './manifest.js';
import type { KernelGlobal, KernelMemory } from './memory.js';

const FACTS = 8;
const PAGE = 65_536;
const FUEL = 'sublinear.fuel';

/** A function that a module exports. */
export interface ModuleExport {
  name: string;
  /** Types as WebAssembly calls them: `'i32'`, `'i64'`, `'f32'`, `'f64'`, `'v128'`. */
  parameters: readonly string[];
  results: readonly string[];
}

/** Options of {@link KernelpackRoom.meter}. */
export interface MeterOptions {
  /** Memory of the copy, in pages of 64 KiB: 1 to 32,768. 16 by default. */
  pages?: number;
  /** What the module may use beside WebAssembly 1.0. All of {@link KernelFeature} by default. */
  features?: readonly KernelFeature[];
  /** `false`: the copy has a memory of one size and is not metered. `true` by default. */
  metered?: boolean;
}

/** What {@link KernelpackRoom.meter} finds and makes. */
export interface MeteredModule {
  /** The copy. */
  wasm: Uint8Array<ArrayBuffer>;
  exports: readonly ModuleExport[];
  /** What it uses. */
  features: readonly KernelFeature[];
  /** Where memory begins that nothing of the module lies in: its `__heap_base`, or the end of its data. */
  arena: number;
  /** The least memory that it asks for, in pages. */
  leastPages: number;
  /** Instructions of all functions, each counted once. */
  instructions: number;
  /** Straight runs of instructions: each is paid at once. */
  runs: number;
  /** The longest chain of calls. */
  depth: number;
}

const words: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
};
const numberWords = { float32: 'f32', float64: 'f64', int32: 'i32' } as const;

/** The room's function. */
export function meter(runtime: Runtime, wasm: unknown, options?: MeterOptions): MeteredModule {
  const operation = 'meter';
  const bytes = bytesOf(operation, 'wasm', wasm);
  if (bytes === undefined)
    throw check.typeError(operation, 'wasm', 'Uint8Array or ArrayBuffer', wasm);
  const given = check.options(operation, options, ['pages', 'features', 'metered']);
  const { pages = 16, features: allowed = allFeatures, metered = true } = given;
  check.integer(operation, 'pages', pages);
  check.boolean(operation, 'metered', metered);
  if (!Array.isArray(allowed)) throw check.typeError(operation, 'features', 'array', allowed);
  for (const name of allowed) check.choice(operation, 'features', name, features);
  runtime.assertAlive(operation);
  return inspect(runtime, operation, bytes, pages, allowed, metered);
}

export const allFeatures = Object.keys(features) as KernelFeature[];

/** Decodes a module and makes its copy. */
function inspect(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  pages: number,
  allowed: readonly KernelFeature[],
  metered: boolean,
): MeteredModule {
  return runtime.scratch(operation, (scratch) => {
    const { KernelModule } = runtime.raw;
    const set = allowed.reduce((sum, name) => sum | features[name], 0);
    const address = put(runtime, scratch, bytes);
    const numbers = scratch.f64(FACTS);
    const types = scratch.bytes(80);
    const found = scratch.u32(4);
    const created = KernelModule.create(address, bytes.length, pages, set, metered ? 1 : 0);
    const made = runtime.made(operation, created);
    try {
      const two = (at: number) =>
        runtime.u32.slice(at / 4, at / 4 + 2) as unknown as [number, number];
      runtime.check(operation, made.read(numbers));
      const facts = runtime.copyF64(numbers, FACTS);
      const fact = (i: number) => facts[i] as number;
      const exports = Array.from({ length: fact(1) }, (_, i): ModuleExport => {
        runtime.check(operation, made.export(i, found, found + 4, types, found + 8));
        const [name, length] = two(found);
        const [taken, given] = two(found + 8);
        const own = Array.from(
          runtime.u8.subarray(types, types + taken + given),
          (code) => words[code] as string,
        );
        return {
          name: new TextDecoder().decode(take(runtime, name, length)),
          parameters: own.slice(0, taken),
          results: own.slice(taken),
        };
      });
      runtime.check(operation, made.output(found, found + 4));
      const [at, count] = two(found);
      return {
        wasm: take(runtime, at, count),
        exports,
        features: allFeatures.filter((name) => (fact(0) & features[name]) !== 0),
        arena: fact(2),
        leastPages: fact(3),
        instructions: fact(5),
        runs: fact(6),
        depth: fact(7),
      };
    } finally {
      made.delete();
    }
  });
}

const wordOf = (parameter: KernelParameter) =>
  parameter.kind === 'number' ? numberWords[parameter.type] : 'i32';
const signatureOf = (parameters: readonly string[], results: readonly string[]) =>
  `(${parameters.join(', ')}) -> (${results.join(', ')})`;

/** Decodes a module and compares its exports with the kernels that it is said to have. */
export function decode(
  runtime: Runtime,
  operation: string,
  bytes: Uint8Array,
  pages: number,
  allowed: readonly KernelFeature[],
  metered: boolean,
  kernels: readonly KernelSignature[],
): MeteredModule {
  const module = inspect(runtime, operation, bytes, pages, allowed, metered);
  const functions = new Map(
    module.exports.map(({ name, parameters, results }) => [name, signatureOf(parameters, results)]),
  );
  for (const { name, parameters, returns } of kernels) {
    const wanted = signatureOf(parameters.map(wordOf), returns === undefined ? [] : ['i32']);
    const found = functions.get(name);
    if (found !== wanted) throw mismatch(operation, `"${name}": ${wanted}`, found ?? 'none');
  }
  if (functions.size === kernels.length) return module;
  const names = new Set(kernels.map(({ name }) => name));
  const other = [...functions.keys()].find((name) => !names.has(name));
  throw mismatch(operation, 'no function but the kernels', `"${other}"`);
}

function mismatch(operation: string, expected: string, got: string): SublinearError {
  const message = `"wasm": its exports do not match the manifest, expected ${expected}, got ${got}`;
  return new SublinearError('FORMAT', operation, message, { argument: 'wasm', expected });
}

/** An engine compiles the copy: it checks the types of operands, and refuses what is not valid. */
export async function compile(
  operation: string,
  copy: Uint8Array<ArrayBuffer>,
): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(copy);
  } catch (cause) {
    const message = `"wasm": the engine refuses the module: ${(cause as Error).message}`;
    const code = cause instanceof WebAssembly.CompileError ? 'FORMAT' : 'LOAD_FAILED';
    throw new SublinearError(code, operation, message, { argument: 'wasm', cause });
  }
}

/** An instance with its memory and its fuel. */
export interface Program {
  readonly functions: Readonly<Record<string, (...values: number[]) => number | undefined>>;
  readonly memory: KernelMemory;
  readonly fuel: KernelGlobal | undefined;
}

export function instantiate(operation: string, module: WebAssembly.Module): Program {
  try {
    const exports = new WebAssembly.Instance(module).exports as Record<string, unknown>;
    return {
      functions: exports as Program['functions'],
      memory: exports.memory as KernelMemory,
      fuel: exports[FUEL] as KernelGlobal | undefined,
    };
  } catch (cause) {
    const message = `the engine gives no memory for the pack: ${(cause as Error).message}`;
    throw new SublinearError('MEMORY', operation, message, { cause });
  }
}

export const bytesOfPages = (pages: number) => pages * PAGE;
