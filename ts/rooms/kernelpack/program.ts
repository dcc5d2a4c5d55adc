// The module of a pack: what the C core finds in it, and the copy that runs (csrc/kernelpack/module.h).
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { put, take } from '../crypto/bytes.js';
import {
  features,
  type KernelFeature,
  type KernelParameter,
  type KernelSignature,
} from './manifest.js';

const FACTS = 8;
const PAGE = 65_536;
export const FUEL = 'sublinear.fuel';

/** What a module is like. */
export interface ProgramFacts {
  features: KernelFeature[];
  /** Where memory begins that the host may use. */
  arena: number;
  /** The least memory it asks for. */
  pages: number;
  instructions: number;
  /** The copy, whose memory has one size. */
  copy: Uint8Array<ArrayBuffer>;
}

const codes = { float32: 0x7d, float64: 0x7c, int32: 0x7f };
const words: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
};

const codeOf = (parameter: KernelParameter) =>
  parameter.kind === 'number' ? codes[parameter.type] : 0x7f;

/** Decodes a module and compares its exports with the kernels that it is said to have. */
export function decode(
  runtime: Runtime,
  operation: string,
  wasm: Uint8Array,
  pages: number,
  allowed: readonly KernelFeature[],
  metered: boolean,
  kernels: readonly KernelSignature[],
): ProgramFacts {
  return runtime.scratch(operation, (scratch) => {
    const { KernelModule } = runtime.raw;
    const set = allowed.reduce((sum, name) => sum | features[name], 0);
    const address = put(runtime, scratch, wasm);
    const made = KernelModule.create(address, wasm.length, pages, set, metered ? 1 : 0);
    if (made === null) throw runtime.failure(operation);
    try {
      const numbers = scratch.doubles('facts', new Float64Array(FACTS)).address;
      const types = scratch.bytes(80);
      const found = scratch.u32(4);
      runtime.check(operation, made.read(numbers));
      const facts = runtime.copyF64(numbers, FACTS);
      const [used, exported, arena, least, , instructions] = facts as unknown as number[];
      const functions = new Map<string, string>();
      for (let i = 0; i < (exported as number); i++) {
        runtime.check(operation, made.export(i, found, found + 4, types, found + 8));
        const [name, length, taken, given] = runtime.u32.slice(
          found / 4,
          found / 4 + 4,
        ) as unknown as [number, number, number, number];
        const own = Array.from(
          runtime.u8.subarray(types, types + taken + given),
          (code) => words[code],
        );
        functions.set(
          new TextDecoder().decode(take(runtime, name, length)),
          `(${own.slice(0, taken).join(', ')}) -> (${own.slice(taken).join(', ')})`,
        );
      }
      compare(operation, functions, kernels);
      runtime.check(operation, made.output(found, found + 4));
      const [at, count] = runtime.u32.slice(found / 4, found / 4 + 2) as unknown as [
        number,
        number,
      ];
      return {
        features: (Object.keys(features) as KernelFeature[]).filter(
          (name) => ((used as number) & features[name]) !== 0,
        ),
        arena: arena as number,
        pages: least as number,
        instructions: instructions as number,
        copy: take(runtime, at, count),
      };
    } finally {
      made.delete();
    }
  });
}

function compare(
  operation: string,
  functions: ReadonlyMap<string, string>,
  kernels: readonly KernelSignature[],
): void {
  for (const { name, parameters, returns } of kernels) {
    const own = parameters.map((parameter) => words[codeOf(parameter)]);
    const wanted = `(${own.join(', ')}) -> (${returns === undefined ? '' : 'i32'})`;
    const found = functions.get(name);
    if (found !== wanted) throw mismatch(operation, `"${name}": ${wanted}`, found ?? 'none');
  }
  if (functions.size === kernels.length) return;
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
  readonly memory: WebAssembly.Memory;
  readonly fuel: WebAssembly.Global | undefined;
}

export function instantiate(operation: string, module: WebAssembly.Module): Program {
  try {
    const exports = new WebAssembly.Instance(module).exports as Record<string, unknown>;
    return {
      functions: exports as Program['functions'],
      memory: exports.memory as WebAssembly.Memory,
      fuel: exports[FUEL] as WebAssembly.Global | undefined,
    };
  } catch (cause) {
    const message = `the engine gives no memory for the pack: ${(cause as Error).message}`;
    throw new SublinearError('MEMORY', operation, message, { cause });
  }
}

export const bytesOfPages = (pages: number) => pages * PAGE;
