// The program of a worker in Node, Deno and Bun.
import { parentPort } from 'node:worker_threads';
import { serve } from './host.js';
import { nodeEndpoint } from './node-endpoint.js';

if (parentPort !== null) {
  serve(nodeEndpoint(parentPort));
  // Nobody would ever answer it: better an end that the caller hears of.
  parentPort.on('messageerror', (cause) => {
    throw new Error('a message could not be read', { cause });
  });
}
