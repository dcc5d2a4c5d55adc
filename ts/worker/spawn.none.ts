// Runtimes without workers: Cloudflare's workerd and edge functions.
import { SublinearError } from '../runtime/errors.js';
import type { Link } from './spawn.node.js';

export function parallelism(): number {
  return 1;
}

export function spawn(): Link {
  throw none();
}

export async function spawnInline(): Promise<Link> {
  throw none();
}

export function addressOfText(_: string): string {
  throw none();
}

export function spawnGiven(_: unknown): Link {
  throw none();
}

function none(): SublinearError {
  const message =
    'this runtime has no workers: use createEngine() and the ...Async methods, which give way every few milliseconds';
  return new SublinearError('UNSUPPORTED', 'createWorkerEngine', message);
}
