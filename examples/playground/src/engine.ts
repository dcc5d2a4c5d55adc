// The one engine of the page. It lives in a worker: the page itself never computes.
import { getEngine } from 'sublinear';

export function engine() {
  return getEngine();
}
