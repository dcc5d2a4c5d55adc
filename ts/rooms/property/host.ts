// Procedures that are functions: the query waits while one computes its rows.
import { outcomes } from '../../generated/codes.js';
import type {
  PropertyGraph as RawGraph,
  PropertyQuery as RawQuery,
} from '../../generated/raw/property.js';
import { SublinearError } from '../../runtime/errors.js';
import type { WasmObject } from '../../runtime/object.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import type { StepJob } from '../../runtime/steps.js';
import { typeError } from '../../runtime/validate.js';
import { textAt } from './results.js';
import type { GraphValue, Parameter, ProcedureRows } from './types.js';
import { WireReader, WireWriter } from './wire.js';

/** SL_PROPERTY_WANTED */
const WANTED = 4;
const RUNNING = outcomes.indexOf('running');

/** What procedures of this library see beside their arguments. */
export interface Access {
  readonly runtime: Runtime;
  readonly operation: string;
  /** The graph, which is busy for everyone else. */
  readonly graph: RawGraph & RawObject;
  readonly later: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Rows, or their bytes as a WireWriter wrote them. */
export type Rows = ProcedureRows | Uint8Array;

/** A procedure by its name. */
export type Host = (access: Access, given: GraphValue[]) => Rows | Promise<Rows>;

const known = new WeakMap<object, Map<string, Host>>();

/** Functions of a graph, by the names of their procedures. */
export function hostsOf(graph: object): Map<string, Host> {
  const found = known.get(graph) ?? new Map<string, Host>();
  known.set(graph, found);
  return found;
}

/** Gives a view of a graph the functions of the graph. */
export function shareHosts(graph: object, view: object): void {
  known.set(view, hostsOf(graph));
}

/** Rows as bytes. */
export function bytesOfRows(operation: string, argument: string, rows: Rows): Uint8Array {
  if (rows instanceof Uint8Array) return rows;
  if (typeof rows?.[Symbol.iterator] !== 'function' || typeof rows === 'string')
    throw typeError(operation, argument, 'rows: a list for each', rows);
  const writer = new WireWriter(operation, argument);
  writer.value([...rows] as readonly (readonly Parameter[])[]);
  return writer.bytes;
}

interface Serving extends Access {
  readonly query: WasmObject<RawQuery> & { readonly graph: WasmObject<RawGraph & RawObject> };
  readonly raw: RawQuery;
}

/** A query's job; between its steps procedures compute what it waits for. */
export class Served implements StepJob {
  /** By its budget. */
  stopped = false;
  readonly #serving: Serving;
  readonly #inner: StepJob;
  #coming: Promise<void> | undefined;
  #rows: { name: string; rows: Rows } | undefined;

  constructor(serving: Serving, inner: StepJob) {
    this.#serving = serving;
    this.#inner = inner;
  }

  step(work: number, out: number): number {
    const { runtime } = this.#serving;
    if (this.#coming !== undefined) {
      runtime.u32[out / 4] = RUNNING; // its rows are not there yet
      return 0;
    }
    if (this.#rows !== undefined) this.#give();
    const status = this.#inner.step(work, out);
    if (status !== 0 || runtime.u32[out / 4] !== RUNNING) return status;
    this.#ask();
    runtime.u32[out / 4] = RUNNING; // the procedure may have used the place
    return status;
  }

  /** What has to come before the next step: asked for by asynchronous calls only. */
  pending(): Promise<unknown> | undefined {
    return this.#coming;
  }

  stop(why: number): number {
    this.stopped = true;
    return this.#inner.stop(why);
  }

  work(): number {
    return this.#inner.work();
  }

  expected(): number {
    return this.#inner.expected();
  }

  #wanted(): { name: string; given: GraphValue[] } | undefined {
    const { runtime, operation, raw } = this.#serving;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(WANTED);
      runtime.check(operation, raw.wanted(at));
      const numbers = runtime.copyF64(at, WANTED);
      if (numbers[1] === 0) return undefined;
      const given = new WireReader(runtime.u8, numbers[2] as number).value() as GraphValue[];
      return { name: textAt(runtime, at), given };
    });
  }

  #ask(): void {
    const wanted = this.#wanted();
    if (wanted === undefined) return;
    const { name, given } = wanted;
    const { operation, query, later } = this.#serving;
    // A graph that was loaded by its bytes has no procedures: there is one for every name that can be asked for.
    const host = hostsOf(query.graph).get(name) as Host;
    // What the procedure does must not change what the query is reading. Asynchronous calls hold both anyway.
    query.hold();
    query.graph.hold();
    let rows: Rows | Promise<Rows>;
    try {
      rows = host(this.#serving, given);
    } finally {
      query.letGo();
      query.graph.letGo();
    }
    if (!isPromise(rows)) {
      this.#rows = { name, rows };
      this.#give();
      return;
    }
    if (!later) {
      rows.then(undefined, () => {});
      const message = `"text" calls ${name}, which gives a promise: use an asynchronous query`;
      throw new SublinearError('STATE', operation, message, { argument: 'text' });
    }
    this.#coming = rows.then((come) => {
      this.#coming = undefined;
      this.#rows = { name, rows: come };
    });
  }

  #give(): void {
    const { runtime, operation, raw } = this.#serving;
    const { name, rows } = this.#rows as { name: string; rows: Rows };
    this.#rows = undefined;
    const bytes = bytesOfRows(operation, name, rows);
    runtime.scratch(operation, (scratch) => {
      const at = scratch.bytes(bytes.length + 1);
      runtime.u8.set(bytes, at);
      runtime.check(operation, raw.answer(at, bytes.length));
    });
  }
}

const isPromise = (value: unknown): value is Promise<Rows> =>
  typeof (value as Promise<Rows> | undefined)?.then === 'function';
