// Kernels in files: WebAssembly modules that import nothing, signed, metered, and run on memory of their own.
import type { Runtime } from '../../runtime/runtime.js';
import type { TensorInput } from '../format/tensors.js';
import type { PackDescription } from './manifest.js';
import { KernelPack } from './pack.js';
import { type MeteredModule, type MeterOptions, meter } from './program.js';
import { type PackSigner, signPack, writePack } from './write.js';

export * from '../../runtime/errors.js';
export type { Bundle, ReadOptions, SegmentInfo } from '../format/bundle.js';
export type { SegmentType } from '../format/directory.js';
export type { RangeReader, RemoteSource } from '../format/source.js';
export type { Tensor, TensorData, TensorInput } from '../format/tensors.js';
export type { Traffic } from '../format/traffic.js';
export type { KernelInput, PlacedTensor, RunArguments } from './arena.js';
export type {
  KernelFeature,
  KernelParameter,
  KernelSignature,
  KernelType,
  NumberParameter,
  PackDescription,
  SizeParameter,
  TensorParameter,
} from './manifest.js';
export { KernelPack, type OpenPackOptions } from './pack.js';
export type { MeteredModule, MeterOptions, ModuleExport } from './program.js';
export type { RunAsyncOptions, RunOptions, RunResult, RunStopped } from './results.js';
export type { TrustOptions, VersionStore } from './trust.js';
export type { PackSigner } from './write.js';

/** What `engine.use('kernelpack')` and `load()` give. */
export interface KernelpackRoom {
  readonly KernelPack: typeof KernelPack;

  /**
   * A module that imports nothing, decoded, and copied so that its memory has one size and its functions pay for what they
   * execute: in the copy the mutable i64 `sublinear.fuel` is the instructions that are left. A function that needs more ends in
   * `unreachable`, at the same instruction in every engine, and the fuel is negative. docs/kernelpack.md says what is counted and
   * what is refused. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `UNSUPPORTED`, `TRUNCATED`; TypeError, RangeError `OPTION` (pages)
   *
   * @example
   * ```ts
   * import { readFile } from 'node:fs/promises';
   * import { load } from 'sublinear/kernelpack';
   *
   * const { meter } = await load();
   * const { wasm, exports } = meter(await readFile('examples/kernels/nearest.wasm'), { pages: 16 });
   * console.log(exports[0]?.name, exports[0]?.results); // nearest [ 'i32' ]
   * const { instance } = await WebAssembly.instantiate(wasm);
   * console.log(instance.exports['sublinear.fuel'] instanceof WebAssembly.Global); // true
   * ```
   */
  meter(wasm: Uint8Array | ArrayBuffer, options?: MeterOptions): MeteredModule;

  /**
   * A pack of a WebAssembly module and of what is said of its kernels, which nobody has signed yet. The module is decoded: what
   * a pack may not have is refused here as it would be when the pack is opened. `segments` are the data that it works on; the
   * manifest, and so the signature, speaks for them too. O(bytes).
   *
   * @throws SublinearError `FORMAT`, `UNSUPPORTED`, `TRUNCATED` (the module); TypeError, RangeError
   *
   * @example
   * ```ts
   * import { readFile } from 'node:fs/promises';
   * import { load } from 'sublinear/kernelpack';
   *
   * const { writePack } = await load();
   * const wasm = await readFile('examples/kernels/kernels.wasm');
   * const description = JSON.parse(await readFile('examples/kernels/kernels.json', 'utf8'));
   * const file = writePack(wasm, description, { weight: new Float32Array(64).fill(1) });
   * console.log(file.length > wasm.length); // true
   * ```
   */
  writePack(
    wasm: Uint8Array | ArrayBuffer,
    description: PackDescription,
    segments?: Readonly<Record<string, TensorInput>>,
  ): Uint8Array<ArrayBuffer>;

  /**
   * The pack with one more signature of its manifest: with keys of WebCrypto, or by a function for keys that are kept
   * elsewhere. What is signed is the line `sublinear kernel pack 1` and the manifest.
   *
   * @throws SublinearError `FORMAT`, `CHECKSUM`, `TRUNCATED` (the pack), `UNSUPPORTED` (keys); TypeError, RangeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/kernelpack';
   *
   * const { signPack } = await load();
   * const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
   * const signed = (pack: Uint8Array) => signPack(pack, keys);
   * console.log(typeof signed); // function
   * ```
   */
  signPack(pack: Uint8Array | ArrayBuffer, signer: PackSigner): Promise<Uint8Array<ArrayBuffer>>;
}

/** @internal */
export function createRoom(runtime: Runtime): KernelpackRoom {
  return {
    KernelPack: runtime.bind(KernelPack),
    meter: (wasm, options) => meter(runtime, wasm, options),
    writePack: (wasm, description, segments) => writePack(runtime, wasm, description, segments),
    signPack: (pack, signer) => signPack(runtime, pack, signer),
  };
}
