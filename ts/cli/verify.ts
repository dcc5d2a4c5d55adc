// sublinear verify file : a witness chain against itself and what is known of it, or any file against an Ed25519 signature.
import type { CryptoRoom } from '../rooms/crypto/crypto.js';
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { chunks, nameOf } from './files.js';
import { CliError, count, EXIT, interrupt, type Progress, say } from './terminal.js';

export interface VerifyOptions extends CommonOptions {
  head?: string;
  key?: string;
  signature?: string;
  size?: number;
}

/** What a file begins with that save() wrote, and the kind of a witness chain behind the version. */
const MAGIC = [0x89, 0x73, 0x6c, 0x66];
const KIND = 'WTNS';

export async function verify(
  file: string,
  options: VerifyOptions,
  progress: Progress,
): Promise<void> {
  if ((options.key === undefined) !== (options.signature === undefined))
    throw new CliError('--key and --signature go together');
  const engine = await engineFor(['crypto'], options);
  try {
    const { crypto } = engine;
    const bytes = await wholeFile(file, progress);
    const publicKey = options.key && keyOf(await given(crypto, '--key', options.key, progress));
    const signature =
      options.signature && (await given(crypto, '--signature', options.signature, progress));
    const known = {
      ...(publicKey && { publicKey: ofLength('--key', publicKey, 32) }),
      ...(signature && { signature: ofLength('--signature', signature, 64) }),
    };
    const result = isChain(bytes)
      ? verifyChain(crypto, bytes, known, options)
      : verifyFile(crypto, file, bytes, known, options);
    const { text, ...facts } = result;
    if (options.json) say(JSON.stringify(facts));
    else if (!options.quiet || !result.valid) say(`${file}: ${text}`);
    if (!result.valid) process.exitCode = EXIT.notConverged;
  } finally {
    engine.dispose();
  }
}

interface Known {
  publicKey?: Uint8Array;
  signature?: Uint8Array;
}

function verifyChain(
  crypto: CryptoRoom,
  bytes: Uint8Array,
  known: Known,
  { head, size }: VerifyOptions,
) {
  try {
    const chain = crypto.WitnessChain.load(bytes);
    try {
      const wanted = head === undefined ? {} : { head: hexOf(crypto, '--head', head) };
      const { valid, fault } = chain.verify({
        ...known,
        ...wanted,
        ...(size !== undefined && { size }),
      });
      const entries = `${count(chain.size)} entries`;
      const shown = [
        head !== undefined && 'the head that is known',
        known.signature && 'signed by the key',
      ];
      const by = shown.filter(Boolean).join(', ');
      return {
        kind: 'chain',
        valid,
        fault,
        entries: chain.size,
        head: crypto.toHex(chain.head(size)),
        text: valid
          ? `${entries}, unchanged${by && `, ${by}`}${by ? '' : '; give --head or --key to know that it is the one that is meant'}`
          : fault === 'head'
            ? `FAILED, its head is another one`
            : `FAILED, the signature is not of its head by the key`,
      };
    } finally {
      chain.dispose();
    }
  } catch (error) {
    // A file that is damaged or forged is an answer, what was asked wrongly is none.
    if (!isSublinearError(error) || error.argument !== 'bytes') throw explain(error, {});
    const text = `FAILED, ${error.message.replace(/^"bytes"( at position \d+)?: /, '')}`;
    return { kind: 'chain', valid: false, fault: 'file', text };
  }
}

function verifyFile(
  crypto: CryptoRoom,
  file: string,
  message: Uint8Array,
  { publicKey, signature }: Known,
  { head, size }: VerifyOptions,
) {
  if (head !== undefined || size !== undefined)
    throw new CliError(`${nameOf(file)}: --head and --size are for witness chains, and it is none`);
  if (publicKey === undefined || signature === undefined)
    throw new CliError(
      `${nameOf(file)}: is no witness chain; give --key and --signature to verify a signature of it`,
    );
  const valid = crypto.verifySignature({ publicKey, signature, message });
  return {
    kind: 'signature',
    valid,
    text: valid ? 'signed by the key' : 'FAILED, the signature is not of this file by the key',
  };
}

const isChain = (bytes: Uint8Array) =>
  MAGIC.every((byte, i) => bytes[i] === byte) &&
  String.fromCharCode(...bytes.subarray(12, 16)) === KIND;

export async function wholeFile(file: string, progress: Progress): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks(file, progress)) parts.push(chunk);
  interrupt.signal.throwIfAborted();
  return Buffer.concat(parts);
}

/** Hexadecimal digits, or a file of bytes, of such digits, or in PEM. */
export async function given(
  crypto: CryptoRoom,
  option: string,
  value: string,
  progress: Progress,
): Promise<Uint8Array> {
  if (/^([0-9a-f]{64}|[0-9a-f]{128})$/i.test(value)) return crypto.fromHex(value);
  const bytes = await wholeFile(value, progress);
  const text = Buffer.from(bytes).toString('latin1').trim();
  const pem = /-----BEGIN [^-]+-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  if (pem !== undefined) return Buffer.from(pem, 'base64');
  return /^([0-9a-f]{2})+$/i.test(text) ? hexOf(crypto, option, text) : bytes;
}

/** The last 32 bytes of a SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4), or the bytes as they are. */
export function keyOf(bytes: Uint8Array): Uint8Array {
  const begin = '302a300506032b6570032100';
  const isInfo =
    bytes.length === 44 && Buffer.from(bytes.subarray(0, 12)).toString('hex') === begin;
  return isInfo ? bytes.subarray(12) : bytes;
}

function ofLength(option: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new CliError(`${option}: expected ${length} bytes, got ${bytes.length}`);
}

function hexOf(crypto: CryptoRoom, option: string, text: string): Uint8Array {
  try {
    return crypto.fromHex(text);
  } catch {
    throw new CliError(`${option}: expected hexadecimal digits, or a file`);
  }
}
