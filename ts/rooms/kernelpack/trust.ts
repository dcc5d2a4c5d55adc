// Who vouches for a pack: a signature by a key on the caller's list, or its hash there; and versions that never go back.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { isSigned } from '../crypto/signatures.js';
import type { Bundle } from '../format/bundle.js';
import { hex } from '../format/directory.js';
import type { Manifest } from './manifest.js';
import { statementOf } from './write.js';

/**
 * The newest version of each pack that was opened, by its name. The caller keeps it, as JSON for example; an empty object to
 * begin with. {@link KernelPack.open} refuses an older one, and another pack of the same version, and writes what it opened.
 */
export type VersionStore = Record<string, { version: number; hash: string }>;

/** Whom to trust. One of the lists must have an entry. */
export interface TrustOptions {
  /** Ed25519 public keys, 32 bytes or 64 hexadecimal digits each. */
  signers?: readonly (Uint8Array | ArrayBuffer | string)[];
  /** Packs by {@link KernelPack.hash}, which need no signature. */
  hashes?: readonly string[];
  versions?: VersionStore;
}

/** The options after their check. */
interface Trust {
  /** In hexadecimal. */
  signers: ReadonlySet<string>;
  hashes: ReadonlySet<string>;
  versions: VersionStore | undefined;
}

const KEY = 32;
const RECORD = 96;
const SIGNATURES_MAX = 64;

const hexDigits = (text: string, bytes: number) =>
  text.length === 2 * bytes && /^[0-9a-fA-F]+$/.test(text);

function keyOf(operation: string, argument: string, key: unknown): string {
  if (typeof key === 'string') {
    if (hexDigits(key, KEY)) return key.toLowerCase();
    throw check.rangeError(operation, argument, '64 hexadecimal digits', key);
  }
  const bytes = bytesOf(operation, argument, key);
  if (bytes === undefined)
    throw check.typeError(
      operation,
      argument,
      'Uint8Array of 32 bytes, or its hexadecimal digits',
      key,
    );
  if (bytes.length !== KEY) throw check.shapeError(operation, argument, KEY, bytes.length);
  return hex(bytes);
}

export function readTrust(operation: string, given: TrustOptions): Trust {
  const { signers = [], hashes = [], versions } = given;
  for (const [name, list] of Object.entries({ signers, hashes }))
    if (!Array.isArray(list)) throw check.typeError(operation, name, 'array', list);
  const keys = Array.from(signers, (key, i) => keyOf(operation, `signers[${i}]`, key));
  const known = Array.from(hashes, (hash, i) => {
    if (typeof hash === 'string' && hexDigits(hash, 32)) return hash.toLowerCase();
    throw check.rangeError(operation, `hashes[${i}]`, '64 hexadecimal digits', hash);
  });
  if (keys.length + known.length === 0)
    throw check.typeError(
      operation,
      'signers',
      'at least one key here or hash in "hashes"',
      undefined,
    );
  if (versions !== undefined && (typeof versions !== 'object' || versions === null))
    throw check.typeError(operation, 'versions', 'object', versions);
  return { signers: new Set(keys), hashes: new Set(known), versions };
}

function untrusted(operation: string, why: string): SublinearError {
  return new SublinearError('UNTRUSTED', operation, `"source": ${why}`, { argument: 'source' });
}

/** The key that vouches for a manifest, `undefined` where its hash does. Throws `UNTRUSTED` when nobody does. */
export async function whoVouches(
  runtime: Runtime,
  operation: string,
  bundle: Bundle,
  text: string,
  hash: string,
  trust: Trust,
): Promise<string | undefined> {
  if (trust.hashes.has(hash)) return undefined;
  if (!bundle.has('signatures'))
    throw untrusted(
      operation,
      `the pack is not signed, and its hash ${hash} is not among "hashes"`,
    );
  const { data } = await bundle.read('signatures');
  const bytes = bytesOf(operation, 'source', data);
  if (
    bytes === undefined ||
    bytes.length % RECORD !== 0 ||
    bytes.length > RECORD * SIGNATURES_MAX
  ) {
    const message = '"source": expected signatures of 96 bytes each, at most 64';
    throw new SublinearError('FORMAT', operation, message, { argument: 'source' });
  }
  const statement = statementOf(text);
  const others: string[] = [];
  for (let at = 0; at < bytes.length; at += RECORD) {
    const key = bytes.slice(at, at + KEY);
    const name = hex(key);
    if (!trust.signers.has(name)) {
      others.push(name);
      continue;
    }
    if (isSigned(runtime, operation, statement, key, bytes.slice(at + KEY, at + RECORD)))
      return name;
    throw untrusted(operation, `the signature by ${name} is not one of this manifest`);
  }
  throw untrusted(
    operation,
    `nobody among "signers" has signed the pack, only ${others.join(', ') || 'nobody'}`,
  );
}

/** Throws `UNTRUSTED` for a version that is older than the newest one that was seen, or another pack of that version. */
export function acceptVersion(
  operation: string,
  { name, version }: Manifest,
  hash: string,
  versions: VersionStore | undefined,
): void {
  const seen = versions !== undefined && Object.hasOwn(versions, name) ? versions[name] : undefined;
  if (seen === undefined) return;
  const entry = `versions.${name}`;
  check.integer(operation, `${entry}.version`, seen?.version, 0, Number.MAX_SAFE_INTEGER);
  check.string(operation, `${entry}.hash`, seen.hash);
  if (version < seen.version)
    throw untrusted(
      operation,
      `version ${version} of "${name}" is older than ${seen.version}, which was seen`,
    );
  if (version === seen.version && hash !== seen.hash)
    throw untrusted(
      operation,
      `another pack "${name}" of version ${version} was seen, with hash ${seen.hash}`,
    );
}
