// Running a prepared query in one call of the module: what a look-up of one row costs is the way there and back.
import { outcomes } from '../../generated/codes.js';
import type { PropertyQuery as RawQuery } from '../../generated/raw/property.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Parameters } from './types.js';
import { WireReader, WireWriter } from './wire.js';

/** Work of one call. */
const WORK = 1e8;
/** Bytes of the numbers that come back. */
const NUMBERS = 32;
/** A writer that has grown beyond this is not kept. */
const MOST_KEPT = 1 << 16;

const RUNNING = outcomes.indexOf('running');

let idle: WireWriter | undefined;

/** Rows that are there: how many, and where they begin. */
export interface Direct {
  count: number;
  reader: WireReader;
}

/** Runs it to its end. */
export function runDirect(
  runtime: Runtime,
  operation: string,
  raw: () => RawQuery,
  parameters: Parameters | undefined,
): Direct {
  // A getter among the parameters may run a query as well: it finds no writer that is idle.
  const writer = idle?.begin(operation) ?? new WireWriter(operation, 'parameters');
  idle = undefined;
  writer.parameters(parameters);
  const { bytes } = writer;
  const query = raw();
  const room = query.room(bytes.length);
  if (room === 0) throw runtime.failure(operation);
  const at = room + NUMBERS;
  runtime.u8.set(bytes, at);
  if (bytes.buffer.byteLength <= MOST_KEPT) idle = writer;
  runtime.check(operation, query.ask(at, bytes.length, -1, Date.now(), 0, WORK, room));
  if (runtime.f64[room / 8] === RUNNING) {
    const job = runtime.made(operation, query.job());
    do runtime.check(operation, job.step(WORK, runtime.out));
    while (runtime.isRunning(runtime.outU32()));
    query.take(room + 8);
  }
  const { f64 } = runtime;
  return {
    count: f64[room / 8 + 3] as number,
    reader: new WireReader(runtime.u8, f64[room / 8 + 1] as number),
  };
}
