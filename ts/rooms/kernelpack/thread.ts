// A worker that holds one instance of a pack. It has no code but this program: a text, so that it needs no file beside the
// package. What runs too long is ended with its thread, which no kernel can prevent.
import { SublinearError } from '../../runtime/errors.js';
import type { Range } from './arena.js';

/** The worker's program. It announces that it listens, makes an instance of the module that it gets, then it runs. */
const program = `
let program;
const answer = (message, transfer) => port.postMessage(message, transfer ?? []);
const listen = ({ data }) => {
  try {
    if (data.wasm) {
      program = new WebAssembly.Instance(new WebAssembly.Module(data.wasm)).exports;
      return answer({ made: true });
    }
    const { kernel, values, copies, zeros, outputs, fuel } = data;
    const meter = program['sublinear.fuel'];
    const bytes = ({ offset, length }) => new Uint8Array(program.memory.buffer, offset, length);
    for (const { offset, bytes: from } of copies) bytes({ offset, length: from.length }).set(from);
    for (const range of zeros) bytes(range).fill(0);
    if (meter) meter.value = BigInt(fuel);
    let returned, trap;
    try {
      returned = program[kernel](...values);
    } catch (error) {
      trap = String(error && error.message);
    }
    const left = meter ? Number(meter.value) : undefined;
    const found = trap === undefined ? outputs.map((range) => bytes(range).slice()) : [];
    answer({ returned, trap, left, found }, found.map(({ buffer }) => buffer));
  } catch (error) {
    answer({ failed: String(error && error.message) });
  }
};
`;
const inBrowser = `
const port = self;
${program}
self.onmessage = listen;
answer({ listens: true });
`;
const inNode = `
const port = process.getBuiltinModule('node:worker_threads').parentPort;
${program}
port.on('message', (data) => listen({ data }));
answer({ listens: true });
`;

/** What a worker is told to run. */
interface ThreadJob {
  kernel: string;
  values: number[];
  copies: { offset: number; bytes: Uint8Array }[];
  zeros: Range[];
  outputs: Range[];
  fuel: number | undefined;
}

/** How a run ended there. */
interface ThreadAnswer {
  returned?: number;
  /** The engine's words for a trap. */
  trap?: string;
  /** Fuel that is left; negative: it was used up. */
  left?: number;
  found: Uint8Array[];
}

interface Message extends Partial<ThreadAnswer> {
  listens?: true;
  made?: true;
  failed?: string;
}

/** The little that workers of browsers, Deno, Bun and Node have in common. */
interface AnyWorker {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  end(): void;
  hold(wanted: boolean): void;
}

function noWorkers(operation: string, cause?: unknown): SublinearError {
  const message =
    'no worker could be started here: use run() with fuel; in browsers the content security policy must allow blob: as worker-src';
  return new SublinearError('LOAD_FAILED', operation, message, { cause });
}

type Builtin = typeof import('node:worker_threads');

function start(
  operation: string,
  hear: (message: Message) => void,
  fail: (cause: unknown) => void,
): AnyWorker {
  // Bundlers see no import of Node's modules here.
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads') as Builtin | undefined;
  const isNode = node !== undefined && typeof globalThis.Worker !== 'function';
  try {
    if (isNode) {
      const worker = new node.Worker(inNode, {
        eval: true,
        execArgv: [],
        name: 'sublinear kernels',
      });
      worker.on('message', hear);
      worker.on('error', fail);
      worker.on('exit', () => fail(new Error('the thread has ended')));
      return {
        post: (message, transfer) => worker.postMessage(message, transfer),
        end: () => void worker.terminate(),
        hold: (wanted) => (wanted ? worker.ref() : worker.unref()),
      };
    }
    const url = URL.createObjectURL(new Blob([inBrowser], { type: 'text/javascript' }));
    const worker = new Worker(url, { type: 'module' });
    worker.onmessage = ({ data }) => {
      URL.revokeObjectURL(url);
      hear(data as Message);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      fail(event.error ?? new Error(event.message));
    };
    const held = worker as unknown as { ref?: () => void; unref?: () => void };
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      end: () => worker.terminate(),
      hold: (wanted) => (wanted ? held.ref?.() : held.unref?.()),
    };
  } catch (cause) {
    throw noWorkers(operation, cause);
  }
}

/** A thread with an instance; after a run that did not end there is none, and the next run makes one. */
export class KernelThread {
  readonly #wasm: Uint8Array<ArrayBuffer>;
  #generation = 0;
  #worker: AnyWorker | undefined;
  #hear: ((message: Message) => void) | undefined;
  #fail: ((cause: unknown) => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    this.#wasm = wasm;
  }

  /** Runs after what was asked for before. `undefined`: it ran longer than it may. */
  run(
    operation: string,
    job: ThreadJob,
    timeMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ThreadAnswer | undefined> {
    const mine = this.#queue.then(() => this.#run(operation, job, timeMs, signal));
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  end(): void {
    this.#worker?.end();
    this.#worker = undefined;
    this.#fail?.(new Error('the pack was disposed'));
  }

  async #run(
    operation: string,
    job: ThreadJob,
    timeMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ThreadAnswer | undefined> {
    signal?.throwIfAborted();
    await this.#open(operation, signal);
    this.#worker?.hold(true);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeMs);
    });
    try {
      const { copies } = job;
      const buffers = copies.map(({ bytes }) => bytes.buffer as ArrayBuffer);
      const answer = await this.#ask(operation, job, buffers, signal, late);
      if (answer === undefined || answer.trap !== undefined) this.#drop();
      return answer as ThreadAnswer | undefined;
    } finally {
      clearTimeout(timer);
      this.#worker?.hold(false);
    }
  }

  #drop(): void {
    this.#generation++;
    this.#worker?.end();
    this.#worker = undefined;
  }

  async #open(operation: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.#worker !== undefined) return;
    await this.#ask(operation, undefined, [], signal);
    await this.#ask(operation, { wasm: this.#wasm }, [], signal);
  }

  /** A worker whose last words are not taken for those of the next one. */
  #start(operation: string): AnyWorker {
    const mine = ++this.#generation;
    return start(
      operation,
      (answer) => {
        if (mine === this.#generation) this.#hear?.(answer);
      },
      (cause) => {
        if (mine === this.#generation) this.#fail?.(cause);
      },
    );
  }

  /** Sends something, or starts the worker; the next message is the answer. Whatever goes wrong ends the worker. */
  async #ask(
    operation: string,
    message: unknown,
    transfer: ArrayBuffer[],
    signal: AbortSignal | undefined,
    late?: Promise<undefined>,
  ): Promise<Message | undefined> {
    let stop: (() => void) | undefined;
    const heard = new Promise<Message>((resolve, reject) => {
      this.#hear = resolve;
      this.#fail = (cause) => reject(noWorkers(operation, cause));
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
    });
    try {
      if (this.#worker === undefined) this.#worker = this.#start(operation);
      else this.#worker.post(message, transfer);
      const answer = await (late === undefined ? heard : Promise.race([heard, late]));
      if (answer?.failed !== undefined) throw noWorkers(operation, new Error(answer.failed));
      return answer;
    } catch (error) {
      this.#drop();
      throw error;
    } finally {
      if (stop !== undefined) signal?.removeEventListener('abort', stop);
      this.#hear = this.#fail = undefined;
    }
  }
}
