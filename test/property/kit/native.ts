// The native driver (tools/native/cypher_driver.c) as something that answers queries.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Answer, Asked } from './judge.js';
import { readRows } from './values.js';

interface Line {
  error?: Answer['error'];
  columns: string;
  rows: string;
  count: number;
}

export class NativeDriver implements Asked {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve(line: Line): void; reject(error: Error): void }[] = [];
  #text = '';
  #ended = false;

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout!.setEncoding('utf8');
    this.#child.stdout!.on('data', (text: string) => {
      const lines = (this.#text + text).split('\n');
      this.#text = lines.pop()!;
      for (const line of lines) this.#waiting.shift()?.resolve(JSON.parse(line) as Line);
    });
    this.#child.stdin!.on('error', () => {});
    this.#child.on('close', (code, signal) => {
      this.#ended = true;
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error(`the driver ended: ${signal ?? code}`));
    });
  }

  #tell(command: string, text: string): void {
    const bytes = Buffer.from(text);
    this.#child.stdin!.write(`${command} ${bytes.length}\n`);
    this.#child.stdin!.write(bytes);
    this.#child.stdin!.write('\n');
  }

  #line(command: string, text: string): Promise<Line> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error('the driver has ended'));
      this.#waiting.push({ resolve, reject });
      this.#tell(command, text);
    });
  }

  reset(): void {
    this.#child.stdin!.write('N\n');
  }

  define(signature: string, rows: string[][]): void {
    this.#tell('D', [signature, ...rows.slice(1).map((row) => `[${row.join(', ')}]`)].join('\n'));
  }

  parameter(name: string, literal: string): void {
    this.#tell('P', name);
    this.#tell('V', literal);
  }

  async ask(query: string): Promise<Answer> {
    const line = await this.#line('Q', query);
    if (line.error) return { error: line.error, columns: [], rows: [] };
    const bytes = (text: string) => Buffer.from(text, 'hex');
    return readRows(bytes(line.columns), bytes(line.rows), line.count);
  }

  end(): void {
    this.#child.stdin!.end();
  }
}
