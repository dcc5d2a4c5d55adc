// What the verbs share: an engine as the options ask for, and errors in the words of the command line.

import type { RoomName, Variant } from '../generated/bundles.js';
import type { Rooms } from '../generated/rooms.js';
import { createEngine, type Engine } from '../index.js';
import { isSublinearError } from '../runtime/errors.js';
import { nameOf } from './files.js';
import type { OutputFormat } from './options.js';
import { CliError, EXIT, isFailure } from './terminal.js';

/** What every verb gets beside its own options. */
export interface CommonOptions {
  json?: boolean;
  format?: OutputFormat;
  quiet?: boolean;
  memory?: number;
  variant?: Variant;
}

/** An engine with these rooms. */
export function engineFor<M extends RoomName>(
  modules: readonly M[],
  { memory, variant }: CommonOptions,
): Promise<Engine & Readonly<Pick<Rooms, M>>> {
  return createEngine({
    modules,
    ...(memory !== undefined && { memory }),
    ...(variant !== undefined && { variant }),
  });
}

/**
 * Puts an error of the package into the user's words: an argument that came from a file is called by the file and its
 * line, one that came from an option by the option. Anything else passes through.
 *
 * @param files - the file behind each argument, by the argument's name
 * @param reading - the file that is being read: then every error is about it
 */
export function explain(error: unknown, files: Record<string, string>, reading?: string): unknown {
  if (!isSublinearError(error)) return error;
  const { argument, line, message } = error;
  const exitCode = isFailure(error) ? EXIT.failed : EXIT.badInput;
  const file = reading ?? (argument === undefined ? undefined : files[argument]);
  if (file !== undefined) {
    const place = line === undefined ? nameOf(file) : `${nameOf(file)}:${line}`;
    return new CliError(`${place}: ${withoutPlace(message)}`, exitCode);
  }
  const option = argument?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (error.code === 'MEMORY' || option === undefined) return new CliError(message, exitCode);
  return new CliError(message.replace(`"${argument}"`, `--${option}`), exitCode);
}

// line 3: expected ...  ->  expected ...        "matrix" at position 3: not symmetric  ->  not symmetric
function withoutPlace(message: string): string {
  return message.replace(/^(?:"\w+"(?: in line \d+| at position \d+)?|line \d+): /, '');
}
