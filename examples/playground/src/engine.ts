// The one engine of the page. It lives in a worker: the page itself never computes.
import { createWorkerEngine } from 'sublinear/worker';

let made: ReturnType<typeof createWorkerEngine> | undefined;

export function engine() {
  made ??= createWorkerEngine();
  return made;
}
