// sublinear hash file... : digests as sha256sum prints them, and lists of them compared with the files.
import type { HashAlgorithm } from '../rooms/crypto/crypto.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { chunks, nameOf } from './files.js';
import { CliError, complain, count, EXIT, interrupt, type Progress, say } from './terminal.js';

export interface HashOptions extends CommonOptions {
  algorithm: HashAlgorithm;
  length?: number;
  check?: boolean;
}

/** Lines of a list: digits, two spaces or a space and an asterisk, a name. */
const LINE = /^([0-9a-f]+) [ *](.+)$/i;

export async function hash(
  files: readonly string[],
  options: HashOptions,
  progress: Progress,
): Promise<void> {
  if (files.length === 0) throw new CliError('expected files; - is standard input');
  const engine = await engineFor(['crypto'], options);
  const { hashAsync, toHex } = engine.crypto;
  const { algorithm, length } = options;
  const digest = async (file: string, bytes = length) => {
    const control = { signal: interrupt.signal, ...(bytes !== undefined && { length: bytes }) };
    try {
      return toHex(await hashAsync(algorithm, chunks(file, progress, 'hashing'), control));
    } catch (error) {
      throw explain(error, {});
    }
  };
  try {
    if (options.check) return await compare(files, digest, options, progress);
    const found: { file: string; digest: string }[] = [];
    for (const file of files) {
      const hex = await digest(file);
      found.push({ file, digest: hex });
      if (!options.json) say(`${hex}  ${file}`);
    }
    if (options.json) say(JSON.stringify({ algorithm, files: found }));
  } finally {
    engine.dispose();
  }
}

/** Files that lists name, against the digests beside their names. A file that cannot be read has failed. */
async function compare(
  lists: readonly string[],
  digest: (file: string, bytes?: number) => Promise<string>,
  options: HashOptions,
  progress: Progress,
): Promise<void> {
  const results: { file: string; ok: boolean }[] = [];
  for (const list of lists) {
    for (const [i, line] of (await textOf(list, progress)).split(/\r?\n/).entries()) {
      if (line === '') continue;
      const [, wanted, file] = LINE.exec(line) ?? [];
      if (wanted === undefined || file === undefined)
        throw new CliError(`${nameOf(list)}:${i + 1}: expected a digest and the name of a file`);
      const ok = await isSame(file, wanted, digest, options);
      results.push({ file, ok });
      if (!options.json && (!ok || !options.quiet)) say(`${file}: ${ok ? 'OK' : 'FAILED'}`);
    }
  }
  if (results.length === 0)
    throw new CliError('expected a digest and the name of a file, got no line');
  const failed = results.filter(({ ok }) => !ok).length;
  if (options.json) say(JSON.stringify({ algorithm: options.algorithm, failed, files: results }));
  else if (failed > 0) complain(`${count(failed)} of ${count(results.length)} do not match`);
  if (failed > 0) process.exitCode = EXIT.notConverged;
}

async function isSame(
  file: string,
  wanted: string,
  digest: (file: string, bytes?: number) => Promise<string>,
  { algorithm }: HashOptions,
): Promise<boolean> {
  // Of SHAKE the list says how long digests are.
  const bytes = algorithm.startsWith('shake') ? wanted.length / 2 : undefined;
  if (wanted.length % 2 !== 0) return false;
  try {
    return (await digest(file, bytes)) === wanted.toLowerCase();
  } catch (error) {
    interrupt.signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    complain(error.message);
    return false;
  }
}

async function textOf(file: string, progress: Progress): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks(file, progress)) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
