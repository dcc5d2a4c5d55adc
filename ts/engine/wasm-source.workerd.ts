// How files are read in workerd (Cloudflare) and edge runtimes: not at all. Modules come compiled: those of workerd are
// imported when the program is deployed (ts/generated/bundle/*.workerd.ts), those of edge runtimes are given by the user.
import type { Fetched } from './wasm-source.node.js';

export function read(file: URL): Promise<Fetched> {
  return fetched(file);
}

export function fetched(address: string | URL): Promise<Fetched> {
  return fetch(address);
}

/**
 * Next.js builds no edge route in which it reads a call of WebAssembly.compile, reached or not. It would fail here anyway,
 * and says so in V8's words.
 */
export async function compile(_bytes: BufferSource): Promise<WebAssembly.Module> {
  throw new Error('Wasm code generation disallowed by embedder');
}
