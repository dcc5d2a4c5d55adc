// Talks to a native peer (protocol.h): builds it, starts it, gives it data, asks it for one run at a time, so that runs of
// different programs can take turns.
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Csr } from '../support/generators.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'build/peers');
const scratch = mkdtempSync(join(tmpdir(), 'sublinear-peers-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** How a peer is built: compiler, sources and libraries. Flags for speed are the same for all. */
export interface Recipe {
  compiler: string;
  sources: string[];
  flags: string[];
}

const fast = ['-O3', '-march=native', '-DNDEBUG', '-I', here];

/** Builds a peer into build/peers; throws with the compiler's words when that fails. */
export function build(name: string, { compiler, sources, flags }: Recipe): string {
  mkdirSync(built, { recursive: true });
  const program = join(built, name);
  execFileSync(compiler, [...fast, ...sources, '-o', program, ...flags], {
    cwd: root,
    stdio: 'pipe',
  });
  return program;
}

/** OpenBLAS 0.3.21 does not know newer processors and falls back to its slowest kernels: name them. */
function blasKernels(): string {
  const flags = readFileSync('/proc/cpuinfo', 'utf8').match(/^flags.*$/m)?.[0] ?? '';
  if (/\bavx512f\b/.test(flags)) return 'SKYLAKEX';
  if (/\bavx2\b/.test(flags)) return /AMD/.test(cpus()[0]?.model ?? '') ? 'ZEN' : 'HASWELL';
  return 'NEHALEM';
}

export interface NativeRun {
  /** By the peer's own clock. */
  ms: number;
  iterations: number;
}

/** A running peer. One command at a time. */
export class NativePeer {
  readonly name: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;

  constructor(name: string, program: string, args: string[] = []) {
    this.name = name;
    const env = {
      OPENBLAS_CORETYPE: blasKernels(),
      ...process.env,
      OPENBLAS_NUM_THREADS: '1',
      OMP_NUM_THREADS: '1',
    };
    this.child = spawn(program, args, { env, stdio: 'pipe' });
    this.child.stderr.pipe(process.stderr);
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async load(path: string): Promise<void> {
    await this.ask(`load ${path}`);
  }

  async run(method: string, tolerance = 0): Promise<NativeRun> {
    const [ms, iterations] = (await this.ask(`run ${method} ${tolerance}`)).split(' ').map(Number);
    return { ms: ms!, iterations: iterations! };
  }

  /** The solution or the scores of the last run. */
  async result(): Promise<Float64Array> {
    const path = join(scratch, 'result');
    await this.ask(`write ${path}`);
    const bytes = readFileSync(path);
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8).slice();
  }

  stop(): void {
    this.child.stdin.end();
  }

  private async ask(command: string): Promise<string> {
    this.child.stdin.write(`${command}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`${this.name} ended at "${command}"`);
    if (!value.startsWith('ok')) throw new Error(`${this.name}: ${value.replace(/^error /, '')}`);
    return value.slice(3);
  }
}

/** The peer of bench/peers/<name>.cpp, or why there is none. */
export function graphPeer(name: string, smoke: boolean): { peer?: NativePeer; missing: string } {
  if (smoke) return { missing: 'not in a smoke run' };
  try {
    const program = build(name, {
      compiler: 'g++',
      sources: [`bench/peers/${name}.cpp`],
      flags: ['-std=c++17', '-ligraph', '-lm'],
    });
    return { peer: new NativePeer(name, program), missing: '' };
  } catch {
    return { missing: 'not built: it needs g++, libigraph-dev and libboost-graph-dev' };
  }
}

/** Writes A x = b for peers to load. */
export function systemFile(matrix: Csr, b: Float64Array): string {
  return write([
    Uint32Array.of(matrix.rows, matrix.columns.length),
    matrix.rowPointers,
    matrix.columns,
    matrix.values,
    b,
  ]);
}

/** Writes a graph (outgoing edges in compressed rows) and a source node for peers to load. */
export function graphFile(graph: Csr, source: number): string {
  return write([
    Uint32Array.of(graph.rows, graph.columns.length, source),
    graph.rowPointers,
    graph.columns,
  ]);
}

/** Writes an undirected weighted graph as a list of edges for peers to load. */
export function edgesFile(
  { nodeCount, from, to }: { nodeCount: number; from: Uint32Array; to: Uint32Array },
  weights: Float64Array,
): string {
  return write([Uint32Array.of(nodeCount, from.length), from, to, weights]);
}

let files = 0;
function write(parts: (Uint32Array | Float64Array)[]): string {
  const path = join(scratch, `data${files++}`);
  writeFileSync(
    path,
    Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
  );
  return path;
}
