// How files are read in workerd (Cloudflare) and edge runtimes: not at all. Their modules are imported, compiled, when the
// program is deployed (ts/generated/bundle/*.workerd.ts).
import type { Fetched } from './wasm-source.node.js';

export function read(file: URL): Promise<Fetched> {
  return fetched(file);
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address);
}
