// Workers in Node, Deno and Bun. package.json's "imports" choose between this file, spawn.browser.ts and spawn.none.ts.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Endpoint } from 'comlink';
import { isURL } from '../runtime/brand.js';
import { nodeEndpoint } from './node-endpoint.js';

/** A worker as the connection sees it. */
export interface Link {
  endpoint: Endpoint;
  /** Keep the process alive for it, or not. */
  ref(): void;
  unref(): void;
  terminate(): unknown;
  /** Called once, when it has failed or ended by itself. */
  onEnd(listener: (cause: unknown) => void): void;
}

/** How many threads can work at once here. */
export function parallelism(): number {
  return availableParallelism();
}

/** A worker from the file that comes with the package. */
export function spawn(): Link {
  return link(new Worker(new URL('./thread.node.js', import.meta.url), options));
}

/** A worker from its program as a text: for bundles that left the file behind. */
export async function spawnInline(): Promise<Link> {
  const { default: program } = await import('../inline/worker.js');
  const port = "import { parentPort } from 'node:worker_threads';\nglobalThis.self = parentPort;\n";
  return link(new Worker(new URL(addressOfText(port + program)), options));
}

/** An address under which a worker finds a program. */
export function addressOfText(program: string): string {
  return `data:text/javascript;base64,${Buffer.from(program).toString('base64')}`;
}

/** A worker that the user has made, or the place of its program. */
export function spawnGiven(given: unknown): Link {
  if (typeof given === 'string' || isURL(given))
    return link(new Worker(given as string | URL, options));
  return link(given as Worker);
}

// What the main thread was started with (loaders, --input-type) is not for this program.
const options = { name: 'sublinear', execArgv: [] };

function link(worker: Worker): Link {
  return {
    endpoint: nodeEndpoint(worker),
    ref: () => worker.ref?.(),
    unref: () => worker.unref?.(),
    terminate: () => worker.terminate(),
    onEnd(listener) {
      worker.once('error', listener);
      worker.once('messageerror', listener);
      worker.once('exit', (code) => listener(new Error(`the thread ended with exit code ${code}`)));
    },
  };
}
