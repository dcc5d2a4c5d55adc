// sublinear pack build|sign|verify|run file
import { readNpy } from '../npy.js';
import type {
  KernelInput,
  KernelPack,
  KernelpackRoom,
  KernelSignature,
  RunArguments,
  TensorData,
  TensorInput,
  TrustOptions,
  VersionStore,
} from '../rooms/kernelpack/kernelpack.js';
import { isSublinearError } from '../runtime/errors.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import type { packActions } from './options.js';
import {
  bytes as bytesText,
  CliError,
  complain,
  EXIT,
  facts,
  type Progress,
  say,
} from './terminal.js';
import { given, keyOf, wholeFile } from './verify.js';

export interface PackOptions extends CommonOptions {
  action: (typeof packActions)[number];
  output?: string;
  manifest?: string;
  segment?: string[];
  key?: string;
  signer?: string[];
  hash?: string[];
  versions?: string;
  input?: string[];
  size?: string[];
  number?: string[];
  fuel?: number;
  time?: number;
  top: number;
}

export async function pack(
  file: string,
  kernel: string | undefined,
  options: PackOptions,
  progress: Progress,
): Promise<void> {
  const engine = await engineFor(['crypto', 'kernelpack'], options);
  const room = engine.kernelpack;
  try {
    switch (options.action) {
      case 'build':
        return await build(room, file, options, progress);
      case 'sign':
        return await sign(room, file, options, progress);
      default: {
        if (options.action === 'run' && kernel === undefined)
          throw new CliError('expected the name of a kernel behind the file');
        const keys: Uint8Array[] = [];
        for (const key of options.signer ?? [])
          keys.push(signerOf(await given(engine.crypto, '--signer', key, progress)));
        return await open(room, file, kernel, keys, options, progress);
      }
    }
  } finally {
    engine.dispose();
  }
}

function signerOf(bytes: Uint8Array): Uint8Array {
  const key = keyOf(bytes);
  if (key.length === 32) return key;
  const expected = 'expected a public key of Ed25519 (32 bytes, or PEM: BEGIN PUBLIC KEY)';
  throw new CliError(`--signer: ${expected}, got ${key.length} bytes`);
}

const needed = (value: string | undefined, option: string): string => {
  if (value === undefined) throw new CliError(`expected ${option}`);
  return value;
};

/** Options of the form name=value. */
function pairs(values: readonly string[] | undefined, option: string): [string, string][] {
  return (values ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new CliError(`${option}: expected name=value, got ${text}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

async function jsonOf(path: string, progress: Progress): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await wholeFile(path, progress)).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new CliError(`${nameOf(path)}: expected JSON`);
    throw error;
  }
}

async function build(
  room: KernelpackRoom,
  file: string,
  options: PackOptions,
  progress: Progress,
): Promise<void> {
  const output = needed(options.output, '--output');
  const manifest = needed(options.manifest, '--manifest');
  const segments: Record<string, TensorInput> = {};
  const named = pairs(options.segment, '--segment');
  await assertApart([file, manifest, ...named.map(([, path]) => path)], { '--output': output });
  for (const [name, path] of named) {
    const bytes = await wholeFile(path, progress);
    if (path.endsWith('.npy')) {
      const { data, shape } = await npyOf(bytes, path);
      segments[name] = { data, shape };
    } else segments[name] = new Uint8Array(bytes);
  }
  const wasm = await wholeFile(file, progress);
  const description = (await jsonOf(manifest, progress)) as Parameters<typeof room.writePack>[1];
  let written: Uint8Array;
  try {
    written = room.writePack(wasm, description, segments);
  } catch (error) {
    throw explain(error, { bytes: file, wasm: file, description: manifest });
  }
  await writeFile(output, [written]);
  if (!options.quiet)
    say(`${nameOf(output)}: ${bytesText(written.length)}, not signed`, process.stderr);
}

async function sign(
  room: KernelpackRoom,
  file: string,
  options: PackOptions,
  progress: Progress,
): Promise<void> {
  const output = needed(options.output, '--output');
  const key = needed(options.key, '--key');
  const text = Buffer.from(await wholeFile(key, progress)).toString('latin1');
  const pem = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  if (pem === undefined)
    throw new CliError(`${nameOf(key)}: expected a private key in PEM: BEGIN PRIVATE KEY`);
  const { subtle } = globalThis.crypto;
  let secret: CryptoKey;
  try {
    secret = await subtle.importKey('pkcs8', Buffer.from(pem, 'base64'), 'Ed25519', true, ['sign']);
  } catch {
    throw new CliError(`${nameOf(key)}: expected an Ed25519 key`);
  }
  const { x } = await subtle.exportKey('jwk', secret);
  const publicKey = new Uint8Array(Buffer.from(x as string, 'base64url'));
  try {
    const signed = await room.signPack(await wholeFile(file, progress), {
      publicKey,
      sign: (message) => subtle.sign('Ed25519', secret, message),
    });
    await writeFile(output, [signed]);
  } catch (error) {
    throw explain(error, { bytes: file, source: file, pack: file });
  }
  if (!options.quiet)
    say(`${nameOf(output)}: signed by ${Buffer.from(publicKey).toString('hex')}`, process.stderr);
}

async function open(
  room: KernelpackRoom,
  file: string,
  kernel: string | undefined,
  signers: Uint8Array[],
  options: PackOptions,
  progress: Progress,
): Promise<void> {
  if (signers.length === 0 && options.hash === undefined)
    throw new CliError('expected --signer or --hash: whom to trust');
  const versions =
    options.versions === undefined ? undefined : await versionsOf(options.versions, progress);
  const trust: TrustOptions = {
    signers,
    hashes: options.hash ?? [],
    ...(versions !== undefined && { versions }),
  };
  let opened: KernelPack;
  try {
    opened = await room.KernelPack.open(await wholeFile(file, progress), trust);
  } catch (error) {
    // A pack that is damaged or that nobody vouches for is an answer, what was asked wrongly is none.
    if (!isSublinearError(error) || !/^(source|bytes)$/.test(error.argument ?? ''))
      throw explain(error, { hashes: '--hash', signers: '--signer' });
    const why = error.message.replace(/^"\w+"( at position \d+)?: /, '');
    if (options.json) say(JSON.stringify({ valid: false, code: error.code, why }));
    else complain(`${nameOf(file)}: FAILED, ${why}`);
    process.exitCode = EXIT.notConverged;
    return;
  }
  try {
    if (versions !== undefined)
      await writeFile(options.versions as string, [`${JSON.stringify(versions)}\n`]);
    if (kernel === undefined) describe(opened, file, options);
    else await run(opened, kernel, options, progress);
  } finally {
    opened.dispose();
  }
}

async function versionsOf(path: string, progress: Progress): Promise<VersionStore> {
  try {
    return (await jsonOf(path, progress)) as VersionStore;
  } catch (error) {
    // Nothing was seen yet.
    if (error instanceof Error && /no such file/i.test(error.message)) return {};
    throw error;
  }
}

const signatureText = ({ name, parameters, returns }: KernelSignature) => {
  const own = parameters.map((parameter) =>
    parameter.kind === 'tensor'
      ? `${parameter.access} ${parameter.name}: ${parameter.type}[${parameter.shape.join(', ')}]`
      : parameter.kind === 'size'
        ? parameter.name
        : `${parameter.name}: ${parameter.type}`,
  );
  return `${name}(${own.join('; ')})${returns === undefined ? '' : `: ${returns}`}`;
};

function describe(opened: KernelPack, file: string, options: PackOptions): void {
  const { name, version, role, hash, signer, features, pages, kernels } = opened;
  const segments = opened.bundle.segments.map((segment) => segment.name);
  if (options.json) {
    const about = { valid: true, name, version, role, hash, signer, features, pages };
    say(JSON.stringify({ ...about, kernels, segments }));
    return;
  }
  if (options.quiet) return;
  say(
    facts([
      ['pack', `${nameOf(file)}: ${name}, version ${version}, ${role}`],
      ['trusted', signer === undefined ? 'by its hash' : `signed by ${signer}`],
      ['hash', hash],
      ['memory', bytesText(pages * 65_536)],
      ['uses', features.join(', ') || 'WebAssembly 1.0'],
      ['segments', segments.join(', ')],
      ...kernels.map((each): [string, string] => ['kernel', signatureText(each)]),
    ]),
  );
}

/** What is wrong with an input, in the words of the command line. */
function inOptions(error: unknown, kernel: string): unknown {
  const argument = isSublinearError(error) ? error.argument : undefined;
  if (!isSublinearError(error) || argument === undefined) return explain(error, {});
  const [group, name] = argument.split('.');
  const option = { inputs: '--input', sizes: '--size', numbers: '--number', kernel }[group ?? ''];
  if (option === undefined) return explain(error, {});
  const why = error.message.replace(`"${argument}"`, '').replace(/^:?\s+/, '');
  return new CliError(`${option}${name === undefined ? '' : ` ${name}`}: ${why}`);
}

async function run(
  opened: KernelPack,
  kernel: string,
  options: PackOptions,
  progress: Progress,
): Promise<void> {
  const signature = opened.kernels.find(({ name }) => name === kernel);
  const how: RunArguments = {
    inputs: await inputsOf(opened, signature, options, progress),
    sizes: numbersOf(options.size, '--size'),
    numbers: numbersOf(options.number, '--number'),
  };
  const { fuel, time } = options;
  const limit = fuel === undefined ? {} : { fuel };
  let result: Awaited<ReturnType<KernelPack['runAsync']>>;
  try {
    result =
      time === undefined
        ? opened.run(kernel, { ...how, ...limit })
        : await opened.runAsync(kernel, { ...how, ...limit, timeMs: 1000 * time });
  } catch (error) {
    throw inOptions(error, kernel);
  }
  const { outcome, returned, fuelUsed } = result;
  if (outcome !== 'ended') process.exitCode = EXIT.notConverged;
  const outputs = Object.entries(result.outputs ?? {}).map(
    ([name, data]) => [name, Array.from(data as ArrayLike<number | bigint>, Number)] as const,
  );
  if (options.json) {
    const shown = Object.fromEntries(outputs);
    say(JSON.stringify({ kernel, outcome, returned, fuelUsed, outputs: shown }));
    return;
  }
  if (outcome !== 'ended') complain(result.message);
  for (const [name, values] of outputs) {
    const more = values.length > options.top ? ' ...' : '';
    say(`${name}: ${values.slice(0, options.top).join(' ')}${more}`);
  }
  if (!options.quiet && fuelUsed !== undefined) say(`${fuelUsed} instructions`, process.stderr);
}

function numbersOf(values: string[] | undefined, option: string): Record<string, number> {
  return Object.fromEntries(
    pairs(values, option).map(([name, text]) => {
      const value = Number(text);
      if (text.trim() === '' || Number.isNaN(value))
        throw new CliError(`${option}: expected a number for ${name}, got ${text}`);
      return [name, value];
    }),
  );
}

async function npyOf(
  bytes: Uint8Array,
  path: string,
): Promise<{ data: TensorData; shape: readonly number[] }> {
  try {
    const { data, shape } = readNpy(bytes);
    return { data: data as TensorData, shape };
  } catch (error) {
    throw explain(error, {}, path);
  }
}

const lists = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;

/** Numbers with commas, each of them one that the type has. */
function listOf(name: string, type: string, text: string): TensorData {
  const List = lists[type as keyof typeof lists];
  if (List === undefined) throw new CliError(`--input ${name}: give ${type} as a .npy file`);
  const isFloat = type.startsWith('float');
  const numbers = text.split(',').map((word) => {
    const value = Number(word);
    const fits = isFloat ? Number.isFinite(value) : List.of(value)[0] === value;
    if (word.trim() === '' || !fits)
      throw new CliError(`--input ${name}: expected numbers of ${type}, got "${word.trim()}"`);
    return value;
  });
  return List.from(numbers);
}

async function inputsOf(
  opened: KernelPack,
  signature: KernelSignature | undefined,
  options: PackOptions,
  progress: Progress,
): Promise<Record<string, KernelInput>> {
  const inputs: Record<string, KernelInput> = {};
  for (const [name, value] of pairs(options.input, '--input')) {
    const parameter = signature?.parameters.find((each) => each.name === name);
    const type = parameter?.kind === 'tensor' ? parameter.type : 'float32';
    if (value.startsWith('segment:')) {
      const { data, shape } = await opened.bundle.read(value.slice('segment:'.length));
      if (typeof data === 'string') throw new CliError(`--input ${name}: the segment is a text`);
      inputs[name] = { data, shape };
    } else if (/^[-+\d.eE,\s]+$/.test(value)) {
      inputs[name] = listOf(name, type, value);
    } else {
      inputs[name] = await npyOf(await wholeFile(value, progress), value);
    }
  }
  return inputs;
}
