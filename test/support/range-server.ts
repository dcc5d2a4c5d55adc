// A server of one file on this machine, which does what servers do: slowly, without ranges, compressed, replaced, broken off.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How the server behaves; may be changed while it runs. */
interface Behaviour {
  bytes: Uint8Array;
  etag: string | undefined;
  latencyMs: number;
  /** Sends the whole file whatever is asked. */
  noRanges: boolean;
  /** Leaves the length out. */
  chunked: boolean;
  gzip: boolean;
  /** Answers with this status, so many times. */
  fail: { status: number; times: number } | undefined;
  /** Ends the connection after so many bytes, so many times. */
  breakOff: { after: number; times: number } | undefined;
  /** Sends bytes from another place, so many times. */
  shift: number;
  /** Never answers. */
  silent: boolean;
}

export interface RangeServer {
  url: string;
  behaviour: Behaviour;
  /** What was asked for since the beginning. */
  asked: { range: string | undefined; ifRange: string | undefined; bytes: number }[];
  /** Behaves as at the beginning, and has been asked for nothing. */
  reset(): void;
  close(): Promise<void>;
}

/** A server that does nothing wrong. */
const asIs = (bytes: Uint8Array): Behaviour => ({
  bytes,
  etag: '"one"',
  latencyMs: 0,
  noRanges: false,
  chunked: false,
  gzip: false,
  fail: undefined,
  breakOff: undefined,
  shift: 0,
  silent: false,
});

/** What a promise was rejected with. */
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('nothing was refused');
    },
    (error: { code: string; message: string }) => error,
  );

export async function serveFile(bytes: Uint8Array): Promise<RangeServer> {
  const behaviour = asIs(bytes);
  const asked: RangeServer['asked'] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    const seen = { range, ifRange: request.headers['if-range'] as string | undefined, bytes: 0 };
    asked.push(seen);
    if (behaviour.silent) return;
    setTimeout(() => answer(range, seen, response), behaviour.latencyMs);
  });
  function answer(
    range: string | undefined,
    seen: { ifRange: string | undefined; bytes: number },
    response: ServerResponse,
  ): void {
    const { etag, fail, breakOff } = behaviour;
    if (fail !== undefined && fail.times-- > 0) {
      response.writeHead(fail.status).end();
      return;
    }
    const headers: Record<string, string | number> = { 'accept-ranges': 'bytes' };
    if (etag !== undefined) headers.etag = etag;
    const wanted = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    const whole = behaviour.noRanges || wanted === null;
    const replaced = seen.ifRange !== undefined && seen.ifRange !== etag;
    let body = Buffer.from(behaviour.bytes);
    let status = 200;
    if (!whole && !replaced) {
      const from = Number(wanted[1]) + (behaviour.shift-- > 0 ? 7 : 0);
      if (from >= body.length) {
        response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
        return;
      }
      const to = Math.min(Number(wanted[2]) + 1, body.length);
      headers['content-range'] = `bytes ${from}-${to - 1}/${body.length}`;
      body = body.subarray(from, to);
      status = 206;
    }
    if (behaviour.gzip) {
      headers['content-encoding'] = 'gzip';
      body = gzipSync(body);
    }
    if (!behaviour.chunked) headers['content-length'] = body.length;
    seen.bytes = body.length;
    response.writeHead(status, headers);
    if (breakOff !== undefined && breakOff.times-- > 0) {
      response.write(body.subarray(0, breakOff.after), () => response.destroy());
      return;
    }
    response.end(body);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/words.slvr`,
    behaviour,
    asked,
    reset: () => {
      asked.length = 0;
      Object.assign(behaviour, asIs(bytes));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
