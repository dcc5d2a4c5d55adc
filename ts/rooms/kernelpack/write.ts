// Writing packs: the manifest follows from the module and from what is said of its kernels; signing is WebCrypto's.
import { bytesOf, messageOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { fixedBytes, put, take } from '../crypto/bytes.js';
import { isSigned } from '../crypto/signatures.js';
import { Bundle } from '../format/bundle.js';
import { hex, kinds, readDirectory } from '../format/directory.js';
import { bundleOf, type Tensor, type TensorInput } from '../format/tensors.js';
import {
  argumentComplaint,
  kernelsOf,
  type Manifest,
  manifestOf,
  PAGES_MAX,
  type PackDescription,
  parseManifest,
} from './manifest.js';
import { allFeatures, decode } from './program.js';

const SHA256 = 0;
const LEAST_PAGES = 16;
const KEY = 32;
const RECORD = 96;
const own = ['manifest', 'program', 'signatures'];

export function sha256(runtime: Runtime, operation: string, bytes: Uint8Array): Uint8Array {
  return runtime.scratch(operation, (scratch) => {
    const address = put(runtime, scratch, bytes);
    const { out, raw } = runtime;
    runtime.check(operation, raw.hashOf(SHA256, address, bytes.length, out, 32));
    return take(runtime, out, 32);
  });
}

/** What a signature signs: a line that belongs to nothing else, and the manifest. */
export function statementOf(manifest: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`sublinear kernel pack 1\n${manifest}`);
}

/** Somebody who signs: a pair of keys of WebCrypto, or a key with a function, for keys that are kept elsewhere. */
export type PackSigner =
  | {
      /** A `CryptoKeyPair`: Ed25519, the public key extractable. */
      publicKey: object;
      privateKey: object;
    }
  | {
      /** 32 bytes. */
      publicKey: Uint8Array;
      /** Signs with Ed25519: 64 bytes. */
      sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array | ArrayBuffer>;
    };

/** A pack that nobody has signed. */
export function writePack(
  runtime: Runtime,
  wasm: unknown,
  description: PackDescription,
  segments: Readonly<Record<string, TensorInput>> = {},
): Uint8Array<ArrayBuffer> {
  const operation = 'writePack';
  const bytes = bytesOf(operation, 'wasm', wasm);
  if (bytes === undefined)
    throw check.typeError(operation, 'wasm', 'Uint8Array or ArrayBuffer', wasm);
  if (typeof description !== 'object' || description === null)
    throw check.typeError(operation, 'description', 'object', description);
  const given = check.options(operation, description, [
    'name',
    'version',
    'role',
    'pages',
    'kernels',
  ]);
  if (typeof segments !== 'object' || segments === null || Array.isArray(segments))
    throw check.typeError(operation, 'segments', 'object', segments);
  for (const name of own)
    if (Object.hasOwn(segments, name))
      throw check.rangeError(operation, 'segments', `names other than ${own.join(', ')}`, name);
  const complain = argumentComplaint(operation);
  const kernels = kernelsOf(complain, 'kernels', given.kernels);
  // The least that it asks for is only known when it was decoded.
  const { leastPages: least } = decode(
    runtime,
    operation,
    bytes,
    PAGES_MAX,
    allFeatures,
    true,
    kernels,
  );
  const pages = check.integer(
    operation,
    'pages',
    given.pages ?? Math.max(LEAST_PAGES, least),
    1,
    PAGES_MAX,
  );
  const facts = decode(runtime, operation, bytes, pages, allFeatures, true, kernels);
  const data = bundleOf(runtime, operation, segments);
  const manifest = manifestOf(complain, {
    format: 'sublinear.kernelpack',
    schema: 1,
    name: given.name,
    version: given.version,
    role: given.role ?? 'kernels',
    target: 'wasm32',
    features: facts.features,
    memory: { pages },
    wasm: { bytes: bytes.length, sha256: hex(sha256(runtime, operation, bytes)) },
    segments: rootsOf(runtime, operation, data),
    kernels,
  });
  return bundleOf(runtime, operation, {
    manifest: JSON.stringify(manifest, undefined, 1),
    program: bytes.slice(),
    ...segments,
  });
}

/** Names, types, shapes and roots of the segments of a file that was just written. */
function rootsOf(
  runtime: Runtime,
  operation: string,
  file: Uint8Array<ArrayBuffer>,
): Manifest['segments'] {
  const { entries } = readDirectory(runtime, operation, file, kinds.bundle, file.length);
  return [...entries.values()]
    .filter(({ name }) => !name.startsWith('hashes.'))
    .map(({ name, type, shape, root }) => ({ name, type, shape, root: hex(root) }));
}

/** The pack with one more signature, in place of an older one by the same key. */
export async function signPack(
  runtime: Runtime,
  pack: Uint8Array | ArrayBuffer,
  signer: PackSigner,
): Promise<Uint8Array<ArrayBuffer>> {
  const operation = 'signPack';
  const bundle = await runtime.bind(Bundle).open(pack);
  if (!bundle.has('manifest') || !bundle.has('program')) {
    const message = '"pack": expected a kernel pack, got a file without manifest and program';
    throw new SublinearError('FORMAT', operation, message, { argument: 'pack' });
  }
  const tensors: Record<string, Tensor> = {};
  for (const { name } of bundle.segments) tensors[name] = await bundle.read(name);
  const text = tensors.manifest?.data as string;
  parseManifest(operation, text);
  const { publicKey, signature } = await sign(operation, signer, statementOf(text));
  if (!isSigned(runtime, operation, statementOf(text), publicKey, signature))
    throw check.rangeError(operation, 'signer', 'a signature by its public key', 'another one');
  const before = bytesOf(operation, 'pack', tensors.signatures?.data) ?? new Uint8Array(0);
  const records: Uint8Array[] = [];
  for (let at = 0; at < before.length; at += RECORD) {
    const record = before.slice(at, at + RECORD);
    if (hex(record.subarray(0, KEY)) !== hex(publicKey)) records.push(record);
  }
  records.push(Uint8Array.of(...publicKey, ...signature));
  const data = new Uint8Array(RECORD * records.length);
  records.forEach((record, i) => {
    data.set(record, RECORD * i);
  });
  const { manifest, program, signatures: _, ...segments } = tensors;
  return bundleOf(runtime, operation, {
    manifest: manifest as Tensor,
    program: program as Tensor,
    signatures: { data, shape: [records.length, RECORD] },
    ...segments,
  });
}

async function sign(
  operation: string,
  signer: PackSigner,
  message: Uint8Array<ArrayBuffer>,
): Promise<{ publicKey: Uint8Array; signature: Uint8Array }> {
  if (typeof signer !== 'object' || signer === null)
    throw check.typeError(operation, 'signer', 'CryptoKeyPair or { publicKey, sign }', signer);
  if ('sign' in signer) {
    if (typeof signer.sign !== 'function')
      throw check.typeError(operation, 'signer.sign', 'function', signer.sign);
    const publicKey = fixedBytes(operation, 'signer.publicKey', signer.publicKey, KEY);
    const made = await signer.sign(message);
    return { publicKey, signature: fixedBytes(operation, 'signer.sign()', made, RECORD - KEY) };
  }
  const { publicKey, privateKey } = signer as CryptoKeyPair;
  if (privateKey === undefined || publicKey === undefined)
    throw check.typeError(operation, 'signer', 'CryptoKeyPair or { publicKey, sign }', signer);
  try {
    const { subtle } = globalThis.crypto;
    return {
      publicKey: new Uint8Array(await subtle.exportKey('raw', publicKey)),
      signature: new Uint8Array(await subtle.sign('Ed25519', privateKey, message)),
    };
  } catch (cause) {
    const text = `"signer": WebCrypto could not sign: ${messageOf(cause)}; expected Ed25519 keys, the private one for signing, the public one extractable`;
    throw new SublinearError('UNSUPPORTED', operation, text, { argument: 'signer', cause });
  }
}
