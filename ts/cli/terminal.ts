// How the command line talks: results on standard output, everything else on standard error, a progress bar only where
// somebody can see it, and one line for what went wrong.
import { writeSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { isSublinearError } from '../runtime/errors.js';

/** Exit codes, the same for every verb. */
export const EXIT = {
  done: 0,
  notConverged: 1,
  badInput: 2,
  failed: 3,
  interrupted: 130,
} as const;

/** Ends a verb with one line on standard error. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.badInput) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Whether an error of the package means that the machine gave up, not that the input was wrong. */
export function isFailure(error: unknown): boolean {
  if (!isSublinearError(error)) return true;
  return ['ERR_MEMORY', 'MEMORY', 'CRASHED', 'LOAD_FAILED'].includes(error.code);
}

/** Two columns: names in the first, padded to the longest. */
export function facts(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

/** A table with right-aligned numbers: a column is a number column when its first cell is one. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const right = header.map((_, column) => typeof rows[0]?.[column] === 'number');
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** 1234567 as "1,234,567". */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A small positive number with three digits: 1.23e-9, 0.0123, 12.3. */
export function digits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

/** Milliseconds for people: "3.1 ms", "2.4 s". */
export function duration(ms: number): string {
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** Bytes for people: "812 bytes", "1.4 MB". */
export function bytes(value: number): string {
  if (value < 1000) return `${value} bytes`;
  const units = ['KB', 'MB', 'GB'];
  let scaled = value;
  let unit = -1;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${digits(scaled)} ${units[unit]}`;
}

/** A bar on standard error, or nothing at all when that is not a terminal. */
export class Progress {
  private bar: SingleBar | undefined;
  /** With --quiet there is no bar. */
  quiet = false;

  /** Starts again with another label; `total` 1 means that updates are shares. */
  start(label: string, total = 1): void {
    this.stop();
    if (this.quiet || !process.stderr.isTTY) return;
    this.bar = new SingleBar({
      format: '{label} {bar} {percentage}% {detail}',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      linewrap: false,
      gracefulExit: false,
    });
    this.bar.start(total, 0, { label: printable(label), detail: '' });
  }

  update(value: number, detail = ''): void {
    this.bar?.update(value, { detail: printable(detail) });
  }

  /** Takes the bar away and gives the cursor back. */
  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** How far on the way to a tolerance an error is that began at about 1: errors fall by factors, so logarithms are compared. */
export function wayTo(error: number, tolerance: number): number {
  if (tolerance >= 1) return 0;
  return Math.min(1, Math.max(0, Math.log(error) / Math.log(tolerance) || 0));
}

/** Aborted by the first Ctrl-C. */
export const interrupt = new AbortController();

let told = false;

/** Says it once, whichever comes first: the verb that has stopped, or the end of its time to do so. */
export function sayInterrupted(): void {
  if (!told) complain('interrupted');
  told = true;
}

/**
 * Ctrl-C: the running verb is told to stop; a second one ends the process at once. A reader of our output that goes
 * away (`| head`) is no error.
 */
export function installSignals(progress: Progress): void {
  let asked = false;
  const onInterrupt = () => {
    progress.stop();
    if (asked) {
      sayInterrupted();
      process.exit(EXIT.interrupted);
    }
    asked = true;
    interrupt.abort(new CliError('interrupted', EXIT.interrupted));
    // A verb that waits for standard input has nothing to abort.
    setTimeout(() => {
      sayInterrupted();
      process.exit(EXIT.interrupted);
    }, 300).unref();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
      progress.stop();
      complain(`standard output: ${reason(error)}`);
      process.exit(EXIT.failed);
    });
  }
}

/** What the system says about a file, in words. */
export function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EACCES') return 'permission denied';
  if (error.code === 'ENOSPC') return 'no space left';
  if (error.code === 'EISDIR') return 'is a folder, expected a file';
  return error.message;
}

/**
 * Text for a terminal: names of files and labels may hold sequences that move the cursor, change the title or turn the
 * writing round. They are shown as JSON writes them, so that JSON stays what it is.
 */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Prints a result. */
export function say(text: string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(`${printable(text)}\n`);
}

/** The line that says what went wrong. Written at once: the process is about to end. */
export function complain(message: string): void {
  try {
    writeSync(2, `sublinear: ${printable(message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
  } catch {
    // Nobody is listening.
  }
}
