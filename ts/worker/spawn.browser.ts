// Workers in browsers.
import { isURL } from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import type { Link } from './spawn.node.js';

export function parallelism(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 2;
}

export function spawn(): Link {
  assertWorkers();
  // Written just so, because bundlers look for exactly this expression.
  return link(new Worker(new URL('./thread.js', import.meta.url), { type: 'module' }));
}

export async function spawnInline(): Promise<Link> {
  assertWorkers();
  const { default: program } = await import('../inline/worker.js');
  return link(new Worker(addressOfText(program), { type: 'module' }));
}

/** An address under which a worker finds a program. */
export function addressOfText(program: string): string {
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  // It has been read by the time the worker answers or fails; what is left is a name.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return url;
}

export function spawnGiven(given: unknown): Link {
  assertWorkers();
  if (typeof given === 'string' || isURL(given)) return link(new Worker(given, { type: 'module' }));
  return link(given as Worker);
}

function assertWorkers(): void {
  if (typeof Worker === 'function') return;
  const message =
    'there are no workers here (Cloudflare Workers, edge functions, old service workers): use createEngine() and the ...Async methods, which give way every few milliseconds';
  throw new SublinearError('UNSUPPORTED', 'createWorkerEngine', message);
}

function link(worker: Worker): Link {
  return {
    endpoint: worker,
    ref() {},
    unref() {},
    terminate: () => worker.terminate(),
    onEnd(listener) {
      worker.addEventListener('error', (event) => {
        event.preventDefault?.();
        listener(event.error ?? new Error(event.message || 'the worker could not be loaded'));
      });
      worker.addEventListener('messageerror', () =>
        listener(new Error('a message could not be read')),
      );
    },
  };
}
