// Functions that a call has given to an object of the worker for good: the worker asks for what they compute, long after that call.
import { transfer } from 'comlink';
import { pack, packError, unpack } from './codec.js';
import type { CallMessage, Packed, Reply } from './protocol.js';

type AnyFunction = (...args: unknown[]) => unknown;

/** Those of one worker, by the call that gave them. */
export class KeptFunctions {
  readonly #calls = new Map<number, { functions: readonly AnyFunction[]; object: number }>();

  /** A call has ended well. kept: its functions are. */
  note({ id, target, action }: CallMessage, functions: readonly AnyFunction[], kept = false): void {
    const object = target.kind === 'object' ? target.id : 0;
    if (kept) this.#calls.set(id, { functions, object });
    else if (action === 'dispose') this.forget(object);
  }

  /** An object has gone. */
  forget(object: number): void {
    for (const [call, kept] of this.#calls) if (kept.object === object) this.#calls.delete(call);
  }

  /** Runs one. What it throws is told to the worker, whose call fails with it. */
  async ask(call: number, slot: number, args: Packed): Promise<Reply> {
    const operation = 'a function of the program';
    try {
      const run = this.#calls.get(call)?.functions[slot];
      const value = await run?.(...(unpack(args, () => undefined) as unknown[]));
      const { packed, transfer: moved } = pack(listed(value), {
        operation,
        arrays: 'copy',
        special: () => undefined,
      });
      return transfer({ ok: true, result: packed, shapes: [] }, moved);
    } catch (error) {
      return { ok: false, error: packError(error) };
    }
  }
}

/** A generator cannot be sent; its items can. */
function listed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)] : value;
}
