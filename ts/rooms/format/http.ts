// Ranges of a file over HTTP, with nothing but `fetch`: servers that send the whole file, compress it, replace it, answer
// slowly, half, or not at all.
import { messageOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Source, Traffic } from './traffic.js';

/** A file up to this size is taken whole where the server knows no ranges. */
const WHOLE_MOST = 1 << 24;
/** Again after a failure that may pass: so often, after these milliseconds, doubled each time. */
const RETRIES = 2;
const PAUSE_MS = 200;

/** A failure after which asking again may help. */
class Passing extends Error {}

export class HttpSource implements Source {
  readonly name: string;
  readonly #operation: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timeoutMs: number;
  /** What the server called the file as it was first seen. */
  #version: string | undefined;
  /** The whole file, where the server sends nothing less. */
  #whole: Uint8Array | undefined;
  #wholeComing: Promise<Uint8Array> | undefined;

  constructor(operation: string, url: string, fetch: typeof globalThis.fetch, timeoutMs: number) {
    this.#operation = operation;
    this.name = url;
    // Called as a method of nothing else: browsers insist.
    this.#fetch = fetch === globalThis.fetch ? fetch.bind(globalThis) : fetch;
    this.#timeoutMs = timeoutMs;
  }

  get length(): number | undefined {
    return this.#whole?.length;
  }

  forget(): void {
    this.#version = undefined;
    this.#whole = undefined;
    this.#wholeComing = undefined;
  }

  async read(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<Uint8Array> {
    for (let attempt = 0; ; attempt++) {
      const whole = this.#whole ?? (await this.#wholeComing?.catch(() => undefined));
      if (whole !== undefined) return whole.subarray(offset, offset + length);
      try {
        return await this.#once(offset, length, signal, traffic);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Passing)) throw error;
        if (attempt === RETRIES) throw this.#failed(error.message, error.cause);
        await pause(PAUSE_MS * 2 ** attempt, signal);
      }
    }
  }

  async #once(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    traffic: Traffic,
  ): Promise<Uint8Array> {
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    const timer = setTimeout(() => stop.abort(new Passing('no answer in time')), this.#timeoutMs);
    try {
      traffic.requests++;
      const answer = await this.#ask(offset, length, stop.signal);
      this.#assertSame(answer);
      if (answer.status === 206) {
        assertRange(answer, offset);
        const bytes = await bodyOf(answer, length, traffic);
        // Of a file that ends here less is right. Where the server says what it sends, less of that is not.
        const said = Number(answer.headers.get('content-length') ?? Number.NaN);
        if (bytes.length < Math.min(length, said)) throw new Passing('an answer broke off');
        return bytes;
      }
      // Of requests at the same time one takes the file.
      if (this.#wholeComing === undefined) this.#wholeComing = this.#takeWhole(answer, traffic);
      else drop(answer);
      const whole = await this.#wholeComing;
      return whole.subarray(offset, offset + length);
    } catch (error) {
      const reason = stop.signal.aborted ? stop.signal.reason : error;
      if (reason instanceof SublinearError || reason instanceof Passing) throw reason;
      signal?.throwIfAborted();
      throw new Passing(reasonOf(reason), { cause: reason });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  async #ask(offset: number, length: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { range: `bytes=${offset}-${offset + length - 1}` };
    // A request to another site with this header is asked about beforehand, which its server may not allow: there the
    // answer's version is compared, which is as good.
    if (this.#version?.startsWith('"') && !isCrossOrigin(this.name))
      headers['if-range'] = this.#version;
    const answer = await this.#fetch(this.name, { headers, signal });
    if (answer.status === 206 || answer.status === 200) {
      const encoding = answer.headers.get('content-encoding');
      if (encoding === null || encoding === 'identity') return answer;
      drop(answer);
      throw this.#failed(
        `the server sends it compressed (Content-Encoding: ${encoding}), and ranges of that are not ranges of the file: have it sent as it is`,
      );
    }
    drop(answer);
    if (answer.status === 416)
      throw new SublinearError(
        'TRUNCATED',
        this.#operation,
        `${this.name} ends before byte ${offset}: is the whole file there?`,
        { argument: 'bytes', position: offset },
      );
    const said = `the server answered ${answer.status} ${answer.statusText}`.trim();
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408)
      throw new Passing(said);
    throw this.#failed(said);
  }

  /** The file must be the one whose head was read. */
  #assertSame({ headers }: Response): void {
    const version = headers.get('etag') ?? headers.get('last-modified') ?? undefined;
    this.#version ??= version;
    if (version !== undefined && version !== this.#version)
      throw new SublinearError(
        'CHANGED',
        this.#operation,
        `${this.name} was replaced while it was read`,
      );
  }

  async #takeWhole(answer: Response, traffic: Traffic): Promise<Uint8Array> {
    const length = Number(answer.headers.get('content-length') ?? 0);
    const tooLarge = () => {
      drop(answer);
      return this.#failed(
        `the server sends the whole file instead of ranges, and it is larger than ${WHOLE_MOST} bytes: use a host that answers Range requests (docs/remote.md)`,
      );
    };
    if (length > WHOLE_MOST) throw tooLarge();
    try {
      const bytes = await bodyOf(answer, WHOLE_MOST + 1, traffic);
      if (bytes.length > WHOLE_MOST) throw tooLarge();
      if (bytes.length < length) throw new Passing('an answer broke off');
      this.#whole = bytes;
      return bytes;
    } finally {
      this.#wholeComing = undefined;
    }
  }

  #failed(reason: string, cause?: unknown): SublinearError {
    const remedy = isCrossOrigin(this.name)
      ? '. It is on another site: its server must send "Access-Control-Allow-Origin" and, for browsers that ask, allow the header "Range" (docs/remote.md)'
      : '';
    const message = `${this.name} could not be read: ${reason}${remedy}`;
    return new SublinearError('NETWORK', this.#operation, message, { cause });
  }
}

/** Node says only that the fetch has failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? messageOf(error) : `${messageOf(error)}, ${messageOf(cause)}`;
}

/** Is the page that this runs in from another site? Outside of browsers there is no page. */
function isCrossOrigin(url: string): boolean {
  const page = (globalThis as { location?: { origin?: string; href?: string } }).location;
  if (page?.origin === undefined || page.origin === 'null' || page.href === undefined) return false;
  try {
    return new URL(url, page.href).origin !== page.origin;
  } catch {
    return false;
  }
}

/** A server that sends another range than it was asked for. Other sites may hide the header. */
function assertRange(answer: Response, offset: number): void {
  const said = /^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '');
  if (said !== null && Number(said[1]) !== offset) {
    drop(answer);
    throw new Passing(`the server sent bytes from ${said[1]} on instead of ${offset}`);
  }
}

/** The body, of which no more is read than `most` bytes. */
async function bodyOf(answer: Response, most: number, traffic: Traffic): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array) => {
    traffic.bytes += piece.length;
    pieces.push(piece);
    length += piece.length;
  };
  if (answer.body === null) take(new Uint8Array(await answer.arrayBuffer()));
  else {
    const reader = answer.body.getReader();
    while (length < most) {
      const { done, value } = await reader.read();
      if (done) break;
      take(value);
    }
    if (length >= most) reader.cancel().catch(() => {});
  }
  const bytes = new Uint8Array(Math.min(length, most));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece.subarray(0, bytes.length - at), at);
    at += piece.length;
    if (at >= bytes.length) break;
  }
  return bytes;
}

function drop(answer: Response): void {
  answer.body?.cancel().catch(() => {});
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort);
  });
}
