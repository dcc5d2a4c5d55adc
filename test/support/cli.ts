// The built command line as a child process in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where the programs of this file of tests run; it goes away with them. */
export const folder = mkdtempSync(join(tmpdir(), 'sublinear-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function start(args: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: 'pipe' });
}

export async function sublinear(args: string[], input: string | Uint8Array = ''): Promise<Run> {
  const child = start(args);
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin!.on('error', () => {}); // a verb that refuses its arguments does not read
  child.stdin!.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/**
 * Runs the program and interrupts it after so many milliseconds. One that was not so far yet as to hear of it (it ends by
 * the signal) is given more time: how long a start takes depends on the machine.
 */
export async function interrupted(args: string[], after: number, input?: string) {
  for (let wait = after; ; wait *= 3) {
    const child = start(args);
    const closed = once(child, 'close');
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdout!.resume();
    if (input !== undefined) child.stdin!.write(input);
    await new Promise((resolve) => setTimeout(resolve, wait));
    child.kill('SIGINT');
    const [code, signal] = await closed;
    if (signal === null || wait > 10_000) return { code, signal, stderr };
  }
}

/** Writes a file into the folder and gives its name. */
export function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

export const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** A run that must fail with one line on standard error. */
export async function refused(args: string[], input: string | Uint8Array = ''): Promise<string> {
  const { code, stdout, stderr } = await sublinear(args, input);
  expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
    code: 2,
    stdout: '',
    lines: 1,
  });
  expect(stderr).toMatch(/^sublinear: /);
  return stderr;
}
