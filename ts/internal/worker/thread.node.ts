// The program of a worker in Node, Deno and Bun.
import { parentPort } from 'node:worker_threads';
import { serve } from './host.js';
import { nodeEndpoint } from './node-endpoint.js';

if (parentPort !== null) serve(nodeEndpoint(parentPort));
