// The program of a worker in browsers. The build makes one file of it and of all that it imports, without imports of its
// own, so that bundlers and content security policies have nothing to stumble over.
import { serve } from './host.js';

declare const self: Parameters<typeof serve>[0];

serve(self);
// Nobody would ever answer it: better an end that the caller hears of.
self.addEventListener('messageerror', () => {
  throw new Error('a message could not be read');
});
