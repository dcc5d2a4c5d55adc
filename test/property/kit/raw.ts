// A raw WebAssembly module of the bundle as something that answers queries.
import type { RawModule } from '../../support/raw.js';
import type { Answer, Asked } from './judge.js';
import { readRows } from './values.js';

const RUNNING = 9;
const encoder = new TextEncoder();

const u32 = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

const joined = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

class Failure extends Error {
  constructor(readonly phase: string) {
    super(phase);
  }
}

export class RawDriver implements Asked {
  readonly #module: RawModule;
  #graph = 0;
  #parameters: [string, Uint8Array][] = [];

  constructor(module: RawModule) {
    this.#module = module;
  }

  reset(): void {
    if (this.#graph !== 0)
      this.#module.check(this.#module.call.sl_abi_property_destroy!(this.#graph));
    this.#graph = this.#module.made(this.#module.call.sl_abi_property_create!());
    this.#parameters = [];
  }

  define(signature: string, rows: string[][]): void {
    const lists = rows.slice(1).map((row) => this.#run(`RETURN [${row.join(', ')}]`).rows);
    const list = joined([new Uint8Array([7]), u32(lists.length), ...lists]);
    const text = encoder.encode(signature);
    this.#module.with([text, list], (at, rowsAt) =>
      this.#module.check(
        this.#module.call.sl_abi_property_define!(
          this.#graph,
          at!,
          text.length,
          rowsAt!,
          list.length,
        ),
      ),
    );
  }

  parameter(name: string, literal: string): void {
    this.#parameters.push([name, this.#run(`RETURN ${literal}`).rows]);
  }

  ask(query: string): Answer {
    try {
      const { columns, rows, count } = this.#run(query);
      return readRows(columns, rows, count);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { error: this.#problem(error.phase), columns: [], rows: [] };
    }
  }

  #bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#module.view().buffer.slice(address, address + length));
  }

  #numbers(count: number, write: (at: number) => number): Float64Array {
    const at = this.#module.alloc(8 * count);
    const status = write(at);
    const numbers = this.#module.f64(at, count);
    this.#module.call.sl_abi_free!(at);
    this.#module.check(status);
    return numbers;
  }

  #problem(phase: string) {
    const n = this.#numbers(9, (at) => this.#module.call.sl_abi_property_problem!(this.#graph, at));
    const text = (i: number) => Buffer.from(this.#bytes(n[i]!, n[i + 1]!)).toString();
    return { type: text(5), detail: text(7), message: text(0), phase };
  }

  #run(query: string) {
    const { call } = this.#module;
    const text = encoder.encode(query);
    const map = joined([
      new Uint8Array([8]),
      u32(this.#parameters.length),
      ...this.#parameters.flatMap(([name, value]) => {
        const key = encoder.encode(name);
        return [u32(key.length), key, value];
      }),
    ]);
    return this.#module.with([text, map, new Uint8Array(8)], (textAt, mapAt, outcomeAt) => {
      const handle = call.sl_abi_property_prepare!(this.#graph, textAt!, text.length) >>> 0;
      if (handle === 0) throw new Failure('compile time');
      try {
        const begun = call.sl_abi_property_begin!(handle, mapAt!, map.length, 2 ** 40, 1.7e12, 1);
        if (begun !== 0) throw new Failure('compile time');
        return this.#rows(handle, outcomeAt!);
      } finally {
        call.sl_abi_property_query_destroy!(handle);
      }
    });
  }

  #rows(handle: number, outcomeAt: number) {
    const { call } = this.#module;
    const rows: Uint8Array[] = [];
    let count = 0;
    let outcome = RUNNING;
    while (outcome === RUNNING) {
      if (call.sl_abi_job_step!(handle, 1000, outcomeAt) !== 0) throw new Failure('runtime');
      outcome = this.#module.view().getInt32(outcomeAt, true);
      const [at, length, more] = this.#numbers(3, (to) => call.sl_abi_property_take!(handle, to));
      rows.push(this.#bytes(at!, length!));
      count += more!;
    }
    const [at, length] = this.#numbers(2, (to) => call.sl_abi_property_columns!(handle, to));
    return { columns: this.#bytes(at!, length!), rows: joined(rows), count };
  }
}
