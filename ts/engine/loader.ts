// From the name of a bundle to a Runtime: choose the variant, get the bytes, compile, instantiate.
import '../runtime/globals.js';
import { compile, fetched, read } from '#wasm-source';
import type { Variant } from '../generated/bundles.js';
import { bytesOf, isShared, isURL, messageOf } from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import { Runtime } from '../runtime/runtime.js';
import { type BundleSource, INLINE, type ModuleSource } from '../runtime/source.js';
import { bestVariant, probe } from './variants.js';

/** A WebAssembly module in any form: its address, the response to a request, its bytes, or already compiled. */
export type WasmInput =
  | string
  | URL
  | Response
  | ArrayBuffer
  | ArrayBufferView
  | WebAssembly.Module;

/**
 * Where to get the WebAssembly from instead of the package's own file: one module, a function that is asked for each
 * file (`'solver.simd.wasm'`), or `inline` of `sublinear/inline`.
 */
export type WasmSource =
  | WasmInput
  | Promise<WasmInput>
  | ((file: string) => WasmInput | Promise<WasmInput>)
  | typeof INLINE;

export interface LoadRequest {
  bundle: BundleSource;
  variant?: Variant | undefined;
  wasm?: WasmSource | undefined;
  memoryLimit: number;
}

export async function loadBundle({
  bundle,
  variant,
  wasm,
  memoryLimit,
}: LoadRequest): Promise<Runtime> {
  const start = performance.now();
  const chosen = await bestVariant(bundle, variant);
  const name = `${bundle.name}.${chosen}`;
  const module = await obtain(sourceOf(bundle, chosen), wasm, compileSource);
  const runtime = await Runtime.start(bundle, chosen, module).catch((cause) => {
    const fix = 'the file is of another version than the JavaScript; install or copy both again';
    throw failed(name, `the module and its JavaScript do not fit: ${fix}`, cause);
  });
  runtime.memoryLimit = memoryLimit;
  runtime.raw.setMemoryLimit(memoryLimit);
  runtime.loadMs = performance.now() - start;
  return runtime;
}

/**
 * The module of a bundle that threads run on one memory; undefined where the bundle or this runtime has none, and where the
 * user gave one file.
 */
export async function loadShared(
  bundle: BundleSource,
  wasm: WasmSource | undefined,
): Promise<WebAssembly.Module | undefined> {
  const { shared } = bundle;
  const { sharedMemory, simd } = await probe();
  if (shared === undefined || !sharedMemory || !simd || isOneFile(wasm)) return undefined;
  return obtain(sourceOf(bundle, 'shared'), wasm, compileSource);
}

/** Is what the user gave the file of one bundle? */
export function isOneFile(wasm: WasmSource | undefined): boolean {
  return wasm !== undefined && wasm !== INLINE && typeof wasm !== 'function';
}

/** One module and where it comes from. */
interface NamedSource extends ModuleSource {
  name: string;
}

function sourceOf(bundle: BundleSource, variant: Variant | 'shared'): NamedSource {
  const source = variant === 'shared' ? bundle.shared : bundle.modules[variant];
  return { name: `${bundle.name}.${variant}`, ...source };
}

/** What is made of the bytes of a module: a compiled module, or what a worker is sent. */
type Take<T> = (name: string, source: Response | BufferSource | WebAssembly.Module) => Promise<T>;

function obtain<T>(source: NamedSource, wasm: WasmSource | undefined, take: Take<T>): Promise<T> {
  if (wasm === undefined) return fromPackage(source, take);
  return wasm === INLINE ? fromTwin(source, take) : fromGiven(source.name, wasm, take);
}

/**
 * A module for a worker to compile: its bytes, since not every engine lets a compiled module pass between threads, or
 * the compiled module if that is what the user gave.
 */
export function moduleForWorker(
  bundle: BundleSource,
  variant: Variant | 'shared',
  wasm: WasmSource | undefined,
): Promise<Uint8Array<ArrayBuffer> | WebAssembly.Module> {
  return obtain(sourceOf(bundle, variant), wasm, async (name, source) => {
    if (isA(source, 'WebAssembly.Module')) return source as WebAssembly.Module;
    if (!isA(source, 'Response')) return checkedBytes(name, source as BufferSource);
    const response = source as Response;
    assertAnswered(response);
    return checkedBytes(name, await response.arrayBuffer());
  });
}

async function fromPackage<T>(source: NamedSource, take: Take<T>): Promise<T> {
  const { name, file, twin, compiled } = source;
  if (compiled !== undefined) return take(name, compiled);
  if (file === undefined) {
    if (twin !== undefined) return fromTwin(source, take);
    const reason =
      'this build of the package comes without it; pass createEngine({ wasm: module }) the compiled module, or leave the option "variant" out';
    throw failed(name, reason);
  }
  try {
    return await take(name, await read(file()));
  } catch (first) {
    if (isBlocked(first)) throw blocked(name, first);
    // Vite's dev server answers 404, or a page, for files of dependencies; bundlers for Node leave the file behind.
    try {
      return await fromTwin(source, take);
    } catch (second) {
      if (isBlocked(second)) throw blocked(name, second);
      const reasons = `${messageOf(first)}; its inline twin: ${messageOf(second)}`;
      throw failed(
        name,
        `${reasons}. Pass createEngine({ wasm }) the URL or the bytes of ${name}.wasm`,
        first,
      );
    }
  }
}

async function fromTwin<T>({ name, twin, compiled }: NamedSource, take: Take<T>): Promise<T> {
  if (compiled !== undefined) return take(name, compiled);
  if (twin === undefined) throw failed(name, 'the package has no such module');
  const text = atob(await textOf(twin));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return take(name, bytes);
}

const isServiceWorker = () =>
  typeof (globalThis as { ServiceWorkerGlobalScope?: unknown }).ServiceWorkerGlobalScope ===
  'function';

/** What to do where import() is not allowed. */
export function withoutImport(room: string): string {
  return isServiceWorker()
    ? `; a service worker allows no dynamic imports: take load() of sublinear/${room}, which imports nothing later`
    : '';
}

/**
 * The text of a twin. A service worker may not import() it, but may fetch the file and look for the text in it; what a
 * bundler calls the file stands in the function that would import it.
 */
async function textOf(twin: () => Promise<{ default: string }>): Promise<string> {
  try {
    return (await twin()).default;
  } catch (cause) {
    const [, file] = isServiceWorker()
      ? (/\bimport\(\s*(["'`])(.+?)\1/.exec(String(twin)) ?? []).slice(1)
      : [];
    if (file === undefined) throw cause;
    const response = (await fetched(new URL(file, globalThis.location.href))) as Response;
    assertAnswered(response);
    const [, text] = /(["'`])(AGFzbQ[\w+/=]+)\1/.exec(await response.text())?.slice(1) ?? [];
    if (text === undefined) throw cause;
    return text;
  }
}

async function fromGiven<T>(
  name: string,
  source: Exclude<WasmSource, typeof INLINE>,
  take: Take<T>,
): Promise<T> {
  try {
    const given = await (typeof source === 'function' ? source(`${name}.wasm`) : source);
    return await take(
      name,
      typeof given === 'string' || isURL(given) ? await fetched(given) : given,
    );
  } catch (cause) {
    if (isBlocked(cause)) throw blocked(name, cause);
    throw failed(name, `option "wasm": ${messageOf(cause)}`, cause);
  }
}

async function compileSource(
  name: string,
  source: Response | BufferSource | WebAssembly.Module,
): Promise<WebAssembly.Module> {
  if (isA(source, 'WebAssembly.Module')) return source as WebAssembly.Module;
  if (!isA(source, 'Response')) return compile(checkedBytes(name, source as BufferSource));
  const response = source as Response;
  assertAnswered(response);
  const type = response.headers.get('content-type') ?? '';
  const streaming =
    type.startsWith('application/wasm') && typeof WebAssembly.compileStreaming === 'function';
  return streaming
    ? WebAssembly.compileStreaming(response)
    : compile(checkedBytes(name, await response.arrayBuffer()));
}

function assertAnswered(response: Response): void {
  if (!response.ok) throw new Error(`${response.url || 'the request'} answered ${response.status}`);
}

function checkedBytes(name: string, source: BufferSource): Uint8Array<ArrayBuffer> {
  // WebAssembly.compile takes no DataView in some engines, and shared memory in none.
  const given = bytesOf('load', 'wasm', source);
  if (given === undefined)
    throw new Error('expected a URL, a Response, bytes or a WebAssembly.Module');
  const bytes = isShared(given.buffer) ? given.slice() : (given as Uint8Array<ArrayBuffer>);
  const [a, b, c, d] = bytes;
  if (a === 0x00 && b === 0x61 && c === 0x73 && d === 0x6d) return bytes;
  const found =
    a === 0x3c
      ? 'an HTML page: the server has no such file and answered with its start page'
      : a === 0x1f && b === 0x8b
        ? 'gzip data: serve it with "Content-Encoding: gzip", or uncompressed'
        : bytes.length < 4
          ? `${bytes.length} bytes`
          : 'something else';
  throw new Error(
    `not a WebAssembly module but ${found}; it must be the file ${name}.wasm of this package`,
  );
}

function isA(value: unknown, type: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${type}]`;
}

function failed(name: string, reason: string, cause?: unknown): SublinearError {
  return new SublinearError('LOAD_FAILED', 'load', `${name}.wasm could not be loaded: ${reason}`, {
    cause,
  });
}

// A content security policy, or a runtime that never compiles at run time.
function isBlocked(error: unknown): boolean {
  return /unsafe-eval|Content Security Policy|code generation disallowed/i.test(messageOf(error));
}

function blocked(name: string, cause: unknown): SublinearError {
  const fix =
    "a Content-Security-Policy needs script-src 'wasm-unsafe-eval'; a runtime that compiles nothing needs the compiled module: createEngine({ wasm: module })";
  return failed(name, `this page or runtime does not allow compiling WebAssembly: ${fix}`, cause);
}
